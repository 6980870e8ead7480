//! [`run`]: a job in the calling thread, for debuggers and for what is too small for processes.

use std::ops::ControlFlow;
use std::time::Instant;

use multiproc_segment::Segment;

use crate::blocks::{Blocks, ReceivedBlocks};
use crate::call::Argument;
use crate::coordinator::{Coordinator, Step};
use crate::error::PoolError;
use crate::patience::Patience;
use crate::prepared::{Ended, Prepared};
use crate::progress::Ticker;
use crate::work::{self, Work};
use crate::written::WrittenArray;

/// Runs a job in this thread: the same rounds, encoded items and faults as in workers, so the same results.
pub(crate) fn run(job: &Prepared, ticker: &mut Ticker<'_>) -> Ended {
    let mut blocks = ReceivedBlocks::default();
    let mut failures = job.unsent.clone();
    let mut coordinator = Coordinator::new(
        job.board.layout().items,
        1,
        job.chunk,
        job.attempts,
        job.unsent.keys().copied().collect(),
    );
    let patience = Patience::new(job.limits, 1, Instant::now());
    let mut stopped = None;
    loop {
        if let Some(limit) = patience.job_is_late(Instant::now()) {
            stopped = Some(PoolError::DeadlinePassed { limit });
            break;
        }
        match coordinator.step() {
            Step::Send => {
                coordinator.sent(0);
                run_round(job, &coordinator, &patience, &mut blocks, ticker);
                coordinator.drained(0);
            }
            Step::Close => failures.extend(job.close_round(&mut coordinator)),
            Step::Over => break,
            Step::Wait => unreachable!("the only worker is this thread, which is not at work now"),
        }
    }
    Ended {
        blocks,
        failures,
        stopped,
    }
}

fn run_round(
    job: &Prepared,
    coordinator: &Coordinator,
    patience: &Patience,
    blocks: &mut ReceivedBlocks,
    ticker: &mut Ticker<'_>,
) {
    let written = job.written.as_ref();
    let written =
        written.map(|target| WrittenArray::new(target.segment.clone(), target.written.clone()));
    let arguments = Argument::list(&job.entry.needs, job.arguments.iter().cloned());
    let mut announce = |number, block: &Segment| {
        blocks.insert(number, block.clone());
        Ok(())
    };
    let mut after_chunk = |_| {
        let n_unsent = coordinator.n_given_up();
        ticker.tick(|| job.board.line(0).finished() as usize + n_unsent);
        match job
            .limits
            .job
            .and_then(|_| patience.job_is_late(Instant::now()))
        {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    };
    let mut work = Work {
        board: &job.board,
        slot: 0,
        round: coordinator.round(),
        repeated: &[],
        first_item: job.first_item,
        split: job.seed.as_deref().map(work::split_of),
        arguments: &arguments,
        blocks: Blocks::new(0, &mut announce),
        after_chunk: &mut after_chunk,
        encoded: Vec::new(),
    };
    work.run(job.entry.run, written.as_ref())
        .expect("each verb takes tasks of its own kind");
}
