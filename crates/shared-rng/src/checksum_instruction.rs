//! [`push`]: CRC-32C by the instruction of x86-64.
#![expect(
    unsafe_code,
    reason = "calls an instruction that not every x86-64 processor has"
)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::_mm_crc32_u64;

/// The checksum after one more word; `None` if the processor has no instruction for it.
#[inline]
pub(crate) fn push(checksum: u32, word: u64) -> Option<u32> {
    if !is_x86_feature_detected!("sse4.2") {
        return None;
    }
    // SAFETY: `by_instruction` needs a processor with SSE 4.2, which this one was found to be.
    Some(unsafe { by_instruction(checksum, word) })
}

#[target_feature(enable = "sse4.2")]
#[inline]
fn by_instruction(checksum: u32, word: u64) -> u32 {
    // The instruction leaves the upper half zero.
    _mm_crc32_u64(checksum.into(), word) as u32
}
