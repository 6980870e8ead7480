//! [`Order`]: in which order NumPy visits an array's elements, and where it cuts them into runs.
//!
//! A sum's last bits depend on which numbers are added first. NumPy visits the axes from the
//! smallest stride to the greatest, whatever their order in the shape; merges axes that continue
//! one another, both in the array and in the result; and hands its inner loop either a whole
//! innermost axis in place, or copies of up to 8192 elements. It copies what needs conversion, and
//! what has so short an innermost axis that copying pays. This file repeats those decisions.

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

/// In which order elements are visited, and how those are added that make up one result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// The axes, outermost first and those of one element before all; their elements in this order
    /// are the ones to add.
    pub(super) axes: Vec<usize>,
    pub(super) adding: Adding,
}

/// How NumPy's inner loop adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adding {
    /// Each result's elements follow one another, and are added in runs, pairwise.
    InRuns(Cut),
    /// Neighbouring elements go to different results, each of which grows by one after the other.
    OneByOne,
}

/// An axis, or several that continue one another.
#[derive(Clone, Copy)]
struct Axis {
    index: usize,
    len: usize,
    /// In the array; zero if there is one element.
    stride: isize,
    /// In the result; zero if the axis is added up, or has one element.
    result_stride: isize,
}

/// The order for an array of `shape` and `strides`, none of whose axes is empty; the axes of which
/// `is_added_up` is true vanish.
///
/// `strides` may be in elements or in bytes.
pub(super) fn order(
    shape: &[usize],
    strides: &[isize],
    cast: Cast,
    is_added_up: impl Fn(usize) -> bool,
) -> Order {
    let mut axes: Vec<Axis> = (0..shape.len())
        .rev()
        .map(|index| Axis {
            index,
            len: shape[index],
            stride: if shape[index] == 1 { 0 } else { strides[index] },
            result_stride: 0,
        })
        .collect();
    sort_by_stride(&mut axes);
    let mut result_len = 1;
    for axis in axes.iter_mut().filter(|axis| axis.len > 1) {
        if !is_added_up(axis.index) {
            axis.result_stride = result_len;
            // At most the array's length.
            result_len *= axis.len as isize;
        }
    }
    let (points, long): (Vec<&Axis>, Vec<&Axis>) =
        axes.iter().rev().partition(|axis| axis.len == 1);
    let outermost_first = points.iter().chain(&long).map(|axis| axis.index).collect();
    let merged = merge(&axes);
    let is_in_runs = merged.first().is_none_or(|inner| inner.result_stride == 0);
    Order {
        axes: outermost_first,
        adding: if is_in_runs {
            Adding::InRuns(cut(&merged, cast))
        } else {
            Adding::OneByOne
        },
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
                if inner.result_stride == 0 {
                    inner.result_stride = axis.result_stride;
                }
            }
            _ => merged.push(axis),
        }
    }
    merged
}

fn continues(inner: Axis, outer: Axis) -> bool {
    inner.len == 1
        || outer.len == 1
        || leads_on(inner.len, inner.stride, outer.stride)
            && leads_on(inner.len, inner.result_stride, outer.result_stride)
}

/// Whether `len` steps of `stride` are one of `next`.
fn leads_on(len: usize, stride: isize, next: isize) -> bool {
    let end = isize::try_from(len).ok();
    end.and_then(|len| stride.checked_mul(len)) == Some(next)
}

/// How many of the innermost axes, all of which are added up, NumPy takes at once, and so where it
/// cuts.
///
/// NumPy weighs a cost of one, and one more for each of array and result that it must copy, against
/// the elements that it handles at once. The first axis that does not continue the innermost one
/// makes it copy the array; the first one that is not added up is the last that it considers, and
/// makes it copy the result.
fn cut(axes: &[Axis], cast: Cast) -> Cut {
    let (mut innermost, mut cost) = (1, 1);
    if let Some(axis) = axes.first() {
        innermost = axis.len;
    }
    if cast == Cast::Needed {
        cost = 2;
    }
    let mut best = Taken {
        cost,
        len: innermost,
        core: 1,
    };
    let mut is_copied = cast == Cast::Needed;
    let mut len = innermost;
    let mut is_in_place = true;
    for pair in axes.windows(2) {
        let (inner, outer) = (pair[0], pair[1]);
        if len >= BUFFER_LEN && cost > 1 {
            break;
        }
        if is_in_place && !leads_on(inner.len, inner.stride, outer.stride) {
            is_in_place = false;
            if cast == Cast::None {
                cost += 1;
            }
        }
        let is_last = outer.result_stride != 0;
        if is_last {
            cost += 1;
        }
        let core = len;
        len = len.saturating_mul(outer.len);
        let copied = if cost > 1 { len.min(BUFFER_LEN) } else { len };
        if cost * best.len <= best.cost * copied {
            if is_last {
                return Cut {
                    block: core,
                    run: core,
                };
            }
            best = Taken { cost, len, core };
            is_copied |= !is_in_place;
        }
        if is_last {
            break;
        }
    }
    let run = if is_copied && best.len > BUFFER_LEN {
        best.core * (BUFFER_LEN / best.core)
    } else {
        best.len
    };
    Cut {
        block: best.len,
        run,
    }
}

/// What NumPy would take at once.
struct Taken {
    cost: usize,
    len: usize,
    /// Of these it takes a whole number.
    core: usize,
}
