//! [`Mutex`]: a mutex in a segment together with the value that it guards.

use std::fmt;
use std::marker::PhantomData;
use std::thread;
use std::time::Duration;

use bytemuck::{AnyBitPattern, NoUninit};
use multiproc_segment::Segment;

use crate::data_layout::DataLayout;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::lock_holder::LockHolder;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::raw_mutex::{MUTEX_LEN, RawMutex};
use crate::robust_mutex::RobustMutex;
use crate::value::Value;

/// A value in a segment and the mutex that guards it, for any processes that map the segment.
///
/// The value is copied out and in ([`MutexGuard::load`], [`store`](MutexGuard::store)), so `T` is
/// plain bytes without padding or pointers: numbers, arrays of them, structs that derive
/// [`bytemuck::Pod`]. A process that dies while it holds the lock, even by SIGKILL, blocks nobody:
/// the next locker gets [`LockError::OwnerDied`] with the guard in it. A panic while holding counts
/// as a death, as it does in [`std::sync::Mutex`].
///
/// `R` is the lock itself: [`RobustMutex`], or `RawSyncMutex` to share it with pthread programs.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Mutex, Place};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let counter = Mutex::<u64>::init(&segment, Place::Control(0), 41)?;
///
/// counter.lock()?.update(|n| *n += 1);
///
/// // Another process does this with the segment it was sent.
/// let same = Mutex::<u64>::attach(&segment, Place::Control(0))?;
/// assert_eq!(same.lock()?.load(), 42);
///
/// let wrong = Mutex::<f64>::attach(&segment, Place::Control(0)).unwrap_err();
/// assert_eq!(
///     wrong.to_string(),
///     "expected a robust mutex around `f64` (8 bytes, align 8) and found \
///      a robust mutex around `u64` (8 bytes, align 8): attach what was made there",
/// );
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
#[doc(alias = "Value")]
#[doc(alias = "Lock")]
pub struct Mutex<T, R = RobustMutex> {
    raw: R,
    value: Value<T>,
}

impl<T: NoUninit + AnyBitPattern, R: RawMutex> Mutex<T, R> {
    /// Bytes that the mutex takes in the segment, the value included.
    pub const LEN: usize = MUTEX_LEN + size_of::<T>();

    /// Makes the [`LEN`](Self::LEN) bytes at `place` an unlocked mutex around `value`, whatever they were.
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
        let behind = Value::behind(segment, place, MUTEX_LEN)?;
        let raw = R::init(segment, place)?;
        raw.set_data_layout(DataLayout::of::<T>());
        behind.store(value);
        Ok(Self { raw, value: behind })
    }

    /// Finds the mutex that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), and [`SyncError::Mismatch`] if there is something else, or a value of
    /// another type.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let value = Value::behind(segment, place, MUTEX_LEN)?;
        let raw = R::attach(segment, place)?;
        let found = raw.occupant();
        let expected = Occupant {
            data: Some(DataLayout::of::<T>()),
            ..found
        };
        expected.expect(found)?;
        Ok(Self { raw, value })
    }

    /// Locks, waiting as long as it takes.
    ///
    /// # Errors
    ///
    /// - [`LockError::OwnerDied`]: it is locked and the guard is inside, but the value may be half changed.
    /// - [`LockError::Poisoned`] if a dead owner's value was given up.
    /// - [`LockError::WouldDeadlock`] if this thread holds it already.
    /// - [`LockError::Refused`] with [`SyncError::TooManyHeld`] if this thread holds 1024 locks and
    ///   claims, or [`SyncError::ForeignPidNamespace`] if it was forked into another pid namespace.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multiproc_segment::{Layout, Segment};
    /// # use multiproc_sync::{LockError, Mutex, Place};
    /// # let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
    /// # let total = Mutex::<f64>::init(&segment, Place::Control(0), 0.0)?;
    /// let guard = match total.lock() {
    ///     Ok(guard) => guard,
    ///     Err(LockError::OwnerDied(guard)) => {
    ///         guard.store(0.0);
    ///         guard.mark_consistent();
    ///         guard
    ///     }
    ///     Err(error) => return Err(error.into()),
    /// };
    /// # drop(guard);
    /// # Ok::<(), multiproc_sync::SyncError>(())
    /// ```
    #[doc(alias = "acquire")]
    #[inline]
    pub fn lock(&self) -> Result<MutexGuard<'_, T, R>, LockError<MutexGuard<'_, T, R>>> {
        self.lock_until(Deadline::Never)
    }

    /// Locks if that needs no waiting.
    ///
    /// # Errors
    ///
    /// As [`lock`](Self::lock), and [`LockError::WouldBlock`], which names the holder's thread.
    #[inline]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T, R>, LockError<MutexGuard<'_, T, R>>> {
        self.lock_until(Deadline::Now)
    }

    /// Locks, waiting at most `patience`.
    ///
    /// # Errors
    ///
    /// As [`lock`](Self::lock), and [`LockError::TimedOut`], which names the holder and says for how long this
    /// call has seen it there. A holder that is merely stopped is not dead: the lock is never taken from it.
    pub fn lock_timeout(
        &self,
        patience: Duration,
    ) -> Result<MutexGuard<'_, T, R>, LockError<MutexGuard<'_, T, R>>> {
        self.lock_until(Deadline::after(patience))
    }

    /// Locks, waiting at most until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`lock_timeout`](Self::lock_timeout); [`LockError::WouldBlock`] for [`Deadline::Now`].
    #[inline]
    pub fn lock_until(
        &self,
        deadline: Deadline,
    ) -> Result<MutexGuard<'_, T, R>, LockError<MutexGuard<'_, T, R>>> {
        let guard = || MutexGuard {
            mutex: self,
            panicking_before: thread::panicking(),
            not_send: PhantomData,
        };
        match self.raw.lock(deadline) {
            Ok(()) => Ok(guard()),
            Err(error) => Err(error.map(|()| guard())),
        }
    }

    /// The thread that holds the lock at this moment, if any.
    #[must_use]
    pub fn holder(&self) -> Option<LockHolder> {
        self.raw.holder()
    }

    /// How many owners died, or panicked, while they held the lock.
    #[must_use]
    pub fn deaths(&self) -> u32 {
        self.raw.deaths()
    }
}

