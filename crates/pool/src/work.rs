//! [`Work`]: one round of a job as one worker does it: claim items, run them, publish their results.

use std::ops::{ControlFlow, Range};

use multiproc_rng::Entropy;
use multiproc_shared_rng::Split;
use serde::Serialize;

use crate::blocks::Blocks;
use crate::board::{Board, INLINE_LEN, Kind, Place, Slot};
use crate::call::{Argument, Call};
use crate::coordinator::Round;
use crate::fault::Fault;
use crate::line::Line;
use crate::panics::{self, Panic};
use crate::task::{RunTask, Task};
use crate::task_error::TaskError;
use crate::written::WrittenArray;

/// One round of a job in a worker, or in the calling thread of a serial pool.
pub(crate) struct Work<'a> {
    pub(crate) board: &'a Board,
    pub(crate) slot: usize,
    pub(crate) round: &'a Round,
    /// Items begun before, in ascending order, with the number of this attempt.
    pub(crate) repeated: &'a [(usize, u32)],
    /// What number the first item has for the task and for the streams.
    pub(crate) first_item: usize,
    pub(crate) split: Option<Split>,
    pub(crate) arguments: &'a [Argument],
    pub(crate) blocks: Blocks<'a>,
    /// Called after each claimed chunk with its number of items; tells whether to leave the rest to others.
    pub(crate) after_chunk: &'a mut dyn FnMut(usize) -> ControlFlow<()>,
    /// The encoded result of the current item.
    pub(crate) encoded: Vec<u8>,
}

/// A task over items came with an array to write, or one over parts without.
#[derive(Debug)]
pub(crate) struct WrongVerb;

/// Returns the streams of a job whose seed has these words.
pub(crate) fn split_of(words: &[u32]) -> Split {
    Split::new(Entropy::from(words))
}

/// Runs a task over items until the round has none left.
pub(crate) fn run_items<T: Task>(work: &mut Work<'_>) {
    let mut argument = Vec::new();
    work.each_run(|work, run| {
        for item in run {
            work.begin(item);
            let outcome = work.attempt(item, |work, call| {
                let unreadable = |message| Fault::Undecodable { message };
                work.board
                    .read_argument(item, &mut argument)
                    .map_err(|error| unreadable(error.to_string()))?;
                let value = postcard::from_bytes(&argument)
                    .map_err(|error| unreadable(error.to_string()))?;
                T::call(call, value)
            });
            work.finish(item, outcome);
        }
    });
}

impl Work<'_> {
    /// Runs `task` over items, or over the parts of `written`, whichever it is for.
    pub(crate) fn run(
        &mut self,
        task: RunTask,
        written: Option<&WrittenArray>,
    ) -> Result<(), WrongVerb> {
        match (task, written) {
            (RunTask::Items(run), None) => run(self),
            (RunTask::Parts(run), Some(array)) => run(self, array),
            (RunTask::Items(_), Some(_)) | (RunTask::Parts(_), None) => return Err(WrongVerb),
        }
        Ok(())
    }

    /// Claims chunk after chunk and hands on the runs of consecutive items that they consist of.
    pub(crate) fn each_run(&mut self, mut run_items: impl FnMut(&mut Self, Range<usize>)) {
        let round = self.round;
        let positions = round.len();
        loop {
            let start = usize::try_from(self.board.claim(round.chunk)).unwrap_or(usize::MAX);
            if start >= positions {
                return;
            }
            let end = start.saturating_add(round.chunk).min(positions);
            for run in round.items(start..end) {
                run_items(self, run);
            }
            if (self.after_chunk)(end - start).is_break() {
                return;
            }
        }
    }

    pub(crate) fn line(&self) -> Line<'_> {
        self.board.line(self.slot)
    }

    pub(crate) fn begin(&self, item: usize) {
        self.line().begin(item);
    }

    /// Calls a task for `item` and encodes what it returns; a panic in either becomes a fault.
    pub(crate) fn attempt<R: Serialize>(
        &mut self,
        item: usize,
        call_task: impl FnOnce(&Self, &Call<'_>) -> Result<R, Fault>,
    ) -> Result<(), Fault> {
        let mut encoded = std::mem::take(&mut self.encoded);
        encoded.clear();
        let outcome = panics::catch(|| {
            let call = Call {
                item: self.first_item + item,
                attempt: self.attempt_number(item),
                worker: self.slot,
                split: self.split.as_ref(),
                arguments: self.arguments,
            };
            let output = call_task(self, &call)?;
            postcard::to_extend(&output, encoded).map_err(|error| Fault::Unencodable {
                message: error.to_string(),
            })
        });
        match outcome {
            Ok(Ok(encoded)) => {
                self.encoded = encoded;
                Ok(())
            }
            Ok(Err(fault)) => Err(fault),
            Err(Panic { message, place }) => Err(Fault::Panicked { message, place }),
        }
    }

    /// Publishes what became of `item`.
    pub(crate) fn finish(&mut self, item: usize, outcome: Result<(), Fault>) {
        let mut kind = Kind::Value;
        if let Err(fault) = outcome {
            kind = Kind::Fault;
            self.encoded = postcard::to_allocvec(&fault).expect("texts can always be encoded");
        }
        let place = if self.encoded.len() <= INLINE_LEN {
            Place::here(&self.encoded)
        } else {
            self.blocks.store(&self.encoded).unwrap_or_else(|| {
                kind = Kind::NoRoom;
                Place::number(self.encoded.len() as u64)
            })
        };
        self.board.publish(item, kind, &place);
        self.line().count_finished();
    }

    /// Returns why the last item, `item`, has no result, if it has none.
    pub(crate) fn failure(&self, item: usize) -> Option<TaskError> {
        let unreadable = |message| Some(TaskError::BadResult { item, message });
        match self.board.result(item) {
            Ok(Slot::Value(_)) => None,
            Ok(Slot::Unfinished) => Some(TaskError::NotRun { item }),
            Ok(Slot::NoRoom { needed }) => Some(TaskError::NoRoom { item, needed }),
            Ok(Slot::Fault(_)) => match postcard::from_bytes(&self.encoded) {
                Ok(fault) => Some(TaskError::of(item, fault)),
                Err(error) => unreadable(error.to_string()),
            },
            Err(error) => unreadable(error.to_string()),
        }
    }

    fn attempt_number(&self, item: usize) -> u32 {
        match self
            .repeated
            .binary_search_by_key(&item, |&(repeated, _)| repeated)
        {
            Ok(position) => self.repeated[position].1,
            Err(_) => 1,
        }
    }
}
