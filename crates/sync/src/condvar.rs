//! [`Condvar`]: threads of any process that wait for a change of what a mutex guards.

use std::mem::offset_of;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytemuck::{AnyBitPattern, NoUninit};
use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::identity::Identity;
use crate::mutex::MutexGuard;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::raw_mutex::RawMutex;
use crate::robust_list::{ThreadList, WORD_BEFORE_NODE};
pub use crate::waitlist::Waited;
use crate::waitlist::Waitlist;

/// The bytes of a condition variable in a segment, version 1.
///
/// Little-endian. Zero bytes are one that nobody waits for.
///
/// | offset | bytes | field | |
/// |---:|---:|---|---|
/// | 0 | 4 | kind | `mpCV`; 0 until the first attach |
/// | 4 | 4 | version | 1 |
/// | 8 | 8 | zero | |
/// | 16 | 8 | sequence | of notifications, and a count of registrations: see `waitlist` |
/// | 24 | 40 | bell | rung by the kernel when a waiter or notifier dies |
/// | 64 | 40 | baton | a robust word: the waiter that was let go and has not the mutex yet |
/// | 104 | 24 | zero | |
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct CondvarWords {
    identity: Identity,
    zero: AtomicU64,
    waitlist: Waitlist,
    zeros: [AtomicU64; 3],
}

const _: () = {
    assert!(size_of::<CondvarWords>() == 128);
    assert!(offset_of!(CondvarWords, waitlist) == 16);
    assert!(Waitlist::NEXT_OFFSET == 8 + WORD_BEFORE_NODE);
};

/// A waiting room beside a [`Mutex`](crate::Mutex): who finds the value not as it needs it waits here, and
/// who changes the value notifies.
///
/// Waiting takes the guard and gives it back, so that waiting without the lock does not compile. Notifying
/// needs no lock. Use one condition variable with one mutex.
///
/// # What a wait promises
///
/// A notification that comes after a thread began to wait, and while it waits, is not lost:
/// [`notify`](Self::notify) of `n` lets at least `n` of the waiters go, or all of them if they are fewer. A
/// wait may also end without a notification of its own: when somebody else who waits or notifies dies, and
/// up to a second after a notification that another waiter got. So look at the value again, as
/// [`wait_while`](Self::wait_while) and [`wait_for`](Self::wait_for) do.
///
/// # Deaths
///
/// - A waiter killed asleep is in nobody's way. One killed with the notification, before it has the mutex, has
///   the others woken instead.
/// - A notifier killed at any instruction has notified, or everybody is woken to look, or it had not begun.
/// - The owner of the mutex killed: the waiter that locks next gets [`LockError::OwnerDied`] with the
///   guard in it, as [`Mutex::lock`](crate::Mutex::lock) gives it. Who repairs the value should notify.
///
/// Two waiters let go at once, of whom one is killed while it waits for the mutex, and kernels without
/// `futex_waitv` (before Linux 5.16), cost the others up to a second.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Condvar, Mutex, Place};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let stock = Mutex::<u64>::init(&segment, Place::Control(0), 0)?;
/// let arrived = Condvar::attach(&segment, Place::Control(256))?;
///
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         stock.lock()?.store(3);
///         arrived.notify_all()
///     });
///     let guard = arrived.wait_while(stock.lock()?, |stock| stock == 0)?;
///     assert_eq!(guard.load(), 3);
///     Ok::<(), multiproc_sync::SyncError>(())
/// })?;
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
#[doc(alias = "Condition")]
#[doc(alias = "pthread_cond_t")]
#[derive(Clone, Debug)]
pub struct Condvar {
    words: Anchored<CondvarWords>,
}

impl Condvar {
    /// Bytes that a condition variable takes in the segment.
    pub const LEN: usize = size_of::<CondvarWords>();

