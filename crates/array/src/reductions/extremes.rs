//! [`extreme`]: the least or greatest of many, of which a NaN is both.

use std::array;

use super::Numeric;
use super::blocks::{BLOCK, Blocks};

/// What `pick` chooses of `len` values; `None` if there are none.
pub(super) fn extreme<T: Numeric>(
    len: usize,
    mut values: impl Blocks<Value = T>,
    pick: impl Fn(T, T) -> T + Copy,
) -> Option<T> {
    let mut best = None;
    let mut left = len;
    while left > 0 {
        let now = left.min(BLOCK);
        let picked = T::extreme_of(values.next(now), pick);
        best = Some(best.map_or(picked, |best| pick(best, picked)));
        left -= now;
    }
    best
}

/// What `pick` chooses of `block`, which is not empty, one after the other.
pub(super) fn one_by_one<T: Copy>(block: &[T], pick: impl Fn(T, T) -> T) -> T {
    let (&first, others) = block.split_first().expect("at least one value");
    others.iter().fold(first, |best, &value| pick(best, value))
}

/// The same in several lanes, for numbers of which equal ones are the same.
pub(super) fn in_lanes<T: Copy, const LANES: usize>(
    block: &[T],
    pick: impl Fn(T, T) -> T + Copy,
) -> T {
    let (rounds, rest) = block.as_chunks::<LANES>();
    let Some((&first, others)) = rounds.split_first() else {
        return one_by_one(rest, pick);
    };
    let lanes = others.iter().fold(first, |lanes, round| {
        array::from_fn(|lane| pick(lanes[lane], round[lane]))
    });
    rest.iter()
        .fold(one_by_one(&lanes, pick), |best, &value| pick(best, value))
}
