//! [`Semaphore`] and [`BoundedSemaphore`]: Python's, which one process acquires and another may release.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::count_word::CountWord;
use crate::deadline::Deadline;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::semaphore_error::SemaphoreError;
use crate::semaphore_words::SemaphoreWords;

/// A number of permits in a segment that anybody may take, and anybody may give back.
///
/// This is Python's `Semaphore`: what one process acquires, another may release, also more than there were at
/// first. Therefore nobody knows whose a permit is, and **the permits of a process that dies are
/// lost**. Whoever knows how many there should be sets that right with [`recover_to`](Self::recover_to).
/// Where the process that acquires also releases, [`Permits`](crate::Permits) do better: they come
/// back by themselves when their holder dies.
///
/// The count itself survives a kill at any instruction. Who sleeps while somebody is killed in the midst of a
/// release, or just after being woken, looks for itself within a second.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Place, Semaphore};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let ready = Semaphore::init(&segment, Place::Control(0), 0)?;
///
/// // Another thread, here or in another process, releases.
/// let same = Semaphore::attach(&segment, Place::Control(0))?;
/// std::thread::spawn(move || same.release()).join().expect("no panic")?;
///
/// ready.acquire()?;
/// assert_eq!(ready.value(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "sem_t")]
pub struct Semaphore {
    words: Anchored<SemaphoreWords>,
}

impl Semaphore {
    /// Bytes that a semaphore takes in the segment.
    pub const LEN: usize = size_of::<SemaphoreWords>();
    /// The most permits that a semaphore can have, as in Python.
    pub const MAX: u32 = CountWord::MAX;

    /// Makes the [`LEN`](Self::LEN) bytes at `place` a semaphore with `permits` free, whatever they were.
    ///
    /// Nobody may be using them: do this in the segment's `init`, or before handing it out.
    ///
    /// # Errors
    ///
    /// - [`SemaphoreError::OverReleased`] if `permits` exceeds [`MAX`](Self::MAX).
    /// - [`SemaphoreError::Refused`] with [`SyncError::Segment`](crate::SyncError::Segment) if the place is not inside the segment or
    ///   the segment is read-only; with [`SyncError::Misaligned`](crate::SyncError::Misaligned) if the offset is no multiple of
    ///   64; with [`SyncError::ForeignPidNamespace`](crate::SyncError::ForeignPidNamespace) if the segment was made in another pid namespace.
    pub fn init(segment: &Segment, place: Place, permits: u32) -> Result<Self, SemaphoreError> {
        Self::init_as(Occupant::SEMAPHORE, segment, place, permits, Self::MAX)
    }

