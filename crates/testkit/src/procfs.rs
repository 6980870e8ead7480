//! What `/proc` and `/dev/shm` tell about processes: descriptors, children, sleepers, names left behind.
//!
//! Counts of the calling process change while other tests run in it: take them in a
//! [`Child`](crate::Child) role, where nothing else runs.

use std::fs;

/// Counts the open descriptors of this process.
///
/// # Panics
///
/// If `/proc` is not mounted.
pub fn open_fds() -> usize {
    let listed = fs::read_dir("/proc/self/fd")
        .expect("/proc/self/fd")
        .count();
    // The listing has a descriptor of its own.
    listed - 1
}

/// Lists the names in `/dev/shm` that begin with `prefix`, sorted.
///
/// Other programs come and go there, hence the prefix: that of the test's own names.
///
/// # Panics
///
/// If `/dev/shm` cannot be listed.
pub fn shm_names(prefix: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir("/dev/shm")
        .expect("/dev/shm")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    names
}

/// Lists the process ids of this process's children, zombies among them, sorted.
///
/// # Panics
///
/// If `/proc` is not mounted.
pub fn children() -> Vec<u32> {
    own_children().map(|child| child.pid).collect()
}

/// Lists the process ids of this process's dead children that nobody has waited for, sorted.
///
/// # Panics
///
/// If `/proc` is not mounted.
pub fn zombies() -> Vec<u32> {
    own_children()
        .filter(|child| child.state == 'Z')
        .map(|child| child.pid)
        .collect()
}

/// Whether a process or thread `id` exists and is no zombie.
pub fn is_running(id: u32) -> bool {
    stat(id).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

/// Whether the process's main thread, or the thread, `id` sleeps in the kernel until something wakes it.
///
/// With [`wait_until`](crate::wait_until), this is how a test knows that another process now waits for a lock.
pub fn is_asleep(id: u32) -> bool {
    stat(id).is_some_and(|stat| stat.state == 'S')
}

struct Stat {
    pid: u32,
    state: char,
    parent: u32,
}

fn own_children() -> impl Iterator<Item = Stat> {
    let own = std::process::id();
    let mut pids: Vec<u32> = fs::read_dir("/proc")
        .expect("/proc")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids.into_iter()
        .filter_map(stat)
        .filter(move |stat| stat.parent == own)
}

fn stat(pid: u32) -> Option<Stat> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets and may hold anything, brackets too.
    let mut fields = line[line.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    Some(Stat { pid, state, parent })
}
