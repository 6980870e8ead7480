//! The blocks of [`Mt19937`](crate::Mt19937), and doubles from their words.

use core::arch::x86_64::*;

use super::lanes::{doubles_array, load_some_u32, load_u32, store_some_doubles, words_u32};
use crate::mt19937::{LOWER, M, MATRIX_A, N};

/// Makes the next block of words, sixteen at a time.
///
/// A step reads the two old words at its place and a word at distance `M`, old or new. Two vectors
/// reach over the end of the block: to the new words at its start.
#[target_feature(enable = "avx512f")]
pub(super) fn refill(key: &mut [u32; N]) {
    const WRAPPED: usize = (N - M) / 16 * 16;
    const LAST: usize = N - 16;
    for i in (0..WRAPPED).step_by(16) {
        step(key, i, at(key, i + 1), at(key, i + M));
    }
    let new = at(key, 0);
    let over_end = _mm512_alignr_epi32::<{ (WRAPPED + M - LAST) as i32 }>(new, at(key, LAST));
    step(key, WRAPPED, at(key, WRAPPED + 1), over_end);
    for i in (WRAPPED + 16..LAST).step_by(16) {
        step(key, i, at(key, i + 1), at(key, i + M - N));
    }
    let over_end = _mm512_alignr_epi32::<1>(at(key, 0), at(key, LAST));
    step(key, LAST, over_end, at(key, LAST + M - N));
}

#[inline]
#[target_feature(enable = "avx512f")]
fn at(key: &[u32; N], i: usize) -> __m512i {
    load_u32(&key[i..].as_chunks().0[0])
}

/// Replaces the sixteen words from `i` on by their successors.
#[inline]
#[target_feature(enable = "avx512f")]
fn step(key: &mut [u32; N], i: usize, x1: __m512i, xm: __m512i) {
    /// Takes the bits of the second operand where the first has ones, and else the third's.
    const SELECT: i32 = 0xca;
    let y = _mm512_ternarylogic_epi32::<SELECT>(splat(LOWER), x1, at(key, i));
    let is_odd = _mm512_test_epi32_mask(x1, splat(1));
    let word = _mm512_xor_si512(xm, _mm512_srli_epi32::<1>(y));
    let word = _mm512_mask_xor_epi32(word, is_odd, word, splat(MATRIX_A));
    key[i..].as_chunks_mut().0[0] = words_u32(word);
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u32) -> __m512i {
    _mm512_set1_epi32(word as i32)
}

/// Fills `out` with the doubles of pairs of words of a block, the first one high.
#[target_feature(enable = "avx512f,avx512dq,bmi2")]
pub(super) fn doubles(words: &[u32], out: &mut [f64]) {
    let (groups, rest) = words.as_chunks::<16>();
    let (slots, last) = out.as_chunks_mut::<8>();
    for (slots, group) in slots.iter_mut().zip(groups) {
        *slots = doubles_array(double(load_u32(group)));
    }
    store_some_doubles(double(load_some_u32(rest)), last);
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn double(y: __m512i) -> __m512d {
    /// The first operand, exclusive or with the second and the third.
    const XOR_AND: i32 = 0x78;
    let y = _mm512_xor_si512(y, _mm512_srli_epi32::<11>(y));
    let left = _mm512_slli_epi32::<7>(y);
    let y = _mm512_ternarylogic_epi32::<XOR_AND>(y, left, splat(0x9d2c_5680));
    let left = _mm512_slli_epi32::<15>(y);
    let y = _mm512_ternarylogic_epi32::<XOR_AND>(y, left, splat(0xefc6_0000));
    let y = _mm512_xor_si512(y, _mm512_srli_epi32::<18>(y));
    // The first word of a pair is the low half of a lane.
    let high = _mm512_and_si512(y, _mm512_set1_epi64(0xffff_ffe0));
    let bits = _mm512_or_si512(_mm512_slli_epi64::<21>(high), _mm512_srli_epi64::<38>(y));
    let unit = _mm512_set1_pd(1.0 / 9_007_199_254_740_992.0);
    _mm512_mul_pd(_mm512_cvtepi64_pd(bits), unit)
}
