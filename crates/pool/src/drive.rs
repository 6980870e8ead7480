//! [`Drive`]: takes one job through its rounds: the [`Coordinator`] decides, the [`Crew`] does.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::blocks::ReceivedBlocks;
use crate::coordinator::{Coordinator, Step, Verdict};
use crate::crew::{Crew, Event};
use crate::error::PoolError;
use crate::exit::Exit;
use crate::failed::TaskError;
use crate::message::{ToParent, ToWorker, encode};
use crate::panics::Panic;
use crate::prepared::{Ended, Prepared};
use crate::progress::Ticker;
use crate::target::{Mend, Target};
use crate::worker_process::{Death, State};
use crate::written::Keep;

/// What a dead worker left of the array.
struct Casualty {
    /// The rows that it held, of which some may be finished.
    held: Range<usize>,
    /// The rows of the item that it was in, and how to mend them; without a way they stay torn.
    lost: Option<(Range<usize>, Option<Mend>)>,
}

/// Runs a job in the workers of `crew`. Whatever happens, no worker is at work when it returns.
pub(crate) fn in_workers(crew: &mut Crew, job: &Prepared<'_>, ticker: &mut Ticker<'_>) -> Ended {
    let layout = job.board.layout();
    let coordinator = Coordinator::new(
        layout.items,
        crew.n_slots(),
        job.chunk,
        job.attempts,
        job.unsent.keys().copied().collect(),
    );
    let mut drive = Drive {
        finished_before: vec![0; crew.n_slots()],
        crew,
        job,
        coordinator,
        orders: 0,
        blocks: ReceivedBlocks::default(),
        failures: job.unsent.clone(),
        casualties: Vec::new(),
        unfit: None,
        stopping: false,
    };
    let stopped = drive.run(ticker).err();
    if stopped.is_some() {
        drive.stop();
    }
    Ended {
        blocks: drive.blocks,
        failures: drive.failures,
        stopped,
    }
}

struct Drive<'d> {
    crew: &'d mut Crew,
    job: &'d Prepared<'d>,
    coordinator: Coordinator,
    /// How many rounds were sent to workers; numbers their blocks.
    orders: u32,
    blocks: ReceivedBlocks,
    failures: BTreeMap<usize, TaskError>,
    casualties: Vec<Casualty>,
    /// By slot: how many items its workers had finished when the present one came.
    finished_before: Vec<u64>,
    /// Why a slot could not be filled again.
    unfit: Option<PoolError>,
    stopping: bool,
}

impl Drive<'_> {
    fn run(&mut self, ticker: &mut Ticker<'_>) -> Result<(), PoolError> {
        self.crew.muster()?;
        for (slot, worker) in self.crew.workers() {
            if worker.state == State::Idle {
                self.coordinator.ready(slot);
            }
        }
        loop {
            match self.coordinator.step() {
                Step::Send(slot) => self.send(slot),
                Step::Wait => {
                    self.expect_somebody()?;
                    let events = self.crew.wait(ticker.left())?;
                    // Each counts, also those that come after one that ends the job.
                    let taken: Vec<_> = events
                        .into_iter()
                        .map(|(slot, event)| self.take(slot, event))
                        .collect();
                    taken.into_iter().collect::<Result<(), PoolError>>()?;
                    ticker.tick(|| self.n_ended());
                }
                Step::Close => {
                    self.mend()?;
                    let refused = self.job.close_round(&mut self.coordinator);
                    self.failures.extend(refused);
                }
                Step::Over => return Ok(()),
            }
        }
    }

    fn n_ended(&self) -> usize {
        let board = &self.job.board;
        let finished: u64 = (0..self.crew.n_slots())
            .map(|slot| board.line(slot).finished())
            .sum();
        finished as usize + self.coordinator.n_given_up()
    }

    /// Sends the round to a worker. One that cannot be reached is as good as dead, and is noticed as such.
    fn send(&mut self, slot: usize) {
        let order = self.orders;
        self.orders += 1;
        let run = self.job.run(order, &self.coordinator);
        let arrays = self.job.arrays();
        let Some(worker) = self.crew.worker(slot) else {
            return;
        };
        let sent = (|| {
            if !arrays.is_empty() {
                worker.link.send(&encode(&ToWorker::Arrays), &arrays)?;
                for array in &arrays {
                    worker.link.forget(array.id())?;
                }
            }
            worker.link.send(
                &encode(&ToWorker::Run(Box::new(run))),
                &[self.job.board.segment()],
            )
        })();
        if sent.is_err() {
            worker.kill();
        }
        worker.state = State::Running;
        self.coordinator.sent(slot);
    }

    /// Checks that there is a worker to wait for.
    fn expect_somebody(&mut self) -> Result<(), PoolError> {
        match self.crew.workers().next() {
            Some(_) => Ok(()),
            None => Err(self
                .unfit
                .take()
                .expect("the last slot was left empty for a reason")),
        }
    }

    fn take(&mut self, slot: usize, event: Event) -> Result<(), PoolError> {
        match event {
            Event::Ready => self.coordinator.ready(slot),
            Event::Answer(ToParent::Block { number }, segments) => {
                for block in segments {
                    self.blocks.insert(number, block);
                }
            }
            Event::Answer(ToParent::Done, _) => self.coordinator.drained(slot),
            Event::Answer(ToParent::Refused(reason), _) => {
                let pid = self.crew.worker(slot).map_or(0, |worker| worker.pid());
                return Err(PoolError::Refused {
                    pid,
                    message: reason.to_string(),
                });
            }
            Event::Unfit(error) => self.unfit = Some(error),
            Event::Broken(error) => return Err(error),
            Event::Died(death) => {
                self.lose(slot, &death);
                self.replace(slot, death);
            }
        }
        Ok(())
    }

    /// Starts another worker in place of a dead one, or notes why there is none.
    fn replace(&mut self, slot: usize, death: Death) {
        self.unfit = if self.coordinator.may_replace(slot) {
            self.crew.start_worker(slot).err()
        } else {
            Some(PoolError::WorkersKeepDying {
                deaths: self.coordinator.fruitless_deaths(slot),
                pid: death.pid,
                exit: death.exit,
                last_words: death.last_words,
            })
        };
    }

    /// Reads from its line what the worker that was in `slot` has left unfinished.
    fn lose(&mut self, slot: usize, death: &Death) {
        let board = &self.job.board;
        let line = board.line(slot);
        let lost = line.in_progress();
        let finished = line.finished() - self.finished_before[slot];
        self.finished_before[slot] = line.finished();

        let verdict = self.coordinator.died(slot, lost, finished);
        if let Some(item) = lost {
            self.judge(slot, item, verdict, death);
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
            _ if self.stopping => return,
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

    fn remedy(&self, slot: usize, item: usize, target: &Target<'_>) -> Option<Mend> {
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

    /// Ends a job that cannot go on: kills who is at work, and repairs what that leaves.
    fn stop(&mut self) {
        self.stopping = true;
        self.crew.kill_running();
        while self
            .crew
            .workers()
            .any(|(_, worker)| worker.state == State::Running)
        {
            let Ok(events) = self.crew.wait(None) else {
                break;
            };
            for (slot, event) in events {
                match event {
                    Event::Died(death) => self.lose(slot, &death),
                    Event::Answer(ToParent::Block { number }, segments) => {
                        for block in segments {
                            self.blocks.insert(number, block);
                        }
                    }
                    Event::Ready | Event::Answer(..) | Event::Unfit(_) | Event::Broken(_) => {}
                }
            }
        }
        // The job has failed already; that its array could not be repaired shows as torn rows.
        let _ = self.mend();
    }
}
