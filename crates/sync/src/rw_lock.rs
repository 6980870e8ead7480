//! [`RwLock`]: a value that many may read at once, or one may write.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytemuck::{AnyBitPattern, NoUninit};
use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::data_layout::DataLayout;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::lock_holder::LockHolder;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::robust_list::{HELD_LIMIT, ThreadList};
use crate::rw_guards::{RwLockReadGuard, RwLockWriteGuard};
use crate::rw_words::{READERS, RwWords};
use crate::value::Value;

/// A value in a segment that many threads of any processes may read at once, or one may write.
///
/// As with [`Mutex`](crate::Mutex), the value is plain bytes, copied out and in. A process that dies
/// while it reads has changed nothing and leaves nothing. One that dies, or panics, while it writes is
/// told to the next with [`LockError::OwnerDied`]: a writer may repair the value, a reader may look at
/// it.
///
/// - A writer waits for the readers that were there before it, never for later ones: readers cannot
///   starve it. Readers wait for the writers that are there; among those who wait the order is open.
/// - At most [`READERS`] threads read at a time; more wait.
/// - A thread that holds the lock in any way and asks for it again is told
///   [`LockError::WouldDeadlock`]. A reader cannot become a writer: two who wished to would wait for
///   each other. Let go, take the write lock, and look again.
/// - `RwLock<()>` guards what lies elsewhere.
///
/// Reading takes one atomic swap on a cache line of the reader's own and gives it back with another; writing looks
/// at all lines. Take it where reading is common.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{LockError, Place, RwLock};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 8192, kind: 0 })?;
/// let limits = RwLock::<[f64; 2]>::init(&segment, Place::Control(0), [0.0, 1.0])?;
///
/// {
///     let reading = limits.read()?;
///     assert_eq!(reading.load(), [0.0, 1.0]);
///     assert!(matches!(limits.write(), Err(LockError::WouldDeadlock)));
/// }
/// limits.write()?.update(|[_, upper]| *upper = 2.0);
/// assert_eq!(limits.read()?.load(), [0.0, 2.0]);
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
#[doc(alias = "pthread_rwlock_t")]
pub struct RwLock<T> {
    words: Anchored<RwWords>,
    pub(crate) value: Value<T>,
    /// Which slots are taken, and in the last place whether the turnstile is, through this handle.
    in_use: [AtomicBool; READERS + 1],
}

/// The place of the turnstile in `in_use`.
const TURNSTILE: usize = READERS;

impl<T: NoUninit + AnyBitPattern> RwLock<T> {
    /// Bytes that the lock takes in the segment, the value included.
    pub const LEN: usize = size_of::<RwWords>() + size_of::<T>();

