#![doc = include_str!("../README.md")]

// What a user writes, in reading order.
mod pool;
mod process;
mod job;
mod task;
mod call;
mod state;
mod arguments;
mod stream_arguments;
mod pending;
mod imap;
mod progress;
mod failed;
mod task_error;
mod error;
mod exit;
mod settings;

// One array, filled as one call of NumPy's would.
mod fill_parallel;
mod fill_starts;
mod fill_tasks;

// A job, from its checks to its results.
mod run;
mod items;
mod errand;
mod target;
mod prepared;
mod coordinator;
mod ticket;
mod rota;
mod dispatch;
mod active;
mod patience;
mod spares;
mod nudge;
mod here;
mod thread_jobs;

// The parent's side of its workers.
mod crew;
mod worker_process;
mod output;

// What parent and worker share.
mod board_layout;
mod board;
mod line;
mod blocks;
mod switchboard;
mod message;
mod fault;
mod registry;

// The worker's side.
mod startup;
#[cfg(feature = "auto-init")]
mod auto_init;
mod worker;
mod lifeline;
mod work;
mod wear;
mod written;
mod panics;

pub use arguments::ArrayArgument;
pub use call::{Context, FromArgument, FromContext};
pub use error::PoolError;
pub use exit::Exit;
pub use failed::Failed;
pub use fill_parallel::{FillElement, fill_parallel};
pub use imap::{Imap, ImapUnordered};
pub use job::{Fill, Job, Map, Update};
pub use multiproc_macros::task;
pub use pending::{Pending, Results, wait_any};
pub use pool::{Pool, PoolBuilder};
pub use process::{
    ChildProcess, CurrentProcess, ParentProcess, Process, ProcessHandle, active_children,
    current_process, parent_process, wait,
};
pub use progress::Progress;
pub use registry::Build;
pub use startup::init;
pub use state::State;
pub use task::{ArrayKind, PartTask, Task, TaskName};
pub use task_error::TaskError;

/// What the expansion of `#[task]` names. No part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::call::{Call, FromArgument, FromContext};
    pub use crate::fault::Fault;
    pub use crate::registry::TASKS;
    pub use crate::task::{Entry, Fallible, Needs, Parameter, Part, PartTask, Task, TaskName};
    pub use linkme;
    pub use multiproc_array::PartMut;
}
