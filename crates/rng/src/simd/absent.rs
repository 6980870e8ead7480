//! The entry points of a target without vector code: nothing is ever written.

use super::Kernel;
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
