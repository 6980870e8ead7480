//! [`PermitWords`]: the 4096 bytes of owned permits in a segment, version 1.
//!
//! Little-endian.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpPE`; written last |
//! | 4 | 4 | version | 1 |
//! | 8 | 4 | permits | how many of the seats are in use |
//! | 12 | 4 | sequence | bit 0: somebody sleeps on it; the rest counts releases |
//! | 16 | 112 | zero | |
//! | 128 | 62 x 64 | seats | one permit each: a robust word, then zeros |

use std::sync::atomic::Ordering;

use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::permit_protocol::PermitSet;
use crate::primitive::{AtomicU32, AtomicU64, Futex};
use crate::seat::Seat;

/// The most permits that one [`Permits`](crate::Permits) can have.
pub const PERMITS: usize = 62;

/// The bytes of owned permits.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct PermitWords {
    pub(crate) identity: Identity,
    n_permits: AtomicU32,
    sequence: Futex<AtomicU32>,
    zeros: [AtomicU64; 14],
    seats: [Seat; PERMITS],
}

const _: () = {
    assert!(size_of::<PermitWords>() == 4096);
    assert!(std::mem::offset_of!(PermitWords, seats) == 128);
};

impl PermitWords {
    /// Makes the bytes those of `n_permits` permits, at most [`PERMITS`], all free.
    pub(crate) fn format(&self, n_permits: u32) {
        self.identity.withdraw();
        self.n_permits.store(n_permits, Ordering::Relaxed);
        self.sequence.store(0, Ordering::Relaxed);
        for zero in &self.zeros {
            zero.store(0, Ordering::Relaxed);
        }
        for seat in &self.seats {
            seat.format();
        }
        self.identity.publish(Occupant::PERMITS);
    }

    #[inline]
    pub(crate) fn set(&self) -> PermitSet<'_> {
        let n_permits = self.n_permits.load(Ordering::Relaxed) as usize;
        PermitSet {
            sequence: &self.sequence,
            seats: &self.seats[..n_permits.min(PERMITS)],
        }
    }
}
