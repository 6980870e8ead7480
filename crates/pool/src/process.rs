//! [`Process`]: one task in a process of its own, which needs no pool.

mod handle;
mod child;
mod current;
mod ready;

use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use multiproc_segment::Segment;
use multiproc_segment::transport::{Transport, TransportError};

use crate::errand::{Errand, ErrandRun};
use crate::error::PoolError;
use crate::message::{AtExit, Command, Greeting, Identity, Order, Role, ToWorker, Welcome, encode};
use crate::switchboard::Switchboard;
use crate::task::Task;
use crate::wear::WearLimits;
use crate::worker;
use crate::worker_process::{self, Program, VANISH};

pub use child::{ChildProcess, active_children};
pub use current::{CurrentProcess, ParentProcess, current_process, parent_process};
pub use handle::ProcessHandle;
pub use ready::wait;

/// How long a process may take to answer if it is not said.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many processes this one has named.
static N_NAMED: AtomicU32 = AtomicU32::new(0);

/// A task and its item, to be run in a process of their own: Python's `multiprocessing.Process`.
///
/// The process is this program, started again, whose standard output and error are this process's own and whose
/// standard input is empty. It exits with 0 when the task has returned, and with 1 after an error or a panic, which it
/// prints on standard error.
///
/// What Python refuses with an assertion cannot be written here: [`start`](Process::start) takes the description, so that
/// it is started once and not changed afterwards, and only what it returns can be joined or killed.
///
/// Where it differs from Python:
///
/// - A process never outlives its parent, daemonic or not, however the parent ends; nobody is left behind to wait for. So a
///   daemonic process may have children.
/// - It is joined or killed when its [handle](ProcessHandle) is dropped, not when the parent exits:
///   `std::process::exit` drops nothing, and ends the children that still run.
/// - Ctrl-C is left to the parent, with which its children end.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Process, task};
///
/// #[task(crate = multiproc_pool)]
/// fn cube(x: u64) -> u64 {
///     x.pow(3)
/// }
///
/// let process = Process::new(cube, 5).name("cubes").start()?;
/// assert_eq!(process.name(), "cubes");
/// process.join()?;
/// assert_eq!(process.exitcode(), Some(0));
/// assert_eq!(process.result()?, 125);
/// # Ok::<(), multiproc_pool::PoolError>(())
/// ```
#[must_use = "a process runs when it is started"]
pub struct Process<T: Task> {
    errand: Errand,
    name: Option<String>,
    at_exit: AtExit,
    program: Program,
    patience: Duration,
    task: PhantomData<T>,
}

impl<T: Task> Process<T> {
    /// Describes a process that runs `task` for `item`: its owned parameters, several as a tuple.
    ///
    /// It is daemonic if the process that calls this is.
    #[doc(alias = "target")]
    pub fn new(task: T, item: T::Item) -> Process<T> {
        let at_exit = match current_process().daemon() {
            true => AtExit::Kill,
            false => AtExit::Join,
        };
        Process {
            errand: Errand::new(task, item),
            name: None,
            at_exit,
            program: Program::default(),
            patience: PATIENCE,
            task: PhantomData,
        }
    }

    /// Sets the name, which `ps` shows as well; `Process-1` and so on if not set, and `Process-1:2` for a child's child.
    pub fn name(mut self, name: impl Into<String>) -> Process<T> {
        self.name = Some(name.into());
        self
    }

    /// Has the process killed when its handle is dropped: Python's `daemon=True`.
    #[doc(alias = "daemon")]
    pub fn daemonic(mut self) -> Process<T> {
        self.at_exit = AtExit::Kill;
        self
    }

    /// Has the process waited for when its handle is dropped: Python's `daemon=False`.
    #[doc(alias = "daemon")]
    pub fn joined(mut self) -> Process<T> {
        self.at_exit = AtExit::Join;
        self
    }

    /// Sets the program that is started, in place of this very executable, as
    /// [`PoolBuilder::worker_command`](crate::PoolBuilder::worker_command) does.
    #[doc(alias = "set_executable")]
    pub fn command(mut self, program: impl Into<PathBuf>) -> Process<T> {
        self.program = Program(program.into());
        self
    }

