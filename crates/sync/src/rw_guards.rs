//! [`RwLockReadGuard`] and [`RwLockWriteGuard`]: the two ways to hold an [`RwLock`].

use std::fmt;
use std::marker::PhantomData;
use std::thread;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::rw_lock::RwLock;

/// The right to read an [`RwLock`]'s value; dropping it unlocks.
///
/// It belongs to the thread that locked. In a forked child, the copy of a guard does nothing.
///
/// ```compile_fail,E0277
/// # use multiproc_segment::{Layout, Segment};
/// # use multiproc_sync::{Place, RwLock};
/// # let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 8192, kind: 0 }).unwrap();
/// let lock = RwLock::<u64>::init(&segment, Place::Control(0), 0).unwrap();
/// let guard = lock.read().unwrap();
/// std::thread::scope(|scope| scope.spawn(|| drop(guard)));
/// ```
#[must_use = "a dropped guard unlocks at once"]
pub struct RwLockReadGuard<'a, T: NoUninit + AnyBitPattern> {
    lock: &'a RwLock<T>,
    slot: usize,
    /// The owner of the slot is a thread.
    not_send: PhantomData<*const ()>,
}

impl<'a, T: NoUninit + AnyBitPattern> RwLockReadGuard<'a, T> {
    /// The guard of a thread that reads in `slot`.
    #[inline]
    pub(crate) fn new(lock: &'a RwLock<T>, slot: usize) -> Self {
        Self {
            lock,
            slot,
            not_send: PhantomData,
        }
    }

    /// A copy of the value.
    #[must_use]
    pub fn load(&self) -> T {
        self.lock.value.load()
    }
}

impl<T: NoUninit + AnyBitPattern> Drop for RwLockReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.end_reading(self.slot);
    }
}

impl<T: NoUninit + AnyBitPattern + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RwLockReadGuard")
            .field(&self.load())
            .finish()
    }
}

/// The right to read and write an [`RwLock`]'s value; dropping it unlocks.
///
/// It belongs to the thread that locked. In a forked child, the copy of a guard does nothing. Dropped
/// by a panic it leaves the value to be repaired, as the thread's death would.
#[must_use = "a dropped guard unlocks at once"]
pub struct RwLockWriteGuard<'a, T: NoUninit + AnyBitPattern> {
    lock: &'a RwLock<T>,
    panicking_before: bool,
    /// The owner of the lock is a thread.
    not_send: PhantomData<*const ()>,
}

impl<'a, T: NoUninit + AnyBitPattern> RwLockWriteGuard<'a, T> {
    /// The guard of the thread that writes.
    pub(crate) fn new(lock: &'a RwLock<T>) -> Self {
        Self {
            lock,
            panicking_before: thread::panicking(),
            not_send: PhantomData,
        }
    }

    /// A copy of the value.
    #[must_use]
    pub fn load(&self) -> T {
        self.lock.value.load()
    }

    /// Replaces the value.
    pub fn store(&self, value: T) {
        self.lock.value.store(value);
    }

    /// Changes a copy of the value and writes it back when `change` returns.
    ///
    /// A process killed inside `change` leaves the value as it was; one killed in the write that follows
    /// may leave it half written, and the next to lock is told.
    pub fn update<A>(&self, change: impl FnOnce(&mut T) -> A) -> A {
        self.lock.value.update(change)
    }

    /// Says that the value is whole again, after [`LockError::OwnerDied`](crate::LockError::OwnerDied).
    pub fn mark_consistent(&self) {
        self.lock.mark_consistent();
    }
}

impl<T: NoUninit + AnyBitPattern> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() && !self.panicking_before {
            self.lock.abandon_writing();
        } else {
            self.lock.end_writing();
        }
    }
}

impl<T: NoUninit + AnyBitPattern + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RwLockWriteGuard")
            .field(&self.load())
            .finish()
    }
}