    /// Finds the condition variable at `place`, or makes one there if its bytes are zero, as those of a new
    /// segment are.
    ///
    /// # Errors
    ///
    /// - [`SyncError::Segment`] if the [`LEN`](Self::LEN) bytes are not inside the segment, or the
    ///   segment is read-only.
    /// - [`SyncError::Misaligned`] if the offset is no multiple of 64.
    /// - [`SyncError::Mismatch`] if there is something else.
    /// - [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace.
    /// - [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<CondvarWords>::new(segment, place)?;
        words.identity.stamp(Occupant::CONDVAR)?;
        Ok(Self { words })
    }

    /// Unlocks, waits until somebody notifies, and locks again.
    ///
    /// # Errors
    ///
    /// What [`Mutex::lock`](crate::Mutex::lock) says when it locks again.
    pub fn wait<'a, T: NoUninit + AnyBitPattern, R: RawMutex>(
        &self,
        guard: MutexGuard<'a, T, R>,
    ) -> Result<MutexGuard<'a, T, R>, LockError<MutexGuard<'a, T, R>>> {
        match self.wait_until(guard, Deadline::Never) {
            Ok((guard, _)) => Ok(guard),
            Err(error) => Err(error.map(|(guard, _)| guard)),
        }
    }

    /// Unlocks, waits until somebody notifies but at most `patience`, and locks again.
    ///
    /// Locking again takes as long as it takes.
    ///
    /// # Errors
    ///
    /// What [`Mutex::lock`](crate::Mutex::lock) says when it locks again.
    pub fn wait_timeout<'a, T: NoUninit + AnyBitPattern, R: RawMutex>(
        &self,
        guard: MutexGuard<'a, T, R>,
        patience: Duration,
    ) -> TimedWait<MutexGuard<'a, T, R>> {
        self.wait_until(guard, Deadline::after(patience))
    }

    /// Unlocks, waits until somebody notifies but at most until `deadline`, and locks again.
    ///
    /// # Errors
    ///
    /// What [`Mutex::lock`](crate::Mutex::lock) says when it locks again.
    pub fn wait_until<'a, T: NoUninit + AnyBitPattern, R: RawMutex>(
        &self,
        guard: MutexGuard<'a, T, R>,
        deadline: Deadline,
    ) -> TimedWait<MutexGuard<'a, T, R>> {
        let ticket = self.words.waitlist.register();
        let mutex = guard.release();
        let waitlist = &self.words.waitlist;
        let waited = ThreadList::with(|me| waitlist.wait(me, ticket, deadline));
        let waited = waited.map_err(LockError::Refused)?;
        let locked = mutex.lock();
        // Without a list of its own this thread carries nothing.
        let _ = ThreadList::with(|me| waitlist.put_down(me));
        match locked {
            Ok(guard) => Ok((guard, waited)),
            Err(error) => Err(error.map(|guard| (guard, waited))),
        }
    }

    /// Waits as long as `condition` holds for the value; at once if it does not hold now.
    ///
    /// # Errors
    ///
    /// What [`Mutex::lock`](crate::Mutex::lock) says when it locks again, whatever the condition.
    pub fn wait_while<'a, T: NoUninit + AnyBitPattern, R: RawMutex>(
        &self,
        mut guard: MutexGuard<'a, T, R>,
        mut condition: impl FnMut(T) -> bool,
    ) -> Result<MutexGuard<'a, T, R>, LockError<MutexGuard<'a, T, R>>> {
        while condition(guard.load()) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits until `predicate` holds for the value, at most `patience`: [`Waited::Notified`] if it holds, as it
    /// may at once, and [`Waited::TimedOut`] if it still does not.
    ///
    /// # Errors
    ///
    /// What [`Mutex::lock`](crate::Mutex::lock) says when it locks again, whatever the predicate.
    pub fn wait_for<'a, T: NoUninit + AnyBitPattern, R: RawMutex>(
        &self,
        mut guard: MutexGuard<'a, T, R>,
        patience: Duration,
        mut predicate: impl FnMut(T) -> bool,
    ) -> TimedWait<MutexGuard<'a, T, R>> {
        let deadline = Deadline::after(patience);
        let mut waited = Waited::Notified;
        while !predicate(guard.load()) {
            if waited == Waited::TimedOut {
                return Ok((guard, waited));
            }
            (guard, waited) = self.wait_until(guard, deadline)?;
        }
        Ok((guard, Waited::Notified))
    }

    /// Lets at least one waiter go, if there is one.
    ///
    /// # Errors
    ///
    /// [`SyncError::Unsupported`] in a thread without a robust list; nobody is notified then.
    #[doc(alias = "signal")]
    #[inline]
    pub fn notify_one(&self) -> Result<(), SyncError> {
        self.notify(1)
    }

    /// Lets at least `n` waiters go, or all of them if they are fewer.
    ///
    /// # Errors
    ///
    /// As [`notify_one`](Self::notify_one).
    pub fn notify(&self, n: u32) -> Result<(), SyncError> {
        if n == 0 {
            return Ok(());
        }
        let count = i32::try_from(n).unwrap_or(i32::MAX);
        ThreadList::with(|me| self.words.waitlist.notify(me, count))
    }

    /// Lets all waiters go.
    ///
    /// # Errors
    ///
    /// As [`notify_one`](Self::notify_one).
    #[doc(alias = "broadcast")]
    pub fn notify_all(&self) -> Result<(), SyncError> {
        self.notify(u32::MAX)
    }
}

/// The guard of a wait with a time limit, and whether the time was over.
pub type TimedWait<G> = Result<(G, Waited), LockError<(G, Waited)>>;
