//! [`ArenaWords`]: the 1152 bytes at the beginning of an arena, version 1; its blocks follow.
//!
//! Little-endian. Sizes and places of blocks are in granules of 16 bytes, places from the first block on.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpAR`; written last |
//! | 4 | 4 | version | 1 |
//! | 8 | 8 | granules | that all blocks together have |
//! | 16 | 8 | first serial | random |
//! | 24 | 4 | sound | 1 if the hints can be relied on, 0 while they are made anew |
//! | 28 | 4 | recoveries | how often they were made anew, wrapping |
//! | 32 | 8 | zero | |
//! | 40 | 40 | leaf lock | guards all below and all headers |
//! | 80 | 8 | next serial | never goes back, so that no two allocations have one serial |
//! | 88 | 8 | freeing | the serial of the last block that was to be freed; 0 for none |
//! | 96 | 8 | used | granules of all live blocks |
//! | 104 | 8 | live | how many blocks are |
//! | 112 | 8 | free | how many blocks are |
//! | 120 | 8 | zero | |
//! | 128 | 32 | occupied | one bit for each list that has a block |
//! | 160 | 240 x 4 | lists | the first block of each; means something where the bit is set |
//! | 1120 | 32 | zero | |
//!
//! `used` and everything after it are hints.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, compiler_fence};

use super::header::NO_SERIAL;
use super::size_class::N_CLASSES;
use crate::error::SyncError;
use crate::occupant::{Occupant, VERSION};
use crate::robust_word::RobustWord;

/// The bytes at the beginning of an arena.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct ArenaWords {
    /// Kind and version.
    identity: AtomicU64,
    granules: AtomicU64,
    first_serial: AtomicU64,
    sound: AtomicU32,
    recoveries: AtomicU32,
    zero: AtomicU64,
    pub(super) lock: RobustWord,
    next_serial: AtomicU64,
    freeing: AtomicU64,
    used: AtomicU64,
    live: AtomicU64,
    free: AtomicU64,
    more_zero: AtomicU64,
    occupied: [AtomicU64; N_CLASSES.div_ceil(64)],
    lists: [AtomicU32; N_CLASSES],
    zeros: [AtomicU64; 4],
}

const _: () = {
    use std::mem::offset_of;
    assert!(size_of::<ArenaWords>() == 1152);
    assert!(offset_of!(ArenaWords, lock) == 40);
    assert!(offset_of!(ArenaWords, next_serial) == 80);
    assert!(offset_of!(ArenaWords, occupied) == 128);
    assert!(offset_of!(ArenaWords, lists) == 160);
};

const IDENTITY: u64 = Occupant::ARENA as u64 | ((VERSION as u64) << 32);

/// What is counted of an arena's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// Granules of all live blocks.
    pub(super) used: u64,
    pub(super) live: u64,
    pub(super) free: u64,
}

impl ArenaWords {
    /// Makes the bytes those of an arena, whatever they were; `make_blocks` makes its blocks.
    ///
    /// # Errors
    ///
    /// That of `make_blocks`.
    pub(super) fn format<E>(
        &self,
        granules: u32,
        first_serial: u64,
        make_blocks: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        self.identity.store(0, Ordering::Relaxed);
        self.granules.store(granules.into(), Ordering::Relaxed);
        self.first_serial.store(first_serial, Ordering::Relaxed);
        self.lock.format();
        self.next_serial.store(first_serial, Ordering::Relaxed);
        self.freeing.store(NO_SERIAL, Ordering::Relaxed);
        for zero in [&self.zero, &self.more_zero].into_iter().chain(&self.zeros) {
            zero.store(0, Ordering::Relaxed);
        }
        make_blocks()?;
        self.recoveries.store(0, Ordering::Relaxed);
        // Release: pairs with the Acquire in `expect_arena`.
        self.identity.store(IDENTITY, Ordering::Release);
        Ok(())
    }

    /// Fails unless the bytes are those of an arena.
    ///
    /// # Errors
    ///
    /// [`SyncError::Mismatch`].
    pub(super) fn expect_arena(&self) -> Result<(), SyncError> {
        let occupant = |identity: u64| Occupant {
            kind: identity as u32,
            version: (identity >> 32) as u32,
            data: None,
        };
        occupant(IDENTITY).expect(occupant(self.identity.load(Ordering::Acquire)))
    }

    pub(super) fn granules(&self) -> u64 {
        self.granules.load(Ordering::Relaxed)
    }

