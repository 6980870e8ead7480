//! [`Permits`]: a semaphore whose permits come back when their holder dies.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::deadline::Deadline;
use crate::error::SyncError;
use crate::lock_holder::LockHolder;
use crate::occupant::Occupant;
use crate::permit_words::{PERMITS, PermitWords};
use crate::place::Place;
use crate::robust_list::{HELD_LIMIT, ThreadList};
use crate::robust_word::Missed;
use crate::semaphore_error::SemaphoreError;

/// A number of permits in a segment, each held by the thread that acquired it until its guard is dropped.
///
/// This is what Python's `with semaphore:` is meant to be. As a permit has an owner, it comes back when the
/// owner dies, even by SIGKILL, and nobody can release it twice or by mistake. Where another
/// process releases what one acquired, take a [`Semaphore`](crate::Semaphore).
///
/// A holder's death wakes one who sleeps. If somebody is killed in the midst of giving a permit back, or just after
/// it was woken, the others look for themselves within a second; so they do on kernels without `futex_waitv`
/// (before Linux 5.16).
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Permits, Place, SemaphoreError};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: Permits::LEN, kind: 0 })?;
/// let licences = Permits::init(&segment, Place::Control(0), 2)?;
///
/// let one = licences.acquire()?;
/// let other = licences.acquire()?;
/// assert!(matches!(licences.acquire(), Err(SemaphoreError::WouldDeadlock { held: 2 })));
/// drop(one);
/// assert_eq!((licences.value(), licences.holders().len()), (1, 1));
/// # drop(other);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "Semaphore")]
#[doc(alias = "BoundedSemaphore")]
pub struct Permits {
    words: Anchored<PermitWords>,
    /// Which seats are taken through this handle.
    in_use: [AtomicBool; PERMITS],
}

impl Permits {
    /// Bytes that they take in the segment.
    pub const LEN: usize = size_of::<PermitWords>();

