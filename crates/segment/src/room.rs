//! Room for a segment: measured against every limit first, then taken, so that touching a
//! segment's memory never kills its user.

use std::fmt;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::OnceLock;

use rustix::fs::{FallocateFlags, fallocate, fstatvfs};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::cgroup::{self, Mount};
use crate::error::SegmentError;

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

/// What a limit leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Room {
    available: u64,
    limit: Limit,
}

/// Makes the empty `file` `len` bytes long, with memory behind each of them.
pub(crate) fn reserve(file: BorrowedFd<'_>, len: u64) -> Result<(), SegmentError> {
    let mut taken = 0;
    while taken < len {
        let room = tightest(file, taken)?;
        if room.available < len - taken {
            let available = room.available + taken;
            return Err(SegmentError::NoSpace {
                needed: len,
                available,
                hint: room.limit,
            });
        }
        let step = STEP.min(len - taken);
        match fallocate(file, FallocateFlags::empty(), taken, step) {
            Ok(()) => taken += step,
            Err(Errno::INTR) => {}
            Err(Errno::NOSPC | Errno::NOMEM | Errno::FBIG | Errno::DQUOT) => {
                return Err(SegmentError::NoSpace {
                    needed: len,
                    available: taken,
                    hint: room.limit,
                });
            }
            Err(errno) => return Err(SegmentError::system("fallocate")(errno)),
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

/// The limit that leaves least, for a file that has `taken` bytes already.
fn tightest(file: BorrowedFd<'_>, taken: u64) -> Result<Room, SegmentError> {
    let mut rooms = vec![mount(file)?];
    rooms.extend(memory());
    rooms.extend(cgroups());
    rooms.extend(getrlimit(Resource::Fsize).current.map(|limit| Room {
        available: limit.saturating_sub(taken),
        limit: Limit::FileSize,
    }));
    let tightest = rooms.into_iter().min_by_key(|room| room.available);
    Ok(tightest.expect("the mount is always among them"))
}

fn mount(file: BorrowedFd<'_>) -> Result<Room, SegmentError> {
    let found = fstatvfs(file.as_fd()).map_err(SegmentError::system("fstatvfs"))?;
    // No blocks at all is how the kernel says that a tmpfs has no limit, as a memfd's has none.
    let available = match found.f_blocks {
        0 => u64::MAX,
        _ => found.f_bavail.saturating_mul(found.f_frsize),
    };
    Ok(Room {
        available,
        limit: Limit::Mount {
            path: PathBuf::from(crate::shm::DIR),
        },
    })
}

fn memory() -> Option<Room> {
    let available = kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
    Some(Room {
        available,
        limit: Limit::Memory,
    })
}

fn cgroups() -> Vec<Room> {
    /// Read once: mounts of cgroups do not move during a process's life.
    static MOUNTS: OnceLock<Vec<Mount>> = OnceLock::new();
    let mounts = MOUNTS.get_or_init(|| {
        fs::read_to_string("/proc/self/mountinfo")
            .map_or_else(|_| vec![], |text| cgroup::mounts(&text))
    });
    let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    cgroup::memory_cgroups(&membership, mounts)
        .into_iter()
        .filter_map(|cgroup| {
            let read = |file: &str| fs::read_to_string(cgroup.path.join(file)).ok();
            let [limit, usage, stat] = cgroup.version.files();
            // Most cgroups have no limit, and then the other files are not worth their time.
            let limit = cgroup::limit(&read(limit)?)?;
            let available = cgroup::headroom(limit, &read(usage)?, &read(stat)?)?;
            Some(Room {
                available,
                limit: Limit::Cgroup {
                    path: cgroup.path.clone(),
                },
            })
        })
        .collect()
}

/// The field `name` of a file of `/proc` that counts in kB, in bytes.
fn kib(text: &str, name: &str) -> Option<u64> {
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
