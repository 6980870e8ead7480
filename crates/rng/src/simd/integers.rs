//! Bounded integers from 32-bit words, sixteen at a time.

use core::arch::x86_64::*;

use super::lanes::{load_u32, words_u32};

/// Writes `value` of each accepted word to the front of `out`, in order, while sixteen have room
/// there; a word gives its high half after multiplication by `range`, and is refused if the low
/// half is below `threshold`. Returns how many words were looked at, and how many accepted.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
pub(super) fn keep_lemire<T>(
    words: &[u32],
    range: u32,
    threshold: u32,
    out: &mut [T],
    value: impl Fn(u32) -> T,
) -> (usize, usize) {
    const ODD: __mmask16 = 0xaaaa;
    let factor = _mm512_set1_epi64(i64::from(range));
    let threshold = _mm512_set1_epi32(threshold as i32);
    keep(words, out, value, |words| {
        let even = _mm512_mul_epu32(words, factor);
        let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(words), factor);
        let low = _mm512_mask_blend_epi32(ODD, even, _mm512_slli_epi64::<32>(odd));
        let high = _mm512_mask_blend_epi32(ODD, _mm512_srli_epi64::<32>(even), odd);
        (high, _mm512_cmpge_epu32_mask(low, threshold))
    })
}

/// As [`keep_lemire`], where a word gives its low bits, and is refused if they exceed `span`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
pub(super) fn keep_masked<T>(
    words: &[u32],
    mask: u32,
    span: u32,
    out: &mut [T],
    value: impl Fn(u32) -> T,
) -> (usize, usize) {
    let mask = _mm512_set1_epi32(mask as i32);
    let span = _mm512_set1_epi32(span as i32);
    keep(words, out, value, |words| {
        let low = _mm512_and_si512(words, mask);
        (low, _mm512_cmple_epu32_mask(low, span))
    })
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
fn keep<T>(
    words: &[u32],
    out: &mut [T],
    value: impl Fn(u32) -> T,
    accept: impl Fn(__m512i) -> (__m512i, __mmask16),
) -> (usize, usize) {
    let (mut n_seen, mut n_kept) = (0, 0);
    for group in words.as_chunks::<16>().0 {
        let Some(slots) = out[n_kept..].first_chunk_mut::<16>() else {
            break;
        };
        let (offsets, is_accepted) = accept(load_u32(group));
        let offsets = _mm512_maskz_compress_epi32(is_accepted, offsets);
        *slots = words_u32(offsets).map(&value);
        n_kept += is_accepted.count_ones() as usize;
        n_seen += 16;
    }
    (n_seen, n_kept)
}
