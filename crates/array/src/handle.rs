//! [`ArrayHandle`]: what a message carries instead of an array's elements.

use multiproc_segment::{Handle, Segment, SegmentError};

use crate::layout::Placement;
use crate::{ArrayError, Element};

/// Which array: the segment, the dtype, and where in the segment the elements are.
///
/// Plain data of some dozen bytes, whatever the array's size. It names slices, transpositions and
/// reversed views as well as whole arrays. Nothing in it is believed: who attaches checks it
/// against the segment.
///
/// # Examples
///
/// ```
/// use multiproc_array::{ArrayHandle, SharedArray};
/// use ndarray::Ix2;
///
/// let array = SharedArray::<f64, Ix2>::zeros((1000, 50))?;
/// let bytes = array.handle().to_bytes();
/// assert!(bytes.len() < 100);
///
/// let handle = ArrayHandle::from_bytes(&bytes)?;
/// assert_eq!(handle, array.handle());
/// assert_eq!((&*handle.descr, &*handle.shape), ("<f8", &[1000, 50][..]));
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArrayHandle {
    /// The segment that the elements are in.
    pub segment: Handle,
    /// The dtype, as [`Element::DESCR`](crate::Element::DESCR) has it.
    pub descr: String,
    /// Where the element of index zero is, in bytes from the beginning of the segment's payload.
    pub offset: usize,
    /// The lengths of the axes, outermost first.
    pub shape: Vec<usize>,
    /// The distance between neighbours along each axis, in elements; below zero if reversed.
    pub strides: Vec<isize>,
}

const VERSION: u8 = 1;

impl ArrayHandle {
    pub(crate) fn new<T: Element>(segment: &Segment, placement: &Placement) -> ArrayHandle {
        ArrayHandle {
            segment: segment.handle(),
            descr: T::DESCR.to_owned(),
            offset: placement.offset(),
            shape: placement.shape().to_vec(),
            strides: placement.strides().to_vec(),
        }
    }

    /// The handle as bytes, all numbers little-endian: version (one byte), offset (8 bytes), number
    /// of lengths (4), the lengths (8 each), number of strides (4), the strides (8 each), length of
    /// the dtype (4), the dtype, and the segment's handle.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend((self.offset as u64).to_le_bytes());
        bytes.extend((self.shape.len() as u32).to_le_bytes());
        bytes.extend(
            self.shape
                .iter()
                .flat_map(|&len| (len as u64).to_le_bytes()),
        );
        bytes.extend((self.strides.len() as u32).to_le_bytes());
        bytes.extend(
            self.strides
                .iter()
                .flat_map(|&stride| (stride as i64).to_le_bytes()),
        );
        bytes.extend((self.descr.len() as u32).to_le_bytes());
        bytes.extend(self.descr.as_bytes());
        bytes.extend(self.segment.to_bytes());
        bytes
    }

    /// Reads all of `bytes` as [`to_bytes`](Self::to_bytes) wrote them.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::NotAHandle`] if they are cut, or of another kind or version.
    /// - [`ArrayError::Segment`] if what they say of the segment is no handle of one.
    pub fn from_bytes(bytes: &[u8]) -> Result<ArrayHandle, ArrayError> {
        let handle = ArrayHandle::parse(bytes);
        Ok(handle.ok_or(ArrayError::NotAHandle { len: bytes.len() })??)
    }

    /// `None` if the bytes before the segment's handle are not as they should be.
    fn parse(mut rest: &[u8]) -> Option<Result<ArrayHandle, SegmentError>> {
        if take(&mut rest)? != [VERSION] {
            return None;
        }
        let offset = usize::try_from(u64::from_le_bytes(take(&mut rest)?)).ok()?;
        let shape: Option<Vec<usize>> = (0..take_count(&mut rest)?)
            .map(|_| usize::try_from(u64::from_le_bytes(take(&mut rest)?)).ok())
            .collect();
        let shape = shape?;
        let strides: Option<Vec<isize>> = (0..take_count(&mut rest)?)
            .map(|_| isize::try_from(i64::from_le_bytes(take(&mut rest)?)).ok())
            .collect();
        let strides = strides?;
        let descr_len = take_count(&mut rest)?;
        let (descr, segment) = rest.split_at_checked(descr_len)?;
        let descr = String::from_utf8(descr.to_vec()).ok()?;
        Some(Handle::from_bytes(segment).map(|segment| ArrayHandle {
            segment,
            descr,
            offset,
            shape,
            strides,
        }))
    }
}

fn take_count(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(take(rest)?)).ok()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, later) = rest.split_first_chunk()?;
    *rest = later;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use multiproc_segment::{Location, SegmentId, SegmentName};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn handles_are_read_back_as_they_were_written(
            id: [u8; 16],
            shape: Vec<usize>,
            strides: Vec<isize>,
            descr: String,
            offset: usize,
            named: bool,
        ) {
            let name = SegmentName::new("name").unwrap();
            let place = if named { Location::Named(name) } else { Location::Anonymous };
            let segment = Handle { id: SegmentId::from_bytes(id), place };
            let handle = ArrayHandle { segment, descr, offset, shape, strides };
            prop_assert_eq!(ArrayHandle::from_bytes(&handle.to_bytes()).unwrap(), handle);
        }

        #[test]
        fn any_bytes_are_a_handle_or_an_error(mut bytes: Vec<u8>) {
            let _ = ArrayHandle::from_bytes(&bytes);
            if let Some(version) = bytes.first_mut() {
                *version = VERSION;
            }
            if let Ok(handle) = ArrayHandle::from_bytes(&bytes) {
                prop_assert_eq!(handle.to_bytes(), bytes);
            }
        }
    }
}
