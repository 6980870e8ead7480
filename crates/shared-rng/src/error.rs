//! [`SharedRngError`]: why a shared stream could not be made, found, drawn from or saved.

use std::error::Error;
use std::fmt;
#[cfg(feature = "state-files")]
use std::io;
#[cfg(feature = "state-files")]
use std::path::PathBuf;

use multiproc_rng::{RngError, StateError};
use multiproc_segment::{SegmentError, SegmentId};
use multiproc_sync::{ClaimError, SyncError};

/// Why a shared stream could not be made, found, drawn from or saved.
#[derive(Debug)]
#[non_exhaustive]
pub enum SharedRngError {
    /// The segment below could not be made, opened or used.
    Segment(SegmentError),
    /// The stream's lock could not be had: most likely this thread is drawing from it already.
    Sync(SyncError),
    /// No lease could be entered: most likely 62 are held, or were abandoned and not taken note of.
    Lease(ClaimError),
    /// The generator refused.
    Rng(RngError),
    /// A segment's bytes are no state of a generator.
    State(StateError),
    /// The segment holds something else than a stream of this kind.
    NotAStream {
        /// Which segment.
        segment: SegmentId,
    },
    /// The stream is of another generator or class than was asked for.
    OtherSource {
        /// What was asked for.
        asked: &'static str,
        /// The bit generator found.
        found: &'static str,
    },
    /// The present state's bytes were overwritten by somebody.
    Corrupt {
        /// The number of the present state.
        commit: u64,
        /// The number of the newest state that is whole, if any is.
        whole: Option<u64>,
    },
    /// A file of a state could not be read or written.
    #[cfg(feature = "state-files")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds no state of the generator that was asked for.
    #[cfg(feature = "state-files")]
    StateFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: StateError,
    },
}

impl fmt::Display for SharedRngError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SharedRngError::Segment(error) => error.fmt(f),
            SharedRngError::Sync(error) => error.fmt(f),
            SharedRngError::Lease(error) => error.fmt(f),
            SharedRngError::Rng(error) => error.fmt(f),
            SharedRngError::State(error) => error.fmt(f),
            SharedRngError::NotAStream { segment } => write!(
                f,
                "segment {segment} holds no shared stream of this kind: attach what was made there"
            ),
            SharedRngError::OtherSource { asked, found } => write!(
                f,
                "asked for a stream of {asked}, but the bit generator found is {found}, or its \
                 class is the other one: ask for what was made there"
            ),
            SharedRngError::Corrupt {
                commit,
                whole: Some(whole),
            } => write!(
                f,
                "state {commit} of the stream was overwritten by somebody; state {whole} is whole: \
                 go on from there with `repair`"
            ),
            SharedRngError::Corrupt {
                commit,
                whole: None,
            } => write!(
                f,
                "state {commit} of the stream and the one before it were overwritten by somebody: \
                 make the stream anew from a saved state"
            ),
            #[cfg(feature = "state-files")]
            SharedRngError::File { path, source } => write!(f, "{}: {source}", path.display()),
            #[cfg(feature = "state-files")]
            SharedRngError::StateFile { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl Error for SharedRngError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SharedRngError::Segment(error) => Some(error),
            SharedRngError::Sync(error) => Some(error),
            SharedRngError::Lease(error) => Some(error),
            SharedRngError::Rng(error) => Some(error),
            SharedRngError::State(error) => Some(error),
            #[cfg(feature = "state-files")]
            SharedRngError::File { source, .. } => Some(source),
            #[cfg(feature = "state-files")]
            SharedRngError::StateFile { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<SegmentError> for SharedRngError {
    fn from(error: SegmentError) -> SharedRngError {
        SharedRngError::Segment(error)
    }
}

impl From<SyncError> for SharedRngError {
    fn from(error: SyncError) -> SharedRngError {
        SharedRngError::Sync(error)
    }
}

impl From<RngError> for SharedRngError {
    fn from(error: RngError) -> SharedRngError {
        SharedRngError::Rng(error)
    }
}