    /// Whether the hints can be relied on.
    #[inline]
    pub(super) fn is_sound(&self) -> bool {
        self.sound.load(Ordering::Relaxed) == 1
    }

    /// From here on, and beyond the death of this process, the hints count for nothing.
    pub(super) fn doubt(&self) {
        self.sound.store(0, Ordering::Relaxed);
        // A process killed behind this has said so before it changed any hint.
        compiler_fence(Ordering::SeqCst);
    }

    /// The hints were made anew and are as the headers say.
    pub(super) fn rely(&self) {
        let recoveries = self.recoveries.load(Ordering::Relaxed);
        self.recoveries
            .store(recoveries.wrapping_add(1), Ordering::Relaxed);
        self.sound.store(1, Ordering::Release);
    }

    pub(super) fn recoveries(&self) -> u32 {
        self.recoveries.load(Ordering::Relaxed)
    }

    /// The number of a new allocation. It is spent even if the allocation comes to nothing.
    #[inline]
    pub(super) fn take_serial(&self) -> u64 {
        let serial = self.next_serial.load(Ordering::Relaxed);
        self.next_serial
            .store(serial.wrapping_add(1), Ordering::Relaxed);
        serial
    }

    /// Whether an allocation had this number.
    #[inline]
    pub(super) fn has_issued(&self, serial: u64) -> bool {
        let first = self.first_serial.load(Ordering::Relaxed);
        let n_issued = self.next_serial.load(Ordering::Relaxed).wrapping_sub(first);
        serial.wrapping_sub(first) < n_issued
    }

    /// Says which block is about to be freed. What is stored in headers afterwards comes after this.
    #[inline]
    pub(super) fn note_freeing(&self, serial: u64) {
        self.freeing.store(serial, Ordering::Relaxed);
    }

    /// The serial of the last block that was to be freed; 0 for none.
    pub(super) fn freeing(&self) -> u64 {
        self.freeing.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn counts(&self) -> Counts {
        Counts {
            used: self.used.load(Ordering::Relaxed),
            live: self.live.load(Ordering::Relaxed),
            free: self.free.load(Ordering::Relaxed),
        }
    }

    /// Counts so many live blocks more, with so many granules.
    #[inline]
    pub(super) fn count_live(&self, blocks: i64, granules: i64) {
        add(&self.live, blocks);
        add(&self.used, granules);
    }

    /// Counts so many free blocks more.
    #[inline]
    pub(super) fn count_free(&self, blocks: i64) {
        add(&self.free, blocks);
    }

    /// The first block of the list `class`, if it has one.
    #[inline]
    pub(super) fn list(&self, class: usize) -> Option<u32> {
        let is_occupied = self.occupied[class / 64].load(Ordering::Relaxed) >> (class % 64) & 1;
        (is_occupied == 1).then(|| self.lists[class].load(Ordering::Relaxed))
    }

    /// Makes `at` the first block of the list `class`; `None` empties it.
    #[inline]
    pub(super) fn set_list(&self, class: usize, at: Option<u32>) {
        let bits = &self.occupied[class / 64];
        let bit = 1 << (class % 64);
        match at {
            Some(at) => {
                self.lists[class].store(at, Ordering::Relaxed);
                bits.store(bits.load(Ordering::Relaxed) | bit, Ordering::Relaxed);
            }
            None => bits.store(bits.load(Ordering::Relaxed) & !bit, Ordering::Relaxed),
        }
    }

    /// The first list from `class` on that has a block.
    #[inline]
    pub(super) fn occupied_from(&self, class: usize) -> Option<usize> {
        let mut keep = u64::MAX << (class % 64);
        for (index, bits) in self.occupied.iter().enumerate().skip(class / 64) {
            let bits = bits.load(Ordering::Relaxed) & keep;
            if bits != 0 {
                let class = 64 * index + bits.trailing_zeros() as usize;
                return (class < N_CLASSES).then_some(class);
            }
            keep = u64::MAX;
        }
        None
    }

    /// Empties all lists and counts.
    pub(super) fn clear_hints(&self) {
        for bits in &self.occupied {
            bits.store(0, Ordering::Relaxed);
        }
        for count in [&self.used, &self.live, &self.free] {
            count.store(0, Ordering::Relaxed);
        }
    }
}

/// Only the holder of the lock writes these numbers, so that no atomic addition is needed.
#[inline]
fn add(number: &AtomicU64, more: i64) {
    let sum = number.load(Ordering::Relaxed).wrapping_add_signed(more);
    number.store(sum, Ordering::Relaxed);
}
