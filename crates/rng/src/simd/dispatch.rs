//! The one place that enters code for instructions that a processor may lack.
#![expect(
    unsafe_code,
    reason = "vector code is entered after asking the processor"
)]

use super::detection::used;
use super::{
    Instructions, Kernel, Layered, integers, mt19937, pcg, philox, polar, stream, ziggurat,
};
use crate::legacy::Points;
use crate::mt19937::N;
use crate::pcg64::{Pcg, Permutation};
use crate::{LIBM, Libm, Philox};

/// Whether all that [`Instructions::Avx512`] stands for is there and may be used.
#[inline]
fn has_avx512() -> bool {
    used() == Instructions::Avx512
}

/// Runs `kernel`, compiled for the widest vectors that the processor has.
pub(crate) fn vectorised<K: Kernel>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,popcnt")]
    fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
        kernel.run()
    }
    #[target_feature(enable = "avx2")]
    fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
        kernel.run()
    }
    match used() {
        // SAFETY: `with_avx512` needs features that `Instructions::Avx512` stands for.
        Instructions::Avx512 => unsafe { with_avx512(kernel) },
        // SAFETY: `with_avx2` needs the feature that `Instructions::Avx2` stands for.
        Instructions::Avx2 => unsafe { with_avx2(kernel) },
        Instructions::Portable => kernel.run(),
    }
}

/// Fills with `value` of each word.
#[inline]
pub(crate) fn fill_pcg<P: Permutation, T>(
    bits: &mut Pcg<P>,
    out: &mut [T],
    value: impl Fn(u64) -> T,
) -> usize {
    /// Below this many words the lanes cost more to start than they save.
    const SHORT: usize = 64;
    if out.len() < SHORT || !has_avx512() {
        return 0;
    }
    // SAFETY: `pcg::fill` needs features that `has_avx512` stands for.
    unsafe { pcg::fill(bits, out, value) }
}

/// Fills with `value` of each word, from the block after the counter on, which stays as it is; its
/// low word must not wrap within `out.len()` blocks.
#[inline]
pub(crate) fn fill_philox<T>(bits: &Philox, out: &mut [T], value: impl Fn(u64) -> T) -> usize {
    if out.len() < philox::ROUND || !has_avx512() {
        return 0;
    }
    // SAFETY: `philox::fill` needs features that `has_avx512` stands for.
    unsafe { philox::fill(&bits.counter, bits.key, out, value) }
}

/// Makes the next block of [`Mt19937`](crate::Mt19937); returns whether it did.
#[inline]
pub(crate) fn refill_mt19937(key: &mut [u32; N]) -> bool {
    let has_avx512 = has_avx512();
    if has_avx512 {
        // SAFETY: `mt19937::refill` needs features that `has_avx512` stands for.
        unsafe { mt19937::refill(key) };
    }
    has_avx512
}

/// Fills with the doubles of pairs of words of a block of [`Mt19937`](crate::Mt19937).
#[inline]
pub(crate) fn doubles_mt19937(words: &[[u32; 2]], out: &mut [f64]) -> usize {
    let n = words.len().min(out.len());
    if !has_avx512() {
        return 0;
    }
    // SAFETY: `mt19937::doubles` needs features that `has_avx512` stands for.
    unsafe { mt19937::doubles(words[..n].as_flattened(), &mut out[..n]) };
    n
}

/// Tries the first words of a block: their candidates, and a bit for each that surely is inside.
pub(crate) fn try_words<L: Layered<u64>>(
    words: &[u64],
    candidates: &mut [f64],
    is_inside: &mut [u8],
) -> usize {
    if !has_avx512() {
        return 0;
    }
    // SAFETY: `ziggurat::try_words` needs features that `has_avx512` stands for.
    unsafe { ziggurat::try_words::<L>(words, candidates, is_inside) }
}

/// As [`try_words`], for singles.
pub(crate) fn try_words_f32<L: Layered<u32>>(
    words: &[u32],
    candidates: &mut [f32],
    is_inside: &mut [u8],
) -> usize {
    if !has_avx512() {
        return 0;
    }
    // SAFETY: `ziggurat::try_words_f32` needs features that `has_avx512` stands for.
    unsafe { ziggurat::try_words_f32::<L>(words, candidates, is_inside) }
}

