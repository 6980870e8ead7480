//! [`fill`]: bytes from words of 32 bits.

use crate::BitGenerator;

/// Fills `out` from little-endian words; the last word's surplus is dropped, as NumPy drops it.
pub(crate) fn fill<B: BitGenerator + ?Sized>(bits: &mut B, out: &mut [u8]) {
    const BLOCK: usize = 256;
    let mut words = [0; BLOCK];
    for chunk in out.chunks_mut(4 * BLOCK) {
        let words = &mut words[..chunk.len().div_ceil(4)];
        bits.fill_u32(words);
        for (bytes, word) in chunk.chunks_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
        }
    }
}
