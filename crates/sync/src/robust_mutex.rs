//! [`RobustMutex`]: the mutex of this crate.

use std::sync::atomic::{AtomicBool, Ordering};

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::data_layout::DataLayout;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::lock_holder::LockHolder;
use crate::mutex_words::MutexWords;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::poison::Poison;
use crate::raw_mutex::RawMutex;
use crate::robust_list::{HELD_LIMIT, ThreadList};
use crate::robust_word::Acquired;

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
    /// [`RawMutex::init`], with the kind of a lock built on this one.
    pub(crate) fn init_as(kind: u32, segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<MutexWords>::new(segment, place)?;
        words.format(kind, |lock| {
            lock.format();
            Ok(())
        })?;
        Ok(Self::with_words(words))
    }

    /// [`RawMutex::attach`], with the kind of a lock built on this one.
    pub(crate) fn attach_as(kind: u32, segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<MutexWords>::new(segment, place)?;
        words.expect_kind(kind)?;
        Ok(Self::with_words(words))
    }

    fn with_words(words: Anchored<MutexWords>) -> Self {
        Self {
            words,
            in_use: AtomicBool::new(false),
        }
    }

    pub(crate) fn words(&self) -> &MutexWords {
        &self.words
    }

    /// Says how many guards have come from this handle, for a lock that gives several. Only for the owner.
    pub(crate) fn count_guards(&self, guards: u32) {
        self.in_use.store(guards > 0, Ordering::Relaxed);
    }

    /// Takes a lock that nobody holds, awaits or left broken, in a thread about which nothing is new.
    #[inline]
    fn lock_ordinary(&self, me: &ThreadList) -> bool {
        let ordinary =
            self.words.is_checked_for(me) && !me.is_full() && self.words.lock.lock_if_untouched(me);
        if !ordinary {
            return false;
        }
        if self.words.poison().verdict().is_err() {
            self.words.lock.unlock_after(me, || {});
            return false;
        }
        self.in_use.store(true, Ordering::Relaxed);
        true
    }

    #[cold]
    fn lock_anyhow(&self, me: &ThreadList, deadline: Deadline) -> Result<(), LockError<()>> {
        self.words.check_namespace(me).map_err(LockError::Refused)?;
        if me.is_full() {
            let limit = HELD_LIMIT;
            return Err(LockError::Refused(SyncError::TooManyHeld { limit }));
        }
        match self.words.lock.lock(me, deadline) {
            Ok(Acquired::Clean) => {}
            Ok(Acquired::OwnerDied) => self.words.poison().note_death(),
            Err(missed) => return Err(LockError::of(missed, deadline)),
        }
        let verdict = self.words.poison().verdict();
        if matches!(verdict, Err(LockError::Poisoned)) {
            self.words.lock.unlock_after(me, || {});
        } else {
            self.in_use.store(true, Ordering::Relaxed);
        }
        verdict
    }

    #[inline]
    fn release(&self, last: impl FnOnce(Poison<'_>)) {
        self.in_use.store(false, Ordering::Relaxed);
        let words = &*self.words;
        // Without a list of its own this thread cannot have locked anything.
        let _ = ThreadList::with(|me| words.lock.unlock_after(me, || last(words.poison())));
    }
}

impl crate::sealed::Sealed for RobustMutex {}

impl RawMutex for RobustMutex {
    const KIND: u32 = Occupant::ROBUST_MUTEX;

    fn init(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        Self::init_as(Self::KIND, segment, place)
    }

    fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        Self::attach_as(Self::KIND, segment, place)
    }

    #[inline]
    fn lock(&self, deadline: Deadline) -> Result<(), LockError<()>> {
        if ThreadList::with(|me| self.lock_ordinary(me)).is_ok_and(|locked| locked) {
            return Ok(());
        }
        ThreadList::with(|me| self.lock_anyhow(me, deadline)).map_err(LockError::Refused)?
    }

    #[inline]
    fn unlock(&self) {
        self.release(|poison| poison.before_release());
    }

    #[cold]
    fn abandon(&self) {
        self.release(|poison| poison.note_death());
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

    fn holder(&self) -> Option<LockHolder> {
        LockHolder::of_word(self.words.lock.load())
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
