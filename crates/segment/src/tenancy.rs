//! [`Tenancy`]: who uses a segment's file, and the only place that links and unlinks names.
//!
//! A user of a segment with a name or path holds a shared `flock` on an open file description of its own, which
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
//! two processes share would break the first rule, which is why descriptors of such segments are
//! never passed on and a forked child leaves without touching the lock. docs/segment-lifetimes.md
//! proves that no living name is lost this way.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process;

use rustix::fs::{
    AtFlags, CWD, FlockOperation, OFlags, fchmod, flock, fstat, linkat, lstat, open, unlink,
};
use rustix::io::Errno;

use crate::control::FileId;
use crate::error::SegmentError;
use crate::foreign::MODE;
use crate::segment::Lifetime;
use crate::site::Site;

/// The file of a segment that has a name or path, in use by this process until dropped.
pub(crate) struct Tenancy {
    file: OwnedFd,
    id: FileId,
    site: Site,
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
    /// A new file that `site` will lead to when it is [published](publish).
    pub(crate) fn unpublished(site: &Site, lifetime: Lifetime) -> Result<Self, SegmentError> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let directory = site.directory();
        let file = open(directory, flags, MODE).map_err(|errno| match errno {
            // What does not know the flag takes the call for one that writes to a directory.
            Errno::OPNOTSUPP | Errno::ISDIR => SegmentError::Unsupported {
                call: "open(O_TMPFILE)",
                since: "3.11 (on overlayfs 6.1)",
            },
            errno => SegmentError::NoDirectory {
                path: directory.to_owned(),
                errno: errno.raw_os_error(),
            },
        })?;
        // The umask can take bits away, and a default ACL can add some.
        fchmod(&file, MODE).map_err(SegmentError::system("fchmod"))?;
        flock(&file, FlockOperation::NonBlockingLockShared)
            .map_err(SegmentError::system("flock"))?;
        let found = fstat(&file).map_err(SegmentError::system("fstat"))?;
        Ok(Self::holding(file, FileId::of(&found), site, lifetime))
    }

    /// Becomes a user of `file`, which is `id`, if it still is what `site` leads to.
    pub(crate) fn enter(
        file: OwnedFd,
        id: FileId,
        site: &Site,
        lifetime: Lifetime,
    ) -> Result<Self, Lost> {
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Err(Errno::WOULDBLOCK) => return Err(Lost::Race),
            locked => locked.map_err(SegmentError::system("flock"))?,
        }
        let tenancy = Self::holding(file, id, site, lifetime);
        if !is_named(id, site)? {
            return Err(Lost::Race);
        }
        Ok(tenancy)
    }

    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Ceases to be a user of the file, and takes its name away if there is no other.
    pub(crate) fn leave(&self) {
        if self.lifetime == Lifetime::LastUser && self.opened_by == process::id() {
            // What cannot be removed now is pruned by the next program.
            let _ = unlink_unused(self.file.as_fd(), self.id, &self.site);
        }
    }

    fn holding(file: OwnedFd, id: FileId, site: &Site, lifetime: Lifetime) -> Self {
        Self {
            file,
            id,
            site: site.clone(),
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

/// Makes `site` lead to the unnamed `file`. Fails with `AlreadyExists` if it leads anywhere yet.
pub(crate) fn publish(file: BorrowedFd<'_>, site: &Site) -> Result<(), SegmentError> {
    let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, descriptor, CWD, site.path(), AtFlags::SYMLINK_FOLLOW) {
        Err(Errno::EXIST) => Err(site.already_exists()),
        linked => linked.map_err(SegmentError::system("linkat")),
    }
}

/// Takes the exclusive lock on `file`, which is `own`, if nobody else uses it, and then its name
/// away.
///
/// The lock lasts until `file` is closed.
pub(crate) fn unlink_unused(
    file: BorrowedFd<'_>,
    own: FileId,
    site: &Site,
) -> Result<Departure, SegmentError> {
    if !lock_exclusive(file)? {
        return Ok(Departure::InUse);
    }
    if !is_named(own, site)? {
        return Ok(Departure::Gone);
    }
    match unlink(site.path()) {
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

/// Whether `site` leads to the file `own` now.
pub(crate) fn is_named(own: FileId, site: &Site) -> Result<bool, SegmentError> {
    match lstat(site.path()) {
        Err(Errno::NOENT) => Ok(false),
        found => {
            let found = found.map_err(SegmentError::system("lstat"))?;
            Ok(FileId::of(&found) == own)
        }
    }
}

/// Whether `site` leads to anything at all.
pub(crate) fn is_taken(site: &Site) -> Result<bool, SegmentError> {
    match lstat(site.path()) {
        Err(Errno::NOENT) => Ok(false),
        found => found.map(|_| true).map_err(SegmentError::system("lstat")),
    }
}
