//! [`Handle`]: what a message carries instead of a segment's bytes.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::error::SegmentError;
use crate::id::SegmentId;
use crate::name::SegmentName;

/// Which segment, and where it is found. A few dozen bytes, whatever the segment's size.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Handle, Layout, Segment, SegmentError};
///
/// let segment = Segment::anonymous(Layout::payload(1 << 20))?;
/// let bytes = segment.handle().to_bytes();
/// assert_eq!(bytes.len(), 17);
///
/// let handle = Handle::from_bytes(&bytes)?;
/// assert_eq!(handle.id, segment.id());
/// // An anonymous segment itself travels through a transport.
/// assert!(matches!(Segment::open_handle(&handle), Err(SegmentError::NeedsTransport { .. })));
/// # Ok::<(), SegmentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    /// The segment's id.
    pub id: SegmentId,
    /// Where it is found.
    pub place: Location,
}

/// Where a segment is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// Nowhere: its descriptor must be sent along.
    Anonymous,
    /// Under this name.
    Named(SegmentName),
    /// In the file with this absolute path.
    File(PathBuf),
}

const ANONYMOUS: u8 = 0;
const NAMED: u8 = 1;
const FILE: u8 = 2;

impl Handle {
    /// The handle as bytes: the id, a tag, and the name or path if there is one. At most 217 of
    /// them, but for a path.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.id.to_bytes().to_vec();
        match &self.place {
            Location::Anonymous => bytes.push(ANONYMOUS),
            Location::Named(name) => {
                bytes.push(NAMED);
                bytes.extend(name.as_str().as_bytes());
            }
            Location::File(path) => {
                bytes.push(FILE);
                bytes.extend(path.as_os_str().as_bytes());
            }
        }
        bytes
    }

    /// Reads all of `bytes` as [`to_bytes`](Self::to_bytes) wrote them.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::NotAHandle`] if they are cut, or of another kind.
    /// - [`SegmentError::InvalidName`] if the name in them is none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SegmentError> {
        let refused = || SegmentError::NotAHandle { len: bytes.len() };
        let (id, rest) = bytes.split_first_chunk().ok_or_else(refused)?;
        let place = match rest.split_first().ok_or_else(refused)? {
            (&ANONYMOUS, []) => Location::Anonymous,
            (&NAMED, name) => {
                let name = str::from_utf8(name).map_err(|_| refused())?;
                Location::Named(SegmentName::new(name)?)
            }
            (&FILE, path) => {
                let path = PathBuf::from(OsStr::from_bytes(path));
                if !path.is_absolute() {
                    return Err(refused());
                }
                Location::File(path)
            }
            _ => return Err(refused()),
        };
        Ok(Self {
            id: SegmentId::from_bytes(*id),
            place,
        })
    }
}

/// The name or path, if there is one, and the id.
impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Location::Anonymous => write!(f, "anonymous segment {}", self.id),
            place => write!(f, "segment {place} ({})", self.id),
        }
    }
}

/// The name or path.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("without a name"),
            Self::Named(name) => name.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn handles_are_read_back_as_they_were_written(
            id: [u8; 16], name in "[^./\0][^/\0]{0,40}", path in "[^/\0]{1,40}",
        ) {
            let id = SegmentId::from_bytes(id);
            let named = Location::Named(SegmentName::new(name).unwrap());
            let file = Location::File(PathBuf::from("/data").join(&path));
            for place in [Location::Anonymous, named, file] {
                let handle = Handle { id, place };
                prop_assert_eq!(Handle::from_bytes(&handle.to_bytes()), Ok(handle));
            }
        }

        #[test]
        fn any_bytes_are_a_handle_or_an_error(bytes: Vec<u8>) {
            if let Ok(handle) = Handle::from_bytes(&bytes) {
                prop_assert_eq!(handle.to_bytes(), bytes);
            }
        }
    }
}
