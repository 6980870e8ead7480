//! [`hold_on`]: a worker does not outlive its parent, whatever it is doing, and leaves no name behind.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use multiproc_segment::Segment;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, set_parent_process_death_signal};

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

/// Ends this process as soon as the other end of `socket` is closed: the parent has died, however it did.
///
/// A thread waits for that, so that a task at work is no obstacle. A worker that is stopped (SIGSTOP) runs no
/// threads: the kernel is asked to continue it when its parent dies. It does so too when the thread that started the
/// worker ends, which is why the signal is one that does no harm then.
pub(crate) fn hold_on(socket: &UnixStream) -> Result<(), PoolError> {
    let socket = OwnedFd::from(socket.try_clone().map_err(PoolError::system("dup"))?);
    thread::Builder::new()
        .name("lifeline".to_owned())
        .spawn(move || {
            wait_for_end(&socket);
            arrays().iter().for_each(Segment::leave);
            startup::exit_now(1);
        })
        .map_err(PoolError::system("clone"))?;
    set_parent_process_death_signal(Some(Signal::CONT)).map_err(PoolError::system("prctl"))
}

fn wait_for_end(socket: &OwnedFd) {
    // No events are asked for: what arrives is the main thread's, and POLLHUP is told in any case.
    let mut fds = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::empty())];
    loop {
        match poll(&mut fds, None) {
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => return,
        }
    }
}
