//! Files in `/dev/shm`: which may be touched, who uses one, and the only place that unlinks names.
//!
//! A user of a named segment holds a shared `flock` on an open file description of its own, which
//! the kernel releases however the user ends. Three rules keep names and segments together:
//!
//! - A name is linked to a file that is complete and already locked by its creator.
//! - Whoever opens a file takes the shared lock without waiting, and then looks whether the name
//!   still is that file; otherwise it lost a race, holds nothing, and tries again.
//! - A name is unlinked only by the holder of the exclusive lock, taken without waiting, and only
//!   while it still is that file. So it has no user, and gets none between the look and the unlink.
//!
//! The exclusive lock is tried while the own shared lock is held, and the kernel drops that one
//! first: of several users that leave together the last to try always gets it. A description that
//! two processes share would break the first rule, which is why descriptors of named segments are
//! never passed on and a forked child leaves without touching the lock.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process;

use rustix::fs::{
    AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat, fchmod, flock, fstat, linkat,
    lstat, open, unlink,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::control::FileId;
use crate::error::{SegmentError, errno_of};
use crate::name::SegmentName;
use crate::segment::Lifetime;

/// Where named segments live.
pub(crate) const DIR: &str = "/dev/shm";

/// Readable and writable by its owner alone.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// The file of a named segment, in use by this process until dropped.
pub(crate) struct Tenancy {
    file: OwnedFd,
    name: SegmentName,
    lifetime: Lifetime,
    /// A forked child shares the open file description, and so the lock, with this process.
    opened_by: u32,
}

/// How an attempt to unlink a name ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// Others use the file.
    InUse,
    /// The name is not this file's, or not any more.
    Gone,
    /// The name was this file's and is no more.
    Unlinked,
}

/// Why an attempt to use a file ended without it.
pub(crate) enum Lost {
    /// Somebody was about to unlink the name, or has: look again.
    Race,
    /// Looking again would not help.
    Failed(SegmentError),
}

impl From<SegmentError> for Lost {
    fn from(error: SegmentError) -> Self {
        Self::Failed(error)
    }
}

impl Tenancy {
    /// A new file that will be called `name` when it is [published](publish).
    pub(crate) fn unpublished(
        name: &SegmentName,
        lifetime: Lifetime,
    ) -> Result<Self, SegmentError> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = open(DIR, flags, MODE).map_err(|errno| no_directory(errno.raw_os_error()))?;
        // The umask can take bits away, and a default ACL can add some.
        fchmod(&file, MODE).map_err(SegmentError::system("fchmod"))?;
        flock(&file, FlockOperation::NonBlockingLockShared)
            .map_err(SegmentError::system("flock"))?;
        Ok(Self::holding(file, name, lifetime))
    }

    /// Becomes a user of `file`, if it still is what `name` names.
    pub(crate) fn enter(
        file: OwnedFd,
        name: &SegmentName,
        lifetime: Lifetime,
    ) -> Result<Self, Lost> {
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Err(Errno::WOULDBLOCK) => return Err(Lost::Race),
            locked => locked.map_err(SegmentError::system("flock"))?,
        }
        let tenancy = Self::holding(file, name, lifetime);
        if !is_named(tenancy.as_fd(), name)? {
            return Err(Lost::Race);
        }
        Ok(tenancy)
    }

    pub(crate) fn name(&self) -> &SegmentName {
        &self.name
    }

    /// Ceases to be a user of the file, and takes its name away if there is no other.
    pub(crate) fn leave(&self) {
        if self.lifetime == Lifetime::LastUser && self.opened_by == process::id() {
            // What cannot be removed now is pruned by the next program.
            let _ = unlink_unused(self.file.as_fd(), &self.name);
        }
    }

    fn holding(file: OwnedFd, name: &SegmentName, lifetime: Lifetime) -> Self {
        Self {
            file,
            name: name.clone(),
            lifetime,
            opened_by: process::id(),
        }
    }
}

impl AsFd for Tenancy {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Gives the unnamed `file` its name. Fails with `AlreadyExists` if anything else has it.
pub(crate) fn publish(file: BorrowedFd<'_>, name: &SegmentName) -> Result<(), SegmentError> {
    let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, descriptor, CWD, path(name), AtFlags::SYMLINK_FOLLOW) {
        Err(Errno::EXIST) => Err(SegmentError::AlreadyExists { name: name.clone() }),
        linked => linked.map_err(SegmentError::system("linkat")),
    }
}

