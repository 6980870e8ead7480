//! [`HalfWord`]: the upper half of a 64-bit word that waits for the next 32-bit draw.

use crate::BitGenerator;

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

/// The halves of a word in the order in which 32-bit draws take them.
#[inline]
pub(crate) fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

/// Fills `out` with `value` of each 32-bit draw from `bits`, where a half is `pending` or not.
///
/// `fill` makes all but the last one or two values from whole words; those come from single draws,
/// so that the last half is kept as it should be.
pub(crate) fn fill_halves<B: BitGenerator, T>(
    bits: &mut B,
    pending: bool,
    out: &mut [T],
    fill: impl FnOnce(&mut B, &mut [[T; 2]]),
    value: impl Fn(u32) -> T,
) {
    let (first, out) = out.split_at_mut(usize::from(pending).min(out.len()));
    first.fill_with(|| value(bits.next_u32()));
    let (whole, rest) = out.split_at_mut(out.len().saturating_sub(1) / 2 * 2);
    fill(bits, whole.as_chunks_mut().0);
    rest.fill_with(|| value(bits.next_u32()));
}
