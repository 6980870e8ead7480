//! [`ArenaError`]: why an arena could not be made or used, or has no such block.

use std::error::Error;
use std::fmt;
use std::io;

use multiproc_segment::SegmentError;

use super::block_id::BlockId;
use super::demand::MOST_ALIGN;
use crate::error::SyncError;

/// Why an operation on an arena was not done.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArenaError {
    /// An arena cannot be made or used here at all.
    Refused(SyncError),
    /// An arena cannot have this length.
    Length {
        /// The length asked for or found, in bytes.
        len: u64,
        /// The least, in bytes.
        least: u64,
        /// The most, in bytes.
        most: u64,
    },
    /// A block cannot be aligned so.
    Align {
        /// The alignment asked for, in bytes.
        align: usize,
    },
    /// No free block is large enough.
    OutOfSpace {
        /// The bytes asked for.
        needed: usize,
        /// The alignment asked for, in bytes.
        align: usize,
        /// The longest block that is to be had, in bytes, if it need be aligned to 16 only.
        largest: usize,
        /// What all free blocks have, in bytes.
        free: usize,
    },
    /// The block was freed.
    Freed {
        /// The block.
        id: BlockId,
    },
    /// No block of this arena ever had this id.
    Foreign {
        /// The id.
        id: BlockId,
    },
    /// The block does not hold a whole number of such elements.
    Elements {
        /// Bytes of the block.
        len: usize,
        /// Bytes of an element.
        element: usize,
    },
    /// The bytes of the arena are not what this library writes: a program wrote beyond its block, or into
    /// one that it had freed.
    Corrupt {
        /// Where, in bytes from the arena's start.
        offset: u64,
    },
    /// Another thread had the arena's lock all the time. That takes a microsecond, unless it was stopped.
    Stuck {
        /// The thread id of the holder.
        holder: u32,
    },
    /// The system does not tell who this process is.
    Proc(io::Error),
}

impl fmt::Display for ArenaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Length { len, least, most } => write!(
                f,
                "an arena cannot have {len} bytes: choose at least {least} and at most {most}"
            ),
            Self::Align { align } => write!(
                f,
                "a block cannot be aligned to {align}: choose a power of two up to {MOST_ALIGN}"
            ),
            Self::OutOfSpace {
                needed,
                align,
                largest,
                free,
            } => write!(
                f,
                "{needed} bytes aligned to {align} were asked for, and of the {free} bytes free at \
                 most {largest} are in one block: free some, or make a larger arena"
            ),
            Self::Freed { id } => write!(
                f,
                "{id} was freed: free a block once, and use it only before that"
            ),
            Self::Foreign { id } => {
                write!(
                    f,
                    "{id} was never in this arena: use the arena that gave the id"
                )
            }
            Self::Elements { len, element } => write!(
                f,
                "the block's {len} bytes are not a whole number of elements of {element} bytes: \
                 load the type that was stored"
            ),
            Self::Corrupt { offset } => write!(
                f,
                "the bytes at offset {offset} of the arena are not what an arena has there: some \
                 program wrote beyond its block or into one it had freed; make the arena anew"
            ),
            Self::Stuck { holder } => write!(
                f,
                "thread {holder} has the arena's lock and does not go on: continue it (SIGCONT) or \
                 end it"
            ),
            Self::Proc(error) => write!(f, "/proc does not tell who this process is: {error}"),
        }
    }
}

impl Error for ArenaError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Proc(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SyncError> for ArenaError {
    fn from(error: SyncError) -> Self {
        Self::Refused(error)
    }
}

impl From<SegmentError> for ArenaError {
    fn from(error: SegmentError) -> Self {
        Self::Refused(error.into())
    }
}
