//! [`hold_on`]: a worker does not outlive its parent, whatever it is doing, and leaves no name behind.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use multiproc_segment::Segment;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, getppid, pidfd_open, set_parent_process_death_signal,
};

use crate::error::PoolError;
use crate::startup;

/// The arrays that this worker has attached. Nothing is dropped when the process ends under a task, so that
/// these must be left by hand.
static ARRAYS: Mutex<Vec<Segment>> = Mutex::new(Vec::new());

/// Notes the arrays that are attached from now on, in place of those noted before.
pub(crate) fn note(segments: &[Segment]) {
    *arrays() = segments.to_vec();
}

fn arrays() -> MutexGuard<'static, Vec<Segment>> {
    ARRAYS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The process that started this one.
static PARENT: OnceLock<Parent> = OnceLock::new();

/// Returns the process that started this one, if it is a worker.
pub(crate) fn parent() -> Option<&'static Parent> {
    PARENT.get()
}

#[derive(Debug)]
pub(crate) struct Parent {
    /// `None` for one outside of this pid namespace.
    pid: Option<Pid>,
    /// Readable when it has ended; before Linux 5.3 its socket, which is that also when there is a message.
    sentinel: OwnedFd,
}

impl Parent {
    pub(crate) fn pid(&self) -> u32 {
        self.pid
            .map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs())
    }

    pub(crate) fn is_alive(&self) -> bool {
        // The kernel gives an orphan another parent.
        getppid() == self.pid
    }

    pub(crate) fn sentinel(&self) -> BorrowedFd<'_> {
        self.sentinel.as_fd()
    }
}

/// How long the parent may take to be gone after its socket is.
const VANISH: Duration = Duration::from_secs(1);

/// Ends this process as soon as the other end of `socket` is closed: the parent has died, however it did.
///
/// A thread waits for that, so that a task at work is no obstacle. A worker that is stopped (SIGSTOP) runs no
/// threads: the kernel is asked to continue it when its parent dies. It does so too when the thread that started the
/// worker ends, which is why the signal is one that does no harm then.
pub(crate) fn hold_on(socket: &UnixStream) -> Result<(), PoolError> {
    let socket = OwnedFd::from(socket.try_clone().map_err(PoolError::system("dup"))?);
    let pid = getppid();
    let parent = pid.and_then(|parent| pidfd_open(parent, PidfdFlags::empty()).ok());
    let sentinel =
        (parent.as_ref().unwrap_or(&socket).try_clone()).map_err(PoolError::system("dup"))?;
    (PARENT.set(Parent { pid, sentinel })).expect("a process has one parent");
    thread::Builder::new()
        .name("lifeline".to_owned())
        .spawn(move || {
            // No events are asked for: what arrives is the main thread's, and POLLHUP is told in any case.
            wait_for(&socket, PollFlags::empty(), None);
            leave_arrays(parent);
            startup::exit_now(1);
        })
        .map_err(PoolError::system("clone"))?;
    set_parent_process_death_signal(Some(Signal::CONT)).map_err(PoolError::system("prctl"))
}

/// Leaves the arrays once the parent has: it closes its descriptors one by one, and while it has one of an array, nobody
/// else is the last user.
fn leave_arrays(parent: Option<OwnedFd>) {
    let arrays = arrays();
    if arrays.iter().all(|array| array.name().is_none()) {
        return;
    }
    match parent {
        Some(parent) => wait_for(&parent, PollFlags::IN, Some(VANISH)),
        // Before Linux 5.3.
        None => thread::sleep(VANISH / 10),
    }
    arrays.iter().for_each(Segment::leave);
}

/// Waits for `events` or the end of `fd`, at most for `patience`.
pub(crate) fn wait_for(fd: &OwnedFd, events: PollFlags, patience: Option<Duration>) {
    let deadline = patience.map(|patience| Instant::now() + patience);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), events)];
        if poll(&mut fds, timeout.as_ref()) != Err(Errno::INTR) {
            return;
        }
    }
}
