//! [`Poison`]: whether the value behind a mutex is whole, kept beside the lock word.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::LockError;

const WHOLE: u32 = 0;
/// An owner died or panicked, and nobody has said yet that the value was repaired.
const INCONSISTENT: u32 = 1;
/// Somebody found it inconsistent and let go without repairing it.
const GIVEN_UP: u32 = 2;

/// The state of a mutex's value. Only the lock's owner writes it, so plain stores do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poison<'a> {
    pub(crate) state: &'a AtomicU32,
    pub(crate) deaths: &'a AtomicU32,
}

impl Poison<'_> {
    /// Notes that the last owner died; called by an owner that the lock told so.
    #[cold]
    pub(crate) fn note_death(self) {
        // A GIVEN_UP mutex stays given up.
        if self.state.load(Ordering::Relaxed) == WHOLE {
            self.state.store(INCONSISTENT, Ordering::Relaxed);
        }
        let deaths = self.deaths.load(Ordering::Relaxed);
        self.deaths.store(deaths.wrapping_add(1), Ordering::Relaxed);
    }

    /// What an owner who just locked is to be told.
    ///
    /// # Errors
    ///
    /// [`LockError::OwnerDied`]; [`LockError::Poisoned`], after which it must let go.
    #[inline]
    pub(crate) fn verdict(self) -> Result<(), LockError<()>> {
        match self.state.load(Ordering::Relaxed) {
            WHOLE => Ok(()),
            GIVEN_UP => Err(LockError::Poisoned),
            _ => Err(LockError::OwnerDied(())),
        }
    }

    pub(crate) fn deaths(self) -> u32 {
        self.deaths.load(Ordering::Relaxed)
    }

    pub(crate) fn mark_consistent(self) {
        self.state.store(WHOLE, Ordering::Relaxed);
    }

    /// Called before the lock is released in the ordinary way.
    #[inline]
    pub(crate) fn before_release(self) {
        if self.state.load(Ordering::Relaxed) == INCONSISTENT {
            self.state.store(GIVEN_UP, Ordering::Relaxed);
        }
    }
}
