//! [`ActiveJob`]: one job on its way through its rounds: the [`Coordinator`] decides, workers do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::blocks::ReceivedBlocks;
use crate::coordinator::{Coordinator, Step, Verdict};
use crate::error::PoolError;
use crate::exit::Exit;
use crate::message::{Order, ToParent, ToWorker};
use crate::panics::Panic;
use crate::patience::{Patience, Sight};
use crate::prepared::{Ended, Prepared};
use crate::switchboard::Switchboard;
use crate::target::{Mend, Target};
use crate::task_error::TaskError;
use crate::ticket::Ticket;
use crate::worker_process::{Death, WorkerProcess};
use crate::written::Keep;

/// What a dead worker left of the array.
struct Casualty {
    /// The rows that it held, of which some may be finished.
    held: Range<usize>,
    /// The rows of the item that it was in, and how to mend them; without a way they stay torn.
    lost: Option<(Range<usize>, Option<Mend>)>,
}

/// A job that workers are at, or will be.
pub(crate) struct ActiveJob {
    job: Prepared,
    pub(crate) ticket: Arc<Ticket>,
    coordinator: Coordinator,
    /// How many rounds were sent to workers; numbers their blocks.
    orders: u32,
    blocks: ReceivedBlocks,
    failures: BTreeMap<usize, TaskError>,
    casualties: Vec<Casualty>,
    /// By slot: how many items its workers had finished when the present one came.
    finished_before: Vec<u64>,
    /// The slots of the workers that are at it.
    running: BTreeSet<usize>,
    patience: Patience,
    /// Slots whose workers were killed because their items took too long.
    late: BTreeSet<usize>,
    /// Why it does not go on.
    stopped: Option<PoolError>,
}

/// What a job needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Another worker.
    Worker,
    /// Something to happen to one of its workers.
    Nothing,
    /// To be closed: it is over.
    End,
}

impl ActiveJob {
    pub(crate) fn new(job: Prepared) -> ActiveJob {
        let layout = job.board.layout();
        let coordinator = Coordinator::new(
            layout.items,
            layout.slots,
            job.chunk,
            job.attempts,
            job.unsent.keys().copied().collect(),
        );
        let ticket = Arc::new(Ticket::new(&job));
        let active = ActiveJob {
            finished_before: vec![0; layout.slots],
            orders: 0,
            blocks: ReceivedBlocks::default(),
            failures: job.unsent.clone(),
            casualties: Vec::new(),
            running: BTreeSet::new(),
            patience: Patience::new(job.limits, layout.slots, Instant::now()),
            late: BTreeSet::new(),
            stopped: None,
            coordinator,
            ticket,
            job,
        };
        active.count_given_up();
        active
    }

    /// Does what can be done without waiting, and tells what is needed then.
    pub(crate) fn advance(&mut self) -> Need {
        loop {
            if self.stopped.is_some() {
                return match self.running.is_empty() {
                    true => Need::End,
                    false => Need::Nothing,
                };
            }
            match self.coordinator.step() {
                Step::Send => return Need::Worker,
                Step::Wait => return Need::Nothing,
                Step::Over => return Need::End,
                Step::Close => match self.mend() {
                    Ok(()) => {
                        let refused = self.job.close_round(&mut self.coordinator);
                        self.failures.extend(refused);
                        self.count_given_up();
                    }
                    Err(error) => self.stop(error),
                },
            }
        }
    }

