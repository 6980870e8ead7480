//! [`Placement`]: which elements of a file an array has, and in which rows they are.
//!
//! Pure arithmetic on lengths, strides and offsets that may come from anyone. What it lets pass can
//! be viewed without another look: in bounds, on the grid of the elements, no element twice.

mod error;
mod grid;
mod reach;
mod slicing;

use std::ops::Range;

use ndarray::{Axis, Dimension, ShapeBuilder, StrideShape};

use crate::npy::Header;
use reach::{overlap, reaches, span};

pub use error::LayoutError;
pub(crate) use grid::{Grid, checked_len_bytes};

/// An array among the elements of a [`Grid`]: the whole of it, or a slice, or a transposition.
///
/// # Invariants
///
/// 1. Every index within `shape` names an element of the grid, `first` plus the sum of index times
///    stride, which is in `span`. Different indices name different elements.
/// 2. `rows` holds the row of every such element.
/// 3. `shape` and `strides` are of the same length, and the product of the lengths that are not 0
///    times the element's size is at most `isize::MAX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    grid: Grid,
    first: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
    span: Range<usize>,
    rows: Range<usize>,
}

impl Placement {
    /// All elements of a file with `header`.
    pub(crate) fn whole(grid: Grid, header: &Header) -> Result<Placement, LayoutError> {
        let mut stride = 1_isize;
        let mut strides = vec![0; header.shape.len()];
        let mut next = |(to, &len): (&mut isize, &usize)| {
            *to = stride;
            // In bounds for all but empty arrays, whose strides nobody follows.
            stride = stride.saturating_mul(isize::try_from(len).unwrap_or(isize::MAX));
        };
        let axes = strides.iter_mut().zip(&header.shape);
        if header.fortran_order {
            axes.for_each(&mut next);
        } else {
            axes.rev().for_each(&mut next);
        }
        Placement::new(grid, 0, header.shape.clone(), strides)
    }

    /// The elements from the `first` one of `grid` on, with strides in elements.
    pub(crate) fn new(
        grid: Grid,
        first: usize,
        shape: Vec<usize>,
        strides: Vec<isize>,
    ) -> Result<Placement, LayoutError> {
        if shape.len() != strides.len() {
            return Err(LayoutError::Dimensions {
                asked: strides.len(),
                shape,
            });
        }
        checked_len_bytes(&shape, grid.size)?;
        if shape.contains(&0) {
            let (first, span, rows) = (0, 0..0, 0..0);
            return Ok(Placement {
                grid,
                first,
                shape,
                strides,
                span,
                rows,
            });
        }
        let reaches = reaches(&shape, &strides);
        let span = reaches.as_deref().and_then(|reaches| span(first, reaches));
        let (Some(reaches), Some(span)) =
            (reaches, span.clone().filter(|span| span.end <= grid.len))
        else {
            let n_elements = span.map_or(usize::MAX, |span| span.end);
            return Err(LayoutError::OutOfBounds {
                needed: n_elements
                    .saturating_mul(grid.size)
                    .saturating_add(grid.data_offset),
                available: grid.end(),
            });
        };
        if overlap(&reaches) {
            return Err(LayoutError::Overlapping { shape, strides });
        }
        let rows = grid.rows_of(first, &span, &reaches);
        Ok(Placement {
            grid,
            first,
            shape,
            strides,
            span,
            rows,
        })
    }

    /// The elements from `offset` on, in bytes from the file's beginning.
    pub(crate) fn at_offset(
        grid: Grid,
        offset: usize,
        shape: Vec<usize>,
        strides: Vec<isize>,
    ) -> Result<Placement, LayoutError> {
        let from_data = offset.checked_sub(grid.data_offset);
        match from_data.filter(|from_data| from_data.is_multiple_of(grid.size)) {
            Some(from_data) => Placement::new(grid, from_data / grid.size, shape, strides),
            None => Err(LayoutError::OffGrid {
                offset,
                data_offset: grid.data_offset,
                element_size: grid.size,
            }),
        }
    }

    pub(crate) fn grid(&self) -> &Grid {
        &self.grid
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// In elements.
    pub(crate) fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Where the element of index zero is, in bytes from the file's beginning.
    pub(crate) fn offset(&self) -> usize {
        self.grid.data_offset + self.first * self.grid.size
    }

    /// Where the lowest element is, in bytes from the file's beginning, and how many bytes there
    /// are up to the end of the highest.
    pub(crate) fn span_bytes(&self) -> (usize, usize) {
        let size = self.grid.size;
        (
            self.grid.data_offset + self.span.start * size,
            self.span.len() * size,
        )
    }

    /// Shape and strides as seen from the lowest element, from where all strides lead upwards. They
    /// are the array's own once the [`reversed_axes`](Self::reversed_axes) are inverted.
    pub(crate) fn upward<D: Dimension>(&self) -> StrideShape<D> {
        let shape = dimension::<D>(&self.shape);
        if self.span.is_empty() {
            return shape.into();
        }
        let axes = self.shape.iter().zip(&self.strides);
        let strides: Vec<usize> = axes
            .map(|(&len, stride)| if len > 1 { stride.unsigned_abs() } else { 0 })
            .collect();
        shape.strides(dimension(&strides))
    }

    /// The axes that lead downwards.
    pub(crate) fn reversed_axes(&self) -> impl Iterator<Item = Axis> {
        let axes = self.shape.iter().zip(&self.strides).enumerate();
        axes.filter(|&(_, (&len, &stride))| len > 1 && stride < 0)
            .map(|(axis, _)| Axis(axis))
    }

    /// The rows of the file in which the elements are.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// The length of an axis.
    pub(crate) fn len_of(&self, axis: Axis) -> Result<usize, LayoutError> {
        let shape = &self.shape;
        shape
            .get(axis.index())
            .copied()
            .ok_or_else(|| LayoutError::NoAxis {
                axis: axis.index(),
                shape: shape.clone(),
            })
    }

    /// The part of the array in `range` of an axis.
    pub(crate) fn part(&self, axis: Axis, range: Range<usize>) -> Result<Placement, LayoutError> {
        let n_rows = self.len_of(axis)?;
        if range.start > range.end || range.end > n_rows {
            return Err(LayoutError::Rows { range, n_rows });
        }
        let mut shape = self.shape.clone();
        shape[axis.index()] = range.len();
        let first = if shape.contains(&0) {
            self.first
        } else {
            shift(self.first, range.start, self.strides[axis.index()])
        };
        Placement::new(self.grid, first, shape, self.strides.clone())
    }
}

/// As many lengths or strides as `D` has axes, which whoever made the placement has checked.
fn dimension<D: Dimension>(values: &[usize]) -> D {
    let mut dimension = D::zeros(values.len());
    dimension.slice_mut().copy_from_slice(values);
    dimension
}

/// The element `steps` steps of `stride` from the one at `first`.
fn shift(first: usize, steps: usize, stride: isize) -> usize {
    if stride < 0 {
        first - steps * stride.unsigned_abs()
    } else {
        first + steps * stride.unsigned_abs()
    }
}