/// Writes the positions of the bits of `masks` that are not set, in order; returns how many masks
/// were looked at, and how many positions written.
pub(crate) fn positions_of_zeros(masks: &[u32], positions: &mut [u16]) -> (usize, usize) {
    if !has_avx512() {
        return (0, 0);
    }
    // SAFETY: `ziggurat::positions_of_zeros` needs features that `has_avx512` stands for.
    unsafe { ziggurat::positions_of_zeros(masks, positions) }
}

/// Moves the first candidates whose bit is set to the front of `out`; returns how many were looked
/// at, and how many moved.
pub(crate) fn keep(candidates: &[f64], is_kept: &[u8], out: &mut [f64]) -> (usize, usize) {
    if !has_avx512() {
        return (0, 0);
    }
    // SAFETY: `ziggurat::keep` needs features that `has_avx512` stands for.
    unsafe { ziggurat::keep(candidates, is_kept, out) }
}

/// As [`keep`], for singles.
pub(crate) fn keep_f32(candidates: &[f32], is_kept: &[u8], out: &mut [f32]) -> (usize, usize) {
    if !has_avx512() {
        return (0, 0);
    }
    // SAFETY: `ziggurat::keep_f32` needs features that `has_avx512` stands for.
    unsafe { ziggurat::keep_f32(candidates, is_kept, out) }
}

/// Writes `value` of each word that Lemire's method accepts to the front of `out`; returns how many
/// words were looked at, and how many accepted.
#[inline]
pub(crate) fn keep_lemire<T>(
    words: &[u32],
    range: u32,
    threshold: u32,
    out: &mut [T],
    value: impl Fn(u32) -> T,
) -> (usize, usize) {
    if !has_avx512() {
        return (0, 0);
    }
    // SAFETY: `integers::keep_lemire` needs features that `has_avx512` stands for.
    unsafe { integers::keep_lemire(words, range, threshold, out, value) }
}

/// As [`keep_lemire`], by masked rejection.
#[inline]
pub(crate) fn keep_masked<T>(
    words: &[u32],
    mask: u32,
    span: u32,
    out: &mut [T],
    value: impl Fn(u32) -> T,
) -> (usize, usize) {
    if !has_avx512() {
        return (0, 0);
    }
    // SAFETY: `integers::keep_masked` needs features that `has_avx512` stands for.
    unsafe { integers::keep_masked(words, mask, span, out, value) }
}

/// Turns the first attempts of the polar method into the points that lie inside of the unit circle;
/// returns how many attempts were looked at, and how many points made.
pub(crate) fn keep_points(uniforms: &[f64], points: &mut Points) -> (usize, usize) {
    if !has_avx512() {
        return (0, 0);
    }
    // SAFETY: `polar::keep_points` needs features that `has_avx512` stands for.
    unsafe { polar::keep_points(uniforms, points) }
}

/// Makes the pairs of normals of the first points, and sets a bit for each that is libm's without
/// asking libm; returns how many pairs that are.
pub(crate) fn polar_pairs(points: &Points, pairs: &mut [[f64; 2]], is_certain: &mut [u8]) -> usize {
    if !has_avx512() || LIBM != Libm::Glibc {
        return 0;
    }
    // SAFETY: `polar::pairs` needs features that `has_avx512` stands for.
    unsafe { polar::pairs(points, pairs, is_certain) }
}

/// Doubles of 32 MiB: beyond what one core should take of a cache.
const LARGE: usize = 1 << 22;

/// Fills `out` by `fill`, in one call or, past the caches, in several that follow each other.
pub(crate) fn fill_large(out: &mut [f64], mut fill: impl FnMut(&mut [f64])) {
    if out.len() < LARGE || !has_avx512() {
        return fill(out);
    }
    // SAFETY: `stream::fill_streaming` needs features that `has_avx512` stands for.
    unsafe { stream::fill_streaming(out, fill) }
}

/// Copies `made` to `out`, a part of an array of `n` values: past the caches if that is large.
pub(crate) fn copy_to_part(made: &[f64], out: &mut [f64], n: u64) {
    if n < LARGE as u64 || !has_avx512() {
        return out.copy_from_slice(made);
    }
    // SAFETY: `stream::copy_streaming` needs features that `has_avx512` stands for.
    unsafe { stream::copy_streaming(made, out) }
}
