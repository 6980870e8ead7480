//! The first step of the ziggurat method for a vector of words at a time, and the last one.

use core::arch::x86_64::*;

use super::lanes::{
    doubles_array, gather, gather_u32, load, load_doubles, load_singles, load_u16, load_u32,
    singles_array, words_u16,
};
use super::{Layered, Layers};

/// Tries words eight by eight: their candidates, and a bit for each that surely is inside of its
/// layer. Returns how many words that were.
///
/// A shift by the width of a word gives zero: so a distribution has no sign.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn try_words<L: Layered<u64>>(
    words: &[u64],
    candidates: &mut [f64],
    is_inside: &mut [u8],
) -> usize {
    let layers = const { &L::LAYERS };
    let shift = |bits: u32| _mm_cvtsi64_si128(i64::from(bits));
    let splat = |word: u64| _mm512_set1_epi64(word as i64);
    let low = splat(Layers::<u64>::SCALE_BITS);
    let (groups, _) = words.as_chunks::<8>();
    let slots = candidates.as_chunks_mut::<8>().0.iter_mut().zip(is_inside);
    for ((slots, is_inside), group) in slots.zip(groups) {
        let word = load(group);
        let magnitude = _mm512_srl_epi64(word, shift(layers.magnitude_shift));
        let magnitude = _mm512_and_si512(magnitude, splat(layers.magnitude_mask));
        let layer = gather(
            layers.packed,
            _mm512_srl_epi64(word, shift(layers.layer_shift)),
        );
        let top = _mm512_sll_epi64(word, shift(layers.top_shift));
        *is_inside = _mm512_cmplt_epu64_mask(_mm512_or_si512(top, low), layer);
        let scale = _mm512_or_si512(_mm512_and_si512(layer, low), splat(layers.base));
        let x = _mm512_mul_pd(_mm512_cvtepi64_pd(magnitude), _mm512_castsi512_pd(scale));
        let sign = _mm512_sll_epi64(word, shift(layers.sign_shift));
        let sign = _mm512_and_si512(sign, _mm512_set1_epi64(i64::MIN));
        let x = _mm512_or_si512(_mm512_castpd_si512(x), sign);
        *slots = doubles_array(_mm512_castsi512_pd(x));
    }
    groups.len() * 8
}

/// As [`try_words`], sixteen by sixteen.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn try_words_f32<L: Layered<u32>>(
    words: &[u32],
    candidates: &mut [f32],
    is_inside: &mut [u8],
) -> usize {
    let layers = const { &L::LAYERS };
    let shift = |bits: u32| _mm_cvtsi64_si128(i64::from(bits));
    let splat = |word: u32| _mm512_set1_epi32(word as i32);
    let low = splat(Layers::<u32>::SCALE_BITS);
    let (groups, _) = words.as_chunks::<16>();
    let slots = candidates.as_chunks_mut::<16>().0.iter_mut();
    let slots = slots.zip(is_inside.as_chunks_mut::<2>().0);
    for ((slots, is_inside), group) in slots.zip(groups) {
        let word = load_u32(group);
        let magnitude = _mm512_srl_epi32(word, shift(layers.magnitude_shift));
        let magnitude = _mm512_and_si512(magnitude, splat(layers.magnitude_mask));
        let layer = gather_u32(
            layers.packed,
            _mm512_srl_epi32(word, shift(layers.layer_shift)),
        );
        let top = _mm512_sll_epi32(word, shift(layers.top_shift));
        *is_inside = _mm512_cmplt_epu32_mask(_mm512_or_si512(top, low), layer).to_le_bytes();
        let scale = _mm512_add_epi32(_mm512_and_si512(layer, low), splat(layers.base));
        let x = _mm512_mul_ps(_mm512_cvtepi32_ps(magnitude), _mm512_castsi512_ps(scale));
        let sign = _mm512_sll_epi32(word, shift(layers.sign_shift));
        let sign = _mm512_and_si512(sign, _mm512_set1_epi32(i32::MIN));
        let x = _mm512_or_si512(_mm512_castps_si512(x), sign);
        *slots = singles_array(_mm512_castsi512_ps(x));
    }
    groups.len() * 16
}

/// Writes the positions of the bits of `masks` that are not set, in order, while 32 have room in
/// `positions`; returns how many masks were looked at, and how many positions written.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
pub(super) fn positions_of_zeros(masks: &[u32], positions: &mut [u16]) -> (usize, usize) {
    let mut at = load_u16(&core::array::from_fn(|i| i as u16));
    let mut n = 0;
    for (i, &mask) in masks.iter().enumerate() {
        let Some(slots) = positions[n..].first_chunk_mut::<32>() else {
            return (i, n);
        };
        *slots = words_u16(_mm512_maskz_compress_epi16(!mask, at));
        n += mask.count_zeros() as usize;
        at = _mm512_add_epi16(at, _mm512_set1_epi16(32));
    }
    (masks.len(), n)
}

/// Moves the candidates whose bit is set to the front of `out`, group by group of eight while a
/// whole group has room there. Returns how many candidates were looked at, and how many moved.
#[target_feature(enable = "avx512f,avx512vl,popcnt")]
pub(super) fn keep(candidates: &[f64], is_kept: &[u8], out: &mut [f64]) -> (usize, usize) {
    let (mut n_seen, mut n_kept) = (0, 0);
    for (group, &mask) in candidates.as_chunks::<8>().0.iter().zip(is_kept) {
        let Some(slots) = out[n_kept..].first_chunk_mut::<8>() else {
            break;
        };
        *slots = doubles_array(_mm512_maskz_compress_pd(mask, load_doubles(group)));
        n_kept += mask.count_ones() as usize;
        n_seen += 8;
    }
    (n_seen, n_kept)
}

/// As [`keep`], by groups of sixteen.
#[target_feature(enable = "avx512f,avx512vl,popcnt")]
pub(super) fn keep_f32(candidates: &[f32], is_kept: &[u8], out: &mut [f32]) -> (usize, usize) {
    let (mut n_seen, mut n_kept) = (0, 0);
    let masks = is_kept.as_chunks::<2>().0;
    for (group, &mask) in candidates.as_chunks::<16>().0.iter().zip(masks) {
        let Some(slots) = out[n_kept..].first_chunk_mut::<16>() else {
            break;
        };
        let mask = u16::from_le_bytes(mask);
        *slots = singles_array(_mm512_maskz_compress_ps(mask, load_singles(group)));
        n_kept += mask.count_ones() as usize;
        n_seen += 16;
    }
    (n_seen, n_kept)
}
