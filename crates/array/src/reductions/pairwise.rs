//! [`sum_runs`]: adding numbers in the order in which NumPy's loops do.
//!
//! NumPy adds a run of numbers by halves: a run of more than 128 numbers is the sum of the sums of
//! its two halves, the first half's length rounded down to a multiple of eight. A run of 8 to 128
//! goes into eight accumulators by turns, which are then added two by two; fewer than eight are
//! added one after the other. Complex numbers count as two, in four complex accumulators.

use std::array;

use bytemuck::Zeroable;
use ndarray::ArrayView1;

use super::blocks::{BLOCK, Blocks};

/// What NumPy adds numbers up in.
pub trait Accumulator: super::Sealed + Zeroable + Copy + 'static {
    /// The sum of nothing.
    #[doc(hidden)]
    const ZERO: Self;
    /// What a short run starts from; not zero, as `0.0 + -0.0` would lose the sign.
    #[doc(hidden)]
    const START: Self;
    /// How many accumulators a run of middling length goes into.
    #[doc(hidden)]
    const LANES: usize;
    /// The sum, wrapping if it is of integers.
    #[doc(hidden)]
    fn plus(self, other: Self) -> Self;
    /// Adds up a run that is not halved.
    #[doc(hidden)]
    fn sum_block<T: Copy>(block: &[T], addend: impl Fn(T) -> Self) -> Self;
    /// The same of numbers that are not in a row.
    #[doc(hidden)]
    fn sum_apart<T: Copy>(block: ArrayView1<'_, T>, addend: impl Fn(T) -> Self) -> Self;
}

/// Where a sequence of numbers is cut into the runs that are added pairwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// After every so many numbers a run ends, however short it is.
    pub(super) block: usize,
    /// The longest run.
    pub(super) run: usize,
}

impl Cut {
    /// A sequence of `len` numbers that is not cut.
    pub(super) fn nowhere(len: usize) -> Cut {
        Cut {
            block: len,
            run: len,
        }
    }
}

/// Adds what `addend` makes of `len` values: each run pairwise, and the runs' sums one after the
/// other.
pub(super) fn sum_runs<B: Blocks, A: Accumulator>(
    len: usize,
    cut: Cut,
    mut values: B,
    addend: impl Fn(B::Value) -> A,
) -> A {
    let mut total = A::ZERO;
    let mut done = 0;
    while done < len {
        let run = cut.run.min(cut.block - done % cut.block);
        total = total.plus(pairwise(run, &mut values, &addend));
        done += run;
    }
    total
}

fn pairwise<B: Blocks, A: Accumulator>(
    len: usize,
    values: &mut B,
    addend: &impl Fn(B::Value) -> A,
) -> A {
    if len <= BLOCK / 8 * A::LANES {
        if let Some(block) = values.next_apart(len) {
            return A::sum_apart(block, addend);
        }
        return A::sum_block(values.next(len), addend);
    }
    let half = len / 2 - len / 2 % A::LANES;
    let left = pairwise(half, values, addend);
    let right = pairwise(len - half, values, addend);
    left.plus(right)
}

/// [`Accumulator::sum_block`] with `LANES` accumulators.
#[inline]
pub(super) fn sum_in_lanes<T: Copy, A: Accumulator, const LANES: usize>(
    block: &[T],
    addend: impl Fn(T) -> A,
) -> A {
    let (rounds, rest) = block.as_chunks::<LANES>();
    let rounds = rounds.iter().map(|round| round.map(&addend));
    sum_rounds(rounds, rest.iter().map(|&value| addend(value)))
}

/// [`Accumulator::sum_apart`] with `LANES` accumulators.
#[inline]
pub(super) fn sum_lanes_apart<T: Copy, A: Accumulator, const LANES: usize>(
    block: ArrayView1<'_, T>,
    addend: impl Fn(T) -> A,
) -> A {
    let at = |i| addend(block[i]);
    let n_rounds = block.len() / LANES;
    let rounds = (0..n_rounds).map(|round| array::from_fn(|lane| at(round * LANES + lane)));
    sum_rounds::<A, LANES>(rounds, (n_rounds * LANES..block.len()).map(at))
}

/// Adds up rounds of addends in `LANES` accumulators, which is a power of two, and what is left.
#[inline]
fn sum_rounds<A: Accumulator, const LANES: usize>(
    mut rounds: impl Iterator<Item = [A; LANES]>,
    rest: impl Iterator<Item = A>,
) -> A {
    let Some(mut lanes) = rounds.next() else {
        return rest.fold(A::START, A::plus);
    };
    for round in rounds {
        lanes = array::from_fn(|lane| lanes[lane].plus(round[lane]));
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            lanes[lane] = lanes[2 * lane].plus(lanes[2 * lane + 1]);
        }
    }
    rest.fold(lanes[0], A::plus)
}
