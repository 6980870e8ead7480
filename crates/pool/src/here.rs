//! [`run`]: a job in the threads of this process: the same rounds, encoded items and faults as in workers, so the same
//! results.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use multiproc_segment::Segment;

use crate::blocks::{Blocks, ReceivedBlocks};
use crate::call::Argument;
use crate::coordinator::{Coordinator, Round, Step};
use crate::error::PoolError;
use crate::patience::Patience;
use crate::prepared::{Ended, Prepared};
use crate::progress::Ticker;
use crate::work::{self, Work};
use crate::written::WrittenArray;

/// Who runs a job in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// The calling thread alone.
    Calling,
    /// As many new ones as the job's memory has slots.
    New,
}

/// Runs a job. When `is_cancelled` becomes true, it ends between two chunks.
pub(crate) fn run(
    job: &Prepared,
    threads: Threads,
    is_cancelled: &AtomicBool,
    ticker: &mut Ticker<'_>,
) -> Ended {
    let n_slots = job.board.layout().slots;
    let mut failures = job.unsent.clone();
    let mut coordinator = Coordinator::new(
        job.board.layout().items,
        n_slots,
        job.chunk,
        job.attempts,
        job.unsent.keys().copied().collect(),
    );
    let mut here = Here {
        job,
        threads,
        patience: Patience::new(job.limits, n_slots, Instant::now()),
        is_cancelled,
        blocks: Mutex::default(),
        orders: 0,
    };
    let stopped = loop {
        if let Some(why) = here.why_stop() {
            break Some(why);
        }
        match coordinator.step() {
            Step::Send => {
                let mut n_sent = 0;
                while coordinator.step() == Step::Send && n_sent < n_slots {
                    coordinator.sent(n_sent);
                    n_sent += 1;
                }
                here.run_round(
                    n_sent,
                    coordinator.round(),
                    coordinator.n_given_up(),
                    ticker,
                );
                (0..n_sent).for_each(|slot| coordinator.drained(slot));
            }
            Step::Close => failures.extend(job.close_round(&mut coordinator)),
            Step::Over => break None,
            Step::Wait => unreachable!("every round is over when its threads are"),
        }
    };
    Ended {
        blocks: here
            .blocks
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
        failures,
        stopped,
    }
}

struct Here<'a> {
    job: &'a Prepared,
    threads: Threads,
    patience: Patience,
    is_cancelled: &'a AtomicBool,
    blocks: Mutex<ReceivedBlocks>,
    /// How many times a slot has begun a round; numbers their blocks.
    orders: u32,
}

impl Here<'_> {
    fn why_stop(&self) -> Option<PoolError> {
        if self.is_cancelled.load(Relaxed) {
            return Some(PoolError::Cancelled);
        }
        let late = self
            .job
            .limits
            .job
            .and_then(|_| self.patience.job_is_late(Instant::now()));
        late.map(|limit| PoolError::DeadlinePassed { limit })
    }

    /// Runs a round in `n_slots` slots, and tells how far it is.
    fn run_round(
        &mut self,
        n_slots: usize,
        round: &Round,
        n_given_up: usize,
        ticker: &mut Ticker<'_>,
    ) {
        let order = self.orders;
        self.orders += u32::try_from(n_slots).expect("fewer slots than there are bytes");
        let board = &self.job.board;
        let n_ended = || {
            let finished: u64 = (0..n_slots).map(|slot| board.line(slot).finished()).sum();
            finished as usize + n_given_up
        };
        let (caller, n_at_work) = (thread::current(), AtomicUsize::new(n_slots));
        match self.threads {
            Threads::Calling => self.work(0, order, round, || ticker.tick(n_ended)),
            Threads::New => thread::scope(|scope| {
                for slot in 0..n_slots {
                    let (here, caller, n_at_work) = (&*self, &caller, &n_at_work);
                    scope.spawn(move || {
                        here.work(slot, order + slot as u32, round, || {});
                        n_at_work.fetch_sub(1, Relaxed);
                        caller.unpark();
                    });
                }
                while n_at_work.load(Relaxed) > 0 {
                    match ticker.left() {
                        Some(left) => thread::park_timeout(left),
                        None => thread::park(),
                    }
                    ticker.tick(n_ended);
                }
            }),
        }
    }

    /// Does one slot's share of a round.
    fn work(&self, slot: usize, order: u32, round: &Round, mut tick: impl FnMut()) {
        let job = self.job;
        let written = (job.written.as_ref())
            .map(|target| WrittenArray::new(target.segment.clone(), target.written.clone()));
        let arguments = Argument::list(&job.entry.needs, job.arguments.iter().cloned());
        let mut announce = |number, block: &Segment| {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.insert(number, block.clone());
            Ok(())
        };
        let mut after_chunk = |_| {
            tick();
            match self.why_stop() {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            }
        };
        let mut work = Work {
            board: &job.board,
            slot,
            round,
            repeated: &[],
            first_item: job.first_item,
            split: job.seed.as_deref().map(work::split_of),
            arguments: &arguments,
            blocks: Blocks::new(order, &mut announce),
            after_chunk: &mut after_chunk,
            encoded: Vec::new(),
        };
        work.run(job.entry.run, written.as_ref())
            .expect("each verb takes tasks of its own kind");
    }
}
