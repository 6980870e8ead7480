//! [`BarrierWords`]: the 8192 bytes of a barrier in a segment, version 1.
//!
//! Little-endian.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpBA`; written last |
//! | 4 | 4 | version | 1 |
//! | 8 | 8 | state | of the meeting: see `barrier_protocol` |
//! | 16 | 8 | record | who broke it last: thread in bits 0 to 23, process in 24 to 47, cause above |
//! | 24 | 4 | parties | that it takes |
//! | 28 | 4 | n seats | how many of the seats are used |
//! | 32 | 8 | zero | |
//! | 40 | 40 | leaf lock | guards arrivals: see `barrier_protocol` |
//! | 80 | 48 | zero | |
//! | 128 | 126 x 64 | seats | one party each |
//!
//! A seat:
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 40 | owner | a robust word: the party's thread |
//! | 40 | 8 | who | the party: thread in bits 0 to 23, process in 24 to 47; 0 for nobody |
//! | 48 | 8 | arrived | the state at which it arrived |
//! | 56 | 8 | zero | |

use std::sync::atomic::Ordering::Relaxed;

use crate::barrier_protocol::{Meeting, NEW_STATE};
use crate::broken::Record;
use crate::error::SyncError;
use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::party_seat::PartySeat;
use crate::primitive::{AtomicU32, AtomicU64, Futex};
use crate::robust_list::WORD_BEFORE_NODE;
use crate::robust_word::RobustWord;

/// Parties that a barrier can have.
pub const PARTIES: usize = 126;

/// The bytes of a barrier.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct BarrierWords {
    identity: Identity,
    state: Futex<AtomicU64>,
    record: Record,
    parties: AtomicU32,
    n_seats: AtomicU32,
    zero: AtomicU64,
    leaf: RobustWord,
    zeros: [AtomicU64; 6],
    seats: [PartySeat; PARTIES],
}

const _: () = {
    use std::mem::offset_of;
    assert!(size_of::<BarrierWords>() == 8192);
    assert!(offset_of!(BarrierWords, state) == 8);
    assert!(offset_of!(BarrierWords, parties) == 24);
    assert!(offset_of!(BarrierWords, leaf) == 40);
    assert!(offset_of!(BarrierWords, seats) == 128);
    assert!(size_of::<PartySeat>() == 64);
    assert!(RobustWord::NEXT_OFFSET == WORD_BEFORE_NODE);
    // What one sleep can watch: the state and all other seats.
    assert!(PARTIES <= 128);
};

impl BarrierWords {
    /// Makes the bytes a barrier of `parties` parties, at most [`PARTIES`], none of whom is there.
    pub(crate) fn format(&self, parties: u32) {
        self.identity.withdraw();
        self.state.store(NEW_STATE, Relaxed);
        self.record.clear();
        self.parties.store(parties, Relaxed);
        self.n_seats.store(parties, Relaxed);
        self.leaf.format();
        for seat in &self.seats {
            seat.format();
        }
        self.identity.publish(Occupant::BARRIER);
    }

    /// Fails unless the bytes are a barrier.
    ///
    /// # Errors
    ///
    /// [`SyncError::Mismatch`].
    pub(crate) fn expect(&self) -> Result<(), SyncError> {
        self.identity.expect(Occupant::BARRIER)
    }

    /// How many seats are used, bounded, as another process may have written anything.
    pub(crate) fn n_seats(&self) -> u32 {
        self.n_seats.load(Relaxed).min(PARTIES as u32)
    }

    /// The meeting around the first `n_seats` seats, at most [`PARTIES`].
    pub(crate) fn meeting(&self, n_seats: u32) -> Meeting<'_> {
        Meeting {
            leaf: &self.leaf,
            state: &self.state,
            parties: &self.parties,
            record: &self.record,
            seats: &self.seats[..n_seats as usize],
        }
    }
}
