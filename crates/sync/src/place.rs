//! [`Place`]: where in a segment a lock stands.

use multiproc_segment::{Bytes, Segment};

use crate::error::SyncError;

/// Where in a segment a lock stands: an offset in bytes into one of its two parts.
///
/// The two parts start on pages, so that an offset's alignment is the address's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the lock area, which nobody sees as data.
    Control(usize),
    /// In the payload, which other programs may see as data.
    Payload(usize),
}

impl Place {
    pub(crate) const fn offset(self) -> usize {
        match self {
            Self::Control(offset) | Self::Payload(offset) => offset,
        }
    }

    /// The place `distance` bytes further on.
    #[inline]
    pub(crate) const fn after(self, distance: usize) -> Self {
        match self {
            Self::Control(offset) => Self::Control(offset.saturating_add(distance)),
            Self::Payload(offset) => Self::Payload(offset.saturating_add(distance)),
        }
    }

    /// The `len` bytes of `segment` from here on.
    #[inline]
    pub(crate) fn bytes(self, segment: &Segment, len: usize) -> Result<Bytes<'_>, SyncError> {
        let part = match self {
            Self::Control(_) => segment.control(),
            Self::Payload(_) => segment.payload(),
        };
        Ok(part.slice(self.offset(), len)?)
    }
}
