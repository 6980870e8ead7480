//! The entry points of a target without vector code: nothing is ever written.

use super::{Kernel, Layers};
use crate::Philox;
use crate::pcg64::{Pcg, Permutation};

pub(crate) fn vectorised<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

pub(crate) fn fill_pcg<P: Permutation, T>(
    _: &mut Pcg<P>,
    _: &mut [T],
    _: impl Fn(u64) -> T,
) -> usize {
    0
}

pub(crate) fn fill_philox<T>(_: &Philox, _: &mut [T], _: impl Fn(u64) -> T) -> usize {
    0
}

pub(crate) fn try_words(_: &Layers<f64, u64>, _: &[u64], _: &mut [f64], _: &mut [u8]) -> usize {
    0
}

pub(crate) fn try_words_f32(_: &Layers<f32, u32>, _: &[u32], _: &mut [f32], _: &mut [u8]) -> usize {
    0
}
