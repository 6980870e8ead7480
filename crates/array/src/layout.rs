//! [`Grid`] and [`Placement`]: where an array's elements are, and which rows of the file they belong to.
//!
//! Pure arithmetic on lengths, strides and offsets that may come from anyone. What it lets pass can be
//! viewed without another look: in bounds, on the grid of the elements, no element twice.

use std::ops::Range;

use ndarray::{Axis, Dimension, ShapeBuilder, StrideShape};

use crate::npy::Header;

mod error;
mod slicing;

pub use error::LayoutError;

/// All elements of a file, and how they make up rows along the outermost axis.
///
/// # Invariants
///
/// 1. `data_offset + len * size` is at most `isize::MAX`, and what [`new`](Grid::new) was told is there.
/// 2. `data_offset` and `size` are multiples of the element's alignment.
/// 3. `len` is a multiple of `n_rows`; `n_rows` is 0 only if `len` is, and 1 for a single element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Where the elements begin, in bytes from the file's beginning.
    data_offset: usize,
    /// Bytes per element.
    size: usize,
    len: usize,
    n_rows: usize,
    fortran_order: bool,
}

impl Grid {
    /// The grid of a file with `header`, elements of `T`, and `available` bytes in all.
    pub(crate) fn new<T>(header: &Header, available: usize) -> Result<Grid, LayoutError> {
        let size = size_of::<T>();
        let len_bytes = checked_len_bytes(&header.shape, size)?;
        if !header.data_offset.is_multiple_of(align_of::<T>()) {
            return Err(LayoutError::Misaligned {
                data_offset: header.data_offset,
                alignment: align_of::<T>(),
            });
        }
        let end = header.data_offset.checked_add(len_bytes);
        match end.filter(|&end| isize::try_from(end).is_ok()) {
            None => Err(too_large(&header.shape, size)),
            Some(needed) if needed > available => {
                Err(LayoutError::OutOfBounds { needed, available })
            }
            Some(_) => Ok(Grid {
                data_offset: header.data_offset,
                size,
                len: len_bytes / size,
                n_rows: header.shape.first().copied().unwrap_or(1),
                fortran_order: header.fortran_order,
            }),
        }
    }

    /// Bytes per element.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Where the last element ends, in bytes from the file's beginning.
    pub(crate) fn end(&self) -> usize {
        self.data_offset + self.len * self.size
    }

    /// The bytes of whole rows, as offsets and lengths from the file's beginning.
    pub(crate) fn row_bytes(&self, rows: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let row_len = self.len.checked_div(self.n_rows).unwrap_or(0);
        let (n_runs, run_len, stride) = if self.fortran_order {
            (row_len, rows.len(), self.n_rows)
        } else {
            (1, rows.len() * row_len, 0)
        };
        let first = if self.fortran_order {
            rows.start
        } else {
            rows.start * row_len
        };
        let Grid {
            data_offset, size, ..
        } = *self;
        (0..n_runs).map(move |run| (data_offset + (first + run * stride) * size, run_len * size))
    }

