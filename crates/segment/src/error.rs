//! [`SegmentError`]: everything that can go wrong with a segment, with the figures to act on.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::anonymous::Obstacle;
use crate::control::Corruption;
use crate::foreign::Foreign;
use crate::handle::Location;
use crate::id::SegmentId;
use crate::name::{NameProblem, SegmentName};
use crate::origin::PidNamespace;
use crate::room::Limit;
use crate::site::SHM;

/// Why an operation on a segment failed.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment, SegmentError};
///
/// match Segment::anonymous(Layout::payload(1 << 50)) {
///     Err(SegmentError::NoSpace { needed, available, .. }) => assert!(needed > available),
///     other => panic!("a pebibyte was given: {other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmentError {
    /// The name cannot be a segment's.
    InvalidName {
        /// What was given.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// No segment has this name, or its last user is gone.
    NotFound {
        /// The name or path asked for.
        place: Location,
    },
    /// A living segment, or another file, has this name.
    AlreadyExists {
        /// The name or path asked for.
        place: Location,
    },
    /// The segment cannot be removed while somebody uses it.
    InUse {
        /// The segment's name.
        name: SegmentName,
    },
    /// The name changed hands at every attempt to open it.
    Busy {
        /// The name or path asked for.
        place: Location,
        /// How often it was tried.
        attempts: u32,
    },
    /// The name or path now belongs to another segment than the handle's.
    Stale {
        /// The name or path in the handle.
        place: Location,
        /// The id in the handle.
        expected: SegmentId,
        /// The id of the segment that is there now.
        found: SegmentId,
    },
    /// There is no room for the segment.
    NoSpace {
        /// Bytes that the segment takes, with its lock area and control page.
        needed: u64,
        /// Bytes that may be taken.
        available: u64,
        /// What sets the limit.
        hint: Limit,
    },
    /// The directory of the segment's file cannot be used.
    NoDirectory {
        /// The directory: `/dev/shm` for a named segment.
        path: PathBuf,
        /// The `errno` of the attempt.
        errno: i32,
    },
    /// The path has no last component that could be a file's name.
    InvalidPath {
        /// What was given.
        path: PathBuf,
    },
    /// The file lies where another machine may have it as well.
    NotLocal {
        /// The path asked for.
        path: PathBuf,
        /// What the file system is called.
        file_system: &'static str,
    },
    /// The kernel, or the file system, does not know a system call.
    Unsupported {
        /// The call.
        call: &'static str,
        /// The release of Linux from which on it is known.
        since: &'static str,
    },
    /// The file under this name or path is not one that a segment may have.
    Refused {
        /// The name or path asked for.
        place: Location,
        /// What it is instead.
        found: Foreign,
    },
    /// The descriptor's file could change its size under its users.
    NotSealed {
        /// The seals that are missing, as `fcntl(2)` spells them.
        missing: &'static str,
    },
    /// The file is no segment of this version, or it is damaged.
    Corrupt {
        /// The segment's name or path; `Anonymous` for a received descriptor.
        place: Location,
        /// What was found.
        fault: Corruption,
    },
    /// Process and thread ids mean something else here than where the segment was made.
    OtherPidNamespace {
        /// The namespace in which the segment was made.
        segment: PidNamespace,
        /// The namespace of this process.
        here: PidNamespace,
    },
    /// The segment cannot be frozen.
    NotFreezable {
        /// The segment's id.
        id: SegmentId,
        /// What stands in the way.
        obstacle: Obstacle,
    },
    /// An anonymous segment has no name to open: its descriptor travels in a transport.
    NeedsTransport {
        /// The id in the handle.
        id: SegmentId,
    },
    /// The bytes are no encoded handle.
    NotAHandle {
        /// How many bytes were given.
        len: usize,
    },
    /// The range does not lie within the bytes.
    OutOfBounds {
        /// First byte asked for.
        offset: usize,
        /// Bytes asked for.
        len: usize,
        /// Bytes there are.
        available: usize,
    },
    /// The offset does not suit an atomic of this size.
    Misaligned {
        /// The offset asked for.
        offset: usize,
        /// The alignment needed, in bytes.
        align: usize,
    },
    /// The segment is frozen: nobody can write to it.
    ReadOnly,
    /// A system call failed for a reason that none of the other variants covers.
    System {
        /// The call.
        call: &'static str,
        /// Its `errno`.
        errno: i32,
    },
}

