//! [`BlockId`]: what a message carries instead of a block.

use std::fmt;

/// Which block of an arena: where it is, and which of all allocations it was.
///
/// It means the same in every process that has the arena attached. No two allocations get the same
/// one, so that the id of a block that was freed is recognised even when its bytes are in use again.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Arena, BlockId, Place};
///
/// let segment = Segment::anonymous(Layout::payload(1 << 16))?;
/// let arena = Arena::init(&segment, Place::Payload(0), segment.len())?;
/// let id = arena.alloc_copy(&[1.5, 2.5])?;
///
/// let sent: [u8; BlockId::LEN] = id.to_bytes();
/// let received = BlockId::from_bytes(sent);
/// assert_eq!(arena.load::<f64>(received)?, [1.5, 2.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// Where the block's header is, in granules.
    pub(super) at: u64,
    /// The number of the allocation.
    pub(super) serial: u64,
}

impl BlockId {
    /// Bytes of an id.
    pub const LEN: usize = 16;

    /// The id as bytes, to be written into a message.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.at.to_le_bytes());
        bytes[8..].copy_from_slice(&self.serial.to_le_bytes());
        bytes
    }

    /// The id that [`to_bytes`](Self::to_bytes) wrote. Whether it is one is found out where it is used.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let number = u128::from_le_bytes(bytes);
        Self {
            at: number as u64,
            serial: (number >> 64) as u64,
        }
    }
}

/// The number of the allocation in hexadecimal digits, and the offset of the block's header in the arena.
impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = super::offset_in_arena(self.at);
        write!(f, "block {:x} at offset {offset}", self.serial)
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_an_id_that_is_written_as_it_was_read(bytes: [u8; BlockId::LEN]) {
            prop_assert_eq!(BlockId::from_bytes(bytes).to_bytes(), bytes);
        }
    }
}
