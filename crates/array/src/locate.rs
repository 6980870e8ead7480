//! [`whole`] and [`part`]: where in a segment an array is, told by bytes that are not believed.

use multiproc_segment::Segment;
use ndarray::Dimension;

use crate::layout::{Grid, LayoutError, Placement};
use crate::npy::{self, Header};
use crate::{ArrayError, ArrayHandle, Element, dtype};

/// What the segments of arrays are marked with.
pub(crate) const KIND: u64 = u64::from_le_bytes(*b"npyarray");

/// The array that the whole payload of `segment` is.
pub(crate) fn whole<T: Element, D: Dimension>(segment: &Segment) -> Result<Placement, ArrayError> {
    let header = header(segment)?;
    let grid = grid::<T>(segment, &header)?;
    check_dimensions::<D>(&header.shape)?;
    Ok(Placement::whole(grid, &header)?)
}

/// The array in `segment` that `handle` names.
pub(crate) fn part<T: Element, D: Dimension>(
    segment: &Segment,
    handle: &ArrayHandle,
) -> Result<Placement, ArrayError> {
    let (expected, found) = (handle.segment.id, segment.id());
    if expected != found {
        return Err(ArrayError::OtherSegment { expected, found });
    }
    dtype::check::<T>(&handle.descr)?;
    let grid = grid::<T>(segment, &header(segment)?)?;
    check_dimensions::<D>(&handle.shape)?;
    let (shape, strides) = (handle.shape.clone(), handle.strides.clone());
    Ok(Placement::at_offset(grid, handle.offset, shape, strides)?)
}

fn header(segment: &Segment) -> Result<Header, ArrayError> {
    if segment.kind() != KIND {
        return Err(ArrayError::NotAnArray {
            segment: segment.id(),
        });
    }
    let payload = segment.payload();
    let mut prefix = vec![0; payload.len().min(npy::PREFIX_LEN)];
    payload.read(0, &mut prefix)?;
    let mut bytes = vec![0; payload.len().min(Header::len_of(&prefix)?)];
    payload.read(0, &mut bytes)?;
    Ok(Header::parse(&bytes)?)
}

fn grid<T: Element>(segment: &Segment, header: &Header) -> Result<Grid, ArrayError> {
    dtype::check::<T>(&header.descr)?;
    Ok(Grid::new::<T>(header, segment.len())?)
}

/// Whether an array of `shape` has as many dimensions as `D`.
pub(crate) fn check_dimensions<D: Dimension>(shape: &[usize]) -> Result<(), LayoutError> {
    match D::NDIM {
        Some(asked) if asked != shape.len() => {
            let shape = shape.to_vec();
            Err(LayoutError::Dimensions { asked, shape })
        }
        _ => Ok(()),
    }
}
