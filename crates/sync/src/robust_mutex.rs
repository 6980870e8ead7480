//! [`RobustMutex`]: the mutex of this crate.

use std::sync::atomic::{AtomicBool, Ordering};

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::data_layout::DataLayout;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::mutex_words::MutexWords;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::raw_mutex::RawMutex;
use crate::robust_list::{HELD_LIMIT, ThreadList};
use crate::robust_word::Acquired;
use crate::word;

/// A mutex whose owner may be killed at any instruction.
///
/// A futex word linked into the list that the kernel walks when a thread ends, however it ends. The
/// next owner, or a sleeper at once, is told [`LockError::OwnerDied`].
///
/// - The owner is a thread. A forked child owns nothing: what it inherits of guards does nothing.
/// - Links in shared memory are written, never followed: a hostile process can block the others, but
///   not make them write anywhere.
/// - A sleeper looks for itself at least once a second whether the owner still lives.
/// - It is not fair, does not inherit priority, and must not be used in a signal handler.
#[doc(alias = "pthread_mutex_t")]
#[derive(Debug)]
pub struct RobustMutex {
    words: Anchored<MutexWords>,
    /// Whether a thread holds the lock through this handle.
    in_use: AtomicBool,
}

impl RobustMutex {
    fn with_words(words: Anchored<MutexWords>) -> Self {
        Self {
            words,
            in_use: AtomicBool::new(false),
        }
    }

    #[inline]
    fn lock_as(&self, me: &ThreadList, deadline: Deadline) -> Result<(), LockError<()>> {
        self.words.check_namespace(me).map_err(LockError::Refused)?;
        if me.is_full() {
            let limit = HELD_LIMIT;
            return Err(LockError::Refused(SyncError::TooManyHeld { limit }));
        }
        match self.words.lock.lock(me, deadline) {
            Ok(Acquired::Clean) => {}
            Ok(Acquired::OwnerDied) => self.words.poison().note_death(),
            Err(missed) => return Err(missed.at(deadline)),
        }
        let verdict = self.words.poison().verdict();
        if matches!(verdict, Err(LockError::Poisoned)) {
            self.words.lock.unlock(me);
        } else {
            self.in_use.store(true, Ordering::Relaxed);
        }
        verdict
    }

    fn release(&self, prepare: impl FnOnce(&MutexWords)) {
        self.in_use.store(false, Ordering::Relaxed);
        // Without a list of its own this thread cannot have locked anything.
        let _ = ThreadList::with(|me| {
            if self.words.lock.is_held_by(me) {
                prepare(&self.words);
                self.words.lock.unlock(me);
            }
        });
    }
}

impl crate::sealed::Sealed for RobustMutex {}

impl RawMutex for RobustMutex {
    const KIND: u32 = Occupant::ROBUST_MUTEX;

    fn init(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<MutexWords>::new(segment, place)?;
        words.format(Self::KIND, |lock| {
            lock.format();
            Ok(())
        })?;
        Ok(Self::with_words(words))
    }

    fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<MutexWords>::new(segment, place)?;
        words.expect_kind(Self::KIND)?;
        Ok(Self::with_words(words))
    }

    #[inline]
    fn lock(&self, deadline: Deadline) -> Result<(), LockError<()>> {
        ThreadList::with(|me| self.lock_as(me, deadline)).map_err(LockError::Refused)?
    }

    #[inline]
    fn unlock(&self) {
        self.release(|words| words.poison().before_release());
    }

    #[cold]
    fn abandon(&self) {
        self.release(|words| words.poison().note_death());
    }

    fn mark_consistent(&self) {
        let held = ThreadList::with(|me| self.words.lock.is_held_by(me)).unwrap_or(false);
        if held {
            self.words.poison().mark_consistent();
        }
    }

    fn occupant(&self) -> Occupant {
        self.words.occupant()
    }

    fn set_data_layout(&self, data: DataLayout) {
        self.words.set_data_layout(Some(data));
    }

    fn holder(&self) -> Option<u32> {
        match word::owner(self.words.lock.load()) {
            0 => None,
            tid => Some(tid),
        }
    }

    fn deaths(&self) -> u32 {
        self.words.poison().deaths()
    }
}

impl Drop for RobustMutex {
    fn drop(&mut self) {
        // A guard borrows its handle, so it was forgotten: the lock stays held, and its bytes in
        // its owner's list, for as long as that thread lives.
        if *self.in_use.get_mut() {
            self.words.keep_mapped();
        }
    }
}
