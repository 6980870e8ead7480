//! [`Placement::sliced`]: an array's slices, with ndarray's meaning of every slice.

use ndarray::SliceInfoElem;

use super::{LayoutError, Placement, shift};

impl Placement {
    /// The elements that `slices` leave: one slice for each axis, and new axes in between.
    pub(crate) fn sliced(&self, slices: &[SliceInfoElem]) -> Result<Placement, LayoutError> {
        let is_new = |slice: &&SliceInfoElem| matches!(slice, SliceInfoElem::NewAxis);
        let asked = slices.len() - slices.iter().filter(is_new).count();
        if asked != self.shape.len() {
            let shape = self.shape.clone();
            return Err(LayoutError::Dimensions { asked, shape });
        }
        let mut first = self.first;
        let mut go_to = |position, stride| {
            // An empty array has no element to lead to.
            if !self.span.is_empty() {
                first = shift(first, position, stride);
            }
        };
        let (mut shape, mut strides) = (Vec::new(), Vec::new());
        let mut axis = 0;
        for &slice in slices {
            if let SliceInfoElem::NewAxis = slice {
                shape.push(1);
                strides.push(0);
                continue;
            }
            let (len, stride) = (self.shape[axis], self.strides[axis]);
            let left = slice_axis(slice, len);
            match left.map_err(|index| LayoutError::Index { axis, index, len })? {
                Sliced::Index(position) => go_to(position, stride),
                Sliced::Range { start, len, step } => {
                    go_to(start, stride);
                    shape.push(len);
                    strides.push(stride.saturating_mul(step));
                }
            }
            axis += 1;
        }
        Placement::new(self.grid, first, shape, strides)
    }

    /// The axes in reverse order.
    pub(crate) fn transposed(mut self) -> Placement {
        self.shape.reverse();
        self.strides.reverse();
        self
    }
}

enum Sliced {
    Index(usize),
    Range {
        start: usize,
        len: usize,
        step: isize,
    },
}

/// What `slice` leaves of an axis of `len`, or the index that is not on it.
fn slice_axis(slice: SliceInfoElem, len: usize) -> Result<Sliced, isize> {
    match slice {
        SliceInfoElem::Index(index) => {
            let position = resolve(index, len).filter(|&position| position < len);
            position.map(Sliced::Index).ok_or(index)
        }
        SliceInfoElem::Slice { start, end, step } => {
            let start = resolve(start, len).ok_or(start)?;
            let end = end.map_or(Ok(len), |end| resolve(end, len).ok_or(end))?;
            let range_len = end.saturating_sub(start);
            Ok(Sliced::Range {
                start: match range_len {
                    0 => 0,
                    _ if step < 0 => end - 1,
                    _ => start,
                },
                len: range_len.div_ceil(step.unsigned_abs().max(1)),
                step,
            })
        }
        SliceInfoElem::NewAxis => unreachable!("a new axis slices none"),
    }
}

/// The position on an axis of `len` that `index` names, from the end if it is below zero.
fn resolve(index: isize, len: usize) -> Option<usize> {
    let position = if index < 0 {
        len.checked_sub(index.unsigned_abs())
    } else {
        usize::try_from(index).ok()
    };
    position.filter(|&position| position <= len)
}
