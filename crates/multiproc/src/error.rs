//! [`Error`]: what can go wrong anywhere, for `?`.

use std::fmt;

use multiproc_array::{AccessError, ArrayError, StillWritable};
use multiproc_pool::{Failed, PoolError, TaskError};
use multiproc_rng::RngError;
use multiproc_segment::SegmentError;
use multiproc_segment::transport::TransportError;
use multiproc_shared_rng::SharedRngError;
use multiproc_sync::{ClaimError, LockError, SyncError};

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in any of the layers; each layer's own error becomes one with `?`.
///
/// Errors that carry something to go on with (a guard to repair, results to keep) lose it on the way: catch those
/// where they arise.
///
/// # Examples
///
/// ```
/// use multiproc::{Error, Pool, PoolError};
///
/// fn start() -> multiproc::Result<Pool> {
///     Ok(Pool::builder().processes(0).build()?)
/// }
///
/// assert!(matches!(start(), Err(Error::Pool(PoolError::Zero { .. }))));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Of a segment.
    Segment(SegmentError),
    /// Of a connection that takes segments along.
    Transport(TransportError),
    /// Of a lock or an access table.
    Sync(SyncError),
    /// A lock was not simply had.
    Lock {
        /// Why, in words.
        message: String,
    },
    /// Of a random number generator.
    Rng(RngError),
    /// Of a stream that processes share.
    SharedRng(SharedRngError),
    /// Of an array.
    Array(ArrayError),
    /// Of a pool.
    Pool(PoolError),
    /// Of one item of a job.
    Task(TaskError),
    /// Of a job.
    Job(Failed<()>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Segment(error) => error.fmt(f),
            Error::Transport(error) => error.fmt(f),
            Error::Sync(error) => error.fmt(f),
            Error::Lock { message } => f.write_str(message),
            Error::Rng(error) => error.fmt(f),
            Error::SharedRng(error) => error.fmt(f),
            Error::Array(error) => error.fmt(f),
            Error::Pool(error) => error.fmt(f),
            Error::Task(error) => error.fmt(f),
            Error::Job(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    // Each message is the layer's own, so its source is the layer's as well.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Segment(error) => error.source(),
            Error::Transport(error) => error.source(),
            Error::Sync(error) => error.source(),
            Error::Lock { .. } => None,
            Error::Rng(error) => error.source(),
            Error::SharedRng(error) => error.source(),
            Error::Array(error) => error.source(),
            Error::Pool(error) => error.source(),
            Error::Task(error) => error.source(),
            Error::Job(error) => error.source(),
        }
    }
}

impl From<SegmentError> for Error {
    fn from(error: SegmentError) -> Error {
        Error::Segment(error)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Error {
        Error::Transport(error)
    }
}

impl From<SyncError> for Error {
    fn from(error: SyncError) -> Error {
        Error::Sync(error)
    }
}

impl<G> From<LockError<G>> for Error {
    fn from(error: LockError<G>) -> Error {
        Error::Lock {
            message: error.to_string(),
        }
    }
}

impl From<ClaimError> for Error {
    fn from(error: ClaimError) -> Error {
        Error::Lock {
            message: error.to_string(),
        }
    }
}

impl From<SharedRngError> for Error {
    fn from(error: SharedRngError) -> Error {
        Error::SharedRng(error)
    }
}

impl From<RngError> for Error {
    fn from(error: RngError) -> Error {
        Error::Rng(error)
    }
}

impl From<ArrayError> for Error {
    fn from(error: ArrayError) -> Error {
        Error::Array(error)
    }
}

impl<G> From<AccessError<G>> for Error {
    fn from(error: AccessError<G>) -> Error {
        Error::Array(error.into())
    }
}

impl<T: 'static, D> From<StillWritable<T, D>> for Error {
    fn from(error: StillWritable<T, D>) -> Error {
        Error::Array(error.into())
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Error {
        Error::Pool(error)
    }
}

impl From<TaskError> for Error {
    fn from(error: TaskError) -> Error {
        Error::Task(error)
    }
}

impl<R> From<Failed<R>> for Error {
    fn from(error: Failed<R>) -> Error {
        Error::Job(error.without_results())
    }
}