/// Takes the exclusive lock on `file`, if nobody else uses it, and then its name away.
///
/// The lock lasts until `file` is closed.
pub(crate) fn unlink_unused(
    file: BorrowedFd<'_>,
    name: &SegmentName,
) -> Result<Departure, SegmentError> {
    if !lock_exclusive(file)? {
        return Ok(Departure::InUse);
    }
    if !is_named(file, name)? {
        return Ok(Departure::Gone);
    }
    match unlink(path(name)) {
        Err(Errno::NOENT) => Ok(Departure::Gone),
        unlinked => unlinked
            .map(|()| Departure::Unlinked)
            .map_err(SegmentError::system("unlink")),
    }
}

/// Takes the exclusive lock on `file`. False if anybody else uses it.
pub(crate) fn lock_exclusive(file: BorrowedFd<'_>) -> Result<bool, SegmentError> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Ok(false),
        locked => locked.map(|()| true).map_err(SegmentError::system("flock")),
    }
}

/// Whether `name` names `file` now.
pub(crate) fn is_named(file: BorrowedFd<'_>, name: &SegmentName) -> Result<bool, SegmentError> {
    let own = fstat(file).map_err(SegmentError::system("fstat"))?;
    match lstat(path(name)) {
        Err(Errno::NOENT) => Ok(false),
        found => {
            let found = found.map_err(SegmentError::system("lstat"))?;
            Ok(FileId::of(&found) == FileId::of(&own))
        }
    }
}

/// Whether anything at all has the name.
pub(crate) fn is_taken(name: &SegmentName) -> Result<bool, SegmentError> {
    match lstat(path(name)) {
        Err(Errno::NOENT) => Ok(false),
        found => found.map(|_| true).map_err(SegmentError::system("lstat")),
    }
}

/// Opens the file called `name`, if it is one that a segment of this user may have.
///
/// It is looked at before it is opened, because opening alone does something to FIFOs, devices and
/// leased files; and again afterwards, because it may be another file by then.
pub(crate) fn open_file(name: &SegmentName) -> Result<(OwnedFd, Stat), SegmentError> {
    let not_found = || SegmentError::NotFound { name: name.clone() };
    let refused = |found| SegmentError::Refused {
        name: name.clone(),
        found,
    };
    let before = lstat(path(name)).map_err(|errno| match errno {
        Errno::NOENT => not_found(),
        errno => SegmentError::system("lstat")(errno),
    })?;
    check(&before, geteuid().as_raw()).map_err(refused)?;
    let flags =
        OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open(path(name), flags, Mode::empty()).map_err(|errno| match errno {
        Errno::NOENT => not_found(),
        Errno::LOOP => refused(Foreign::Symlink),
        errno => SegmentError::system("open")(errno),
    })?;
    let found = fstat(&file).map_err(SegmentError::system("fstat"))?;
    check(&found, geteuid().as_raw()).map_err(refused)?;
    Ok((file, found))
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

fn check(found: &Stat, ours: u32) -> Result<(), Foreign> {
    let file_type = FileType::from_raw_mode(found.st_mode);
    let mode = Mode::from_raw_mode(found.st_mode);
    let links = found.st_nlink as usize;
    if file_type == FileType::Symlink {
        Err(Foreign::Symlink)
    } else if file_type != FileType::RegularFile {
        Err(Foreign::NotAFile {
            file_type: file_type.as_raw_mode(),
        })
    } else if found.st_uid != ours {
        Err(Foreign::OtherUser {
            uid: found.st_uid,
            ours,
        })
    } else if mode != MODE {
        Err(Foreign::Mode {
            mode: mode.as_raw_mode(),
        })
    } else if links > 1 {
        Err(Foreign::Links { links })
    } else {
        Ok(())
    }
}

/// The names in the directory that could be segments'.
pub(crate) fn names() -> Result<Vec<SegmentName>, SegmentError> {
    let entries = std::fs::read_dir(DIR).map_err(|error| no_directory(errno_of(&error)))?;
    let names = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| SegmentName::new(entry.file_name().into_string().ok()?).ok());
    Ok(names.collect())
}

fn path(name: &SegmentName) -> String {
    format!("{DIR}/{name}")
}

fn no_directory(errno: i32) -> SegmentError {
    SegmentError::NoDirectory { path: DIR, errno }
}
