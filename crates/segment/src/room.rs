//! Room for a segment: measured against every limit first, then taken, so that touching a
//! segment's bytes never kills its user.

use std::fmt;
use std::fs;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, fstatfs};
use rustix::io::{Errno, pwrite};
use rustix::process::{Resource, getrlimit};

use crate::error::SegmentError;
use crate::file_system::{self, Medium};
use crate::memory;

/// Bytes taken at a time. Between steps the room is measured again, so that two programs that
/// race for the same memory get an error from here rather than a kill from the kernel.
const STEP: u64 = 64 << 20;

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
    /// The file system of a segment in a file.
    Disk {
        /// The file's directory.
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
            Self::Disk { path } => write!(
                f,
                "free space on the file system of {}, or choose a directory on another",
                path.display()
            ),
            Self::FileSize => f.write_str("raise the limit to file sizes (ulimit -f)"),
            Self::AddressSpace => f.write_str("raise the limit to the address space (ulimit -v)"),
        }
    }
}

/// What a limit leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) available: u64,
    pub(crate) limit: Limit,
}

/// What a file holds for which room is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Nothing yet.
    None,
    /// Bytes that stay as they are; only its holes are filled.
    Kept {
        /// Bytes that have room already.
        allocated: u64,
    },
}

/// Makes `file` `len` bytes long, with memory or disk space behind each of them.
///
/// `directory` is where a file that lies on a disk has its space.
pub(crate) fn reserve(
    file: BorrowedFd<'_>,
    len: u64,
    contents: Contents,
    directory: &Path,
) -> Result<(), SegmentError> {
    let allocated = match contents {
        Contents::None => 0,
        Contents::Kept { allocated } => allocated,
    };
    let mut taken = 0;
    while taken < len {
        let wanted = (len - taken).saturating_sub(allocated);
        let room = tightest(file, taken, wanted, directory)?;
        let no_space = |available| SegmentError::NoSpace {
            needed: len,
            available,
            hint: room.limit.clone(),
        };
        if room.available < wanted {
            return Err(no_space(room.available + taken));
        }
        let step = STEP.min(len - taken);
        let reserved = match fallocate(file, FallocateFlags::empty(), taken, step) {
            // Not every file system reserves; all of them write.
            Err(Errno::OPNOTSUPP) if contents == Contents::None => write_zeros(file, taken, step),
            reserved => reserved,
        };
        match reserved {
            Ok(()) => taken += step,
            Err(Errno::INTR) => {}
            Err(Errno::NOSPC | Errno::NOMEM | Errno::FBIG | Errno::DQUOT) => {
                return Err(no_space(taken));
            }
            Err(Errno::OPNOTSUPP) => {
                return Err(SegmentError::Unsupported {
                    call: "fallocate",
                    since: "2.6.23, on most file systems",
                });
            }
            Err(errno) => return Err(SegmentError::system("fallocate")(errno)),
        }
    }
    Ok(())
}

/// Refuses to write at the end of a file of `len` bytes where the process may not: the kernel would
/// answer with SIGXFSZ.
pub(crate) fn check_file_size(len: u64) -> Result<(), SegmentError> {
    match getrlimit(Resource::Fsize).current {
        Some(available) if available < len => Err(SegmentError::NoSpace {
            needed: len,
            available,
            hint: Limit::FileSize,
        }),
        _ => Ok(()),
    }
}

fn write_zeros(file: BorrowedFd<'_>, from: u64, len: u64) -> rustix::io::Result<()> {
    let zeros = vec![0; 1 << 20];
    let mut written = 0;
    while written < len {
        let piece = zeros.len().min((len - written) as usize);
        match pwrite(file, &zeros[..piece], from + written) {
            Ok(n) => written += n as u64,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// The error of a segment whose parts no address space could hold.
pub(crate) fn unaddressable() -> SegmentError {
    let available = isize::MAX as u64;
    SegmentError::NoSpace {
        needed: u64::MAX,
        available,
        hint: Limit::AddressSpace,
    }
}

/// What the failure of `mmap` with `errno` means.
pub(crate) fn mapping_failed(len: usize, errno: i32) -> SegmentError {
    let error = SegmentError::System {
        call: "mmap",
        errno,
    };
    if errno != Errno::NOMEM.raw_os_error() {
        return error;
    }
    let (Some(limit), Ok(status)) = (
        getrlimit(Resource::As).current,
        fs::read_to_string("/proc/self/status"),
    ) else {
        return error;
    };
    let used = kib(&status, "VmSize:").unwrap_or(0);
    let needed = len as u64;
    let available = limit.saturating_sub(used).min(needed.saturating_sub(1));
    SegmentError::NoSpace {
        needed,
        available,
        hint: Limit::AddressSpace,
    }
}

/// The limit that leaves least, for a file that has `taken` bytes already and wants more.
fn tightest(
    file: BorrowedFd<'_>,
    taken: u64,
    wanted: u64,
    directory: &Path,
) -> Result<Room, SegmentError> {
    let found = fstatfs(file).map_err(SegmentError::system("fstatfs"))?;
    // No blocks at all is how the kernel says that a tmpfs has no limit, as a memfd's has none.
    let available = match found.f_blocks {
        0 => u64::MAX,
        _ => found.f_bavail.saturating_mul(found.f_frsize.unsigned_abs()),
    };
    let path = directory.to_owned();
    let limit = match file_system::medium(&found) {
        Medium::Memory => Limit::Mount { path },
        Medium::Disk => Limit::Disk { path },
    };
    let memory = match limit {
        Limit::Mount { .. } => memory::room_for(wanted),
        _ => None,
    };
    let file_size = getrlimit(Resource::Fsize).current.map(|limit| Room {
        available: limit.saturating_sub(taken),
        limit: Limit::FileSize,
    });
    let rooms = [Some(Room { available, limit }), memory, file_size];
    let tightest = rooms
        .into_iter()
        .flatten()
        .min_by_key(|room| room.available);
    Ok(tightest.expect("the file system's is always among them"))
}

/// The field `name` of a file of `/proc` that counts in kB, in bytes.
pub(crate) fn kib(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_proc_are_read_in_bytes() {
        let text = "MemTotal:       24684084 kB\nMemFree:        1 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(kib(text, "MemAvailable:"), Some(2 << 20));
        assert_eq!(
            kib("VmPeak:\t  9 kB\nVmSize:\t  8 kB\n", "VmSize:"),
            Some(8192)
        );
        for text in [
            "",
            "MemAvailable: x kB",
            "MemAvailable: 5",
            "MemTotal: 5 kB",
        ] {
            assert_eq!(kib(text, "MemAvailable:"), None, "{text:?}");
        }
    }
}
