//! [`BarrierError`]: why parties did not meet.

use std::error::Error;
use std::fmt;

use crate::barrier_protocol::{NoSeat, NotMet};
use crate::barrier_words::PARTIES;
use crate::broken::Broken;
use crate::error::SyncError;

/// Why a barrier could not be made, joined or waited at.
#[derive(Debug)]
#[non_exhaustive]
pub enum BarrierError {
    /// Somebody broke the barrier.
    Broken(Broken),
    /// A barrier cannot have so many parties.
    Parties {
        /// How many were asked for.
        asked: u32,
        /// How many it can have; at least one.
        limit: u32,
    },
    /// As many take part as the barrier takes.
    Full {
        /// How many that is.
        parties: u32,
    },
    /// This thread takes part already.
    TakesPart,
    /// This process was forked from the one that takes part.
    NotAParty,
    /// Somebody had the barrier's own lock all the time. That takes a microsecond, unless it was stopped.
    Stuck {
        /// The thread id of the holder.
        holder: u32,
    },
    /// The barrier cannot be used here at all.
    Refused(SyncError),
}

impl fmt::Display for BarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(broken) => broken.fmt(f),
            Self::Parties { asked, limit } => write!(
                f,
                "a barrier of {asked} parties was asked for and this one can have 1 to {limit}: \
                 a new barrier can have {PARTIES}"
            ),
            Self::Full { parties } => write!(
                f,
                "all {parties} parties of the barrier are there: make it for more, or let one leave"
            ),
            Self::TakesPart => f.write_str(
                "this thread takes part in the barrier already and cannot wait for itself: \
                 join from another thread",
            ),
            Self::NotAParty => f.write_str(
                "this process was forked from the one that takes part in the barrier: join it here too",
            ),
            Self::Stuck { holder } => write!(
                f,
                "thread {holder} has the barrier's own lock and does not go on: continue it \
                 (SIGCONT) or end it"
            ),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl Error for BarrierError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Broken(broken) => Some(broken),
            Self::Refused(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SyncError> for BarrierError {
    fn from(error: SyncError) -> Self {
        Self::Refused(error)
    }
}

impl From<NoSeat> for BarrierError {
    fn from(refusal: NoSeat) -> Self {
        match refusal {
            NoSeat::Full { parties } => Self::Full { parties },
            NoSeat::Broken(broken) => Self::Broken(broken),
            NoSeat::Already => Self::TakesPart,
            NoSeat::Stuck { holder } => Self::Stuck { holder },
        }
    }
}

impl From<NotMet> for BarrierError {
    fn from(refusal: NotMet) -> Self {
        match refusal {
            NotMet::Broken(broken) => Self::Broken(broken),
            NotMet::NotSeated => Self::NotAParty,
            NotMet::Stuck { holder } => Self::Stuck { holder },
        }
    }
}
