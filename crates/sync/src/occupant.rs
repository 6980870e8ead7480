//! [`Occupant`]: what the bytes at a place say they are, so that nothing is attached as something else.

use std::fmt;

use crate::data_layout::DataLayout;
use crate::error::SyncError;

/// The layout version of everything in this crate.
pub(crate) const VERSION: u32 = 1;

/// What stands at a place of a segment, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// The kind of lock; 0 for none.
    pub kind: u32,
    /// The version of its layout.
    pub version: u32,
    /// The value that a lock guards, or an atomic is.
    pub data: Option<DataLayout>,
}

impl Occupant {
    pub(crate) const ROBUST_MUTEX: u32 = u32::from_le_bytes(*b"mpRM");
    pub(crate) const PTHREAD_MUTEX: u32 = u32::from_le_bytes(*b"mpPM");
    pub(crate) const REENTRANT_MUTEX: u32 = u32::from_le_bytes(*b"mpRR");
    pub(crate) const RW_LOCK: u32 = u32::from_le_bytes(*b"mpRW");
    pub(crate) const SEMAPHORE: u32 = u32::from_le_bytes(*b"mpSE");
    pub(crate) const BOUNDED_SEMAPHORE: u32 = u32::from_le_bytes(*b"mpSB");
    pub(crate) const PERMITS: u32 = u32::from_le_bytes(*b"mpPE");
    pub(crate) const ACCESS_TABLE: u32 = u32::from_le_bytes(*b"mpAT");
    pub(crate) const CONDVAR: u32 = u32::from_le_bytes(*b"mpCV");
    pub(crate) const EVENT: u32 = u32::from_le_bytes(*b"mpEV");
    pub(crate) const BARRIER: u32 = u32::from_le_bytes(*b"mpBA");
    pub(crate) const ONCE: u32 = u32::from_le_bytes(*b"mpON");
    pub(crate) const ATOMIC: u32 = u32::from_le_bytes(*b"mpSA");
    pub(crate) const ARENA: u32 = u32::from_le_bytes(*b"mpAR");

    /// Fails unless `found` is this very occupant.
    ///
    /// # Errors
    ///
    /// [`SyncError::Mismatch`].
    pub(crate) fn expect(self, found: Self) -> Result<(), SyncError> {
        if self == found {
            return Ok(());
        }
        Err(SyncError::Mismatch {
            expected: Box::new(self),
            found: Box::new(found),
        })
    }
}

impl fmt::Display for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            0 => f.write_str("no lock (zero bytes)")?,
            Self::ROBUST_MUTEX => f.write_str("a robust mutex")?,
            Self::PTHREAD_MUTEX => f.write_str("a pthread mutex")?,
            Self::REENTRANT_MUTEX => f.write_str("a reentrant mutex")?,
            Self::RW_LOCK => f.write_str("a read-write lock")?,
            Self::SEMAPHORE => f.write_str("a semaphore")?,
            Self::BOUNDED_SEMAPHORE => f.write_str("a bounded semaphore")?,
            Self::PERMITS => f.write_str("a set of permits")?,
            Self::ACCESS_TABLE => f.write_str("an access table")?,
            Self::CONDVAR => f.write_str("a condition variable")?,
            Self::EVENT => f.write_str("an event")?,
            Self::BARRIER => f.write_str("a barrier")?,
            Self::ONCE => f.write_str("a once")?,
            Self::ATOMIC => f.write_str("an atomic")?,
            Self::ARENA => f.write_str("an arena")?,
            unknown => write!(f, "bytes of unknown kind {unknown:#010x}")?,
        }
        if self.kind != 0 && self.version != VERSION {
            write!(
                f,
                " of layout version {} (this build has {VERSION})",
                self.version
            )?;
        }
        match &self.data {
            Some(data) => write!(f, " around {data}"),
            None => Ok(()),
        }
    }
}
