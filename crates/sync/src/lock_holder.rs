//! [`LockHolder`]: who holds a lock.

use std::fmt;
use std::fs;

use crate::futex::is_main_thread;

/// The thread that holds a lock, as its word says at the moment of asking.
///
/// Its process is looked up only when it is asked for, so that a `try_lock` that fails stays cheap.
///
/// # Examples
///
/// ```
/// # use multiproc_segment::{Layout, Segment};
/// # use multiproc_sync::{LockError, Mutex, Place};
/// # let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let mutex = Mutex::<u64>::init(&segment, Place::Control(0), 0)?;
/// let guard = mutex.lock()?;
/// let holder = mutex.holder().expect("this very thread");
/// assert_eq!(holder.pid(), Some(std::process::id()));
/// # drop(guard);
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// The thread id, which is the process id in a main thread.
    pub tid: u32,
}

impl LockHolder {
    /// The holder that a word names; none for 0.
    pub(crate) fn of_word(word: u64) -> Option<Self> {
        match crate::word::owner(word) {
            0 => None,
            tid => Some(Self { tid }),
        }
    }

    /// The id of the process that the thread belongs to.
    ///
    /// `None` if the thread has ended meanwhile, or is not a main thread and `/proc` does not show it.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        if is_main_thread(self.tid) {
            return Some(self.tid);
        }
        let status = fs::read_to_string(format!("/proc/{}/status", self.tid)).ok()?;
        let tgid = status
            .lines()
            .find_map(|line| line.strip_prefix("Tgid:"))?
            .trim();
        tgid.parse().ok()
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {}", self.tid)?;
        match self.pid() {
            Some(pid) => write!(f, " of process {pid}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_told_with_its_process_and_one_that_is_not_there_without() {
        let (tid, _) = std::thread::spawn(|| {
            let link = fs::read_link("/proc/thread-self").unwrap();
            let tid: u32 = link.file_name().unwrap().to_str().unwrap().parse().unwrap();
            (
                tid,
                LockHolder { tid }
                    .pid()
                    .map(|pid| assert_eq!(pid, std::process::id())),
            )
        })
        .join()
        .unwrap();
        let pid = std::process::id();
        assert_eq!(LockHolder { tid: pid }.pid(), Some(pid));
        assert_eq!(
            LockHolder { tid: pid }.to_string(),
            format!("thread {pid} of process {pid}")
        );
        assert_ne!(tid, pid);
        assert_eq!(LockHolder { tid: u32::MAX >> 2 }.pid(), None);
    }
}