    /// Makes the [`LEN`](Self::LEN) bytes at `place` an unlocked lock around `value`, whatever they were.
    ///
    /// Nobody may be using them: do this in the segment's `init`, or before handing it out.
    ///
    /// # Errors
    ///
    /// - [`SyncError::Segment`] if the place is not inside the segment or the segment is read-only.
    /// - [`SyncError::Misaligned`] if the offset is no multiple of 128.
    /// - [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace.
    /// - [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn init(segment: &Segment, place: Place, value: T) -> Result<Self, SyncError> {
        let lock = Self::find(segment, place)?;
        lock.words.head.format(Occupant::RW_LOCK, |turnstile| {
            turnstile.format();
            lock.words.format_slots();
            Ok(())
        })?;
        let data = DataLayout::of::<T>();
        lock.words.head.set_data_layout(Some(data));
        lock.value.store(value);
        Ok(lock)
    }

    /// Finds the lock that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), and [`SyncError::Mismatch`] if there is something else, or a value of
    /// another type.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let lock = Self::find(segment, place)?;
        lock.words.head.expect_kind(Occupant::RW_LOCK)?;
        let found = lock.words.head.occupant();
        let expected = Occupant {
            data: Some(DataLayout::of::<T>()),
            ..found
        };
        expected.expect(found)?;
        Ok(lock)
    }

    fn find(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        Ok(Self {
            value: Value::behind(segment, place, size_of::<RwWords>())?,
            words: Anchored::new(segment, place)?,
            in_use: [const { AtomicBool::new(false) }; READERS + 1],
        })
    }

    /// Locks for reading, waiting as long as it takes.
    ///
    /// # Errors
    ///
    /// - [`LockError::OwnerDied`]: it is locked for reading and the guard is inside, but the last writer
    ///   died and the value may be half changed. Only a writer can repair it.
    /// - [`LockError::Poisoned`] if a dead writer's value was given up.
    /// - [`LockError::WouldDeadlock`] if this thread holds the lock already, in whichever way.
    /// - [`LockError::Refused`] with [`SyncError::TooManyHeld`] if this thread holds 1024 locks and
    ///   claims, or [`SyncError::ForeignPidNamespace`] if it was forked into another pid namespace.
    #[inline]
    pub fn read(&self) -> Result<RwLockReadGuard<'_, T>, LockError<RwLockReadGuard<'_, T>>> {
        self.read_until(Deadline::Never)
    }

    /// Locks for reading if nobody writes, and no writer waits for readers to leave.
    ///
    /// Readers that a writer kept waiting come in one after the other. While one of them does, it is in the
    /// way for a moment too, although nobody writes.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and [`LockError::WouldBlock`], which names who is in the way.
    #[inline]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, LockError<RwLockReadGuard<'_, T>>> {
        self.read_until(Deadline::Now)
    }

    /// Locks for reading, waiting at most `patience`.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and [`LockError::TimedOut`], which names who was in the way.
    pub fn read_timeout(
        &self,
        patience: Duration,
    ) -> Result<RwLockReadGuard<'_, T>, LockError<RwLockReadGuard<'_, T>>> {
        self.read_until(Deadline::after(patience))
    }

    /// Locks for reading, waiting at most until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`read_timeout`](Self::read_timeout); [`LockError::WouldBlock`] for [`Deadline::Now`].
    #[inline]
    pub fn read_until(
        &self,
        deadline: Deadline,
    ) -> Result<RwLockReadGuard<'_, T>, LockError<RwLockReadGuard<'_, T>>> {
        let entered = ThreadList::with(|me| {
            self.check(me, 2)?;
            let slot = (self.words.lock().read(me, deadline))
                .map_err(|missed| LockError::of(missed, deadline))?;
            let verdict = self.words.verdict();
            if matches!(verdict, Err(LockError::Poisoned)) {
                self.words.lock().leave(me, slot);
            } else {
                self.in_use[slot].store(true, Ordering::Relaxed);
            }
            Ok((slot, verdict))
        });
        let (slot, verdict) = entered.map_err(LockError::Refused)?.map_err(unguarded)?;
        // Only what is held makes a guard.
        match verdict {
            Ok(()) => Ok(RwLockReadGuard::new(self, slot)),
            Err(error) => Err(error.map(|()| RwLockReadGuard::new(self, slot))),
        }
    }

    /// Locks for writing, waiting as long as it takes.
    ///
    /// # Errors
    ///
    /// - [`LockError::OwnerDied`]: it is locked and the guard is inside, but the value may be half changed.
    /// - Otherwise as [`read`](Self::read).
    pub fn write(&self) -> Result<RwLockWriteGuard<'_, T>, LockError<RwLockWriteGuard<'_, T>>> {
        self.write_until(Deadline::Never)
    }

    /// Locks for writing if nobody reads or writes.
    ///
    /// A reader is in the way while it comes in, and also if it finds a writer and leaves again: of two who
    /// try at once, none may get the lock.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write), and [`LockError::WouldBlock`], which names one who is in the way.
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, LockError<RwLockWriteGuard<'_, T>>> {
        self.write_until(Deadline::Now)
    }

    /// Locks for writing, waiting at most `patience`.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write), and [`LockError::TimedOut`], which names one who was in the way.
    pub fn write_timeout(
        &self,
        patience: Duration,
    ) -> Result<RwLockWriteGuard<'_, T>, LockError<RwLockWriteGuard<'_, T>>> {
        self.write_until(Deadline::after(patience))
    }

    /// Locks for writing, waiting at most until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`write_timeout`](Self::write_timeout); [`LockError::WouldBlock`] for [`Deadline::Now`].
    pub fn write_until(
        &self,
        deadline: Deadline,
    ) -> Result<RwLockWriteGuard<'_, T>, LockError<RwLockWriteGuard<'_, T>>> {
        let entered = ThreadList::with(|me| {
            self.check(me, 1)?;
            (self.words.lock().write(me, deadline))
                .map_err(|missed| LockError::of(missed, deadline))?;
            self.words.writer_enters();
            let verdict = self.words.head.poison().verdict();
            if matches!(verdict, Err(LockError::Poisoned)) {
                self.leave_as_writer(me, || {});
            } else {
                self.in_use[TURNSTILE].store(true, Ordering::Relaxed);
            }
            verdict
        });
        match entered.map_err(LockError::Refused)? {
            Ok(()) => Ok(RwLockWriteGuard::new(self)),
            Err(error) => Err(error.map(|()| RwLockWriteGuard::new(self))),
        }
    }

    /// Fails unless `me` may take `n_words` of this lock and has none of it.
    #[inline]
    fn check(&self, me: &ThreadList, n_words: usize) -> Result<(), LockError<()>> {
        if !self.words.is_checked_for(me) {
            self.words.check_namespace(me).map_err(LockError::Refused)?;
        }
        if me.room() < n_words {
            let limit = HELD_LIMIT;
            return Err(LockError::Refused(SyncError::TooManyHeld { limit }));
        }
        if me.holds_any_in(&*self.words) {
            return Err(LockError::WouldDeadlock);
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn end_reading(&self, slot: usize) {
        self.in_use[slot].store(false, Ordering::Relaxed);
        // Without a list of its own this thread cannot have locked anything.
        let _ = ThreadList::with(|me| self.words.lock().leave(me, slot));
    }

    pub(crate) fn end_writing(&self) {
        self.stop_writing(|| self.words.head.poison().before_release());
    }

    /// Ends the writing as the writer's death would.
    pub(crate) fn abandon_writing(&self) {
        self.stop_writing(|| self.words.head.poison().note_death());
    }

    fn stop_writing(&self, last: impl FnOnce()) {
        self.in_use[TURNSTILE].store(false, Ordering::Relaxed);
        let _ = ThreadList::with(|me| self.leave_as_writer(me, last));
    }

    fn leave_as_writer(&self, me: &ThreadList, last: impl FnOnce()) {
        self.words.head.lock.unlock_after(me, || {
            last();
            self.words.writer_leaves();
        });
    }

    pub(crate) fn mark_consistent(&self) {
        let held = ThreadList::with(|me| self.words.head.lock.is_held_by(me)).unwrap_or(false);
        if held {
            self.words.head.poison().mark_consistent();
        }
    }
}

/// An error that came before anything was locked.
fn unguarded<G>(error: LockError<()>) -> LockError<G> {
    error.map(|()| unreachable!("nothing was locked yet"))
}

impl<T> RwLock<T> {
    /// The thread that writes or waits for readers to leave, else one of those that read, at this moment.
    #[must_use]
    pub fn holder(&self) -> Option<LockHolder> {
        LockHolder::of_word(self.words.head.lock.load()).or_else(|| self.readers().pop())
    }

    /// The threads that read at this moment, in no particular order.
    #[must_use]
    pub fn readers(&self) -> Vec<LockHolder> {
        let slots = self.words.lock().slots.iter();
        slots
            .filter_map(|slot| LockHolder::of_word(slot.owner.load()))
            .collect()
    }

    /// How many writers died, or panicked, while they held the lock, as far as later writers know.
    #[must_use]
    pub fn deaths(&self) -> u32 {
        self.words.head.poison().deaths()
    }
}

impl<T> Drop for RwLock<T> {
    fn drop(&mut self) {
        // A guard borrows its handle, so it was forgotten: the lock stays held, and its bytes in
        // its owner's list, for as long as that thread lives.
        if self.in_use.iter_mut().any(|in_use| *in_use.get_mut()) {
            self.words.keep_mapped();
        }
    }
}

impl<T> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock")
            .field("value", &self.value)
            .field("holder", &self.holder())
            .field("readers", &self.readers())
            .finish_non_exhaustive()
    }
}
