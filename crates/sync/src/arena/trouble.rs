//! [`Trouble`]: what keeps an operation on an arena's blocks from being done.

use super::Demand;

/// Why an operation under the arena's lock was not done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// What lists, counts or back links say of the block at this granule contradicts the headers.
    Hints { at: u32 },
    /// The bytes at this granule should be a header and are none.
    Damage { at: u32 },
    /// No free block fits.
    NoRoom {
        demand: Demand,
        /// The longest payload that a free block has, in bytes.
        largest: usize,
        /// The payload of all free blocks, in bytes.
        free: usize,
    },
    /// The id is that of a block that was freed.
    Freed,
    /// The id was never one of this arena.
    Foreign,
}
