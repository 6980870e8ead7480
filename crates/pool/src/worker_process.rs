//! [`WorkerProcess`]: the parent's end of one worker.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use multiproc_segment::transport::{Transport, TransportError};
use multiproc_segment::{Segment, SegmentId};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::errand::ErrandRun;
use crate::error::PoolError;
use crate::exit::Exit;
use crate::message::{Command as Ordered, Greeting, Order, ToWorker, Welcome, encode};
use crate::output::{Output, To};
use crate::startup;
use crate::switchboard::{Switchboard, TooLong};

/// How long a worker that was told to stop may take before it is killed.
const LEAVE: Duration = Duration::from_secs(2);
/// How long a killed process may take to be gone. Only one that hangs in the kernel takes any time.
pub(crate) const VANISH: Duration = Duration::from_secs(5);

/// A process that was started as a worker. Killed and reaped on drop.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    process: Child,
    /// Readable when the process has ended; `None` before Linux 5.3, where the end of the socket is the sign.
    pidfd: Option<OwnedFd>,
    pub(crate) link: Transport,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    pub(crate) started: Instant,
    pub(crate) state: State,
    /// The number of its latest command.
    pub(crate) command: u32,
    /// How many messages were received from it since the greeting.
    pub(crate) received: u32,
    /// The job's memory that it keeps at hand.
    pub(crate) board: Option<SegmentId>,
    pub(crate) initialising: Option<ErrandRun>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It has not answered the greeting.
    Starting,
    /// It has answered, and has no order yet.
    Greeted,
    Initialising,
    Idle,
    Running,
}

/// How a worker's process ended, and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) pid: u32,
    pub(crate) exit: Exit,
    pub(crate) last_words: String,
}

/// What is executed as a worker.
#[derive(Clone, Debug)]
pub(crate) struct Program(pub(crate) PathBuf);

impl Default for Program {
    /// This very executable, even if its file has been replaced since.
    fn default() -> Program {
        Program(PathBuf::from("/proc/self/exe"))
    }
}

impl WorkerProcess {
    /// Starts a worker and greets it; it has not answered yet.
    pub(crate) fn start(
        program: &Program,
        welcome: Welcome,
        switchboard: &Switchboard,
    ) -> Result<WorkerProcess, PoolError> {
        switchboard.clear(welcome.slot);
        let title = format!("worker {}", welcome.slot);
        let (mut process, link) = launch(program, &title, Stdio::piped)?;
        let stdout = process
            .stdout
            .take()
            .map(OwnedFd::from)
            .expect("a pipe was asked for");
        let stderr = process
            .stderr
            .take()
            .map(OwnedFd::from)
            .expect("a pipe was asked for");
        let mut worker = WorkerProcess {
            pidfd: open_pidfd(&process),
            process,
            link,
            stdout: Output::new(stdout, To::Stdout).map_err(PoolError::system("ioctl"))?,
            stderr: Output::new(stderr, To::Stderr).map_err(PoolError::system("ioctl"))?,
            started: Instant::now(),
            state: State::Starting,
            command: 0,
            received: 0,
            board: None,
            initialising: None,
        };
        // If it is gone already, that shows like any other death.
        let greeting = Greeting::here(welcome).encode();
        let _ = worker.link.send(&greeting, &[switchboard.segment()]);
        Ok(worker)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Gives an idle worker an order that comes without messages; gives it back if it is too long for that.
    pub(crate) fn order(
        &mut self,
        switchboard: &Switchboard,
        slot: usize,
        order: Order,
    ) -> Result<(), Order> {
        let command = Ordered {
            n_messages: 0,
            order,
        };
        match switchboard.ring(slot, &command) {
            Ok(number) => {
                self.command = number;
                self.state = State::Running;
                Ok(())
            }
            Err(TooLong) => Err(command.order),
        }
    }

    /// Gives an idle worker the order that the last of `messages` says. The segments that they carry are forgotten again, but
    /// for `kept`.
    ///
    /// A worker that cannot be reached is killed, so that its death is noticed.
    pub(crate) fn order_with(
        &mut self,
        switchboard: &Switchboard,
        slot: usize,
        messages: &[(ToWorker, Vec<&Segment>)],
        kept: Option<SegmentId>,
    ) {
        let command = Ordered {
            n_messages: messages.len(),
            order: Order::RunAsSent,
        };
        // Rung first: a worker that sleeps on its bell reads nothing, and messages may be longer than a socket's buffer.
        self.command = (switchboard.ring(slot, &command)).expect("a number always fits");
        self.state = State::Running;
        let sent = (|| {
            for (message, segments) in messages {
                self.link.send(&encode(message), segments)?;
                for segment in segments {
                    if Some(segment.id()) != kept {
                        self.link.forget(segment.id())?;
                    }
                }
            }
            Ok::<(), TransportError>(())
        })();
        if sent.is_err() {
            self.kill();
        }
    }

    /// Returns the descriptors that become readable when there is something to do.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let sign_of_death = self.pidfd.as_ref().map(AsFd::as_fd);
        [
            Some(self.link.as_fd()),
            sign_of_death,
            self.stdout.pipe(),
            self.stderr.pipe(),
        ]
        .into_iter()
        .flatten()
    }

