//! [`Order`]: in which order NumPy visits an array's elements, and where it cuts them into runs.
//!
//! A sum's last bits depend on which numbers are added first. NumPy visits the axes from the
//! smallest stride to the greatest, whatever their order in the shape; merges axes that continue
//! one another; and hands its inner loop either a whole innermost axis in place, or copies of up to
//! 8192 elements. It copies what needs conversion, and what has so short an innermost
//! axis that copying pays. This file repeats those decisions.

use super::pairwise::Cut;

/// How many elements NumPy copies at a time (`numpy.getbufsize()`).
const BUFFER_LEN: usize = 8192;

/// Whether NumPy converts the elements before it adds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cast {
    /// They are added as they are.
    None,
    /// They are converted, and so copied.
    Needed,
}

impl Cast {
    /// Where NumPy cuts `len` elements that are in a row.
    pub(super) fn cut(self, len: usize) -> Cut {
        let run = match self {
            Cast::None => len,
            Cast::Needed => BUFFER_LEN,
        };
        Cut { block: len, run }
    }
}

/// In which order elements are visited, and where that sequence is cut.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// The axes, outermost first; their elements in this order are the ones to add.
    pub(super) axes: Vec<usize>,
    /// Where that sequence is cut.
    pub(super) cut: Cut,
}

#[derive(Clone, Copy)]
struct Axis {
    index: usize,
    len: usize,
    /// Zero if the axis has one element.
    stride: isize,
}

/// The order for an array of `shape` and `strides`, none of whose axes is empty.
///
/// `strides` may be in elements or in bytes.
pub(super) fn order(shape: &[usize], strides: &[isize], cast: Cast) -> Order {
    let mut axes: Vec<Axis> = (0..shape.len())
        .rev()
        .map(|index| Axis {
            index,
            len: shape[index],
            stride: if shape[index] == 1 { 0 } else { strides[index] },
        })
        .collect();
    sort_by_stride(&mut axes);
    let outermost_first = axes.iter().rev().map(|axis| axis.index).collect();
    Order {
        axes: outermost_first,
        cut: cut(&merge(&axes), cast),
    }
}

/// An insertion sort, smallest stride first, in which an axis without a stride compares with none.
///
/// That comparison is no order, so that no other sort gives the same result.
fn sort_by_stride(axes: &mut [Axis]) {
    for from in 1..axes.len() {
        let mut to = from;
        for other in (0..from).rev() {
            let (moving, passed) = (axes[from].stride, axes[other].stride);
            if moving == 0 || passed == 0 {
                continue;
            }
            if passed.unsigned_abs() <= moving.unsigned_abs() {
                break;
            }
            to = other;
        }
        axes[to..=from].rotate_right(1);
    }
}

/// Makes one axis of those whose elements follow one another at one stride.
fn merge(axes: &[Axis]) -> Vec<Axis> {
    let mut merged: Vec<Axis> = Vec::with_capacity(axes.len());
    for &axis in axes {
        match merged.last_mut() {
            Some(inner) if continues(*inner, axis) => {
                inner.len *= axis.len;
                if inner.stride == 0 {
                    inner.stride = axis.stride;
                }
            }
            _ => merged.push(axis),
        }
    }
    merged
}

fn continues(inner: Axis, outer: Axis) -> bool {
    let is_point = |axis: Axis| axis.len == 1 && axis.stride == 0;
    is_point(inner)
        || is_point(outer)
        || isize::try_from(inner.len)
            .ok()
            .and_then(|len| inner.stride.checked_mul(len))
            == Some(outer.stride)
}

/// How many of the innermost axes NumPy takes at once, and so where it cuts.
///
/// NumPy weighs a cost of one, and one more if it must copy, against the elements that it handles
/// at once. The first axis that does not continue the innermost one makes it copy.
fn cut(axes: &[Axis], cast: Cast) -> Cut {
    let innermost = axes.first().map_or(1, |axis| axis.len);
    let in_place_cost = match cast {
        Cast::None => 1,
        Cast::Needed => 2,
    };
    let (mut best_cost, mut best_len, mut best_core, mut copies) =
        (in_place_cost, innermost, 1, cast == Cast::Needed);
    let mut len = innermost;
    for (outer, axis) in axes.iter().enumerate().skip(1) {
        let cost = 2;
        let cost_so_far = if outer == 1 { in_place_cost } else { cost };
        if len >= BUFFER_LEN && cost_so_far > 1 {
            break;
        }
        let core = len;
        len *= axis.len;
        if cost * best_len <= best_cost * len.min(BUFFER_LEN) {
            (best_cost, best_len, best_core, copies) = (cost, len, core, true);
        }
    }
    let run = if copies && best_len > BUFFER_LEN {
        best_core * (BUFFER_LEN / best_core)
    } else {
        best_len
    };
    Cut {
        block: best_len,
        run,
    }
}
