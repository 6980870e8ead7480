//! [`RawMutex`]: what a mutex in a segment must do, whoever wrote it.

use std::fmt;

use multiproc_segment::Segment;

use crate::data_layout::DataLayout;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::lock_holder::LockHolder;
use crate::occupant::Occupant;
use crate::place::Place;

/// Bytes of a mutex in a segment, whichever [`RawMutex`] it is.
pub const MUTEX_LEN: usize = 128;

/// A mutex in a segment, without a value.
///
/// Implemented by [`RobustMutex`](crate::RobustMutex) and, with the feature `raw-sync`, by
/// `RawSyncMutex`; sealed. [`Mutex`](crate::Mutex) is the form for everyday use: it pairs each
/// lock with its unlock.
pub trait RawMutex: fmt::Debug + Sized + Send + Sync + crate::sealed::Sealed + 'static {
    /// What the first four bytes say, little-endian.
    const KIND: u32;

    /// Makes the [`MUTEX_LEN`] bytes at `place` an unlocked mutex without a value, whatever they were.
    ///
    /// Nobody may be using them: do this in the segment's `init`, or before handing it out.
    ///
    /// # Errors
    ///
    /// - [`SyncError::Segment`] if the place is not inside the segment or the segment is read-only.
    /// - [`SyncError::Misaligned`] if the offset is no multiple of 128.
    /// - [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace.
    /// - [`SyncError::Unsupported`] if the system lacks robust locks.
    fn init(segment: &Segment, place: Place) -> Result<Self, SyncError>;

    /// Finds the mutex that `init` made at `place`.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), and [`SyncError::Mismatch`] if there is something else.
    fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError>;

    /// Locks, waiting at most until `deadline`.
    ///
    /// # Errors
    ///
    /// - [`LockError::OwnerDied`]: it is locked, but the last owner died or abandoned it. Call
    ///   [`mark_consistent`](Self::mark_consistent) before [`unlock`](Self::unlock), or nobody will get it again.
    /// - Every other error: it is not locked.
    fn lock(&self, deadline: Deadline) -> Result<(), LockError<()>>;

    /// Unlocks, if this thread holds the lock through this mapping; else does nothing.
    fn unlock(&self);

    /// Unlocks and tells the next owner that this one gave up half-way: it gets
    /// [`LockError::OwnerDied`], as if this thread had died.
    fn abandon(&self);

    /// Says that what the last owner left half-done is repaired. Only for the thread that holds the lock.
    fn mark_consistent(&self);

    /// What the bytes of this mutex say they are.
    fn occupant(&self) -> Occupant;

    /// Records what value the mutex guards, for [`occupant`](Self::occupant) to tell.
    fn set_data_layout(&self, data: DataLayout);

    /// The thread that holds the lock at this moment, if any.
    fn holder(&self) -> Option<LockHolder>;

    /// How many owners died or abandoned the lock while they held it.
    fn deaths(&self) -> u32;
}
