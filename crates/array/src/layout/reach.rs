//! [`Reach`]: how far the axes of an array lead from its first element.

use std::ops::Range;

/// How far an axis of more than one element leads. Distances are in elements.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    /// From each element to the next.
    pub(super) stride: isize,
    /// From the first element to the last.
    pub(super) distance: isize,
}

/// How far each axis leads; `None` if one leads further than any memory does.
pub(super) fn reaches(shape: &[usize], strides: &[isize]) -> Option<Vec<Reach>> {
    let axes = shape.iter().zip(strides).filter(|&(&len, _)| len > 1);
    axes.map(|(&len, &stride)| {
        let steps = isize::try_from(len - 1).ok()?;
        let distance = steps.checked_mul(stride)?;
        Some(Reach { stride, distance })
    })
    .collect()
}

/// From the lowest element to behind the highest, if `first` is where all axes start; `None` if
/// they lead below zero or further than any memory.
pub(super) fn span(first: usize, reaches: &[Reach]) -> Option<Range<usize>> {
    let (mut low, mut high) = (first, first);
    for reach in reaches {
        let distance = reach.distance.unsigned_abs();
        if reach.distance < 0 {
            low = low.checked_sub(distance)?;
        } else {
            high = high.checked_add(distance)?;
        }
    }
    Some(low..high.checked_add(1)?)
}

/// Whether two indices could name the same element: whether some axis steps no further than those
/// of smaller stride lead together. No slice of an array does, nor a transposition.
pub(super) fn overlap(reaches: &[Reach]) -> bool {
    let mut ascending = reaches.to_vec();
    ascending.sort_by_key(|reach| reach.stride.unsigned_abs());
    let mut reached = 0_usize;
    ascending.iter().any(|reach| {
        let steps_over = reach.stride.unsigned_abs() > reached;
        reached = reached.saturating_add(reach.distance.unsigned_abs());
        !steps_over
    })
}
