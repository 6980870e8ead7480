//! The room in memory: what the machine and every cgroup above this process have left.

use std::fs;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::cgroup::{self, Mount};
use crate::room::{Limit, Room, kib};

/// How long what was measured is relied on for what is small beside it.
const FRESH: Duration = Duration::from_millis(50);
/// Small is what takes, with all that was asked for since the measurement, less than this part.
const SMALL: u64 = 64;

/// What was measured last in this process.
struct Measured {
    at: Instant,
    available: u64,
    /// Bytes that were asked for since then.
    asked: u64,
}

/// What memory leaves for `wanted` bytes; `None` if they are too few to matter.
///
/// Measuring takes longer than all the rest of making a small segment.
pub(crate) fn room_for(wanted: u64) -> Option<Room> {
    static LAST: Mutex<Option<Measured>> = Mutex::new(None);
    // Whoever does not get the lock, which a fork may have left locked for good, measures.
    let mut last = LAST.try_lock().ok();
    if let Some(measured) = last.as_mut().and_then(|last| last.as_mut())
        && measured.at.elapsed() < FRESH
        && measured.asked.saturating_add(wanted) < measured.available / SMALL
    {
        measured.asked += wanted;
        return None;
    }
    let room = machine()
        .into_iter()
        .chain(cgroups())
        .min_by_key(|room| room.available)?;
    if let Some(last) = &mut last {
        **last = Some(Measured {
            at: Instant::now(),
            available: room.available,
            asked: wanted,
        });
    }
    Some(room)
}

fn machine() -> Option<Room> {
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
