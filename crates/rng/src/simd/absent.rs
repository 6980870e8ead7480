//! The entry points of a target without vector code: nothing is ever written.

use super::{Instructions, Kernel, Layered};
use crate::Philox;
use crate::legacy::Points;
use crate::mt19937::N;
use crate::pcg64::{Pcg, Permutation};

/// Calls `f`, as there is nothing to choose from.
pub fn with_at_most<R>(_: Instructions, f: impl FnOnce() -> R) -> R {
    f()
}

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

pub(crate) fn refill_mt19937(_: &mut [u32; N]) -> bool {
    false
}

pub(crate) fn doubles_mt19937(_: &[[u32; 2]], _: &mut [f64]) -> usize {
    0
}

pub(crate) fn try_words<L: Layered<u64>>(_: &[u64], _: &mut [f64], _: &mut [u8]) -> usize {
    0
}

pub(crate) fn try_words_f32<L: Layered<u32>>(_: &[u32], _: &mut [f32], _: &mut [u8]) -> usize {
    0
}

pub(crate) fn positions_of_zeros(_: &[u32], _: &mut [u16]) -> (usize, usize) {
    (0, 0)
}

pub(crate) fn keep(_: &[f64], _: &[u8], _: &mut [f64]) -> (usize, usize) {
    (0, 0)
}

pub(crate) fn keep_f32(_: &[f32], _: &[u8], _: &mut [f32]) -> (usize, usize) {
    (0, 0)
}

pub(crate) fn keep_lemire<T>(
    _: &[u32],
    _: u32,
    _: u32,
    _: &mut [T],
    _: impl Fn(u32) -> T,
) -> (usize, usize) {
    (0, 0)
}

pub(crate) fn keep_masked<T>(
    _: &[u32],
    _: u32,
    _: u32,
    _: &mut [T],
    _: impl Fn(u32) -> T,
) -> (usize, usize) {
    (0, 0)
}

pub(crate) fn keep_points(_: &[f64], _: &mut Points) -> (usize, usize) {
    (0, 0)
}

pub(crate) fn polar_pairs(_: &Points, _: &mut [[f64; 2]], _: &mut [u8]) -> usize {
    0
}

pub(crate) fn fill_large(out: &mut [f64], mut fill: impl FnMut(&mut [f64])) {
    fill(out);
}

pub(crate) fn copy_to_part(made: &[f64], out: &mut [f64], _: u64) {
    out.copy_from_slice(made);
}