    /// Lets the job end as soon as its workers have: they are to be killed.
    pub(crate) fn stop(&mut self, why: PoolError) {
        self.stopped.get_or_insert(why);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// Looks at the clock: stops a job that is late, and returns the slots whose workers are to be killed.
    pub(crate) fn look_at_clock(&mut self) -> Vec<usize> {
        let now = Instant::now();
        if let Some(limit) = self.patience.job_is_late(now) {
            self.stop(PoolError::DeadlinePassed { limit });
        }
        if self.is_stopped() {
            return self.running.iter().copied().collect();
        }
        for &slot in &self.running {
            let line = self.job.board.line(slot);
            let sight = line.in_progress().map(|item| Sight {
                item,
                n_finished: line.finished(),
            });
            if self.patience.item_is_late(slot, sight, now) {
                self.late.insert(slot);
            }
        }
        self.late.iter().copied().collect()
    }

    /// Returns how long to wait at most before the next [look](ActiveJob::look_at_clock); `None` if there is no limit.
    pub(crate) fn pause(&self) -> Option<Duration> {
        match self.running.is_empty() {
            true => None,
            false => self.patience.pause(Instant::now()),
        }
    }

    /// Ends the job, which nobody is at any more.
    pub(crate) fn close(mut self) {
        if self.stopped.is_some() {
            // The job has failed already; that its array could not be repaired shows as torn rows.
            let _ = self.mend();
        }
        self.ticket.close(Ended {
            blocks: self.blocks,
            failures: self.failures,
            stopped: self.stopped,
        });
    }

    /// Sends the round to the idle worker in `slot`. One that cannot be reached is as good as dead, and is noticed as such.
    pub(crate) fn send(
        &mut self,
        slot: usize,
        worker: &mut WorkerProcess,
        switchboard: &Switchboard,
    ) {
        let run = self.job.run(self.orders, &self.coordinator);
        self.orders += 1;
        let board = self.job.board.segment();
        let arrays = self.job.arrays();
        let knows_board = worker.board == Some(board.id());
        let kept = self.job.board_is_kept.then(|| board.id());
        worker.board = kept;

        let mut messages = Vec::new();
        let mut order = Order::Run(Box::new(run));
        if !knows_board {
            messages.push((ToWorker::Board, vec![board]));
        }
        if !arrays.is_empty() {
            messages.push((ToWorker::Arrays, arrays));
        }
        if messages.is_empty() {
            match worker.order(switchboard, slot, order) {
                Ok(()) => return self.sent(slot),
                Err(too_long) => order = too_long,
            }
        }
        if let Order::Run(run) = order {
            // Behind the others, so that what they carried is forgotten when it arrives.
            messages.push((ToWorker::Run(run), Vec::new()));
        }
        worker.order_with(switchboard, slot, &messages, kept);
        self.sent(slot);
    }

    fn sent(&mut self, slot: usize) {
        self.running.insert(slot);
        self.coordinator.sent(slot);
    }

    /// The worker in `slot` has done the round.
    pub(crate) fn drained(&mut self, slot: usize) {
        self.running.remove(&slot);
        self.late.remove(&slot);
        self.coordinator.drained(slot);
    }

    /// Takes what the worker with this process id said.
    pub(crate) fn take(
        &mut self,
        pid: u32,
        answer: ToParent,
        segments: Vec<multiproc_segment::Segment>,
    ) {
        match answer {
            ToParent::Block { number } => {
                for block in segments {
                    self.blocks.insert(number, block);
                }
            }
            ToParent::Refused(reason) => self.stop(PoolError::Refused {
                pid,
                message: reason.to_string(),
            }),
            ToParent::Done => {}
        }
    }

    /// Tells whether a worker may be started in place of one that died at this job; if not, why.
    pub(crate) fn may_replace(&self, slot: usize, death: &Death) -> Result<(), PoolError> {
        if self.coordinator.may_replace(slot) {
            return Ok(());
        }
        Err(PoolError::WorkersKeepDying {
            deaths: self.coordinator.fruitless_deaths(slot),
            pid: death.pid,
            exit: death.exit,
            last_words: death.last_words.clone(),
        })
    }

    /// A worker died in `slot` without having been at any job.
    pub(crate) fn count_idle_death(&mut self, slot: usize) {
        self.coordinator.died_idle(slot);
    }

    fn count_given_up(&self) {
        let n_given_up = self.coordinator.n_given_up();
        self.ticket.n_given_up.store(n_given_up, Relaxed);
    }

    /// Reads from its line what the worker that was in `slot` has left unfinished.
    pub(crate) fn lose(&mut self, slot: usize, death: &Death) {
        self.running.remove(&slot);
        let was_late = self.late.remove(&slot);
        let board = self.job.board.clone();
        let line = board.line(slot);
        let lost = line.in_progress();
        let finished = line.finished() - self.finished_before[slot];
        self.finished_before[slot] = line.finished();

        let verdict = self.coordinator.died(slot, lost, finished);
        if let Some(item) = lost {
            match was_late {
                true => self.judge_late(item, death),
                false => self.judge(slot, item, verdict, death),
            }
        }
        if let Some(target) = &self.job.written {
            let held = line.held();
            if !held.is_empty() || lost.is_some() {
                let lost = lost.map(|item| {
                    (
                        target.written.rows_of(item),
                        self.remedy(slot, item, target),
                    )
                });
                let held = target.written.rows(held);
                self.casualties.push(Casualty { held, lost });
            }
        }
        line.clear();
        self.count_given_up();
    }

    /// Notes the failure of the item that a worker was killed in because it took too long.
    fn judge_late(&mut self, item: usize, death: &Death) {
        self.coordinator.give_up(item);
        let failure = TaskError::TimedOut {
            item,
            limit: self.patience.item_limit().unwrap_or_default(),
            pid: death.pid,
            last_words: death.last_words.clone(),
        };
        self.failures.insert(item, failure);
    }

    /// Notes the failure of the item that a worker died in, if it is not to be tried again.
    fn judge(&mut self, slot: usize, item: usize, verdict: Option<Verdict>, death: &Death) {
        // A panic that aborted is the task's own end; it would come again.
        let panic = (death.exit == Exit::Signal(libc::SIGABRT))
            .then(|| self.job.board.line(slot).text())
            .flatten();
        if let Some(text) = panic {
            let Panic { message, place } = Panic::from_text(&text);
            self.coordinator.give_up(item);
            self.failures.insert(
                item,
                TaskError::Panicked {
                    item,
                    message,
                    place,
                },
            );
            return;
        }
        let Some(Verdict::GiveUp { attempt, .. }) = verdict else {
            return;
        };
        let (pid, exit, last_words) = (death.pid, death.exit, death.last_words.clone());
        let failure = match &self.job.written {
            Some(target) if target.written.keep == Keep::Remains => {
                let rows = target.written.rows_of(item);
                TaskError::PartTorn {
                    item,
                    rows,
                    pid,
                    exit,
                    last_words,
                }
            }
            // Its worker was killed because the job could not go on.
            _ if self.stopped.is_some() => return,
            _ => TaskError::WorkerDied {
                item,
                pid,
                exit,
                attempt,
                last_words,
            },
        };
        self.failures.insert(item, failure);
    }

    fn remedy(&self, slot: usize, item: usize, target: &Target) -> Option<Mend> {
        match target.written.keep {
            Keep::Zeros => Some(Mend::Zeros),
            Keep::Remains => None,
            Keep::Snapshot if self.job.board.line(slot).has_saved(item) => {
                let mut copy = vec![0; target.written.part_len(item)];
                let scratch = self.job.board.scratch(slot);
                scratch
                    .read(0, &mut copy)
                    .expect("a part fits the scratch area");
                Some(Mend::Copy(copy))
            }
            // The task begins only when the copy is whole.
            Keep::Snapshot => Some(Mend::Nothing),
        }
    }

    /// Repairs what dead workers left of the array. All workers are idle or dead, so that only strangers can be
    /// in the way.
    fn mend(&mut self) -> Result<(), PoolError> {
        let Some(target) = &self.job.written else {
            return Ok(());
        };
        for Casualty { held, lost } in self.casualties.drain(..) {
            let (rows, mend) = lost.unwrap_or((held.start..held.start, None));
            if let Some(mend) = mend {
                (target.mend)(rows.clone(), mend)?;
            }
            // What it held besides is finished or was never begun: whole in either case.
            for whole in [
                held.start..rows.start.min(held.end),
                rows.end.max(held.start)..held.end,
            ] {
                if !whole.is_empty() {
                    (target.mend)(whole, Mend::Nothing)?;
                }
            }
        }
        Ok(())
    }
}