    /// Finds the semaphore that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), and [`SyncError::Mismatch`](crate::SyncError::Mismatch) if there is something else.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SemaphoreError> {
        Self::attach_as(Occupant::SEMAPHORE, segment, place)
    }

    fn init_as(
        kind: u32,
        segment: &Segment,
        place: Place,
        permits: u32,
        limit: u32,
    ) -> Result<Self, SemaphoreError> {
        check(permits, Self::MAX)?;
        let words = Anchored::<SemaphoreWords>::new(segment, place)?;
        words.format(kind, permits, limit);
        Ok(Self { words })
    }

    fn attach_as(kind: u32, segment: &Segment, place: Place) -> Result<Self, SemaphoreError> {
        let words = Anchored::<SemaphoreWords>::new(segment, place)?;
        words.identity.expect(kind)?;
        Ok(Self { words })
    }

    /// Takes a permit, waiting as long as it takes.
    ///
    /// # Errors
    ///
    /// None today; the signature is that of [`acquire_until`](Self::acquire_until).
    pub fn acquire(&self) -> Result<(), SemaphoreError> {
        self.acquire_until(Deadline::Never)
    }

    /// Takes a permit if one is free.
    ///
    /// # Errors
    ///
    /// [`SemaphoreError::WouldBlock`] if none is.
    pub fn try_acquire(&self) -> Result<(), SemaphoreError> {
        self.acquire_until(Deadline::Now)
    }

    /// Takes a permit, waiting at most `patience`.
    ///
    /// # Errors
    ///
    /// [`SemaphoreError::TimedOut`] if none was to be had.
    pub fn acquire_timeout(&self, patience: Duration) -> Result<(), SemaphoreError> {
        self.acquire_until(Deadline::after(patience))
    }

    /// Takes a permit, waiting at most until `deadline`.
    ///
    /// # Errors
    ///
    /// [`SemaphoreError::TimedOut`], or [`SemaphoreError::WouldBlock`] for [`Deadline::Now`].
    #[inline]
    pub fn acquire_until(&self, deadline: Deadline) -> Result<(), SemaphoreError> {
        if self.words.count.acquire(deadline) {
            return Ok(());
        }
        Err(match deadline {
            Deadline::Now => SemaphoreError::WouldBlock,
            _ => SemaphoreError::TimedOut,
        })
    }

    /// Gives a permit back, whoever took it.
    ///
    /// # Errors
    ///
    /// [`SemaphoreError::OverReleased`] if there are as many free as there may be: [`MAX`](Self::MAX), and in a
    /// [`BoundedSemaphore`] as many as it was made with.
    #[inline]
    pub fn release(&self) -> Result<(), SemaphoreError> {
        self.release_many(1)
    }

    /// Gives `n` permits back at once.
    ///
    /// # Errors
    ///
    /// As [`release`](Self::release); then none is given back.
    #[inline]
    pub fn release_many(&self, n: u32) -> Result<(), SemaphoreError> {
        let limit = self.words.limit();
        let released = self.words.count.release(n, limit);
        released.map_err(|value| SemaphoreError::OverReleased {
            released: n,
            value,
            limit,
        })
    }

    /// How many permits are free at this moment.
    #[doc(alias = "get_value")]
    #[must_use]
    pub fn value(&self) -> u32 {
        self.words.count.load()
    }

    /// Makes the number of free permits `value`, whatever was acquired and released before.
    ///
    /// For who knows better: a parent, say, whose worker has died with a permit. Those who wait look
    /// again.
    ///
    /// # Errors
    ///
    /// [`SemaphoreError::OverReleased`] if there may not be as many.
    pub fn recover_to(&self, value: u32) -> Result<(), SemaphoreError> {
        check(value, self.words.limit())?;
        self.words.count.set(value);
        Ok(())
    }
}

/// Fails if `permits` are more than there may be.
fn check(permits: u32, limit: u32) -> Result<(), SemaphoreError> {
    if permits <= limit {
        return Ok(());
    }
    Err(SemaphoreError::OverReleased {
        released: permits,
        value: 0,
        limit,
    })
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("segment", &self.words.segment().id())
            .field("value", &self.value())
            .field("limit", &self.words.limit())
            .finish_non_exhaustive()
    }
}

/// A [`Semaphore`] that never has more permits free than it was made with, as Python's `BoundedSemaphore`.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{BoundedSemaphore, Place};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let seats = BoundedSemaphore::init(&segment, Place::Control(0), 2)?;
/// seats.acquire()?;
/// seats.release()?;
/// assert_eq!(
///     seats.release().unwrap_err().to_string(),
///     "released 1 permits beside 2 free ones and there are 2 at most: \
///      release what was acquired, and that once",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// Bytes that a semaphore takes in the segment.
    pub const LEN: usize = Semaphore::LEN;

    /// Makes the [`LEN`](Self::LEN) bytes at `place` a semaphore of `permits`, all free, whatever they were.
    ///
    /// # Errors
    ///
    /// As [`Semaphore::init`].
    pub fn init(segment: &Segment, place: Place, permits: u32) -> Result<Self, SemaphoreError> {
        let kind = Occupant::BOUNDED_SEMAPHORE;
        Semaphore::init_as(kind, segment, place, permits, permits).map(Self)
    }

    /// Finds the semaphore that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// As [`Semaphore::attach`].
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SemaphoreError> {
        Semaphore::attach_as(Occupant::BOUNDED_SEMAPHORE, segment, place).map(Self)
    }
}

/// As in Python, where it is a subclass: all that a semaphore does, within its bound.
impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.0
    }
}
