//! [`wait`]: which of many processes, or other descriptors, are ready.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use crate::error::PoolError;
use crate::worker_process::poll_for;

/// Waits until at least one of `objects` is ready, and returns the indices of all that are: Python's
/// `multiprocessing.connection.wait`.
///
/// A process is ready when it has ended; a socket or pipe when it can be read without waiting, also because its other end
/// is closed. For objects of several types, pass their [`as_fd`](AsFd::as_fd). Without a timeout it waits for as long as it
/// takes; after a timeout, and for no objects at all, nobody is ready.
///
/// # Errors
///
/// [`PoolError::System`] if the system refuses to poll.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use multiproc_pool::{Process, task, wait};
///
/// #[task(crate = multiproc_pool)]
/// fn nap(seconds: f64) {
///     std::thread::sleep(Duration::from_secs_f64(seconds));
/// }
///
/// let processes = [
///     Process::new(nap, 3600.0).daemonic().start()?,
///     Process::new(nap, 0.01).start()?,
/// ];
/// assert_eq!(wait(&processes, None)?, [1]);
/// # Ok::<(), multiproc_pool::PoolError>(())
/// ```
#[doc(alias = "multiprocessing.connection.wait")]
pub fn wait<F: AsFd>(objects: &[F], timeout: Option<Duration>) -> Result<Vec<usize>, PoolError> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut fds: Vec<PollFd<'_>> = objects
        .iter()
        .map(|object| PollFd::from_borrowed_fd(object.as_fd(), PollFlags::IN))
        .collect();
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if !fds.is_empty() {
            poll_for(&mut fds, left)?;
        }
        let ready: Vec<usize> = (0..fds.len())
            .filter(|&i| !fds[i].revents().is_empty())
            .collect();
        if !ready.is_empty() || fds.is_empty() || left.is_some_and(|left| left.is_zero()) {
            return Ok(ready);
        }
    }
}
