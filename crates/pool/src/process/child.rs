//! [`ChildProcess`]: a process that was started, as its parent has it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use multiproc_segment::transport::Transport;
use rustix::event::PollFlags;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, kill_process};

use super::wait;
use crate::error::PoolError;
use crate::exit::Exit;
use crate::lifeline;
use crate::message::{AtExit, Identity};
use crate::worker_process::open_pidfd;

/// How long a process may take to be gone after its socket is, before it is looked at again.
const MOMENT: Duration = Duration::from_millis(1);

/// All processes that were started and perhaps have not ended.
static STARTED: Mutex<Vec<Weak<Started>>> = Mutex::new(Vec::new());

/// A process that was started: to be waited for, looked at and ended, also from several threads.
///
/// [`active_children`] gives these; [`ProcessHandle`](crate::ProcessHandle), which decides how long the process lives, is one too. As a
/// descriptor (Python's `sentinel`) it is readable when the process has ended, for [`wait`](crate::wait) or any event loop.
#[derive(Clone, Debug)]
pub struct ChildProcess {
    started: Arc<Started>,
}

#[derive(Debug)]
struct Started {
    process: Mutex<Child>,
    pid: u32,
    /// Readable when the process has ended.
    sentinel: OwnedFd,
    identity: Identity,
}

impl Started {
    fn process(&self) -> MutexGuard<'_, Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> Result<Option<Exit>, PoolError> {
        let status = self.process().try_wait();
        let status = status.map_err(PoolError::system("waitpid"))?;
        Ok(status.map(Exit::of))
    }
}

impl Drop for Started {
    /// Nobody can end the process any more: its start has failed, or it has ended.
    fn drop(&mut self) {
        let mut process = self.process();
        // Both fail only for a process that has been reaped.
        let _ = process.kill();
        let _ = process.wait();
    }
}

impl ChildProcess {
    pub(super) fn new(
        mut process: Child,
        link: &Transport,
        identity: &Identity,
    ) -> Result<ChildProcess, PoolError> {
        let sentinel = match sentinel(&process, link) {
            Ok(sentinel) => sentinel,
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait();
                return Err(error);
            }
        };
        let started = Arc::new(Started {
            pid: process.id(),
            process: Mutex::new(process),
            sentinel,
            identity: identity.clone(),
        });
        Ok(ChildProcess { started })
    }

    /// Waits until the process has ended, and returns how it did.
    ///
    /// # Errors
    ///
    /// [`PoolError::System`] if another part of the program has waited for it in this one's place, or SIGCHLD is ignored.
    pub fn join(&self) -> Result<Exit, PoolError> {
        loop {
            if let Some(exit) = self.wait_until(None)? {
                return Ok(exit);
            }
        }
    }

    /// Waits until the process has ended, at most for `timeout`; `None` if it has not.
    ///
    /// # Errors
    ///
    /// As [`join`](ChildProcess::join).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiproc_pool::{Exit, Process, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn wait_for_ever() {
    ///     loop {
    ///         std::thread::park();
    ///     }
    /// }
    ///
    /// let process = Process::new(wait_for_ever, ()).start()?;
    /// assert_eq!(process.join_timeout(Duration::from_millis(1))?, None);
    /// assert!(process.is_alive());
    /// process.terminate()?;
    /// assert_eq!(process.join()?, Exit::Signal(15));
    /// assert_eq!(process.exitcode(), Some(-15));
    /// # Ok::<(), multiproc_pool::PoolError>(())
    /// ```
    pub fn join_timeout(&self, timeout: Duration) -> Result<Option<Exit>, PoolError> {
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(&self, deadline: Option<Instant>) -> Result<Option<Exit>, PoolError> {
        loop {
            let exit = self.started.ended()?;
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if exit.is_some() || left.is_some_and(|left| left.is_zero()) {
                return Ok(exit);
            }
            let ready = wait(&[&self.started.sentinel], left)?;
            if !ready.is_empty() && self.started.ended()?.is_none() {
                // Before Linux 5.3 the sign is the end of its socket, which comes a little earlier.
                thread::sleep(MOMENT);
            }
        }
    }

    /// Tells whether the process has not ended.
    pub fn is_alive(&self) -> bool {
        matches!(self.started.ended(), Ok(None))
    }

    /// Returns the code that the process exited with, or the negative number of the signal that ended it; `None` while
    /// it runs.
    ///
    /// 0 after a task that returned, 1 after one that panicked or failed, and the low 8 bits of what it passed to
    /// `std::process::exit`.
    pub fn exitcode(&self) -> Option<i32> {
        let exit = self.started.ended().ok().flatten()?;
        Some(exit.exitcode())
    }

    /// Asks the process to end, with SIGTERM. One that has ended is left alone.
    ///
    /// The task's destructors do not run; its own children end with it.
    ///
    /// # Errors
    ///
    /// [`PoolError::System`] if the system refuses.
    pub fn terminate(&self) -> Result<(), PoolError> {
        self.signal(Signal::TERM)
    }

    /// Ends the process with SIGKILL. One that has ended is left alone.
    ///
    /// # Errors
    ///
    /// [`PoolError::System`] if the system refuses.
    pub fn kill(&self) -> Result<(), PoolError> {
        self.signal(Signal::KILL)
    }

    fn signal(&self, signal: Signal) -> Result<(), PoolError> {
        // While this is locked nobody reaps the process, so that its id is not another's.
        let mut process = self.started.process();
        let status = process.try_wait();
        if status.map_err(PoolError::system("waitpid"))?.is_some() {
            return Ok(());
        }
        match i32::try_from(self.pid()).ok().and_then(Pid::from_raw) {
            Some(pid) => kill_process(pid, signal).map_err(PoolError::system("kill")),
            None => Ok(()),
        }
    }

    /// Returns the process id.
    #[doc(alias = "ident")]
    pub fn pid(&self) -> u32 {
        self.started.pid
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.started.identity.name
    }

    /// Tells whether the process is killed, and not waited for, when its handle is dropped.
    pub fn daemon(&self) -> bool {
        self.started.identity.at_exit == AtExit::Kill
    }
}

