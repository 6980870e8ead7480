//! [`MutexWords`]: the 128 bytes of a mutex in a segment, version 1.
//!
//! Little-endian; the layout is the same for all mutexes, and the head of a read-write lock: only the kind
//! tells them apart.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpRM`, `mpRR`, `mpPM` or `mpRW`; written last |
//! | 4 | 4 | version | 1 |
//! | 8 | 4 | state | 0 whole, 1 inconsistent, 2 given up |
//! | 12 | 4 | deaths | owners that died or panicked, wrapping |
//! | 16 | 8 | name hash | FNV-1a (64 bits) of the value's type name |
//! | 24 | 8 | length | of the value, in bytes |
//! | 32 | 4 | align | of the value; 0 for no value |
//! | 36 | 4 | depth | how often its owner holds it, in locks that count that; else 0 |
//! | 40 | 40 | lock | a [`RobustWord`], or glibc's `pthread_mutex_t` |
//! | 80 | 48 | name | the first bytes of the value's type name, for people |
//!
//! The word that is spun on ends the first cache line; the links of the robust list, which the
//! owner writes, start the second, so that spinners do not slow the owner down.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::data_layout::DataLayout;
use crate::error::SyncError;
use crate::occupant::{Occupant, VERSION};
use crate::poison::Poison;
use crate::robust_list::WORD_BEFORE_NODE;
use crate::robust_word::RobustWord;

/// The bytes of a mutex.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct MutexWords {
    kind: AtomicU32,
    version: AtomicU32,
    state: AtomicU32,
    deaths: AtomicU32,
    name_hash: AtomicU64,
    data_len: AtomicU64,
    data_align: AtomicU32,
    pub(crate) depth: AtomicU32,
    pub(crate) lock: RobustWord,
    name: [AtomicU64; DataLayout::NAME_LEN / 8],
}

const _: () = {
    assert!(size_of::<MutexWords>() == 128);
    assert!(std::mem::offset_of!(MutexWords, lock) == 40);
    assert!(RobustWord::NEXT_OFFSET == WORD_BEFORE_NODE);
    assert!(40 + RobustWord::NEXT_OFFSET == 72);
};

impl MutexWords {
    /// Makes the bytes those of a mutex of `kind` without a value, whose lock `init_lock` makes.
    pub(crate) fn format(
        &self,
        kind: u32,
        init_lock: impl FnOnce(&RobustWord) -> Result<(), SyncError>,
    ) -> Result<(), SyncError> {
        self.kind.store(0, Ordering::Relaxed);
        self.version.store(VERSION, Ordering::Relaxed);
        self.state.store(0, Ordering::Relaxed);
        self.deaths.store(0, Ordering::Relaxed);
        self.set_data_layout(None);
        self.depth.store(0, Ordering::Relaxed);
        init_lock(&self.lock)?;
        // Release: pairs with the Acquire in `occupant`.
        self.kind.store(kind, Ordering::Release);
        Ok(())
    }

    pub(crate) fn set_data_layout(&self, data: Option<DataLayout>) {
        let none = DataLayout {
            len: 0,
            align: 0,
            name_hash: 0,
            name: [0; DataLayout::NAME_LEN],
        };
        let data = data.unwrap_or(none);
        self.data_align.store(0, Ordering::Relaxed);
        self.name_hash.store(data.name_hash, Ordering::Relaxed);
        self.data_len.store(data.len, Ordering::Relaxed);
        for (to, from) in self.name.iter().zip(data.name.as_chunks::<8>().0) {
            to.store(u64::from_ne_bytes(*from), Ordering::Relaxed);
        }
        self.data_align.store(data.align, Ordering::Release);
    }

    /// What the bytes say they are.
    pub(crate) fn occupant(&self) -> Occupant {
        let kind = self.kind.load(Ordering::Acquire);
        let align = self.data_align.load(Ordering::Acquire);
        let mut name = [0; DataLayout::NAME_LEN];
        for (to, from) in name.as_chunks_mut::<8>().0.iter_mut().zip(&self.name) {
            *to = from.load(Ordering::Relaxed).to_ne_bytes();
        }
        let data = DataLayout {
            len: self.data_len.load(Ordering::Relaxed),
            align,
            name_hash: self.name_hash.load(Ordering::Relaxed),
            name,
        };
        Occupant {
            kind,
            version: self.version.load(Ordering::Relaxed),
            data: (align != 0).then_some(data),
        }
    }

    /// Fails unless the bytes are a mutex of `kind`, whatever its value.
    ///
    /// # Errors
    ///
    /// [`SyncError::Mismatch`].
    pub(crate) fn expect_kind(&self, kind: u32) -> Result<(), SyncError> {
        let found = self.occupant();
        let expected = Occupant {
            kind,
            version: VERSION,
            data: found.data,
        };
        expected.expect(found)
    }

    pub(crate) fn poison(&self) -> Poison<'_> {
        Poison {
            state: &self.state,
            deaths: &self.deaths,
        }
    }
}
