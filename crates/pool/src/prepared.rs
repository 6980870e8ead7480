//! [`Prepared`]: a job that has passed its checks and has its memory.

use std::collections::BTreeMap;

use multiproc_segment::Segment;

use crate::blocks::ReceivedBlocks;
use crate::board::Board;
use crate::coordinator::Coordinator;
use crate::error::PoolError;
use crate::message::Run;
use crate::patience::Limits;
use crate::target::Target;
use crate::task::{Entry, SentName};
use crate::task_error::TaskError;

/// A job that is ready to run.
pub(crate) struct Prepared {
    pub(crate) entry: &'static Entry,
    pub(crate) board: Board,
    /// Whether later jobs use the board again.
    pub(crate) board_is_kept: bool,
    pub(crate) chunk: usize,
    /// How often an item may be begun.
    pub(crate) attempts: u32,
    /// What number the first item has in its stream of items.
    pub(crate) first_item: usize,
    pub(crate) limits: Limits,
    /// The words of the seed.
    pub(crate) seed: Option<Vec<u32>>,
    pub(crate) written: Option<Target>,
    /// The arguments' segments and encoded handles.
    pub(crate) arguments: Vec<(Segment, Vec<u8>)>,
    /// Items that could not be encoded.
    pub(crate) unsent: BTreeMap<usize, TaskError>,
}

/// A job that has ended.
pub(crate) struct Ended {
    pub(crate) blocks: ReceivedBlocks,
    pub(crate) failures: BTreeMap<usize, TaskError>,
    /// Why it ended before all items did.
    pub(crate) stopped: Option<PoolError>,
}

impl Prepared {
    /// Prepares the next round, and returns the failures of the items that no worker would run.
    pub(crate) fn close_round(
        &self,
        coordinator: &mut Coordinator,
    ) -> impl Iterator<Item = (usize, TaskError)> {
        let refused = coordinator.close_round(|item| self.board.is_finished(item));
        self.board.restart_counter();
        let target = self.written.as_ref();
        refused.into_iter().map(move |item| {
            let failure =
                target.map_or(TaskError::NotRun { item }, |target| target.found_torn(item));
            (item, failure)
        })
    }

    pub(crate) fn run(&self, order: u32, coordinator: &Coordinator) -> Run {
        let round = coordinator.round();
        Run {
            order,
            task: SentName::of(self.entry.name),
            board: self.board.layout(),
            board_is_kept: self.board_is_kept,
            ranges: round
                .ranges
                .iter()
                .map(|range| (range.start, range.end))
                .collect(),
            chunk: round.chunk,
            repeated: coordinator.repeated(),
            first_item: self.first_item,
            seed: self.seed.clone(),
            written: self.written.as_ref().map(|target| target.written.clone()),
            arguments: self
                .arguments
                .iter()
                .map(|(_, handle)| handle.clone())
                .collect(),
        }
    }

    /// Returns the arrays in the order in which [`ToWorker::Arrays`](crate::message::ToWorker::Arrays) carries them.
    pub(crate) fn arrays(&self) -> Vec<&Segment> {
        let written = self.written.iter().map(|target| &target.segment);
        written
            .chain(self.arguments.iter().map(|(segment, _)| segment))
            .collect()
    }
}
