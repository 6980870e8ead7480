//! [`TaskError`]: why one item has no result.

use std::error::Error;
use std::fmt::{self, Display};
use std::ops::Range;
use std::time::Duration;

use crate::exit::Exit;
use crate::fault::Fault;

/// Why one item has no result. The others are not affected.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TaskError {
    /// The task returned an error.
    Failed {
        /// The item's index.
        item: usize,
        /// The error's text.
        message: String,
    },
    /// The task panicked, also when panics abort.
    Panicked {
        /// The item's index.
        item: usize,
        /// The panic's message.
        message: String,
        /// `file:line:column`, when it is known.
        place: Option<String>,
    },
    /// The worker's process ended while it ran the item: it was killed, or the task exited, aborted or crashed.
    WorkerDied {
        /// The item's index.
        item: usize,
        /// The worker's process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
        /// How often the item had been begun, this time included.
        attempt: u32,
        /// The end of what the worker wrote to its standard error, at most 4096 bytes.
        last_words: String,
    },
    /// The item took longer than the job's [`item_timeout`](crate::Job::item_timeout), and its worker was killed.
    TimedOut {
        /// The item's index.
        item: usize,
        /// How long it may take.
        limit: Duration,
        /// The worker's process id.
        pid: u32,
        /// The end of what the worker wrote to its standard error, at most 4096 bytes.
        last_words: String,
    },
    /// The worker's process ended while it updated a part of the array, and no copy was kept: these rows hold something between before and after.
    PartTorn {
        /// The item's index.
        item: usize,
        /// The rows of the part.
        rows: Range<usize>,
        /// The worker's process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
        /// The end of what the worker wrote to its standard error, at most 4096 bytes.
        last_words: String,
    },
    /// The part is torn, and not by this job: another process that wrote there has died.
    FoundTorn {
        /// The item's index.
        item: usize,
        /// The torn rows, of the whole array in the segment.
        rows: Vec<Range<usize>>,
    },
    /// The item could not be encoded, or not be decoded in the worker.
    BadItem {
        /// The item's index.
        item: usize,
        /// What its `Serialize` or `Deserialize` says.
        message: String,
    },
    /// The result could not be encoded in the worker, or not be decoded here.
    BadResult {
        /// The item's index.
        item: usize,
        /// What its `Serialize` or `Deserialize` says.
        message: String,
    },
    /// There was no shared memory for the result.
    NoRoom {
        /// The item's index.
        item: usize,
        /// The bytes that the result takes.
        needed: u64,
    },
    /// The worker could not attach an array that the task takes.
    Unattached {
        /// The item's index.
        item: usize,
        /// The parameter it is for.
        parameter: String,
        /// Why not.
        message: String,
    },
    /// The worker could not claim its part of the array.
    Unclaimed {
        /// The item's index.
        item: usize,
        /// Why not.
        message: String,
    },
    /// The job was stopped before the item was run; [`Failed::stopped`](crate::Failed::stopped) says why.
    NotRun {
        /// The item's index.
        item: usize,
    },
}

/// The field `item` of a `TaskError`, borrowed as the error is.
macro_rules! item_of {
    ($error:expr) => {
        match $error {
            TaskError::Failed { item, .. }
            | TaskError::Panicked { item, .. }
            | TaskError::WorkerDied { item, .. }
            | TaskError::TimedOut { item, .. }
            | TaskError::PartTorn { item, .. }
            | TaskError::FoundTorn { item, .. }
            | TaskError::BadItem { item, .. }
            | TaskError::BadResult { item, .. }
            | TaskError::NoRoom { item, .. }
            | TaskError::Unattached { item, .. }
            | TaskError::Unclaimed { item, .. }
            | TaskError::NotRun { item } => item,
        }
    };
}

impl TaskError {
    /// Returns the index of the item that failed.
    pub fn item(&self) -> usize {
        *item_of!(self)
    }

