//! [`of`]: CRC-32C by the instruction of x86-64.
#![expect(
    unsafe_code,
    reason = "calls an instruction that not every x86-64 processor has"
)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::_mm_crc32_u64;

/// The checksum of `words` before its last inversion; `None` if the processor has no instruction for it.
pub(crate) fn of(words: &[u64]) -> Option<u32> {
    if !is_x86_feature_detected!("sse4.2") {
        return None;
    }
    // SAFETY: `by_instruction` needs a processor with SSE 4.2, which this one was found to be.
    Some(unsafe { by_instruction(words) })
}

#[target_feature(enable = "sse4.2")]
fn by_instruction(words: &[u64]) -> u32 {
    let all = u64::from(u32::MAX);
    // The instruction leaves the upper half zero.
    words
        .iter()
        .fold(all, |sum, &word| _mm_crc32_u64(sum, word)) as u32
}
