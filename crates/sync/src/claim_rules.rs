//! [`Mode`], and the rules of claims: who is in whose way, and what is left of a torn range. Pure.

use std::fmt;
use std::ops::Range;

/// How a range is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Others may read too, nobody may write.
    Read,
    /// Nobody else may touch it.
    Write,
    /// Others may use it atomically too, element by element; nobody may read or write it otherwise.
    Atomic,
}

impl Mode {
    /// Whether claims of the two modes may overlap.
    #[must_use]
    pub const fn admits(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Read, Self::Read) | (Self::Atomic, Self::Atomic)
        )
    }

    /// Whether a claim of this mode allows what one of `needed` would allow.
    #[must_use]
    pub const fn allows(self, needed: Self) -> bool {
        match self {
            Self::Write => true,
            Self::Read => matches!(needed, Self::Read),
            Self::Atomic => matches!(needed, Self::Atomic),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Atomic => "atomic",
        })
    }
}

/// Whether two ranges have an element in common. An empty range has none.
pub(crate) fn overlap(one: &Range<u64>, other: &Range<u64>) -> bool {
    !common(one, other).is_empty()
}

/// The elements that are in both ranges.
pub(crate) fn common(one: &Range<u64>, other: &Range<u64>) -> Range<u64> {
    one.start.max(other.start)..one.end.min(other.end)
}

/// Whether two claims cannot be held at once.
///
/// # Examples
///
/// ```
/// use multiproc_sync::{Mode, conflicts};
///
/// assert!(!conflicts((Mode::Write, &(0..5)), (Mode::Write, &(5..9))));
/// assert!(conflicts((Mode::Write, &(0..5)), (Mode::Read, &(4..9))));
/// assert!(!conflicts((Mode::Write, &(0..5)), (Mode::Write, &(3..3))));
/// ```
#[must_use]
pub fn conflicts(one: (Mode, &Range<u64>), other: (Mode, &Range<u64>)) -> bool {
    overlap(one.1, other.1) && !one.0.admits(other.0)
}

/// What is left of a torn range when a part of it is repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remnant {
    Nothing,
    One(Range<u64>),
    /// The part before the repaired one, and the part after.
    Two(Range<u64>, Range<u64>),
}

/// Takes `repaired` out of `torn`, which it overlaps.
pub(crate) fn carve(torn: &Range<u64>, repaired: &Range<u64>) -> Remnant {
    let before = torn.start..repaired.start.min(torn.end);
    let after = repaired.end.max(torn.start)..torn.end;
    match (before.is_empty(), after.is_empty()) {
        (true, true) => Remnant::Nothing,
        (false, true) => Remnant::One(before),
        (true, false) => Remnant::One(after),
        (false, false) => Remnant::Two(before, after),
    }
}

/// The least range that has both in it.
pub(crate) fn hull(one: &Range<u64>, other: &Range<u64>) -> Range<u64> {
    one.start.min(other.start)..one.end.max(other.end)
}

/// Which two of the ranges, which are sorted by their starts, have the least between them: the pair
/// whose hull claims too much the least.
pub(crate) fn nearest_pair<'a>(
    ranges: impl IntoIterator<Item = &'a Range<u64>>,
) -> Option<(usize, usize)> {
    let mut ranges = ranges.into_iter().enumerate();
    // Of those that start before a range, the one that reaches furthest is nearest to it.
    let mut furthest = ranges.next()?;
    let mut nearest = None;
    for (index, range) in ranges {
        let gap = range.start.saturating_sub(furthest.1.end);
        if nearest.is_none_or(|(least, _)| gap < least) {
            nearest = Some((gap, (furthest.0, index)));
        }
        if range.end > furthest.1.end {
            furthest = (index, range);
        }
    }
    nearest.map(|(_, pair)| pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MODES: [Mode; 3] = [Mode::Read, Mode::Write, Mode::Atomic];

    fn range() -> impl Strategy<Value = Range<u64>> {
        (0_u64..20, 0_u64..20).prop_map(|(start, end)| start..end)
    }

    proptest! {
        #[test]
        fn claims_conflict_if_they_share_an_element_that_one_of_them_may_not_share(
            a in range(), b in range(), m in 0_usize..3, n in 0_usize..3,
        ) {
            let shared = a.clone().any(|element| b.contains(&element));
            prop_assert_eq!(overlap(&a, &b), shared);
            let (one, other) = ((MODES[m], &a), (MODES[n], &b));
            prop_assert_eq!(conflicts(one, other), shared && !(m == n && m != 1));
            prop_assert_eq!(conflicts(one, other), conflicts(other, one));
        }

        #[test]
        fn carving_removes_the_repaired_elements_and_no_other(
            common in 10_u64..20, below in [0_u64..10, 0_u64..10], above in [1_u64..10, 1_u64..10],
        ) {
            let torn = common - below[0]..common + above[0];
            let repaired = common - below[1]..common + above[1];
            prop_assert!(overlap(&torn, &repaired));
            let left: Vec<u64> = match carve(&torn, &repaired) {
                Remnant::Nothing => vec![],
                Remnant::One(one) => one.collect(),
                Remnant::Two(before, after) => before.chain(after).collect(),
            };
            let expected: Vec<u64> = torn.filter(|element| !repaired.contains(element)).collect();
            prop_assert_eq!(left, expected);
        }

        #[test]
        fn the_nearest_pair_adds_the_fewest_elements(
            mut ranges in prop::collection::vec(
                (0_u64..50, 1_u64..9).prop_map(|(start, len)| start..start + len),
                2..8,
            ),
        ) {
            ranges.sort_by_key(|range| range.start);
            let added = |i: usize, j: usize| hull(&ranges[i], &ranges[j])
                .filter(|element| !ranges[i].contains(element) && !ranges[j].contains(element))
                .count();
            let (a, b) = nearest_pair(&ranges).unwrap();
            for i in 0..ranges.len() {
                for j in 0..i {
                    prop_assert!(added(a, b) <= added(i, j));
                }
            }
        }
    }
}
