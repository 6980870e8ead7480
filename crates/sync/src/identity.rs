//! [`Identity`]: the first eight bytes of what stands at a place: its kind and its layout's version.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::SyncError;
use crate::occupant::{Occupant, VERSION};

/// Kind and version in one word, so that they are stamped in one step. Zero says "nothing yet".
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct Identity(AtomicU64);

impl Identity {
    const fn of(kind: u32) -> u64 {
        kind as u64 | ((VERSION as u64) << 32)
    }

    /// Makes zero bytes those of `kind`.
    ///
    /// # Errors
    ///
    /// [`SyncError::Mismatch`] if the bytes are something else.
    pub(crate) fn stamp(&self, kind: u32) -> Result<(), SyncError> {
        let _ = self
            .0
            .compare_exchange(0, Self::of(kind), Ordering::AcqRel, Ordering::Acquire);
        self.expect(kind)
    }

    /// Says that nothing stands here, so that nobody attaches to what is about to be written.
    pub(crate) fn withdraw(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Says that what stands here is of `kind`; the rest of it was written before.
    pub(crate) fn publish(&self, kind: u32) {
        // Release: pairs with the Acquire in `expect`.
        self.0.store(Self::of(kind), Ordering::Release);
    }

    /// Fails unless what stands here is of `kind`.
    ///
    /// # Errors
    ///
    /// [`SyncError::Mismatch`].
    pub(crate) fn expect(&self, kind: u32) -> Result<(), SyncError> {
        let found = self.0.load(Ordering::Acquire);
        let occupant = |word: u64| Occupant {
            kind: word as u32,
            version: (word >> 32) as u32,
            data: None,
        };
        occupant(Self::of(kind)).expect(occupant(found))
    }
}
