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

    /// Fills `out` as repeated [`next_u32`](Self::next_u32) would; `fill` writes words as pairs of
    /// halves, the low one first.
    pub(crate) fn fill_u32(&mut self, out: &mut [u32], mut fill: impl FnMut(&mut [[u32; 2]])) {
        let n_pending = usize::from(self.pending).min(out.len());
        let (pending, out) = out.split_at_mut(n_pending);
        if let [first] = pending {
            *first = self.value;
            self.pending = false;
        }
        let (pairs, last) = out.as_chunks_mut();
        fill(pairs);
        if let Some([_, high]) = pairs.last() {
            self.value = *high;
        }
        if let [last] = last {
            let mut pair = [0; 2];
            fill(core::slice::from_mut(&mut pair));
            *last = pair[0];
            *self = HalfWord {
                pending: true,
                value: pair[1],
            };
        }
    }
}
