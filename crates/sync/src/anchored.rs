//! [`Anchored`]: a struct of atomics that lies in a segment, with the segment that keeps it mapped.
#![expect(
    unsafe_code,
    reason = "turns checked addresses in a segment into references to atomics"
)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use multiproc_segment::{Bytes, PidNamespace, Segment, SegmentError};

use crate::arena::ArenaWords;
use crate::barrier_words::BarrierWords;
use crate::condvar::CondvarWords;
use crate::error::SyncError;
use crate::event::EventWords;
use crate::mutex_words::MutexWords;
use crate::once::OnceWords;
use crate::permit_words::PermitWords;
use crate::place::Place;
use crate::robust_list::ThreadList;
use crate::rw_words::RwWords;
use crate::semaphore_words::SemaphoreWords;
use crate::shared_atomic::AtomicWords;
use crate::table_words::TableWords;

/// A struct that may be looked at while other processes write to it.
///
/// # Safety
///
/// It consists of atomics alone, so that any bytes are one and a shared reference permits writes.
pub(crate) unsafe trait Shared {}

// SAFETY: all its fields are atomics.
unsafe impl Shared for MutexWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for RwWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for SemaphoreWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for PermitWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for TableWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for BarrierWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for CondvarWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for EventWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for OnceWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for AtomicWords {}
// SAFETY: all its fields are atomics.
unsafe impl Shared for ArenaWords {}

/// An `L` at a place of a segment, and the segment.
pub(crate) struct Anchored<L> {
    segment: Segment,
    /// The segment's pid namespace, which was this process's when the anchor was made.
    namespace: PidNamespace,
    /// The last process generation in which the namespace was seen to be the same.
    checked: AtomicU64,
    /// # Invariant
    ///
    /// Points at an aligned, writable `L` inside `segment`'s mapping, which stays as long as any
    /// clone of `segment` does.
    at: NonNull<L>,
    words: PhantomData<L>,
}

// SAFETY: the segment is `Send`, and the words are atomics in memory that is shared anyway.
unsafe impl<L: Shared> Send for Anchored<L> {}
// SAFETY: as for `Send`: all that a shared reference gives is the atomics.
unsafe impl<L: Shared> Sync for Anchored<L> {}

impl<L: Shared> Anchored<L> {
    /// Finds the words at `place`.
    ///
    /// # Errors
    ///
    /// [`SyncError::Segment`], [`SyncError::Misaligned`] or [`SyncError::ForeignPidNamespace`].
    pub(crate) fn new(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let bytes = place.bytes(segment, size_of::<L>())?;
        let misaligned = SyncError::Misaligned {
            offset: place.offset(),
            align: align_of::<L>(),
        };
        if !place.offset().is_multiple_of(align_of::<L>()) {
            return Err(misaligned);
        }
        // Refuses a read-only mapping.
        bytes.atomic_u64(0)?;
        segment.check_pid_namespace().map_err(foreign)?;
        let (namespace, generation) = ThreadList::with(|me| (me.namespace(), me.generation()))?;
        let at = NonNull::new(bytes.as_ptr().cast::<L>());
        let (Some(namespace), Some(at)) = (namespace, at) else {
            unreachable!(
                "a thread list in use has a namespace, and nothing is mapped at address 0"
            );
        };
        Ok(Self {
            segment: segment.clone(),
            namespace,
            checked: AtomicU64::new(generation),
            at,
            words: PhantomData,
        })
    }

    pub(crate) fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Whether `me` was seen to mean the same by a thread id as the segment's other users do.
    #[inline]
    pub(crate) fn is_checked_for(&self, me: &ThreadList) -> bool {
        self.checked.load(Ordering::Relaxed) == me.generation()
    }

    /// Fails unless `me` means the same by a thread id as the segment's other users do.
    ///
    /// # Errors
    ///
    /// [`SyncError::ForeignPidNamespace`]: this process was forked into another namespace.
    pub(crate) fn check_namespace(&self, me: &ThreadList) -> Result<(), SyncError> {
        match me.namespace() {
            Some(here) if here != self.namespace => Err(SyncError::ForeignPidNamespace {
                segment: self.namespace,
                here,
            }),
            _ => {
                self.checked.store(me.generation(), Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Keeps the segment mapped until the process ends.
    pub(crate) fn keep_mapped(&self) {
        std::mem::forget(self.segment.clone());
    }
}

/// All whole words of `bytes`.
///
/// # Errors
///
/// [`SegmentError::OutOfBounds`] if there is none; [`SegmentError::Misaligned`] or
/// [`SegmentError::ReadOnly`] as for [`Bytes::atomic_u64`].
#[inline]
pub(crate) fn atomic_words(bytes: Bytes<'_>) -> Result<&[AtomicU64], SegmentError> {
    bytes.atomic_u64(0)?;
    let first = bytes.as_ptr().cast::<AtomicU64>();
    // SAFETY: the address is aligned and its bytes may be written, which `atomic_u64` has checked;
    // `bytes` lie in one mapping that lives as long as the slice; any bits are an `AtomicU64`, and
    // nobody in this process touches them but through atomics.
    Ok(unsafe { std::slice::from_raw_parts(first, bytes.len() / size_of::<AtomicU64>()) })
}

fn foreign(error: SegmentError) -> SyncError {
    match error {
        SegmentError::OtherPidNamespace { segment, here } => {
            SyncError::ForeignPidNamespace { segment, here }
        }
        other => SyncError::Segment(other),
    }
}

impl<L> Clone for Anchored<L> {
    fn clone(&self) -> Self {
        Self {
            segment: self.segment.clone(),
            namespace: self.namespace,
            checked: AtomicU64::new(self.checked.load(Ordering::Relaxed)),
            at: self.at,
            words: PhantomData,
        }
    }
}

impl<L: Shared> Deref for Anchored<L> {
    type Target = L;

    fn deref(&self) -> &L {
        // SAFETY: the invariant of `at`, for as long as `self.segment` is borrowed with `self`; `L`
        // consists of atomics, so that writers elsewhere break no promise of a shared reference.
        unsafe { self.at.as_ref() }
    }
}

impl<L> fmt::Debug for Anchored<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchored")
            .field("segment", &self.segment.id())
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