    /// Returns how the process ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<Exit>, PoolError> {
        let status = self
            .process
            .try_wait()
            .map_err(PoolError::system("waitpid"))?;
        Ok(status.map(Exit::of))
    }

    pub(crate) fn kill(&mut self) {
        // Fails only for a process that has been reaped.
        let _ = self.process.kill();
    }

    /// Ends the process for certain and takes note of how it ended. What it had sent is to be received before.
    pub(crate) fn bury(mut self, exit: Exit) -> Death {
        self.stdout.finish();
        self.stderr.finish();
        Death {
            pid: self.pid(),
            exit,
            last_words: self.stderr.last_words(),
        }
    }

    /// Waits until the process has ended, at most `patience`.
    pub(crate) fn wait(&mut self, patience: Duration) -> Result<Option<Exit>, PoolError> {
        let deadline = Instant::now() + patience;
        loop {
            let exit = self.ended()?;
            let left = deadline.saturating_duration_since(Instant::now());
            if exit.is_some() || left.is_zero() {
                return Ok(exit);
            }
            // A worker whose pipes are full cannot end before somebody reads them.
            self.stdout.pump();
            self.stderr.pump();
            let mut fds: Vec<PollFd<'_>> = self
                .descriptors()
                .skip(1)
                .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
                .collect();
            // Without a descriptor for its end, it is looked for again and again.
            let pause = match self.pidfd {
                Some(_) => left,
                None => left.min(Duration::from_millis(5)),
            };
            poll_for(&mut fds, Some(pause))?;
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        self.kill();
        let _ = self.wait(VANISH);
        self.stdout.finish();
        self.stderr.finish();
    }
}

/// Lets all `workers` end by themselves, as those that were told to stop do, and kills the others after a while.
pub(crate) fn leave(workers: impl Iterator<Item = WorkerProcess>) {
    let deadline = Instant::now() + LEAVE;
    for mut worker in workers {
        let _ = worker.wait(deadline.saturating_duration_since(Instant::now()));
    }
}

/// Waits for one of `fds`, at most `timeout`. A signal may end it early.
pub(crate) fn poll_for(fds: &mut [PollFd<'_>], timeout: Option<Duration>) -> Result<(), PoolError> {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match poll(fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(PoolError::system("poll")(errno)),
    }
}

pub(crate) fn open_pidfd(process: &Child) -> Option<OwnedFd> {
    let pid = Pid::from_raw(i32::try_from(process.id()).ok()?)?;
    // The process cannot be another one of the same id: it has not been waited for.
    pidfd_open(pid, PidfdFlags::empty()).ok()
}

/// Starts `program` as a worker, which `ps` shows with `title`; returns it with our end of its socket.
pub(crate) fn launch(
    program: &Program,
    title: &str,
    output: fn() -> Stdio,
) -> Result<(Child, Transport), PoolError> {
    let (own, theirs) = UnixStream::pair().map_err(PoolError::system("socketpair"))?;
    let process = Command::new(&program.0)
        .arg0(format!("{} [{title}]", own_name()))
        .env(startup::VARIABLE, startup::VALUE)
        // The worker's standard input would have to be shared out among workers; it carries the socket instead,
        // so that the process can be started without code of ours between fork and exec.
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(output())
        .stderr(output())
        .spawn()
        .map_err(|source| PoolError::Spawn {
            program: program.0.display().to_string(),
            source,
        })?;
    // The command is gone with its copy of the worker's end, so that the socket ends with the worker.
    Ok((process, Transport::new(own)))
}

/// Returns the name under which this program was called, for `ps`.
fn own_name() -> String {
    let name = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&name).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