    /// Makes the [`LEN`](Self::LEN) bytes at `place` so many `permits`, all free, whatever they were.
    ///
    /// Nobody may be using them: do this in the segment's `init`, or before handing it out.
    ///
    /// # Errors
    ///
    /// - [`SemaphoreError::OverReleased`] if `permits` exceeds [`PERMITS`].
    /// - [`SemaphoreError::Refused`] with [`SyncError::Segment`] if the place is not inside the segment or
    ///   the segment is read-only; with [`SyncError::Misaligned`] if the offset is no multiple of
    ///   128; with [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace;
    ///   with [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn init(segment: &Segment, place: Place, permits: u32) -> Result<Self, SemaphoreError> {
        let limit = PERMITS as u32;
        if permits > limit {
            return Err(SemaphoreError::OverReleased {
                released: permits,
                value: 0,
                limit,
            });
        }
        let words = Anchored::<PermitWords>::new(segment, place)?;
        words.format(permits);
        Ok(Self::with_words(words))
    }

    /// Finds the permits that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), and [`SyncError::Mismatch`] if there is something else.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SemaphoreError> {
        let words = Anchored::<PermitWords>::new(segment, place)?;
        words.identity.expect(Occupant::PERMITS)?;
        Ok(Self::with_words(words))
    }

    fn with_words(words: Anchored<PermitWords>) -> Self {
        Self {
            words,
            in_use: [const { AtomicBool::new(false) }; PERMITS],
        }
    }

    /// Takes a permit, waiting as long as it takes.
    ///
    /// # Errors
    ///
    /// - [`SemaphoreError::WouldDeadlock`] if this thread holds all of them.
    /// - [`SemaphoreError::Refused`] with [`SyncError::TooManyHeld`] if this thread holds 1024 locks and
    ///   claims, or [`SyncError::ForeignPidNamespace`] if it was forked into another pid namespace.
    #[inline]
    pub fn acquire(&self) -> Result<Permit<'_>, SemaphoreError> {
        self.acquire_until(Deadline::Never)
    }

    /// Takes a permit if one is free.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire), and [`SemaphoreError::WouldBlock`].
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, SemaphoreError> {
        self.acquire_until(Deadline::Now)
    }

    /// Takes a permit, waiting at most `patience`.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire), and [`SemaphoreError::TimedOut`]. Holders that are merely stopped
    /// keep their permits.
    pub fn acquire_timeout(&self, patience: Duration) -> Result<Permit<'_>, SemaphoreError> {
        self.acquire_until(Deadline::after(patience))
    }

    /// Takes a permit, waiting at most until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`acquire_timeout`](Self::acquire_timeout); [`SemaphoreError::WouldBlock`] for [`Deadline::Now`].
    #[inline]
    pub fn acquire_until(&self, deadline: Deadline) -> Result<Permit<'_>, SemaphoreError> {
        let acquired = ThreadList::with(|me| -> Result<usize, SemaphoreError> {
            if !self.words.is_checked_for(me) {
                self.words.check_namespace(me)?;
            }
            if me.is_full() {
                return Err(SyncError::TooManyHeld { limit: HELD_LIMIT }.into());
            }
            let seat = (self.words.set().acquire(me, deadline))
                .map_err(|missed| self.missed(missed, deadline))?;
            self.in_use[seat].store(true, Ordering::Relaxed);
            Ok(seat)
        });
        let seat = acquired.map_err(SemaphoreError::Refused)??;
        Ok(Permit {
            permits: self,
            seat,
            not_send: PhantomData,
        })
    }

    #[cold]
    fn missed(&self, missed: Missed, deadline: Deadline) -> SemaphoreError {
        match (missed, deadline) {
            (Missed::Deadlock, _) => SemaphoreError::WouldDeadlock {
                held: self.words.set().seats.len(),
            },
            (Missed::Held { .. }, Deadline::Now) => SemaphoreError::WouldBlock,
            (Missed::Held { .. }, _) => SemaphoreError::TimedOut,
        }
    }

    /// How many permits are free at this moment.
    #[doc(alias = "get_value")]
    #[must_use]
    pub fn value(&self) -> usize {
        self.words.set().seats.len() - self.holders().len()
    }

    /// The threads that hold a permit at this moment, in no particular order; a thread that holds several comes
    /// as often.
    #[must_use]
    pub fn holders(&self) -> Vec<LockHolder> {
        let seats = self.words.set().seats.iter();
        seats
            .filter_map(|seat| LockHolder::of_word(seat.owner.load()))
            .collect()
    }
}

impl Drop for Permits {
    fn drop(&mut self) {
        // A permit borrows its handle, so it was forgotten: its seat stays taken, and its bytes in
        // its owner's list, for as long as that thread lives.
        if self.in_use.iter_mut().any(|in_use| *in_use.get_mut()) {
            self.words.keep_mapped();
        }
    }
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permits")
            .field("segment", &self.words.segment().id())
            .field("value", &self.value())
            .field("holders", &self.holders())
            .finish_non_exhaustive()
    }
}

/// One of some [`Permits`], held; dropping it gives it back.
///
/// It belongs to the thread that acquired it, and comes back when that thread ends, also if it was forgotten. In a
/// forked child, the copy of a permit does nothing.
///
/// ```compile_fail,E0277
/// # use multiproc_segment::{Layout, Segment};
/// # use multiproc_sync::{Permits, Place};
/// # let segment = Segment::anonymous(Layout { payload_len: 0, control_len: Permits::LEN, kind: 0 }).unwrap();
/// let permits = Permits::init(&segment, Place::Control(0), 1).unwrap();
/// let permit = permits.acquire().unwrap();
/// std::thread::scope(|scope| scope.spawn(|| drop(permit)));
/// ```
#[must_use = "a dropped permit is given back at once"]
#[derive(Debug)]
pub struct Permit<'a> {
    permits: &'a Permits,
    seat: usize,
    /// The owner of the seat is a thread.
    not_send: PhantomData<*const ()>,
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.permits.in_use[self.seat].store(false, Ordering::Relaxed);
        // Without a list of its own this thread cannot hold anything.
        let _ = ThreadList::with(|me| self.permits.words.set().release(me, self.seat));
    }
}
