//! [`HalfWord`]: the upper half of a 64-bit word that waits for the next 32-bit draw.

/// NumPy's `has_uint32` and `uinteger`.
///
/// A taken value stays in `value`, as it stays in NumPy's state dict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HalfWord {
    pub(crate) pending: bool,
    pub(crate) value: u32,
}

impl HalfWord {
    /// The waiting half, or else the low half of `word()`, whose high half then waits.
    #[inline]
    pub(crate) fn next_u32(&mut self, word: impl FnOnce() -> u64) -> u32 {
        if self.pending {
            self.pending = false;
            return self.value;
        }
        let word = word();
        *self = HalfWord {
            pending: true,
            value: (word >> 32) as u32,
        };
        word as u32
    }
}