    /// The rows that hold the element `first` and those at the distances that `reaches` allow.
    fn rows_of(&self, first: usize, reaches: &[Reach]) -> Range<usize> {
        if self.n_rows <= 1 {
            return 0..self.n_rows;
        }
        if !self.fortran_order {
            let row_len = self.len / self.n_rows;
            let (low, high) = extent(first, reaches.iter());
            return low / row_len..high / row_len + 1;
        }
        // The elements of a row are `n_rows` apart, so that a step of a multiple of that stays in it.
        let across = |reach: &&Reach| !reach.stride.unsigned_abs().is_multiple_of(self.n_rows);
        let (mut low, mut high) = (
            (first % self.n_rows) as isize,
            (first % self.n_rows) as isize,
        );
        for reach in reaches.iter().filter(across) {
            low += reach.distance().min(0);
            high += reach.distance().max(0);
        }
        match (usize::try_from(low), usize::try_from(high)) {
            (Ok(low), Ok(high)) if high < self.n_rows => low..high + 1,
            _ => 0..self.n_rows,
        }
    }
}

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
        let distances: Option<Vec<isize>> = reaches.iter().map(Reach::checked_distance).collect();
        let span = distances.and_then(|distances| checked_extent(first, &distances));
        let Some((low, high)) = span.filter(|&(_, high)| high < grid.len) else {
            let last = span.map_or(usize::MAX, |(_, high)| high);
            return Err(LayoutError::OutOfBounds {
                needed: last
                    .saturating_add(1)
                    .saturating_mul(grid.size)
                    .saturating_add(grid.data_offset),
                available: grid.end(),
            });
        };
        if overlap(&reaches) {
            return Err(LayoutError::Overlapping { shape, strides });
        }
        let rows = grid.rows_of(first, &reaches);
        Ok(Placement {
            grid,
            first,
            shape,
            strides,
            span: low..high + 1,
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

    /// Where the lowest element is, in bytes from the file's beginning, and how many bytes there are up
    /// to the end of the highest.
    pub(crate) fn span_bytes(&self) -> (usize, usize) {
        let size = self.grid.size;
        (
            self.grid.data_offset + self.span.start * size,
            self.span.len() * size,
        )
    }

    /// Shape and strides as seen from the lowest element, from where all strides lead upwards. They are
    /// the array's own once the [`reversed_axes`](Self::reversed_axes) are inverted.
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

    /// The length of the outermost axis.
    pub(crate) fn n_rows(&self) -> Result<usize, LayoutError> {
        self.shape.first().copied().ok_or(LayoutError::NoAxis)
    }

    /// The part of the array in `range` of the outermost axis.
    pub(crate) fn part(&self, range: Range<usize>) -> Result<Placement, LayoutError> {
        let n_rows = self.n_rows()?;
        if range.start > range.end || range.end > n_rows {
            return Err(LayoutError::Rows { range, n_rows });
        }
        let mut shape = self.shape.clone();
        shape[0] = range.len();
        let first = if shape.contains(&0) {
            self.first
        } else {
            shift(self.first, range.start, self.strides[0])
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

/// How far an axis reaches.
#[derive(Clone, Copy)]
struct Reach {
    /// The length of the axis less one.
    steps: usize,
    /// In elements.
    stride: isize,
}

impl Reach {
    fn checked_distance(&self) -> Option<isize> {
        isize::try_from(self.steps).ok()?.checked_mul(self.stride)
    }

    /// From the axis' first element to its last, which [`Placement::new`] has found to be no overflow.
    fn distance(&self) -> isize {
        self.steps as isize * self.stride
    }
}

/// Those of the axes that have more than one element.
fn reaches(shape: &[usize], strides: &[isize]) -> Vec<Reach> {
    let axes = shape.iter().zip(strides);
    axes.filter(|&(&len, _)| len > 1)
        .map(|(&len, &stride)| Reach {
            steps: len - 1,
            stride,
        })
        .collect()
}

fn extent<'a>(first: usize, reaches: impl Iterator<Item = &'a Reach>) -> (usize, usize) {
    reaches.fold((first, first), |(low, high), reach| {
        let distance = reach.distance();
        if distance < 0 {
            (low - distance.unsigned_abs(), high)
        } else {
            (low, high + distance.unsigned_abs())
        }
    })
}

fn checked_extent(first: usize, distances: &[isize]) -> Option<(usize, usize)> {
    distances
        .iter()
        .try_fold((first, first), |(low, high), &distance| {
            Some(if distance < 0 {
                (low.checked_sub(distance.unsigned_abs())?, high)
            } else {
                (low, high.checked_add(distance.unsigned_abs())?)
            })
        })
}

/// Whether two indices could name the same element: whether some axis steps no further than those of
/// smaller stride reach together. No slice of an array does, nor a transposition.
fn overlap(reaches: &[Reach]) -> bool {
    let mut ascending = reaches.to_vec();
    ascending.sort_by_key(|reach| reach.stride.unsigned_abs());
    let mut reached = 0_usize;
    ascending.iter().any(|reach| {
        let steps_over = reach.stride.unsigned_abs() > reached;
        reached = reached.saturating_add(reach.distance().unsigned_abs());
        !steps_over
    })
}

fn shift(first: usize, steps: usize, stride: isize) -> usize {
    if stride < 0 {
        first - steps * stride.unsigned_abs()
    } else {
        first + steps * stride.unsigned_abs()
    }
}

/// The product of the lengths and `size`, if the lengths that are not 0 allow it.
pub(crate) fn checked_len_bytes(shape: &[usize], size: usize) -> Result<usize, LayoutError> {
    let nonzero = shape
        .iter()
        .filter(|&&len| len > 0)
        .try_fold(size, |product, &len| product.checked_mul(len));
    match nonzero.filter(|&len| isize::try_from(len).is_ok()) {
        None => Err(too_large(shape, size)),
        Some(_) if shape.contains(&0) => Ok(0),
        Some(len) => Ok(len),
    }
}

fn too_large(shape: &[usize], element_size: usize) -> LayoutError {
    LayoutError::TooLarge {
        shape: shape.to_vec(),
        element_size,
    }
}