impl SegmentError {
    /// For `map_err`: the failure of `call`.
    pub(crate) fn system(call: &'static str) -> impl FnOnce(Errno) -> Self {
        move |errno| Self::System {
            call,
            errno: errno.raw_os_error(),
        }
    }
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidName { name, problem } => write!(f, "segment name {name:?} {problem}"),
            Self::NotFound {
                place: Location::File(path),
            } => write!(
                f,
                "there is no segment file {}: create it first",
                path.display()
            ),
            Self::NotFound { place } => write!(
                f,
                "no segment is named {place}: it was never created, or its last user is gone"
            ),
            Self::AlreadyExists {
                place: Location::File(path),
            } => write!(
                f,
                "the file {} exists: open it, or choose another path",
                path.display()
            ),
            Self::AlreadyExists { place } => write!(
                f,
                "the name {place} is taken: open it, or choose another name"
            ),
            Self::InUse { name } => write!(
                f,
                "segment {name} is in use: it can be removed when its last user has dropped it"
            ),
            Self::Busy { place, attempts } => write!(
                f,
                "the name {place} changed hands at each of {attempts} attempts to open it: try again"
            ),
            Self::Stale {
                place,
                expected,
                found,
            } => write!(
                f,
                "the handle names segment {expected}, but {place} is now segment {found}: \
                 ask its owner for a new handle"
            ),
            Self::NoSpace {
                needed,
                available,
                hint,
            } => write!(
                f,
                "the segment takes {needed} bytes, but {available} are available: {hint}"
            ),
            Self::NoDirectory { path, errno } => {
                let cause = io::Error::from_raw_os_error(*errno);
                if path == Path::new(SHM) {
                    write!(
                        f,
                        "named segments live in {SHM}, which cannot be used: {cause}; \
                         mount a tmpfs there, or take an anonymous segment"
                    )
                } else {
                    write!(
                        f,
                        "the directory {} cannot be used for a segment's file: {cause}",
                        path.display()
                    )
                }
            }
            Self::InvalidPath { path } => {
                write!(
                    f,
                    "the path {path:?} names no file: end it with a file's name"
                )
            }
            Self::NotLocal { path, file_system } => write!(
                f,
                "{} lies on {file_system}, where other machines would see neither the locks nor \
                 the writes in time: choose a directory on a disk of this machine",
                path.display()
            ),
            Self::Unsupported { call, since } => write!(
                f,
                "the kernel, or the file system, has no {call}, which Linux has since {since}"
            ),
            Self::Refused {
                place: Location::File(path),
                found,
            } => write!(
                f,
                "the file {} is no segment of this user: {found}",
                path.display()
            ),
            Self::Refused { place, found } => write!(
                f,
                "the file under the name {place} is no segment of this user: {found}"
            ),
            Self::NotSealed { missing } => write!(
                f,
                "the descriptor lacks {missing}: its file could shrink under its users; \
                 send a segment made by Segment::anonymous"
            ),
            Self::Corrupt {
                place: Location::Anonymous,
                fault,
            } => write!(f, "the received segment {fault}"),
            Self::Corrupt { place, fault } => write!(f, "segment {place} {fault}"),
            Self::OtherPidNamespace { segment, here } => write!(
                f,
                "the segment was made in pid namespace {segment} and this process is in {here}: \
                 locks would mistake one process for another; start the containers with a shared \
                 pid namespace (docker run --pid=container:NAME, or shareProcessNamespace: true)"
            ),
            Self::NotFreezable { id, obstacle } => {
                write!(f, "segment {id} cannot be frozen: {obstacle}")
            }
            Self::NeedsTransport { id } => write!(
                f,
                "segment {id} is anonymous and has no name to open: \
                 send it through a transport, or create it under a name"
            ),
            Self::NotAHandle { len } => {
                write!(f, "the {len} bytes are no segment handle of this version")
            }
            Self::OutOfBounds {
                offset,
                len,
                available,
            } => write!(
                f,
                "{len} bytes at offset {offset} do not lie within the {available} bytes there are"
            ),
            Self::Misaligned { offset, align } => write!(
                f,
                "offset {offset} is no multiple of {align}, which an atomic of that size needs"
            ),
            Self::ReadOnly => {
                f.write_str("the segment is frozen: write to a copy, or freeze it later")
            }
            Self::System { call, errno } => {
                write!(f, "{call} failed: {}", io::Error::from_raw_os_error(*errno))
            }
        }
    }
}

impl std::error::Error for SegmentError {}

/// The `errno` of a system call's failure.
pub(crate) fn errno_of(error: &io::Error) -> i32 {
    error
        .raw_os_error()
        .expect("an error of a system call carries its errno")
}
