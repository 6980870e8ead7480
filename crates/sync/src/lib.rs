#![doc = include_str!("../README.md")]

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    target_endian = "little"
)))]
compile_error!(
    "multiproc-sync stands on the robust lists of glibc on 64-bit Linux: x86-64 or aarch64"
);

// What users meet first: where a lock stands, how long to wait for it, what can go wrong.
mod data_layout;
mod deadline;
mod error;
mod lock_holder;
mod occupant;
mod place;

// A value behind a mutex.
mod mutex;
mod mutex_words;
mod poison;
mod raw_mutex;
#[cfg(feature = "raw-sync")]
mod raw_sync_mutex;
mod reentrant_mutex;
mod robust_mutex;
mod value;

// A value behind a read-write lock.
mod rw_guards;
mod rw_lock;
mod rw_protocol;
mod rw_words;

// Permits: counted for anybody, or owned.
mod count_word;
mod permit_protocol;
mod permit_words;
mod permits;
mod semaphore;
mod semaphore_error;
mod semaphore_words;

// Telling each other, waiting for each other.
mod barrier;
mod barrier_error;
mod barrier_protocol;
mod barrier_words;
mod broken;
mod condvar;
mod event;
mod event_word;
mod once;
mod once_word;
mod party;
mod party_seat;
mod waitlist;

// Numbers without a lock.
mod shared_atomic;

// Ranges in a table.
mod access_table;
mod claim;
mod claim_protocol;
mod claim_rules;
mod holder;
mod table_words;

// Blocks in a segment.
mod arena;

// The word that all stand on, and what it stands on.
mod anchored;
mod bell;
mod fork_page;
mod futex;
mod identity;
mod keeper;
mod primitive;
mod robust_list;
mod robust_word;
mod seat;
mod watch;
mod word;

mod sealed {
    /// Keeps [`RawMutex`](crate::RawMutex) this crate's own.
    pub trait Sealed {}
}

pub use access_table::AccessTable;
pub use arena::{Arena, ArenaError, ArenaStats, BlockId, BlockInfo, Owner};
pub use barrier::{Barrier, BarrierError, BreakCause, Broken, PARTIES, Party, Recovery, Turn};
pub use claim::{Claim, TornClaim};
pub use claim_rules::{Mode, conflicts};
pub use condvar::{Condvar, TimedWait, Waited};
pub use data_layout::DataLayout;
pub use deadline::Deadline;
pub use error::{ClaimError, LockError, SyncError, UnsupportedCall};
pub use event::Event;
pub use holder::Holder;
pub use lock_holder::LockHolder;
pub use mutex::{Mutex, MutexGuard};
pub use occupant::Occupant;
pub use once::Once;
pub use permit_words::PERMITS;
pub use permits::{Permit, Permits};
pub use place::Place;
pub use raw_mutex::{MUTEX_LEN, RawMutex};
#[cfg(feature = "raw-sync")]
pub use raw_sync_mutex::RawSyncMutex;
pub use reentrant_mutex::{RLock, ReentrantMutex};
pub use robust_list::HELD_LIMIT;
pub use robust_mutex::RobustMutex;
pub use rw_guards::{RwLockReadGuard, RwLockWriteGuard};
pub use rw_lock::RwLock;
pub use rw_words::READERS;
pub use semaphore::{BoundedSemaphore, Semaphore};
pub use semaphore_error::SemaphoreError;
pub use shared_atomic::{AtomicNumber, AtomicValue, Overflow, SharedAtomic};
pub use table_words::SLOTS;
