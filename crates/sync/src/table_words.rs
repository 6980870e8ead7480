//! [`TableWords`]: the 4096 bytes of an access table in a segment, version 1.
//!
//! Little-endian. Zero bytes are a free table.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpAT`; 0 until the first attach |
//! | 4 | 4 | version | 1 |
//! | 8 | 4 | sequence | bit 0: somebody sleeps on it; the rest counts releases |
//! | 12 | 28 | zero | |
//! | 40 | 40 | leaf lock | guards admission: see `claim_protocol` |
//! | 80 | 48 | zero | |
//! | 128 | 62 x 64 | slots | one claim each |
//!
//! A slot:
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | mode | 0 free, 1 read, 2 write, 3 atomic, 4 torn |
//! | 4 | 4 | pid | of the holder |
//! | 8 | 40 | owner | a robust word: whose slot it is |
//! | 48 | 8 | start | of the range |
//! | 56 | 8 | end | of the range, exclusive |

use crate::claim_protocol::{Slot, Table};
use crate::error::SyncError;
use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::primitive::{AtomicU32, AtomicU64, Futex};
use crate::robust_word::RobustWord;

/// Claims that one table can hold at a time.
pub const SLOTS: usize = 62;

/// The bytes of a table.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct TableWords {
    identity: Identity,
    sequence: Futex<AtomicU32>,
    zero: AtomicU32,
    zeros: [AtomicU64; 3],
    leaf: RobustWord,
    more_zeros: [AtomicU64; 6],
    slots: [Slot; SLOTS],
}

const _: () = {
    use std::mem::offset_of;
    assert!(size_of::<TableWords>() == 4096);
    assert!(offset_of!(TableWords, sequence) == 8);
    assert!(offset_of!(TableWords, leaf) == 40);
    assert!(offset_of!(TableWords, slots) == 128);
    assert!(size_of::<Slot>() == 64);
    assert!(Slot::OWNER_OFFSET == 8);
    assert!(Slot::OWNER_OFFSET + RobustWord::NEXT_OFFSET == 40);
    assert!(Slot::RANGE_OFFSET == 48);
};

impl TableWords {
    /// Makes zero bytes a table.
    ///
    /// # Errors
    ///
    /// [`SyncError::Mismatch`] if the bytes are something else.
    pub(crate) fn stamp(&self) -> Result<(), SyncError> {
        self.identity.stamp(Occupant::ACCESS_TABLE)
    }

    pub(crate) fn table(&self) -> Table<'_> {
        Table {
            leaf: &self.leaf,
            sequence: &self.sequence,
            slots: &self.slots,
        }
    }
}
