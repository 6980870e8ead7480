//! [`SegmentError`]: everything that can go wrong with a segment, with the figures to act on.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

use crate::id::SegmentId;
use crate::name::SegmentName;
use crate::origin::PidNamespace;

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
        /// The name asked for.
        name: SegmentName,
    },
    /// A living segment, or another file, has this name.
    AlreadyExists {
        /// The name asked for.
        name: SegmentName,
    },
    /// The segment cannot be removed while somebody uses it.
    InUse {
        /// The segment's name.
        name: SegmentName,
    },
    /// The name changed hands at every attempt to open it.
    Busy {
        /// The name asked for.
        name: SegmentName,
        /// How often it was tried.
        attempts: u32,
    },
    /// The name now belongs to another segment than the handle's.
    Stale {
        /// The name in the handle.
        name: SegmentName,
        /// The id in the handle.
        expected: SegmentId,
        /// The id of the segment that has the name now.
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
    /// The directory of named segments cannot be opened.
    NoDirectory {
        /// The directory.
        path: &'static str,
        /// The `errno` of the attempt.
        errno: i32,
    },
    /// The file under this name is not one that a segment may have.
    Refused {
        /// The name asked for.
        name: SegmentName,
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
        /// The segment's name; `None` for a received descriptor.
        name: Option<SegmentName>,
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
            Self::NotFound { name } => write!(
                f,
                "no segment is named {name}: it was never created, or its last user is gone"
            ),
            Self::AlreadyExists { name } => write!(
                f,
                "the name {name} is taken: open it, or choose another name"
            ),
            Self::InUse { name } => write!(
                f,
                "segment {name} is in use: it can be removed when its last user has dropped it"
            ),
            Self::Busy { name, attempts } => write!(
                f,
                "the name {name} changed hands at each of {attempts} attempts to open it: try again"
            ),
            Self::Stale {
                name,
                expected,
                found,
            } => write!(
                f,
                "the handle names segment {expected}, but {name} is now segment {found}: \
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
            Self::NoDirectory { path, errno } => write!(
                f,
                "named segments live in {path}, which cannot be used: {}; \
                 mount a tmpfs there, or take an anonymous segment",
                io::Error::from_raw_os_error(*errno)
            ),
            Self::Refused { name, found } => {
                write!(
                    f,
                    "the file under the name {name} is no segment of this user: {found}"
                )
            }
            Self::NotSealed { missing } => write!(
                f,
                "the descriptor lacks {missing}: its file could shrink under its users; \
                 send a segment made by Segment::anonymous"
            ),
            Self::Corrupt {
                name: Some(name),
                fault,
            } => write!(f, "segment {name} {fault}"),
            Self::Corrupt { name: None, fault } => write!(f, "the received segment {fault}"),
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

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// It has no bytes.
    Empty,
    /// It has more than [`SegmentName::MAX_LEN`] bytes.
    TooLong {
        /// How many it has.
        len: usize,
    },
    /// It starts with a dot, as hidden files and `..` do.
    LeadingDot,
    /// It has a slash or a NUL byte in it.
    Separator,
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty: give at least one character"),
            Self::TooLong { len } => {
                write!(
                    f,
                    "has {len} bytes: at most {} are allowed",
                    SegmentName::MAX_LEN
                )
            }
            Self::LeadingDot => f.write_str("starts with a dot: choose another first character"),
            Self::Separator => f.write_str("contains a slash or a NUL: leave them out"),
        }
    }
}

/// What sets the limit to a segment's size.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The machine's memory (`MemAvailable` in `/proc/meminfo`).
    Memory,
    /// A memory cgroup.
    Cgroup {
        /// The cgroup's directory.
        path: PathBuf,
    },
    /// The file system that holds named segments.
    Mount {
        /// Where it is mounted.
        path: PathBuf,
    },
    /// The process's own limit to file sizes (`RLIMIT_FSIZE`).
    FileSize,
    /// The process's address space (`RLIMIT_AS`, or what a pointer can reach).
    AddressSpace,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("free memory, or take a smaller segment"),
            Self::Cgroup { path } => write!(
                f,
                "raise the memory limit of the cgroup {} (docker run --memory, MemoryMax=)",
                path.display()
            ),
            Self::Mount { path } => write!(
                f,
                "enlarge {} (docker run --shm-size, mount -o remount,size=), \
                 or take an anonymous segment",
                path.display()
            ),
            Self::FileSize => f.write_str("raise the limit to file sizes (ulimit -f)"),
            Self::AddressSpace => f.write_str("raise the limit to the address space (ulimit -v)"),
        }
    }
}

