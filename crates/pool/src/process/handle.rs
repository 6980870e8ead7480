//! [`ProcessHandle`]: how long a process lives, and what its task returned.

use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use multiproc_segment::transport::Transport;
use serde::de::DeserializeOwned;

use super::child::{self, ChildProcess};
use crate::errand::ErrandRun;
use crate::error::PoolError;
use crate::message::{ToParent, decode};
use crate::panics::Panic;
use crate::task_error::TaskError;

/// A process that was started, and what its task will return: what [`Process::start`](crate::Process::start) gives.
///
/// Everything else is a method of [`ChildProcess`], as which it can be used. Dropping it waits until the process has
/// ended, or kills it if it is [daemonic](crate::Process::daemonic).
#[must_use = "dropping it waits for the process, or kills it if it is daemonic"]
pub struct ProcessHandle<R> {
    child: ChildProcess,
    exchange: Box<Exchange>,
    result: PhantomData<fn() -> R>,
}

/// What was told to a process, and its ways to answer.
struct Exchange {
    /// The process ends with it.
    link: Transport,
    run: ErrandRun,
}

impl<R: DeserializeOwned> ProcessHandle<R> {
    /// Waits until the process has ended, and returns what its task did.
    ///
    /// # Errors
    ///
    /// - [`PoolError::ProcessFailed`] if the task panicked or returned an error, or its result could not be sent.
    /// - [`PoolError::ProcessEnded`] if the process ended before its task returned.
    /// - [`PoolError::System`] as [`join`](ChildProcess::join).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_pool::{Exit, PoolError, Process, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn leave(code: i32) -> u64 {
    ///     std::process::exit(code)
    /// }
    ///
    /// let error = Process::new(leave, 3).start()?.result().unwrap_err();
    /// assert!(matches!(error, PoolError::ProcessEnded { exit: Exit::Code(3), .. }));
    /// # Ok::<(), PoolError>(())
    /// ```
    pub fn result(mut self) -> Result<R, PoolError> {
        let exit = self.child.join()?;
        let Exchange { link, run } = &mut *self.exchange;
        // Its end is that of its messages.
        while let Ok(Some(message)) = link.recv_timeout(Duration::ZERO) {
            if let ToParent::Block { number } = decode(&message.bytes)? {
                for block in message.segments {
                    run.blocks.insert(number, block);
                }
            }
        }
        let failure = match run.outcome() {
            Ok(result) => return Ok(result),
            Err(TaskError::NotRun { item }) => match run.board.line(0).text() {
                // A panic that aborts leaves nothing but this.
                Some(text) => {
                    let Panic { message, place } = Panic::from_text(&text);
                    TaskError::Panicked {
                        item,
                        message,
                        place,
                    }
                }
                None => {
                    return Err(PoolError::ProcessEnded {
                        name: self.name().to_owned(),
                        pid: self.pid(),
                        exit,
                    });
                }
            },
            Err(failure) => failure,
        };
        Err(PoolError::process_failed(self.name(), self.pid(), failure))
    }
}

impl<R> ProcessHandle<R> {
    pub(super) fn new(child: ChildProcess, link: Transport, run: ErrandRun) -> ProcessHandle<R> {
        child::note(&child);
        ProcessHandle {
            child,
            exchange: Box::new(Exchange { link, run }),
            result: PhantomData,
        }
    }

    /// Lets go of a process that has ended; dropping the handle does the same, but waits.
    ///
    /// # Errors
    ///
    /// The handle itself, if the process still runs: Python's `ValueError`.
    pub fn close(self) -> Result<(), ProcessHandle<R>> {
        match self.is_alive() {
            true => Err(self),
            false => Ok(()),
        }
    }
}

impl<R> Deref for ProcessHandle<R> {
    type Target = ChildProcess;

    fn deref(&self) -> &ChildProcess {
        &self.child
    }
}

impl<R> AsFd for ProcessHandle<R> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.child.as_fd()
    }
}

impl<R> Debug for ProcessHandle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessHandle")
            .field("name", &self.name())
            .field("pid", &self.pid())
            .field("exitcode", &self.exitcode())
            .finish_non_exhaustive()
    }
}

impl<R> Drop for ProcessHandle<R> {
    fn drop(&mut self) {
        // What fails here fails because another part of the program has reaped the process.
        if self.daemon() {
            let _ = self.kill();
        }
        let _ = self.join();
    }
}
