//! [`Errand`]: a task and one item for it, run by one process outside of all jobs.

use std::collections::BTreeMap;
use std::process;
use std::sync::atomic::AtomicBool;

use multiproc_segment::Segment;
use serde::de::DeserializeOwned;

use crate::blocks::ReceivedBlocks;
use crate::board::Board;
use crate::board_layout::BoardLayout;
use crate::error::PoolError;
use crate::here::{self, Threads};
use crate::items::Items;
use crate::message::{Run, ToWorker};
use crate::patience::Limits;
use crate::prepared::Prepared;
use crate::progress::Ticker;
use crate::registry;
use crate::run;
use crate::task::{Entry, SentName, Task};
use crate::task_error::TaskError;

/// A task and one item for it: a pool's initialiser, or what a process of its own is for.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub(crate) entry: &'static Entry,
    pub(crate) items: Items,
}

impl Errand {
    pub(crate) fn new<T: Task>(task: T, item: T::Item) -> Errand {
        let _: T = task;
        Errand {
            entry: T::entry(),
            items: Items::encode([item]),
        }
    }

    /// Checks that the task needs nothing that only a job has, and that its item can be sent; `failed` says of what the
    /// item's failure is one.
    pub(crate) fn check(
        &self,
        failed: impl FnOnce(u32, TaskError) -> PoolError,
    ) -> Result<(), PoolError> {
        registry::check(self.entry)?;
        let task = self.entry.name;
        if self.entry.needs.seed {
            return Err(PoolError::NoSeed { task });
        }
        if let Some(parameter) = self.entry.needs.arguments.first() {
            return Err(PoolError::MissingArgument {
                task,
                parameter: parameter.name,
                wanted: parameter.wanted,
            });
        }
        match self.items.unsent.values().next() {
            Some(failure) => Err(failed(process::id(), failure.clone())),
            None => Ok(()),
        }
    }

    /// Runs it in this thread, as an initialiser.
    pub(crate) fn run_here(&self) -> Result<(), PoolError> {
        let ErrandRun { board, .. } = ErrandRun::new(self, 1)?;
        let job = Prepared {
            entry: self.entry,
            board,
            board_is_kept: false,
            chunk: 1,
            attempts: 1,
            first_item: 0,
            limits: Limits::default(),
            seed: None,
            written: None,
            arguments: Vec::new(),
            unsent: BTreeMap::new(),
        };
        let never = AtomicBool::new(false);
        let ended = here::run(&job, Threads::Calling, &never, &mut Ticker::new(None, 1));
        let blocks = ended.blocks;
        let board = job.board;
        (ErrandRun { board, blocks }.outcome::<()>())
            .map_err(|failure| PoolError::initialiser(process::id(), failure))
    }
}

/// One process's run of an errand.
#[derive(Debug)]
pub(crate) struct ErrandRun {
    pub(crate) board: Board,
    pub(crate) blocks: ReceivedBlocks,
}

impl ErrandRun {
    /// Makes the memory for the run in one of `n_slots` slots.
    pub(crate) fn new(errand: &Errand, n_slots: usize) -> Result<Self, PoolError> {
        let items = &errand.items;
        let board = Board::create(BoardLayout {
            items: 1,
            slots: n_slots,
            arguments_len: items.bytes.len(),
            scratch_len: 0,
        })?;
        board.write_arguments(&items.starts, &items.bytes)?;
        Ok(ErrandRun {
            board,
            blocks: ReceivedBlocks::default(),
        })
    }

    fn run(&self, errand: &Errand) -> Run {
        Run {
            order: 0,
            task: SentName::of(errand.entry.name),
            board: self.board.layout(),
            board_is_kept: false,
            ranges: vec![(0, 1)],
            chunk: 1,
            repeated: Vec::new(),
            first_item: 0,
            seed: None,
            written: None,
            arguments: Vec::new(),
        }
    }

    /// Returns what became of it. For `R = ()`, whatever the task returned is not looked at.
    pub(crate) fn outcome<R: DeserializeOwned>(&self) -> Result<R, TaskError> {
        run::result(&self.board, &self.blocks, 0)
    }

    /// Returns the messages that an order for it consists of.
    pub(crate) fn messages(&self, errand: &Errand) -> [(ToWorker, Vec<&Segment>); 2] {
        [
            (ToWorker::Board, vec![self.board.segment()]),
            (ToWorker::Run(Box::new(self.run(errand))), Vec::new()),
        ]
    }
}
