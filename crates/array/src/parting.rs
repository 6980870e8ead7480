//! [`split_rows`] and [`chunk_rows`]: which rows belong to which part.

use std::iter::FusedIterator;
use std::num::NonZeroUsize;
use std::ops::Range;

/// Splits `n_rows` rows into exactly `n_parts` ranges of nearly equal length, in order.
///
/// Lengths differ by at most one, and the longer ranges come first. If there are fewer rows than
/// parts, the last parts are empty.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use multiproc_array::split_rows;
///
/// let parts = split_rows(10, NonZeroUsize::new(4).unwrap());
/// assert_eq!(parts.collect::<Vec<_>>(), [0..3, 3..6, 6..8, 8..10]);
/// ```
#[doc(alias = "array_split")]
pub fn split_rows(n_rows: usize, n_parts: NonZeroUsize) -> RowRanges {
    let n_parts = n_parts.get();
    RowRanges {
        next: 0,
        n_ranges: n_parts,
        rule: Rule::Split {
            len: n_rows / n_parts,
            n_longer: n_rows % n_parts,
        },
    }
}

/// Cuts `n_rows` rows into ranges of `chunk` rows, in order; the last may be shorter.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use multiproc_array::chunk_rows;
///
/// let chunks = chunk_rows(10, NonZeroUsize::new(4).unwrap());
/// assert_eq!(chunks.collect::<Vec<_>>(), [0..4, 4..8, 8..10]);
/// ```
pub fn chunk_rows(n_rows: usize, chunk: NonZeroUsize) -> RowRanges {
    RowRanges {
        next: 0,
        n_ranges: n_rows.div_ceil(chunk.get()),
        rule: Rule::Chunk {
            len: chunk.get(),
            n_rows,
        },
    }
}

/// Ranges of rows, in order and without gaps; made by [`split_rows`] and [`chunk_rows`].
#[derive(Clone, Debug)]
pub struct RowRanges {
    next: usize,
    n_ranges: usize,
    rule: Rule,
}

#[derive(Clone, Copy, Debug)]
enum Rule {
    Split { len: usize, n_longer: usize },
    Chunk { len: usize, n_rows: usize },
}

impl Rule {
    /// Where the range number `index` begins, and the one before it ends.
    fn start(self, index: usize) -> usize {
        match self {
            Rule::Split { len, n_longer } => index * len + index.min(n_longer),
            Rule::Chunk { len, n_rows } => index.saturating_mul(len).min(n_rows),
        }
    }
}

impl Iterator for RowRanges {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.next == self.n_ranges {
            return None;
        }
        let range = self.rule.start(self.next)..self.rule.start(self.next + 1);
        self.next += 1;
        Some(range)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.n_ranges - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for RowRanges {}

impl FusedIterator for RowRanges {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every row is in one range, in order.
    fn assert_covers(ranges: &[Range<usize>], n_rows: usize) {
        let mut end = 0;
        for range in ranges {
            assert_eq!(range.start, end);
            assert!(range.start <= range.end);
            end = range.end;
        }
        assert_eq!(end, n_rows);
    }

    proptest! {
        #[test]
        fn parts_are_as_many_as_asked_and_nearly_equal(n_rows in 0_usize..2000, n_parts in 1_usize..300) {
            let split = split_rows(n_rows, NonZeroUsize::new(n_parts).unwrap());
            prop_assert_eq!(split.len(), n_parts);
            let ranges: Vec<_> = split.collect();
            prop_assert_eq!(ranges.len(), n_parts);
            assert_covers(&ranges, n_rows);
            prop_assert!(ranges.windows(2).all(|pair| pair[0].len() >= pair[1].len()));
            prop_assert!(ranges[0].len() - ranges[n_parts - 1].len() <= 1);
        }

        #[test]
        fn chunks_are_of_the_length_asked_but_for_the_last(n_rows: usize, chunk in 1_usize..) {
            let chunk = chunk.max(n_rows / 1000 + 1);
            let ranges: Vec<_> = chunk_rows(n_rows, NonZeroUsize::new(chunk).unwrap()).collect();
            assert_covers(&ranges, n_rows);
            if let Some((last, others)) = ranges.split_last() {
                prop_assert!(others.iter().all(|range| range.len() == chunk));
                prop_assert!((1..=chunk).contains(&last.len()));
            }
        }
    }
}
