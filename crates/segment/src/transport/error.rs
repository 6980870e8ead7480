//! [`TransportError`]: why a message could not be sent or received.

use std::fmt;
use std::io;

use rustix::io::Errno;

use super::wire::MAX_SEGMENTS;
use crate::error::SegmentError;
use crate::id::SegmentId;

/// Why a message could not be sent or received.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use std::os::unix::net::UnixStream;
/// use multiproc_segment::transport::Transport;
///
/// let (one, mut other) = UnixStream::pair()?;
/// other.write_all(b"GET / HTTP/1.1\r\n")?;
/// assert_eq!(
///     Transport::new(one).recv().unwrap_err().to_string(),
///     "the peer sent no message of this release: it begins with GET ",
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportError {
    /// The peer has closed its end, or died.
    Closed,
    /// The peer closed its end, or died, within a message.
    Cut {
        /// Bytes of the message that had come.
        received: usize,
    },
    /// The message is longer than this transport allows.
    TooLong {
        /// Its length in bytes.
        len: u64,
        /// The length allowed.
        max: u64,
    },
    /// The message has more segments than one may have.
    TooManySegments {
        /// How many it has.
        count: usize,
    },
    /// What came is no message of this protocol.
    Malformed {
        /// What was wrong.
        fault: Malformation,
    },
    /// The kernel dropped descriptors that came with the message.
    DescriptorsLost,
    /// The message refers to a segment that is not known here.
    UnknownSegment {
        /// The segment's id.
        id: SegmentId,
    },
    /// A segment that came with the message cannot be used.
    Segment(SegmentError),
    /// The time given was over first.
    TimedOut,
    /// An earlier message was cut or malformed, and nobody knows where the next one begins.
    Broken,
    /// A system call failed for a reason that none of the other variants covers.
    System {
        /// The call.
        call: &'static str,
        /// Its `errno`.
        errno: i32,
    },
}

impl TransportError {
    pub(super) fn system(call: &'static str, errno: Errno) -> Self {
        Self::System {
            call,
            errno: errno.raw_os_error(),
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the peer has closed the connection, or died"),
            Self::Cut { received } => {
                write!(
                    f,
                    "the peer ended within a message, of which {received} bytes had come"
                )
            }
            Self::TooLong { len, max } => write!(
                f,
                "a message of {len} bytes is longer than the {max} allowed: \
                 put the bytes into a segment, or raise the limit at both ends"
            ),
            Self::TooManySegments { count } => write!(
                f,
                "a message with {count} segments has more than the {MAX_SEGMENTS} allowed: \
                 send them in several messages"
            ),
            Self::Malformed { fault } => {
                write!(f, "the peer sent no message of this release: {fault}")
            }
            Self::DescriptorsLost => f.write_str(
                "descriptors that came with the message were lost: this process has too many open; \
                 raise its limit (ulimit -n), or drop segments",
            ),
            Self::UnknownSegment { id } => write!(
                f,
                "the message refers to segment {id}, which did not arrive earlier: \
                 forget it at both ends and send it again"
            ),
            Self::Segment(error) => error.fmt(f),
            Self::TimedOut => f.write_str("the peer did not answer in the time given"),
            Self::Broken => f.write_str(
                "an earlier message was cut, so that the next cannot be told from its rest: \
                 connect again",
            ),
            Self::System { call, errno } => {
                write!(f, "{call} failed: {}", io::Error::from_raw_os_error(*errno))
            }
        }
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Segment(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

impl From<SegmentError> for TransportError {
    fn from(error: SegmentError) -> Self {
        Self::Segment(error)
    }
}

/// How the bytes of a peer differ from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformation {
    /// It does not begin as a message of this version does.
    Header {
        /// The four bytes that it begins with.
        found: [u8; 4],
    },
    /// Its table of segments cannot be read.
    Table,
    /// It has another number of descriptors than its table says.
    Descriptors {
        /// How many the table says.
        expected: usize,
        /// How many came.
        received: usize,
    },
    /// A descriptor is another segment's than the table says.
    OtherSegment {
        /// The id in the table.
        expected: SegmentId,
        /// The id of the segment that came.
        found: SegmentId,
    },
}

impl fmt::Display for Malformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { found } => write!(f, "it begins with {}", found.escape_ascii()),
            Self::Table => f.write_str("its table of segments is damaged"),
            Self::Descriptors { expected, received } => {
                write!(
                    f,
                    "{received} descriptors came with it instead of {expected}"
                )
            }
            Self::OtherSegment { expected, found } => {
                write!(f, "segment {found} came with it instead of {expected}")
            }
        }
    }
}
