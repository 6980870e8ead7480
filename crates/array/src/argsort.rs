//! [`argsort`]: the order in which values are sorted, as NumPy's stable sort has it.

use std::cmp::Ordering;
use std::num::NonZeroUsize;
use std::thread;

use crate::reductions::Numeric;
use crate::split_rows;

/// NumPy's `values.argsort(kind="stable")`: the indices that would sort the values, those of equal
/// values in ascending order.
///
/// NaNs come last, complex numbers by their real parts and then their imaginary ones. NumPy's default
/// kind leaves open in which order equal values come; this is one of the orders that it allows.
///
/// # Examples
///
/// ```
/// use multiproc_array::argsort;
///
/// assert_eq!(argsort(&[2.5, f64::NAN, 0.5, 2.5]), [2, 0, 3, 1]);
/// ```
pub fn argsort<T: Numeric>(values: &[T]) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..values.len()).collect();
    sort(&mut indices, values);
    indices
}

/// [`argsort`] by several threads, with the same result.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use multiproc_array::{argsort, argsort_by_threads};
///
/// let values: Vec<u32> = (0..1000).map(|i| i * 7919 % 100).collect();
/// let two = NonZeroUsize::new(2).unwrap();
/// assert_eq!(argsort_by_threads(&values, two), argsort(&values));
/// ```
#[doc(alias = "argsort")]
pub fn argsort_by_threads<T: Numeric>(values: &[T], n_threads: NonZeroUsize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..values.len()).collect();
    let mut ends: Vec<usize> = split_rows(values.len(), n_threads)
        .map(|range| range.end)
        .collect();
    thread::scope(|scope| {
        let mut rest = &mut indices[..];
        let mut start = 0;
        for &end in &ends {
            let (own, later) = rest.split_at_mut(end - start);
            scope.spawn(move || sort(own, values));
            (rest, start) = (later, end);
        }
    });
    let mut merged = vec![0; indices.len()];
    while ends.len() > 1 {
        ends = merge_pairs(&indices, &mut merged, &ends, values);
        std::mem::swap(&mut indices, &mut merged);
    }
    indices
}

fn sort<T: Numeric>(indices: &mut [usize], values: &[T]) {
    indices.sort_by(|&a, &b| compare(values[a], values[b]));
}

fn compare<T: Numeric>(a: T, b: T) -> Ordering {
    if a.is_before(b) {
        Ordering::Less
    } else if b.is_before(a) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// Merges every two neighbours of the sorted runs that end at `ends`, each pair by a thread, and
/// says where the merged ones end.
fn merge_pairs<T: Numeric>(
    sorted: &[usize],
    merged: &mut [usize],
    ends: &[usize],
    values: &[T],
) -> Vec<usize> {
    thread::scope(|scope| {
        let mut rest = merged;
        let mut start = 0;
        let pairs = ends.chunks(2).map(|pair| {
            let (middle, end) = (pair[0], pair[pair.len() - 1]);
            let (left, right) = (&sorted[start..middle], &sorted[middle..end]);
            let (own, later) = std::mem::take(&mut rest).split_at_mut(end - start);
            scope.spawn(move || merge(left, right, own, values));
            (rest, start) = (later, end);
            end
        });
        pairs.collect()
    })
}

/// Of equal values, those of `left` come first.
fn merge<'a, T: Numeric>(
    mut left: &'a [usize],
    mut right: &'a [usize],
    to: &mut [usize],
    values: &[T],
) {
    for slot in to {
        let takes_right = match (left.first(), right.first()) {
            (Some(&l), Some(&r)) => values[r].is_before(values[l]),
            (left, _) => left.is_none(),
        };
        let from = if takes_right { &mut right } else { &mut left };
        if let Some((&index, later)) = from.split_first() {
            (*slot, *from) = (index, later);
        }
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_number_of_threads_sorts_as_one_does(
            values in prop::collection::vec(0_u8..20, 0..300),
            n_threads in 1_usize..9,
        ) {
            let n_threads = NonZeroUsize::new(n_threads).unwrap();
            let expected = argsort(&values);
            prop_assert_eq!(argsort_by_threads(&values, n_threads), &*expected);
            let is_stable = |pair: &[usize]| {
                let key = |i: usize| (values[i], i);
                key(pair[0]) < key(pair[1])
            };
            prop_assert!(expected.windows(2).all(is_stable));
        }
    }

    /// NumPy 2.4.6's `numpy.argsort(a, kind="stable")`.
    #[test]
    fn what_is_no_number_comes_last() {
        let (nan, inf) = (f32::NAN, f32::INFINITY);
        let values = [nan, 1.0, -inf, nan, inf, -0.0, 0.0];
        assert_eq!(argsort(&values), [2, 5, 6, 1, 4, 0, 3]);
        let values = [
            (nan, 1.0),
            (1.0, nan),
            (2.0, 0.0),
            (nan, nan),
            (1.0, 5.0),
            (nan, 0.0),
        ];
        let values = values.map(|(re, im)| Complex::new(re, im));
        assert_eq!(argsort(&values), [4, 2, 1, 5, 0, 3]);
    }
}