impl AsFd for ChildProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.started.sentinel.as_fd()
    }
}

/// Returns a descriptor that is readable when `process` has ended.
fn sentinel(process: &Child, link: &Transport) -> Result<OwnedFd, PoolError> {
    if let Some(pidfd) = open_pidfd(process) {
        return Ok(pidfd);
    }
    // Before Linux 5.3. The socket itself is readable also when there is a message.
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).map_err(PoolError::system("pipe2"))?;
    let link = link.as_fd().try_clone_to_owned();
    let link = link.map_err(PoolError::system("dup"))?;
    thread::Builder::new()
        .name("sentinel".to_owned())
        .spawn(move || {
            lifeline::wait_for(&link, PollFlags::empty(), None);
            drop(writer);
        })
        .map_err(PoolError::system("clone"))?;
    Ok(reader)
}

/// Returns the processes that this one has started with [`Process`](crate::Process) and that have not ended.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Process, active_children, task};
///
/// #[task(crate = multiproc_pool)]
/// fn wait_for_ever() {
///     loop {
///         std::thread::park();
///     }
/// }
///
/// let process = Process::new(wait_for_ever, ()).daemonic().start()?;
/// assert_eq!(active_children()[0].pid(), process.pid());
/// drop(process);
/// assert!(active_children().is_empty());
/// # Ok::<(), multiproc_pool::PoolError>(())
/// ```
pub fn active_children() -> Vec<ChildProcess> {
    let mut children: Vec<ChildProcess> = Vec::new();
    change_started(|started| {
        children.extend(
            started
                .iter()
                .filter_map(Weak::upgrade)
                .map(|started| ChildProcess { started }),
        );
    });
    children.retain(ChildProcess::is_alive);
    children
}

/// Has a process be one of the [`active_children`].
pub(super) fn note(child: &ChildProcess) {
    change_started(|started| started.push(Arc::downgrade(&child.started)));
}

/// Changes the list of processes, in which only those with a handle are kept.
fn change_started(change: impl FnOnce(&mut Vec<Weak<Started>>)) {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    started.retain(|process| process.strong_count() > 0);
    change(&mut started);
}
