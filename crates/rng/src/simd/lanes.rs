//! Vectors from arrays and slices, and back.
#![expect(unsafe_code, reason = "vectors are loaded and stored through pointers")]

use core::arch::x86_64::*;

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load(words: &[u64; 8]) -> __m512i {
    // SAFETY: `_mm512_loadu_si512` needs 64 readable bytes at any alignment: the array's.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn words(vector: __m512i) -> [u64; 8] {
    let mut words = [0; 8];
    // SAFETY: `_mm512_storeu_si512` needs 64 writable bytes at any alignment: the array's.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
    words
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_u32(words: &[u32; 16]) -> __m512i {
    // SAFETY: `_mm512_loadu_si512` needs 64 readable bytes at any alignment: the array's.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn words_u32(vector: __m512i) -> [u32; 16] {
    let mut words = [0; 16];
    // SAFETY: `_mm512_storeu_si512` needs 64 writable bytes at any alignment: the array's.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
    words
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_u16(words: &[u16; 32]) -> __m512i {
    // SAFETY: `_mm512_loadu_si512` needs 64 readable bytes at any alignment: the array's.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn words_u16(vector: __m512i) -> [u16; 32] {
    let mut words = [0; 32];
    // SAFETY: `_mm512_storeu_si512` needs 64 writable bytes at any alignment: the array's.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
    words
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_doubles(doubles: &[f64; 8]) -> __m512d {
    // SAFETY: `_mm512_loadu_pd` needs 64 readable bytes at any alignment: the array's.
    unsafe { _mm512_loadu_pd(doubles.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn doubles_array(vector: __m512d) -> [f64; 8] {
    let mut doubles = [0.0; 8];
    // SAFETY: `_mm512_storeu_pd` needs 64 writable bytes at any alignment: the array's.
    unsafe { _mm512_storeu_pd(doubles.as_mut_ptr(), vector) };
    doubles
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_singles(singles: &[f32; 16]) -> __m512 {
    // SAFETY: `_mm512_loadu_ps` needs 64 readable bytes at any alignment: the array's.
    unsafe { _mm512_loadu_ps(singles.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn singles_array(vector: __m512) -> [f32; 16] {
    let mut singles = [0.0; 16];
    // SAFETY: `_mm512_storeu_ps` needs 64 writable bytes at any alignment: the array's.
    unsafe { _mm512_storeu_ps(singles.as_mut_ptr(), vector) };
    singles
}

/// The entries of a table at the low eight bits of each index.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn gather(table: &[u64; 256], index: __m512i) -> __m512i {
    let index = _mm512_and_si512(index, _mm512_set1_epi64(0xff));
    // SAFETY: `_mm512_i64gather_epi64` reads eight bytes at eight times each index: entries of the
    // table, as no index exceeds 255.
    unsafe { _mm512_i64gather_epi64::<8>(index, table.as_ptr().cast()) }
}

/// As [`gather`], with sixteen indices.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn gather_u32(table: &[u32; 256], index: __m512i) -> __m512i {
    let index = _mm512_and_si512(index, _mm512_set1_epi32(0xff));
    // SAFETY: `_mm512_i32gather_epi32` reads four bytes at four times each index: entries of the
    // table, as no index exceeds 255.
    unsafe { _mm512_i32gather_epi32::<4>(index, table.as_ptr().cast()) }
}

/// The words of a slice of less than sixteen, and zeros.
#[inline]
#[target_feature(enable = "avx512f,bmi2")]
pub(super) fn load_some_u32(words: &[u32]) -> __m512i {
    let mask = _bzhi_u32(0xffff, words.len() as u32) as __mmask16;
    // SAFETY: `_mm512_maskz_loadu_epi32` reads no lane whose bit is not set: as many as the slice
    // has words, or sixteen of a longer one.
    unsafe { _mm512_maskz_loadu_epi32(mask, words.as_ptr().cast()) }
}

/// Stores the first lanes to a slice of less than eight doubles.
#[inline]
#[target_feature(enable = "avx512f,bmi2")]
pub(super) fn store_some_doubles(vector: __m512d, doubles: &mut [f64]) {
    let mask = _bzhi_u32(0xff, doubles.len() as u32) as __mmask8;
    // SAFETY: `_mm512_mask_storeu_pd` writes no lane whose bit is not set: as many as the slice has
    // doubles, or eight of a longer one.
    unsafe { _mm512_mask_storeu_pd(doubles.as_mut_ptr(), mask, vector) };
}
