//! [`SemaphoreError`]: why a permit was not to be had, or not to be given back.

use std::error::Error;
use std::fmt;

use crate::error::SyncError;

/// Why a permit of a [`Semaphore`](crate::Semaphore) or of [`Permits`](crate::Permits) was not acquired, or not
/// released.
#[derive(Debug)]
#[non_exhaustive]
pub enum SemaphoreError {
    /// All permits are taken, and the call was not to wait.
    WouldBlock,
    /// All permits were taken all the time.
    TimedOut,
    /// This very thread holds all permits.
    WouldDeadlock {
        /// How many that are.
        held: usize,
    },
    /// More permits were released than the semaphore is meant to have.
    OverReleased {
        /// How many were to be released.
        released: u32,
        /// How many are free.
        value: u32,
        /// How many there are at most.
        limit: u32,
    },
    /// It cannot be used here at all.
    Refused(SyncError),
}

impl fmt::Display for SemaphoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldBlock => f.write_str("all permits are taken"),
            Self::TimedOut => f.write_str("all permits are still taken and the time is over"),
            Self::WouldDeadlock { held } => write!(
                f,
                "this thread holds all {held} permits already: drop one first"
            ),
            Self::OverReleased {
                released,
                value,
                limit,
            } => write!(
                f,
                "released {released} permits beside {value} free ones and there are {limit} at most: \
                 release what was acquired, and that once"
            ),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl Error for SemaphoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SyncError> for SemaphoreError {
    fn from(error: SyncError) -> Self {
        Self::Refused(error)
    }
}