impl<T, R: fmt::Debug> fmt::Debug for Mutex<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex")
            .field("raw", &self.raw)
            .field("value", &self.value)
            .finish()
    }
}

/// The right to read and write a [`Mutex`]'s value; dropping it unlocks.
///
/// It belongs to the thread that locked; if it was forgotten, the end of that thread is the owner's death. In a
/// forked child, the copy of a guard does nothing.
///
/// ```compile_fail,E0277
/// # use multiproc_segment::{Layout, Segment};
/// # use multiproc_sync::{Mutex, Place};
/// # let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 }).unwrap();
/// let mutex = Mutex::<u64>::init(&segment, Place::Control(0), 0).unwrap();
/// let guard = mutex.lock().unwrap();
/// std::thread::scope(|scope| scope.spawn(|| drop(guard)));
/// ```
#[must_use = "a dropped guard unlocks at once"]
pub struct MutexGuard<'a, T: NoUninit + AnyBitPattern, R: RawMutex = RobustMutex> {
    mutex: &'a Mutex<T, R>,
    panicking_before: bool,
    /// The owner of the lock is a thread.
    not_send: PhantomData<*const ()>,
}

impl<'a, T: NoUninit + AnyBitPattern, R: RawMutex> MutexGuard<'a, T, R> {
    /// Unlocks; the mutex, to be locked again.
    pub(crate) fn release(self) -> &'a Mutex<T, R> {
        self.mutex
    }
}

impl<T: NoUninit + AnyBitPattern, R: RawMutex> MutexGuard<'_, T, R> {
    /// A copy of the value.
    #[must_use]
    pub fn load(&self) -> T {
        self.mutex.value.load()
    }

    /// Replaces the value.
    pub fn store(&self, value: T) {
        self.mutex.value.store(value);
    }

    /// Changes a copy of the value and writes it back when `change` returns.
    ///
    /// A process killed inside `change` leaves the value as it was; one killed in the write that follows
    /// may leave it half written, and the next locker is told.
    pub fn update<A>(&self, change: impl FnOnce(&mut T) -> A) -> A {
        self.mutex.value.update(change)
    }

    /// Says that the value is whole again, after [`LockError::OwnerDied`].
    #[doc(alias = "pthread_mutex_consistent")]
    pub fn mark_consistent(&self) {
        self.mutex.raw.mark_consistent();
    }
}

impl<T: NoUninit + AnyBitPattern, R: RawMutex> Drop for MutexGuard<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        if thread::panicking() && !self.panicking_before {
            self.mutex.raw.abandon();
        } else {
            self.mutex.raw.unlock();
        }
    }
}

impl<T: NoUninit + AnyBitPattern + fmt::Debug, R: RawMutex> fmt::Debug for MutexGuard<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MutexGuard").field(&self.load()).finish()
    }
}
