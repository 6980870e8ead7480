//! The one place that enters code for instructions that a processor may lack.
#![expect(
    unsafe_code,
    reason = "vector code is entered after asking the processor"
)]

use std::is_x86_feature_detected as has;

use super::{Kernel, Layers, pcg, philox, ziggurat};
use crate::Philox;
use crate::pcg64::{Pcg, Permutation};

/// Below this many words the lanes cost more to start than they save.
const SHORT: usize = 128;

/// Runs `kernel`, compiled for the widest vectors that the processor has.
pub(crate) fn vectorised<K: Kernel>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
        kernel.run()
    }
    #[target_feature(enable = "avx2")]
    fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
        kernel.run()
    }
    if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
        // SAFETY: `with_avx512` needs the four features asked for.
        return unsafe { with_avx512(kernel) };
    }
    if has!("avx2") {
        // SAFETY: `with_avx2` needs the feature asked for.
        return unsafe { with_avx2(kernel) };
    }
    kernel.run()
}

/// Fills with `value` of each word.
#[inline]
pub(crate) fn fill_pcg<P: Permutation, T>(
    bits: &mut Pcg<P>,
    out: &mut [T],
    value: impl Fn(u64) -> T,
) -> usize {
    let has_all = has!("avx512f") && has!("avx512dq") && has!("avx512ifma") && has!("avx512vbmi2");
    if out.len() < SHORT || !has_all {
        return 0;
    }
    // SAFETY: `pcg::fill` needs the four features that `has_all` stands for.
    unsafe { pcg::fill(bits, out, value) }
}

/// Fills with `value` of each word, from the block after the counter on, which stays as it is; its
/// low word must not wrap within `out.len()` blocks.
#[inline]
pub(crate) fn fill_philox<T>(bits: &Philox, out: &mut [T], value: impl Fn(u64) -> T) -> usize {
    let has_all = has!("avx512f") && has!("avx512dq") && has!("avx512ifma");
    if out.len() < philox::ROUND || !has_all {
        return 0;
    }
    // SAFETY: `philox::fill` needs the three features that `has_all` stands for.
    unsafe { philox::fill(&bits.counter, bits.key, out, value) }
}

/// Tries the first words of a block; see [`Layers`].
pub(crate) fn try_words(
    layers: &Layers<f64, u64>,
    words: &[u64],
    candidates: &mut [f64],
    is_inside: &mut [u8],
) -> usize {
    if !(has!("avx512f") && has!("avx512dq")) {
        return 0;
    }
    // SAFETY: `ziggurat::try_words` needs the two features asked for.
    unsafe { ziggurat::try_words(layers, words, candidates, is_inside) }
}

/// Tries the first words of a block of singles; see [`Layers`].
pub(crate) fn try_words_f32(
    layers: &Layers<f32, u32>,
    words: &[u32],
    candidates: &mut [f32],
    is_inside: &mut [u8],
) -> usize {
    if !(has!("avx512f") && has!("avx512dq")) {
        return 0;
    }
    // SAFETY: `ziggurat::try_words_f32` needs the two features asked for.
    unsafe { ziggurat::try_words_f32(layers, words, candidates, is_inside) }
}
