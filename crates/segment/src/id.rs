//! [`SegmentId`]: 128 random bits that tell one segment from every other.

use std::fmt;

use rustix::rand::{GetRandomFlags, getrandom};

use crate::error::SegmentError;

/// The identity of one segment: 128 bits from the kernel's random source.
///
/// A name can be used again after its segment is gone; an id cannot. A [`Handle`](crate::Handle)
/// carries it, so that another segment under the same name is noticed.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
///
/// let one = Segment::anonymous(Layout::payload(64))?;
/// let two = Segment::anonymous(Layout::payload(64))?;
/// assert_ne!(one.id(), two.id());
/// assert_eq!(one.id().to_string().len(), 32);
/// # Ok::<(), multiproc_segment::SegmentError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId([u8; 16]);

impl SegmentId {
    pub(crate) fn random() -> Result<Self, SegmentError> {
        let mut bytes = [0; 16];
        let filled = getrandom(&mut bytes, GetRandomFlags::empty())
            .map_err(SegmentError::system("getrandom"))?;
        // The kernel promises whole answers of up to 256 bytes.
        assert_eq!(filled, bytes.len(), "getrandom returned part of 16 bytes");
        Ok(Self(bytes))
    }

    /// The id with these bytes, as read from a message or a file.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id's bytes, to be written into a message or a file.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentId({self})")
    }
}