    /// Sets how long the process may take to start and answer; 60 seconds if not set.
    pub fn start_timeout(mut self, patience: Duration) -> Process<T> {
        self.patience = patience;
        self
    }

    /// Starts the process, and returns when it has answered and begins with its task.
    ///
    /// `MULTIPROC_CONTEXT` is for pools: this is always a process.
    ///
    /// # Errors
    ///
    /// - [`PoolError::NotInitialised`] in a process that was started as a worker and runs its main function.
    /// - [`PoolError::TooDeep`] in a process that is ten processes or pools deep.
    /// - [`PoolError::NoSeed`] or [`PoolError::MissingArgument`] if the task takes what only a job of a pool has.
    /// - [`PoolError::ProcessFailed`] if the item cannot be encoded.
    /// - [`PoolError::Spawn`] or [`PoolError::System`] if the system does not give another process.
    /// - [`PoolError::NoAnswer`], [`PoolError::OtherProtocol`] or [`PoolError::OtherBuild`] if what was started is
    ///   not this program.
    pub fn start(self) -> Result<ProcessHandle<T::Output>, PoolError> {
        let (depth, processors) = worker::next_level()?;
        let identity = self.identity();
        self.errand
            .check(|pid, failure| PoolError::process_failed(&identity.name, pid, failure))?;

        let run = ErrandRun::new(&self.errand, 1)?;
        let switchboard = Switchboard::create(1)?;
        let (process, mut link) =
            worker_process::launch(&self.program, &identity.name, Stdio::inherit)?;
        let child = ChildProcess::new(process, &link, &identity)?;
        let welcome = Welcome {
            slot: 0,
            depth,
            processors,
            wear: WearLimits::default(),
            parent: current_process().name().to_owned(),
            role: Role::Process(identity),
        };
        // If it is gone already, that shows when it does not answer.
        let _ = link.send(&Greeting::here(welcome).encode(), &[switchboard.segment()]);
        await_answer(&mut link, &child, self.patience)?;
        tell(&mut link, &switchboard, &run.messages(&self.errand));
        Ok(ProcessHandle::new(child, link, run))
    }

    fn identity(&self) -> Identity {
        let mut numbers = current::numbers().to_vec();
        numbers.push(N_NAMED.fetch_add(1, Relaxed) + 1);
        let name = self.name.clone().unwrap_or_else(|| {
            let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
            format!("Process-{}", numbers.join(":"))
        });
        Identity {
            name,
            at_exit: self.at_exit,
            numbers,
        }
    }
}

impl<T: Task> Debug for Process<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("task", &self.errand.entry.name)
            .field("name", &self.name)
            .field("at_exit", &self.at_exit)
            .finish_non_exhaustive()
    }
}

/// Waits until the process has answered the greeting.
fn await_answer(
    link: &mut Transport,
    child: &ChildProcess,
    patience: Duration,
) -> Result<(), PoolError> {
    let exit = match link.recv_timeout(patience) {
        Ok(Some(message)) => return Greeting::check(&message.bytes),
        Err(TransportError::TimedOut) => None,
        Ok(None) | Err(TransportError::Closed | TransportError::Cut { .. }) => {
            child.join_timeout(VANISH)?
        }
        Err(error) => return Err(error.into()),
    };
    Err(PoolError::NoAnswer {
        pid: child.pid(),
        exit,
        waited: patience,
        // It wrote to this process's own standard error.
        last_words: String::new(),
    })
}

/// Tells the process what to run.
fn tell(link: &mut Transport, switchboard: &Switchboard, messages: &[(ToWorker, Vec<&Segment>)]) {
    let command = Command {
        n_messages: messages.len(),
        order: Order::RunAsSent,
    };
    (switchboard.ring(0, &command)).expect("a number always fits");
    for (message, segments) in messages {
        // A process that has died meanwhile has an exit code.
        let _ = link.send(&encode(message), segments);
    }
}