    pub(crate) fn item_mut(&mut self) -> &mut usize {
        item_of!(self)
    }

    pub(crate) fn of(item: usize, fault: Fault) -> TaskError {
        match fault {
            Fault::Failed { message } => TaskError::Failed { item, message },
            Fault::Panicked { message, place } => TaskError::Panicked {
                item,
                message,
                place,
            },
            Fault::Undecodable { message } => TaskError::BadItem { item, message },
            Fault::Unencodable { message } => TaskError::BadResult { item, message },
            Fault::Unattached { parameter, message } => TaskError::Unattached {
                item,
                parameter,
                message,
            },
            Fault::Unclaimed { message } => TaskError::Unclaimed { item, message },
        }
    }
}

impl Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "item {} {}", self.item(), Cause(self))
    }
}

impl Error for TaskError {}

/// What happened to the item, to stand behind its number.
pub(crate) struct Cause<'a>(pub(crate) &'a TaskError);

impl Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            TaskError::Failed { message, .. } => write!(f, "failed: {message}"),
            TaskError::Panicked { message, place, .. } => match place {
                Some(place) => write!(f, "panicked at {place}: {message}"),
                None => write!(f, "panicked: {message}"),
            },
            TaskError::WorkerDied {
                pid,
                exit,
                attempt,
                last_words,
                ..
            } => {
                write!(
                    f,
                    "was lost: its worker, process {pid}, {exit} in attempt {attempt}"
                )?;
                if matches!(exit, Exit::Signal(libc::SIGKILL)) {
                    f.write_str(
                        " (if nobody killed it, the kernel did for want of memory: see dmesg)",
                    )?;
                }
                LastWords(last_words).fmt(f)
            }
            TaskError::TimedOut {
                limit,
                pid,
                last_words,
                ..
            } => {
                write!(
                    f,
                    "took longer than {limit:?}, and its worker, process {pid}, was killed"
                )?;
                LastWords(last_words).fmt(f)
            }
            TaskError::PartTorn {
                rows,
                pid,
                exit,
                last_words,
                ..
            } => {
                write!(
                    f,
                    "is torn: process {pid} {exit} while it updated rows {} to {}; write them anew, \
                     or update with .snapshot(), which keeps a copy of each part at work",
                    rows.start, rows.end
                )?;
                LastWords(last_words).fmt(f)
            }
            TaskError::FoundTorn { rows, .. } => write!(
                f,
                "was not run: rows {rows:?} were torn already, as a process that wrote there died; \
                 write them anew and mark them consistent first"
            ),
            TaskError::BadItem { message, .. } => {
                write!(f, "could not be sent to a worker: {message}")
            }
            TaskError::BadResult { message, .. } => {
                write!(f, "has a result that could not be sent back: {message}")
            }
            TaskError::NoRoom { needed, .. } => write!(
                f,
                "has a result of {needed} bytes, for which there is no shared memory"
            ),
            TaskError::Unattached {
                parameter, message, ..
            } => {
                write!(f, "could not attach the array for `{parameter}`: {message}")
            }
            TaskError::Unclaimed { message, .. } => {
                write!(f, "could not claim its part of the array: {message}")
            }
            TaskError::NotRun { .. } => f.write_str("was not run: the job was stopped before"),
        }
    }
}

struct LastWords<'a>(&'a str);

impl Display for LastWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.trim_end() {
            "" => Ok(()),
            words => write!(f, "; its last words: {words}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_names_the_process_the_cause_and_the_last_words() {
        let died = TaskError::WorkerDied {
            item: 17,
            pid: 4711,
            exit: Exit::Signal(9),
            attempt: 2,
            last_words: "half way\n".to_owned(),
        };
        assert_eq!(
            died.to_string(),
            "item 17 was lost: its worker, process 4711, was ended by SIGKILL (signal 9) in attempt 2 \
             (if nobody killed it, the kernel did for want of memory: see dmesg); its last words: half way"
        );
    }
}