/// What has the name of a segment without being one that may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// A symbolic link.
    Symlink,
    /// A directory, a FIFO, a socket or a device.
    NotAFile {
        /// The file type bits of its mode, in `stat(2)`'s numbers.
        file_type: u32,
    },
    /// Another user's file.
    OtherUser {
        /// The user it belongs to.
        uid: u32,
        /// The user of this process.
        ours: u32,
    },
    /// A file that others may use too, or that its owner may not.
    Mode {
        /// The permission bits found.
        mode: u32,
    },
    /// A file with more names than one.
    Links {
        /// How many names it has.
        links: usize,
    },
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symlink => f.write_str("it is a symbolic link, which is never followed"),
            Self::NotAFile { file_type } => {
                write!(f, "it is no regular file (file type {file_type:#o})")
            }
            Self::OtherUser { uid, ours } => {
                write!(
                    f,
                    "it belongs to user {uid} and this process is user {ours}"
                )
            }
            Self::Mode { mode } => write!(f, "its mode is {mode:04o}, a segment's is 0600"),
            Self::Links { links } => write!(f, "it has {links} hard links, a segment has one"),
        }
    }
}

/// How a file differs from a whole segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corruption {
    /// The file's length is not that of any segment.
    Length {
        /// The length in bytes.
        file_len: u64,
    },
    /// The last page does not begin as a control page does.
    Magic,
    /// The control page is of another version of this library.
    Version {
        /// The version found.
        found: u32,
    },
    /// The control page's own length is not that of its version.
    HeaderLen {
        /// The length found.
        found: u32,
    },
    /// The control page does not have the checksum that it records.
    Checksum {
        /// The checksum recorded.
        recorded: u64,
        /// The checksum of what is there.
        computed: u64,
    },
    /// The lifetime is none that is known, or not one for this kind of file.
    Lifetime {
        /// The code found.
        found: u32,
    },
    /// The parts recorded do not make up the file.
    Extents {
        /// The payload length recorded.
        payload_len: u64,
        /// The lock area's length recorded.
        control_len: u64,
        /// The length of the file.
        file_len: u64,
    },
    /// The control page was written for another file: this one is a copy.
    Copied,
    /// Pages of the file are missing; touching them could kill the process.
    Sparse {
        /// Bytes that have memory behind them.
        allocated: u64,
        /// The length of the file.
        file_len: u64,
    },
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { file_len } => {
                write!(f, "is damaged: {file_len} bytes is no length of a segment")
            }
            Self::Magic => f.write_str("has no control page: it is another program's file, or cut"),
            Self::Version { found } => write!(
                f,
                "has layout version {found}, but this build reads version {}: \
                 rebuild both programs with the same release",
                crate::control::VERSION
            ),
            Self::HeaderLen { found } => {
                write!(
                    f,
                    "is damaged: its control page says that it is {found} bytes long"
                )
            }
            Self::Checksum { recorded, computed } => write!(
                f,
                "is damaged: its control page has checksum {computed:016x} and \
                 records {recorded:016x}"
            ),
            Self::Lifetime { found } => {
                write!(
                    f,
                    "is damaged: {found} is not the code of a lifetime that it can have"
                )
            }
            Self::Extents {
                payload_len,
                control_len,
                file_len,
            } => write!(
                f,
                "is damaged: {payload_len} bytes of payload and {control_len} of lock area \
                 do not make up its {file_len} bytes"
            ),
            Self::Copied => f.write_str("is a copy of another segment's bytes"),
            Self::Sparse {
                allocated,
                file_len,
            } => write!(
                f,
                "is damaged: {allocated} of its {file_len} bytes have memory behind them"
            ),
        }
    }
}

/// What keeps a segment from being frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// It has a name, and files in `/dev/shm` cannot be sealed.
    Named,
    /// This process has further clones of it, which may be writing.
    Cloned {
        /// How many clones there are, this one included.
        clones: usize,
    },
    /// Another mapping of it, here or in another process, may write.
    StillWritable,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named => f.write_str("only anonymous segments can be sealed"),
            Self::Cloned { clones } => {
                write!(
                    f,
                    "this process holds {clones} clones of it; drop all but one"
                )
            }
            Self::StillWritable => f.write_str(
                "another mapping can still write to it; have every other process drop it first",
            ),
        }
    }
}
