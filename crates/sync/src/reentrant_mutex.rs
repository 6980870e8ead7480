//! [`ReentrantMutex`]: the mutex that its owner may lock again, and [`RLock`], the form with a value.

use std::sync::atomic::{AtomicU32, Ordering};

use multiproc_segment::Segment;

use crate::data_layout::DataLayout;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::lock_holder::LockHolder;
use crate::mutex::Mutex;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::raw_mutex::RawMutex;
use crate::robust_list::ThreadList;
use crate::robust_mutex::RobustMutex;

/// Python's `RLock`: a [`Mutex`] that the thread which holds it may lock again.
///
/// Each lock gives a guard, and the lock is free when the last guard is gone, in whichever order they go.
/// Nobody else can release it: guards cannot be sent to another thread, and in a forked child their
/// copies do nothing. Python's error for a release by a stranger therefore has no counterpart.
///
/// A panic counts as the death of the owner, also if it is caught while an outer guard lives: then
/// locking again gives [`LockError::OwnerDied`], and the value is given up unless
/// [`mark_consistent`](crate::MutexGuard::mark_consistent) is called before the last guard goes.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Place, RLock};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let balance = RLock::<i64>::init(&segment, Place::Control(0), 100)?;
///
/// let outer = balance.lock()?;
/// balance.lock()?.update(|cents| *cents -= 30);
/// assert_eq!(outer.load(), 70);
/// assert!(balance.holder().is_some());
/// drop(outer);
/// assert!(balance.holder().is_none());
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
pub type RLock<T> = Mutex<T, ReentrantMutex>;

/// The lock of an [`RLock`]: a [`RobustMutex`] that counts how often its owner holds it.
///
/// Through another mapping of the same segment the owner is told [`LockError::WouldDeadlock`] instead: a lock
/// is known to its owner by where it is mapped.
#[derive(Debug)]
pub struct ReentrantMutex {
    mutex: RobustMutex,
    /// How many guards came from this handle.
    guards: AtomicU32,
}

impl ReentrantMutex {
    fn around(mutex: RobustMutex) -> Self {
        Self {
            mutex,
            guards: AtomicU32::new(0),
        }
    }

    fn depth(&self) -> &AtomicU32 {
        &self.mutex.words().depth
    }

    fn is_held(&self) -> bool {
        ThreadList::with(|me| self.mutex.words().lock.is_held_by(me)).unwrap_or(false)
    }

    fn lock_again(&self) -> Result<(), LockError<()>> {
        let deeper = self.depth().load(Ordering::Relaxed).checked_add(1);
        let Some(deeper) = deeper else {
            let limit = u32::MAX as usize;
            return Err(LockError::Refused(SyncError::TooManyHeld { limit }));
        };
        self.depth().store(deeper, Ordering::Relaxed);
        self.count_guards(self.guards.load(Ordering::Relaxed) + 1);
        // Nobody who holds it finds it given up.
        self.mutex.words().poison().verdict()
    }

    fn unlock_with(&self, last: impl FnOnce(&RobustMutex), nested: impl FnOnce(&RobustMutex)) {
        if !self.is_held() {
            return;
        }
        let guards = self.guards.load(Ordering::Relaxed).saturating_sub(1);
        self.count_guards(guards);
        let depth = self.depth().load(Ordering::Relaxed).saturating_sub(1);
        self.depth().store(depth, Ordering::Relaxed);
        if depth == 0 {
            last(&self.mutex);
        } else {
            nested(&self.mutex);
        }
    }

    /// Only for the owner.
    fn count_guards(&self, guards: u32) {
        self.guards.store(guards, Ordering::Relaxed);
        self.mutex.count_guards(guards);
    }
}

impl crate::sealed::Sealed for ReentrantMutex {}

impl RawMutex for ReentrantMutex {
    const KIND: u32 = Occupant::REENTRANT_MUTEX;

    fn init(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        RobustMutex::init_as(Self::KIND, segment, place).map(Self::around)
    }

    fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        RobustMutex::attach_as(Self::KIND, segment, place).map(Self::around)
    }

    fn lock(&self, deadline: Deadline) -> Result<(), LockError<()>> {
        if self.is_held() {
            return self.lock_again();
        }
        let locked = self.mutex.lock(deadline);
        if matches!(locked, Ok(()) | Err(LockError::OwnerDied(()))) {
            self.depth().store(1, Ordering::Relaxed);
            // What was counted before belongs to a thread that ended.
            self.count_guards(1);
        }
        locked
    }

    fn unlock(&self) {
        self.unlock_with(RobustMutex::unlock, |_| {});
    }

    fn abandon(&self) {
        self.unlock_with(RobustMutex::abandon, |mutex| {
            mutex.words().poison().note_death()
        });
    }

    fn mark_consistent(&self) {
        self.mutex.mark_consistent();
    }

    fn occupant(&self) -> Occupant {
        self.mutex.occupant()
    }

    fn set_data_layout(&self, data: DataLayout) {
        self.mutex.set_data_layout(data);
    }

    fn holder(&self) -> Option<LockHolder> {
        self.mutex.holder()
    }

    fn deaths(&self) -> u32 {
        self.mutex.deaths()
    }
}
