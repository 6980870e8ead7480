//! The first step of the ziggurat method for a vector of words at a time.
#![expect(unsafe_code, reason = "table look-ups go through pointers")]
//!
//! A shift by the width of a word gives zero: so a distribution has no sign.

use core::arch::x86_64::*;

use super::Layers;
use super::lanes::{doubles_array, load, load_u32, singles_array};

/// Tries words eight by eight: their candidates, and a bit for each that is inside of its layer.
/// Returns how many words that were.
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn try_words(
    layers: &Layers<f64, u64>,
    words: &[u64],
    candidates: &mut [f64],
    is_inside: &mut [u8],
) -> usize {
    let (groups, _) = words.as_chunks::<8>();
    let layer_shift = _mm_cvtsi64_si128(i64::from(layers.layer_shift));
    let magnitude_shift = _mm_cvtsi64_si128(i64::from(layers.magnitude_shift));
    let magnitude_mask = _mm512_set1_epi64(layers.magnitude_mask as i64);
    let sign_shift = _mm_cvtsi64_si128(i64::from(layers.sign_shift));
    let sign_mask = _mm512_set1_epi64(i64::MIN);
    let slots = candidates.as_chunks_mut::<8>().0.iter_mut().zip(is_inside);
    for ((slots, is_inside), group) in slots.zip(groups) {
        let word = load(group);
        let layer = _mm512_srl_epi64(word, layer_shift);
        let magnitude = _mm512_and_si512(_mm512_srl_epi64(word, magnitude_shift), magnitude_mask);
        let accept = gather(layers.accept, layer);
        let scale = gather_doubles(layers.scale, layer);
        let x = _mm512_mul_pd(_mm512_cvtepi64_pd(magnitude), scale);
        let sign = _mm512_and_si512(_mm512_sll_epi64(word, sign_shift), sign_mask);
        let x = _mm512_or_si512(_mm512_castpd_si512(x), sign);
        *slots = doubles_array(_mm512_castsi512_pd(x));
        *is_inside = _mm512_cmplt_epu64_mask(magnitude, accept);
    }
    groups.len() * 8
}

/// As [`try_words`], sixteen by sixteen.
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn try_words_f32(
    layers: &Layers<f32, u32>,
    words: &[u32],
    candidates: &mut [f32],
    is_inside: &mut [u8],
) -> usize {
    let (groups, _) = words.as_chunks::<16>();
    let layer_shift = _mm_cvtsi64_si128(i64::from(layers.layer_shift));
    let magnitude_shift = _mm_cvtsi64_si128(i64::from(layers.magnitude_shift));
    let magnitude_mask = _mm512_set1_epi32(layers.magnitude_mask as i32);
    let sign_shift = _mm_cvtsi64_si128(i64::from(layers.sign_shift));
    let sign_mask = _mm512_set1_epi32(i32::MIN);
    let slots = candidates.as_chunks_mut::<16>().0.iter_mut();
    let slots = slots.zip(is_inside.as_chunks_mut::<2>().0);
    for ((slots, is_inside), group) in slots.zip(groups) {
        let word = load_u32(group);
        let layer = _mm512_srl_epi32(word, layer_shift);
        let magnitude = _mm512_and_si512(_mm512_srl_epi32(word, magnitude_shift), magnitude_mask);
        let accept = gather_u32(layers.accept, layer);
        let scale = gather_singles(layers.scale, layer);
        let x = _mm512_mul_ps(_mm512_cvtepi32_ps(magnitude), scale);
        let sign = _mm512_and_si512(_mm512_sll_epi32(word, sign_shift), sign_mask);
        let x = _mm512_or_si512(_mm512_castps_si512(x), sign);
        *slots = singles_array(_mm512_castsi512_ps(x));
        *is_inside = _mm512_cmplt_epu32_mask(magnitude, accept).to_le_bytes();
    }
    groups.len() * 16
}

/// The entries of a table at the low eight bits of each index.
#[inline]
#[target_feature(enable = "avx512f")]
fn gather(table: &[u64; 256], index: __m512i) -> __m512i {
    let index = _mm512_and_si512(index, _mm512_set1_epi64(0xff));
    // SAFETY: `_mm512_i64gather_epi64` reads eight bytes at eight times each index: entries of the
    // table, as no index exceeds 255.
    unsafe { _mm512_i64gather_epi64::<8>(index, table.as_ptr().cast()) }
}

/// As [`gather`].
#[inline]
#[target_feature(enable = "avx512f")]
fn gather_doubles(table: &[f64; 256], index: __m512i) -> __m512d {
    let index = _mm512_and_si512(index, _mm512_set1_epi64(0xff));
    // SAFETY: `_mm512_i64gather_pd` reads eight bytes at eight times each index: entries of the
    // table, as no index exceeds 255.
    unsafe { _mm512_i64gather_pd::<8>(index, table.as_ptr()) }
}

/// As [`gather`], with sixteen indices.
#[inline]
#[target_feature(enable = "avx512f")]
fn gather_u32(table: &[u32; 256], index: __m512i) -> __m512i {
    let index = _mm512_and_si512(index, _mm512_set1_epi32(0xff));
    // SAFETY: `_mm512_i32gather_epi32` reads four bytes at four times each index: entries of the
    // table, as no index exceeds 255.
    unsafe { _mm512_i32gather_epi32::<4>(index, table.as_ptr().cast()) }
}

/// As [`gather`], with sixteen indices.
#[inline]
#[target_feature(enable = "avx512f")]
fn gather_singles(table: &[f32; 256], index: __m512i) -> __m512 {
    let index = _mm512_and_si512(index, _mm512_set1_epi32(0xff));
    // SAFETY: `_mm512_i32gather_ps` reads four bytes at four times each index: entries of the
    // table, as no index exceeds 255.
    unsafe { _mm512_i32gather_ps::<4>(index, table.as_ptr()) }
}
