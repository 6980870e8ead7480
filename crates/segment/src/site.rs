//! [`Site`]: where in a file system a segment lies, and how its users call it.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, fstatfs, open, readlink};
use rustix::io::Errno;

use crate::control::Corruption;
use crate::error::{SegmentError, errno_of};
use crate::file_system;
use crate::handle::Location;
use crate::name::SegmentName;

/// Where named segments live.
pub(crate) const SHM: &str = "/dev/shm";

/// A directory entry that leads to a segment, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// Absolute, and without symbolic links up to the last component.
    path: PathBuf,
    location: Location,
}

impl Site {
    pub(crate) fn named(name: &SegmentName) -> Self {
        Self {
            path: Path::new(SHM).join(name.as_str()),
            location: Location::Named(name.clone()),
        }
    }

    /// The entry that `path` names, in a directory on a disk of this machine. The entry need not
    /// be there.
    pub(crate) fn file(path: &Path) -> Result<Self, SegmentError> {
        let invalid = || SegmentError::InvalidPath {
            path: path.to_owned(),
        };
        let name = path.file_name().ok_or_else(invalid)?;
        if path.as_os_str().as_bytes().contains(&0) {
            return Err(invalid());
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let unusable = |errno: Errno| SegmentError::NoDirectory {
            path: directory.to_owned(),
            errno: errno.raw_os_error(),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = open(directory, flags, Mode::empty()).map_err(unusable)?;
        let found = fstatfs(&opened).map_err(unusable)?;
        file_system::check_local(&found, path)?;
        // The kernel's own spelling. realpath(3) does not work in every sandbox.
        let link = format!("/proc/self/fd/{}", opened.as_raw_fd());
        let directory = readlink(link, Vec::new()).map_err(unusable)?;
        let path = Path::new(OsStr::from_bytes(directory.as_bytes())).join(name);
        let location = Location::File(path.clone());
        Ok(Self { path, location })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn directory(&self) -> &Path {
        self.path.parent().expect("an absolute path of an entry")
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    pub(crate) fn not_found(&self) -> SegmentError {
        let place = self.location.clone();
        SegmentError::NotFound { place }
    }

    pub(crate) fn already_exists(&self) -> SegmentError {
        let place = self.location.clone();
        SegmentError::AlreadyExists { place }
    }

    pub(crate) fn corrupt(&self, fault: Corruption) -> SegmentError {
        let place = self.location.clone();
        SegmentError::Corrupt { place, fault }
    }
}

/// The names in `/dev/shm` that could be segments'.
pub(crate) fn names() -> Result<Vec<SegmentName>, SegmentError> {
    let entries = fs::read_dir(SHM).map_err(|error| SegmentError::NoDirectory {
        path: PathBuf::from(SHM),
        errno: errno_of(&error),
    })?;
    let names = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| SegmentName::new(entry.file_name().into_string().ok()?).ok());
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_absolute_and_its_last_component_is_left_alone() {
        let site = Site::file(Path::new("/dev/../dev/shm/./not-there")).unwrap();
        let directory = fs::canonicalize(SHM).unwrap();
        assert_eq!(site.path(), directory.join("not-there"));
        let relative = Site::file(Path::new("not-there")).unwrap();
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            relative.path(),
            fs::canonicalize(here).unwrap().join("not-there")
        );
    }

    #[test]
    fn a_path_that_names_no_entry_is_refused() {
        for path in ["", "/", "..", "/dev/..", "a\0b"] {
            let refused = Site::file(Path::new(path)).unwrap_err();
            let path = PathBuf::from(path);
            assert_eq!(refused, SegmentError::InvalidPath { path });
        }
        assert!(matches!(
            Site::file(Path::new("/nowhere/at/all")),
            Err(SegmentError::NoDirectory { errno: 2, .. })
        ));
    }
}
