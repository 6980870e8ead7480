//! Vectors from arrays and to arrays.
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
pub(super) fn doubles_array(vector: __m512d) -> [f64; 8] {
    let mut doubles = [0.0; 8];
    // SAFETY: `_mm512_storeu_pd` needs 64 writable bytes at any alignment: the array's.
    unsafe { _mm512_storeu_pd(doubles.as_mut_ptr(), vector) };
    doubles
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load_u32(words: &[u32; 16]) -> __m512i {
    // SAFETY: `_mm512_loadu_si512` needs 64 readable bytes at any alignment: the array's.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn singles_array(vector: __m512) -> [f32; 16] {
    let mut singles = [0.0; 16];
    // SAFETY: `_mm512_storeu_ps` needs 64 writable bytes at any alignment: the array's.
    unsafe { _mm512_storeu_ps(singles.as_mut_ptr(), vector) };
    singles
}
