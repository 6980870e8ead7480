//! [`Initialiser`]: a task that each worker runs before any other.

use std::collections::BTreeMap;
use std::process;
use std::sync::atomic::AtomicBool;

use crate::blocks::ReceivedBlocks;
use crate::board::Board;
use crate::board_layout::BoardLayout;
use crate::error::PoolError;
use crate::here::{self, Threads};
use crate::items::Items;
use crate::message::Run;
use crate::patience::Limits;
use crate::prepared::Prepared;
use crate::progress::Ticker;
use crate::registry;
use crate::run;
use crate::task::{Entry, SentName};
use crate::task_error::TaskError;

/// A task that each worker runs before any other, and its one item.
#[derive(Clone, Debug)]
pub(crate) struct Initialiser {
    pub(crate) entry: &'static Entry,
    pub(crate) items: Items,
}

impl Initialiser {
    /// Checks that the task needs nothing that only a job has, and that its item can be sent.
    pub(crate) fn check(&self) -> Result<(), PoolError> {
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
            Some(failure) => Err(PoolError::initialiser(process::id(), failure.clone())),
            None => Ok(()),
        }
    }

    /// Runs it in this thread.
    pub(crate) fn run_here(&self) -> Result<(), PoolError> {
        let Initialising { board, .. } = Initialising::new(self, 1)?;
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
        (Initialising { board, blocks }.outcome())
            .map_err(|failure| PoolError::initialiser(process::id(), failure))
    }
}

/// One worker's run of the initialiser.
#[derive(Debug)]
pub(crate) struct Initialising {
    pub(crate) board: Board,
    pub(crate) blocks: ReceivedBlocks,
}

impl Initialising {
    /// Makes the memory for the run in one of `n_slots` slots.
    pub(crate) fn new(initialiser: &Initialiser, n_slots: usize) -> Result<Self, PoolError> {
        let items = &initialiser.items;
        let board = Board::create(BoardLayout {
            items: 1,
            slots: n_slots,
            arguments_len: items.bytes.len(),
            scratch_len: 0,
        })?;
        board.write_arguments(&items.starts, &items.bytes)?;
        Ok(Initialising {
            board,
            blocks: ReceivedBlocks::default(),
        })
    }

    /// Returns what the worker is told.
    pub(crate) fn run(&self, initialiser: &Initialiser) -> Run {
        Run {
            order: 0,
            task: SentName::of(initialiser.entry.name),
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

    /// Returns what became of it.
    pub(crate) fn outcome(&self) -> Result<(), TaskError> {
        // Whatever the task returns is not looked at.
        run::result::<()>(&self.board, &self.blocks, 0)
    }
}
