//! [`sum_runs`]: adding numbers in the order in which NumPy's loops do.
//!
//! NumPy adds a run of numbers by halves: a run of more than 128 numbers is the sum of the sums of its
//! two halves, the first half's length rounded down to a multiple of eight. A run of 8 to 128 goes
//! into eight accumulators by turns, which are then added two by two; fewer than eight are added one
//! after the other. Complex numbers count as two, in four complex accumulators.

use std::array;

/// The length of the longest run that is not halved, for numbers with eight accumulators.
const BLOCK: usize = 128;

/// What NumPy adds numbers up in.
pub trait Accumulator: super::Sealed + Copy + 'static {
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
    fn sum_block(block: &[Self]) -> Self;
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

/// Adds `len` numbers: each run pairwise, and the runs' sums one after the other.
///
/// `fill` is asked for the numbers in order, some at a time.
pub(super) fn sum_runs<A: Accumulator>(len: usize, cut: Cut, mut fill: impl FnMut(&mut [A])) -> A {
    let mut buffer = [A::ZERO; BLOCK];
    let mut total = A::ZERO;
    let mut done = 0;
    while done < len {
        let run = cut.run.min(cut.block - done % cut.block);
        total = total.plus(pairwise(run, &mut buffer, &mut fill));
        done += run;
    }
    total
}

fn pairwise<A: Accumulator>(
    len: usize,
    buffer: &mut [A; BLOCK],
    fill: &mut impl FnMut(&mut [A]),
) -> A {
    if len <= BLOCK / 8 * A::LANES {
        let block = &mut buffer[..len];
        fill(block);
        return A::sum_block(block);
    }
    let half = len / 2 - len / 2 % A::LANES;
    let left = pairwise(half, buffer, fill);
    let right = pairwise(len - half, buffer, fill);
    left.plus(right)
}

/// [`Accumulator::sum_block`] with `LANES` accumulators, which is a power of two.
pub(super) fn sum_in_lanes<A: Accumulator, const LANES: usize>(block: &[A]) -> A {
    if block.len() < LANES {
        return block.iter().fold(A::START, |sum, &number| sum.plus(number));
    }
    let (rounds, rest) = block.as_chunks::<LANES>();
    let mut lanes = rounds[0];
    for round in &rounds[1..] {
        lanes = array::from_fn(|lane| lanes[lane].plus(round[lane]));
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            lanes[lane] = lanes[2 * lane].plus(lanes[2 * lane + 1]);
        }
    }
    rest.iter().fold(lanes[0], |sum, &number| sum.plus(number))
}
