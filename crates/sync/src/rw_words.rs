//! [`RwWords`]: the 4096 bytes of a read-write lock in a segment, version 1.
//!
//! Little-endian.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 128 | head | a mutex's bytes (`mutex_words`), of kind `mpRW`; its lock is the turnstile |
//! | 128 | 62 x 64 | slots | one reader each: a robust word, then zeros |
//!
//! The head's depth is 1 from when a writer is let in until it leaves, so that a death in between shows.

use std::sync::atomic::Ordering::Relaxed;

use crate::error::LockError;
use crate::mutex_words::MutexWords;
use crate::rw_protocol::ReadersAndWriter;
use crate::seat::Seat;

/// Threads that can read under one [`RwLock`](crate::RwLock) at a time; more wait.
pub const READERS: usize = 62;

/// The bytes of a read-write lock.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct RwWords {
    pub(crate) head: MutexWords,
    slots: [Seat; READERS],
}

const _: () = {
    assert!(size_of::<RwWords>() == 4096);
    assert!(size_of::<Seat>() == 64);
    assert!(std::mem::offset_of!(RwWords, slots) == 128);
    assert!(std::mem::offset_of!(Seat, owner) == 0);
};

impl RwWords {
    /// Frees all slots, whoever had them.
    pub(crate) fn format_slots(&self) {
        for slot in &self.slots {
            slot.format();
        }
    }

    #[inline]
    pub(crate) fn lock(&self) -> ReadersAndWriter<'_> {
        ReadersAndWriter {
            turnstile: &self.head.lock,
            slots: &self.slots,
        }
    }

    /// What somebody who is in, and so keeps writers out, is to be told.
    #[inline]
    pub(crate) fn verdict(&self) -> Result<(), LockError<()>> {
        match self.head.depth.load(Relaxed) {
            0 => self.head.poison().verdict(),
            // A writer died inside.
            _ => self
                .head
                .poison()
                .verdict()
                .and(Err(LockError::OwnerDied(()))),
        }
    }

    /// Notes that a writer is in, and that the last one died if it did.
    pub(crate) fn writer_enters(&self) {
        if self.head.depth.load(Relaxed) != 0 {
            self.head.poison().note_death();
        }
        self.head.depth.store(1, Relaxed);
    }

    /// Notes that a writer leaves by its own will.
    pub(crate) fn writer_leaves(&self) {
        self.head.depth.store(0, Relaxed);
    }
}
