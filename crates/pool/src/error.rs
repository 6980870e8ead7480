//! [`PoolError`]: why a pool could not start, or a job not begin or go on.

use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::time::Duration;

use multiproc_array::ArrayError;
use multiproc_rng::RngError;
use multiproc_segment::SegmentError;
use multiproc_segment::transport::TransportError;

use crate::exit::Exit;
use crate::registry::Build;
use crate::task::{ArrayKind, TaskName};
use crate::task_error::{Cause, TaskError};
use crate::worker_process::Death;

/// Why a pool could not start, or a job not begin or go on.
///
/// What concerns a single item is a [`TaskError`](crate::TaskError).
#[derive(Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// An environment variable does not hold what it should.
    Setting {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// An option was set to zero.
    Zero {
        /// The option.
        option: &'static str,
    },
    /// This process was started as a worker, but runs its main function.
    NotInitialised,
    /// A pool was made inside a worker of a pool inside a worker, and so on.
    TooDeep {
        /// How many levels there may be.
        limit: u32,
    },
    /// A worker's process could not be started.
    Spawn {
        /// What was to be executed.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A worker's process ended or stayed silent instead of answering.
    NoAnswer {
        /// Its process id.
        pid: u32,
        /// How it ended; `None` if it was still running after the time that the pool allows.
        exit: Option<Exit>,
        /// How long it was waited for.
        waited: Duration,
        /// What it wrote to its standard error, at most the last 4096 bytes.
        last_words: String,
    },
    /// A worker speaks another version of the pool's protocol.
    OtherProtocol {
        /// Ours.
        ours: u32,
        /// The worker's; `None` if what it said is no greeting at all.
        theirs: Option<u32>,
    },
    /// A worker was built from other tasks.
    OtherBuild {
        /// Ours.
        ours: Build,
        /// The worker's.
        theirs: Build,
    },
    /// The task is not in the registry of the process that is to run it.
    MissingTask {
        /// The task.
        task: String,
    },
    /// Two tasks have one name.
    AmbiguousTask {
        /// The name.
        task: TaskName,
    },
    /// A task draws random numbers, and the job has no seed.
    NoSeed {
        /// The task.
        task: TaskName,
    },
    /// A task takes more arrays than the job has arguments.
    MissingArgument {
        /// The task.
        task: TaskName,
        /// The first parameter without an argument.
        parameter: &'static str,
        /// What it takes.
        wanted: ArrayKind,
    },
    /// A job has more arguments than the task takes arrays.
    SurplusArgument {
        /// The task.
        task: TaskName,
        /// How many it takes.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
    /// An argument is not of its parameter's type.
    WrongArgument {
        /// The task.
        task: TaskName,
        /// The parameter.
        parameter: &'static str,
        /// What it takes.
        wanted: Box<ArrayKind>,
        /// What was passed.
        found: Box<ArrayKind>,
    },
    /// The array that a job writes is also one of its arguments: its workers would wait for one another.
    WrittenArgument {
        /// The task.
        task: TaskName,
        /// Which argument, from 0.
        argument: usize,
    },
    /// The calling thread holds a guard that the job's workers would wait for.
    WouldDeadlock {
        /// The task.
        task: TaskName,
    },
    /// An array without axes has no rows to share out.
    NoRows {
        /// The task.
        task: TaskName,
    },
    /// The pool was used from within a callback of its own job.
    Reentrant,
    /// A job that is submitted has a callback for its progress, which borrows from its user.
    ProgressOfSubmitted,
    /// The pool takes no more jobs: it was closed.
    Closed,
    /// The job took longer than its deadline allows.
    DeadlinePassed {
        /// How long it may take.
        limit: Duration,
    },
    /// The job was cancelled before it was done.
    Cancelled,
    /// The pool was terminated, or dropped, before the job was done.
    Terminated,
    /// The initialiser failed in a worker.
    Initialiser {
        /// The worker's process id.
        pid: u32,
        /// What it failed of.
        failure: Box<TaskError>,
    },
    /// The task of a [`Process`](crate::Process) failed.
    ProcessFailed {
        /// The process's name.
        name: String,
        /// Its process id; this process's own if the item could not be sent.
        pid: u32,
        /// What it failed of.
        failure: Box<TaskError>,
    },
    /// A [`Process`](crate::Process) ended before its task returned.
    ProcessEnded {
        /// The process's name.
        name: String,
        /// Its process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
    },
    /// Workers ended again and again without finishing anything.
    WorkersKeepDying {
        /// How often in a row in one place.
        deaths: u32,
        /// The last one's process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
        /// The end of what it wrote to its standard error, at most 4096 bytes.
        last_words: String,
    },
    /// A worker's memory or messages make no sense: a task wrote where it should not.
    Corrupt {
        /// What was found.
        what: &'static str,
    },
    /// There is no room for a job's memory, or it could not be passed on.
    Segment(SegmentError),
    /// Parent and worker could not exchange a message.
    Transport(TransportError),
    /// A worker could not take part in the job.
    Refused {
        /// Its process id.
        pid: u32,
        /// Why not.
        message: String,
    },
    /// An array could not be claimed or repaired.
    Array(ArrayError),
    /// A generator refused to fill an array.
    Rng(RngError),
    /// An array to be filled in C order is in another one.
    NotInCOrder {
        /// The lengths of its axes.
        shape: Vec<usize>,
        /// The distances between neighbours along each, in elements.
        strides: Vec<isize>,
    },
    /// A system call failed.
    System {
        /// The call.
        call: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl PoolError {
    pub(crate) fn initialiser(pid: u32, failure: TaskError) -> PoolError {
        PoolError::Initialiser {
            pid,
            failure: Box::new(failure),
        }
    }

    pub(crate) fn process_failed(name: &str, pid: u32, failure: TaskError) -> PoolError {
        PoolError::ProcessFailed {
            name: name.to_owned(),
            pid,
            failure: Box::new(failure),
        }
    }

    pub(crate) fn initialiser_died(death: Death) -> PoolError {
        let failure = TaskError::WorkerDied {
            item: 0,
            pid: death.pid,
            exit: death.exit,
            attempt: 1,
            last_words: death.last_words,
        };
        PoolError::initialiser(death.pid, failure)
    }

    /// A system's failure once more, for another job that it ends.
    pub(crate) fn again(&self) -> PoolError {
        match self {
            PoolError::System { call, source } => PoolError::System {
                call,
                source: source.kind().into(),
            },
            other => PoolError::System {
                call: "waiting for workers",
                source: io::Error::other(other.to_string()),
            },
        }
    }

    /// For `map_err`: the failure of `call`.
    pub(crate) fn system<E: Into<io::Error>>(call: &'static str) -> impl FnOnce(E) -> PoolError {
        move |source| PoolError::System {
            call,
            source: source.into(),
        }
    }
}

impl Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PoolError::Setting {
                variable,
                value,
                expected,
            } => {
                write!(f, "{variable} is set to {value:?}, but must be {expected}")
            }
            PoolError::Zero { option } => write!(f, "{option} is 0: it must be at least 1"),
            PoolError::NotInitialised => f.write_str(
                "this process was started as a worker but runs its main function: call \
                 multiproc::init() in its first line, or switch on the feature `auto-init`",
            ),
            PoolError::TooDeep { limit } => write!(
                f,
                "pools and processes are nested {limit} deep: a task that starts one seems to be run by itself"
            ),
            PoolError::Spawn { program, source } => {
                write!(f, "could not start {program} as a worker: {source}")
            }
            PoolError::NoAnswer {
                pid,
                exit,
                waited,
                last_words,
            } => {
                match exit {
                    Some(exit) => write!(f, "process {pid} {exit} before it answered as a worker")?,
                    None => write!(
                        f,
                        "process {pid} has not answered as a worker within {} s",
                        waited.as_secs_f64()
                    )?,
                }
                f.write_str(
                    ": if its feature `auto-init` is off, it must call multiproc::init() in its first line",
                )?;
                match last_words.trim_end() {
                    "" => Ok(()),
                    words => write!(f, "; it wrote: {words}"),
                }
            }
            PoolError::OtherProtocol {
                ours,
                theirs: Some(theirs),
            } => write!(
                f,
                "a worker speaks version {theirs} of the pool's protocol and this process version {ours}: \
                 build both from one version of multiproc"
            ),
            PoolError::OtherProtocol { ours, theirs: None } => write!(
                f,
                "a process answered, but not as a worker (protocol version {ours}): \
                 the worker's command must be a program of multiproc"
            ),
            PoolError::OtherBuild { ours, theirs } => write!(
                f,
                "a worker was built from other tasks ({} tasks, hash {:016x}) than this process \
                 ({} tasks, hash {:016x}): build both from the same source",
                theirs.n_tasks, theirs.tasks_hash, ours.n_tasks, ours.tasks_hash
            ),
            PoolError::MissingTask { task } => write!(
                f,
                "task {task} is not registered: the linker dropped it, or the process is of another build"
            ),
            PoolError::AmbiguousTask { task } => write!(
                f,
                "two tasks are named {task}: a macro wrote both; give them names of their own"
            ),
            PoolError::NoSeed { task } => write!(
                f,
                "task {task} draws random numbers, but the job has no seed: add .seed(..)"
            ),
            PoolError::MissingArgument {
                task,
                parameter,
                wanted,
            } => write!(
                f,
                "task {task} takes a {wanted} as `{parameter}`, but the job has no argument for it: \
                 add .arg(&array)"
            ),
            PoolError::SurplusArgument {
                task,
                wanted,
                found,
            } => write!(
                f,
                "task {task} takes {wanted} arrays, but the job has {found} arguments"
            ),
            PoolError::WrongArgument {
                task,
                parameter,
                wanted,
                found,
            } => write!(
                f,
                "task {task} takes a {wanted} as `{parameter}`, but was given a {found}"
            ),
            PoolError::WrittenArgument { task, argument } => write!(
                f,
                "argument {argument} of task {task} is the array that it writes: its workers would wait \
                 for one another; pass a copy"
            ),
            PoolError::WouldDeadlock { task } => write!(
                f,
                "this thread holds a guard on an array that task {task} needs: drop the guard first"
            ),
            PoolError::NoRows { task } => write!(
                f,
                "the array for task {task} has no axes, so there are no rows to share out: \
                 reshape it to one axis of one element"
            ),
            PoolError::Reentrant => f.write_str(
                "the pool was used from within a callback of its own job: use another pool there",
            ),
            PoolError::ProgressOfSubmitted => f.write_str(
                "a submitted job calls nobody about its progress: ask Pending::done, or use run",
            ),
            PoolError::Closed => {
                f.write_str("the pool was closed and takes no more jobs: run them before `close`")
            }
            PoolError::DeadlinePassed { limit } => {
                write!(f, "the job was not done within {limit:?}")
            }
            PoolError::Cancelled => f.write_str("the job was cancelled before it was done"),
            PoolError::Terminated => f.write_str("the pool was terminated before the job was done"),
            PoolError::Initialiser { pid, failure } => {
                write!(f, "the initialiser in process {pid} {}", Cause(failure))
            }
            PoolError::ProcessFailed { name, pid, failure } => {
                write!(f, "process {name} (pid {pid}) {}", Cause(failure))
            }
            PoolError::ProcessEnded { name, pid, exit } => {
                write!(
                    f,
                    "process {name} (pid {pid}) {exit} before its task returned"
                )
            }
            PoolError::WorkersKeepDying {
                deaths,
                pid,
                exit,
                last_words,
            } => {
                write!(
                    f,
                    "{deaths} workers in a row ended without finishing anything; the last, process {pid}, {exit}"
                )?;
                match last_words.trim_end() {
                    "" => Ok(()),
                    words => write!(f, "; its last words: {words}"),
                }
            }
            PoolError::Corrupt { what } => {
                write!(f, "{what}: a task wrote into memory that is not its own")
            }
            PoolError::Segment(error) => write!(f, "shared memory for a job: {error}"),
            PoolError::Transport(error) => {
                write!(f, "a message between parent and worker: {error}")
            }
            PoolError::Refused { pid, message } => {
                write!(f, "process {pid} could not take part in the job: {message}")
            }
            PoolError::Array(error) => write!(f, "the job's array: {error}"),
            PoolError::Rng(error) => error.fmt(f),
            PoolError::NotInCOrder { shape, strides } => write!(
                f,
                "the array to be filled has shape {shape:?} and strides {strides:?}: only a whole \
                 array in C order, with at least one axis, is filled as one call would fill it"
            ),
            PoolError::System { call, source } => write!(f, "{call} failed: {source}"),
        }
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            PoolError::Spawn { source, .. } | PoolError::System { source, .. } => Some(source),
            PoolError::Segment(error) => Some(error),
            PoolError::Transport(error) => Some(error),
            PoolError::Array(error) => Some(error),
            PoolError::Rng(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SegmentError> for PoolError {
    fn from(error: SegmentError) -> PoolError {
        PoolError::Segment(error)
    }
}

impl From<TransportError> for PoolError {
    fn from(error: TransportError) -> PoolError {
        PoolError::Transport(error)
    }
}

impl From<ArrayError> for PoolError {
    fn from(error: ArrayError) -> PoolError {
        PoolError::Array(error)
    }
}
