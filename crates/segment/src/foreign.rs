//! [`Foreign`]: what lies where a segment is looked for without being one, told before it is touched.

use std::fmt;
use std::os::fd::OwnedFd;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, lstat, open};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::error::SegmentError;
use crate::site::Site;

/// Readable and writable by its owner alone.
pub(crate) const MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Opens the file that `site` leads to, if it is one that a segment of this user may have.
///
/// It is looked at before it is opened, because opening alone does something to FIFOs, devices and
/// leased files; and again afterwards, because it may be another file by then.
pub(crate) fn open_file(site: &Site) -> Result<(OwnedFd, Stat), SegmentError> {
    let (file, found) = open_any_mode(site)?;
    let mode = Mode::from_raw_mode(found.st_mode);
    if mode == MODE {
        return Ok((file, found));
    }
    Err(SegmentError::Refused {
        place: site.location().clone(),
        found: Foreign::Mode {
            mode: mode.as_raw_mode(),
        },
    })
}

/// The same for a file that its owner may share with others.
pub(crate) fn open_any_mode(site: &Site) -> Result<(OwnedFd, Stat), SegmentError> {
    let refused = |found| SegmentError::Refused {
        place: site.location().clone(),
        found,
    };
    let before = lstat(site.path()).map_err(|errno| match errno {
        Errno::NOENT => site.not_found(),
        errno => SegmentError::system("lstat")(errno),
    })?;
    let ours = geteuid().as_raw();
    check(&before, ours).map_err(refused)?;
    let flags =
        OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open(site.path(), flags, Mode::empty()).map_err(|errno| match errno {
        Errno::NOENT => site.not_found(),
        Errno::LOOP => refused(Foreign::Symlink),
        errno => SegmentError::system("open")(errno),
    })?;
    let found = fstat(&file).map_err(SegmentError::system("fstat"))?;
    check(&found, ours).map_err(refused)?;
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
    } else if links > 1 {
        Err(Foreign::Links { links })
    } else {
        Ok(())
    }
}
