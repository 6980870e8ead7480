//! [`Grid`]: where a file's elements are, and how they make up rows.

use std::ops::Range;

use super::LayoutError;
use super::reach::Reach;
use crate::npy::Header;

/// All elements of a file, and how they make up rows along the outermost axis.
///
/// # Invariants
///
/// 1. `data_offset + len * size` is at most `isize::MAX`, and what [`new`](Grid::new) was told is
///    there.
/// 2. `data_offset` and `size` are multiples of the element's alignment.
/// 3. `len` is a multiple of `n_rows`; `n_rows` is 0 only if `len` is, and 1 for a single element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Where the elements begin, in bytes from the file's beginning.
    pub(super) data_offset: usize,
    /// Bytes per element.
    pub(super) size: usize,
    pub(super) len: usize,
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

    /// The length of the outermost axis; 1 for a single element.
    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Where the last element ends, in bytes from the file's beginning.
    pub(crate) fn end(&self) -> usize {
        self.data_offset + self.len * self.size
    }

    /// The bytes of whole rows, as offsets and lengths from the file's beginning.
    pub(crate) fn row_bytes(&self, rows: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let row_len = self.len.checked_div(self.n_rows).unwrap_or(0);
        let (n_runs, run_len, first, stride) = if self.fortran_order {
            (row_len, rows.len(), rows.start, self.n_rows)
        } else {
            (1, rows.len() * row_len, rows.start * row_len, 0)
        };
        let (data_offset, size) = (self.data_offset, self.size);
        (0..n_runs).map(move |run| (data_offset + (first + run * stride) * size, run_len * size))
    }

    /// The rows of the elements that `reaches` lead to from `first`, all of which are in `span`.
    pub(super) fn rows_of(
        &self,
        first: usize,
        span: &Range<usize>,
        reaches: &[Reach],
    ) -> Range<usize> {
        if self.n_rows <= 1 {
            return 0..self.n_rows;
        }
        if !self.fortran_order {
            let row_len = self.len / self.n_rows;
            return span.start / row_len..span.end.div_ceil(row_len);
        }
        // The elements of a row are `n_rows` apart, so that a step of a multiple of that stays in
        // it.
        let row = (first % self.n_rows) as isize;
        let (mut low, mut high) = (row, row);
        for reach in reaches {
            if !reach.stride.unsigned_abs().is_multiple_of(self.n_rows) {
                low += reach.distance.min(0);
                high += reach.distance.max(0);
            }
        }
        match (usize::try_from(low), usize::try_from(high)) {
            (Ok(low), Ok(high)) if high < self.n_rows => low..high + 1,
            _ => 0..self.n_rows,
        }
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
