//! [`Crew`]: the workers of a pool, and everything that can happen to them.
//!
//! Whoever holds the crew drives it: the pool has no thread of its own. All waiting is one `poll` over every
//! worker's socket, sign of death and output streams, so that no worker can make its parent wait for it alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use multiproc_segment::Segment;
use multiproc_segment::transport::TransportError;
use rustix::event::{PollFd, PollFlags};

use crate::board::Board;
use crate::board_layout::BoardLayout;
use crate::error::PoolError;
use crate::message::{Greeting, ToParent, ToWorker, Welcome, decode, encode};
use crate::worker_process::{self, Death, Program, State, WorkerProcess, poll_for};

/// A board longer than this is given back after its job instead of being kept for the next.
const LONGEST_SPARE: usize = 8 << 20;

/// The workers of a pool, each in its slot.
#[derive(Debug)]
pub(crate) struct Crew {
    terms: Terms,
    slots: Vec<Option<WorkerProcess>>,
    roster: Roster,
    /// The last job's memory, known to all workers and used by none.
    spare: Option<Board>,
}

/// What all workers of a pool have in common.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) program: Program,
    /// How long a worker may take to answer the greeting.
    pub(crate) patience: Duration,
    /// How many pools the workers are inside of.
    pub(crate) depth: u32,
    /// How many processors each worker may use.
    pub(crate) processors: usize,
}

/// The workers' process ids by slot, for whoever wants to know them while a job runs.
pub(crate) type Roster = Arc<Mutex<Vec<Option<u32>>>>;

/// What happened to the worker of one slot.
#[derive(Debug)]
pub(crate) enum Event {
    /// It answered the greeting.
    Ready,
    Answer(ToParent, Vec<Segment>),
    /// It did not answer the greeting as a worker of this program, and was killed.
    Unfit(PoolError),
    /// What it sent makes no sense or could not be received. It was killed, and its death comes next.
    Broken(PoolError),
    Died(Death),
}

impl Crew {
    /// Starts `n` workers and waits until all have answered.
    pub(crate) fn start(n: usize, terms: Terms) -> Result<Crew, PoolError> {
        let mut crew = Crew {
            terms,
            slots: std::iter::repeat_with(|| None).take(n).collect(),
            roster: Arc::new(Mutex::new(vec![None; n])),
            spare: None,
        };
        for slot in 0..n {
            crew.start_worker(slot)?;
        }
        while crew
            .workers()
            .any(|(_, worker)| worker.state == State::Starting)
        {
            for (_, event) in crew.wait(None)? {
                match event {
                    Event::Ready | Event::Answer(..) => {}
                    Event::Unfit(error) | Event::Broken(error) => return Err(error),
                    Event::Died(death) => return Err(crew.no_answer(death)),
                }
            }
        }
        Ok(crew)
    }

    pub(crate) fn roster(&self) -> Roster {
        Arc::clone(&self.roster)
    }

    pub(crate) fn n_slots(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn worker(&mut self, slot: usize) -> Option<&mut WorkerProcess> {
        self.slots[slot].as_mut()
    }

    /// Returns the workers with their slots.
    pub(crate) fn workers(&self) -> impl Iterator<Item = (usize, &WorkerProcess)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(slot, worker)| Some((slot, worker.as_ref()?)))
    }

    /// Starts a process in `slot`, which is empty. That it is ready is an event.
    pub(crate) fn start_worker(&mut self, slot: usize) -> Result<(), PoolError> {
        let welcome = Welcome {
            slot,
            depth: self.terms.depth,
            processors: self.terms.processors,
        };
        let worker = WorkerProcess::start(&self.terms.program, welcome)?;
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)[slot] = Some(worker.pid());
        self.slots[slot] = Some(worker);
        Ok(())
    }

    /// Buries who died since the last job, and starts others in the empty slots.
    ///
    /// # Errors
    ///
    /// If no process could be started and there is no worker at all.
    pub(crate) fn muster(&mut self) -> Result<(), PoolError> {
        self.wait(Some(Duration::ZERO))?;
        for slot in 0..self.slots.len() {
            if self.slots[slot].is_none()
                && let Err(error) = self.start_worker(slot)
                && self.workers().next().is_none()
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Waits until something happens to a worker, at most `timeout`; passes on what they print.
    pub(crate) fn wait(
        &mut self,
        timeout: Option<Duration>,
    ) -> Result<Vec<(usize, Event)>, PoolError> {
        let overdue_in = self
            .workers()
            .filter(|(_, worker)| worker.state == State::Starting)
            .map(|(_, worker)| self.terms.patience.saturating_sub(worker.started.elapsed()))
            .min();
        let timeout = [timeout, overdue_in].into_iter().flatten().min();

        let mut fds = Vec::new();
        let mut owners = Vec::new();
        for (slot, worker) in self.workers() {
            for fd in worker.descriptors() {
                fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
                owners.push(slot);
            }
        }
        poll_for(&mut fds, timeout)?;
        let mut awake: Vec<usize> = fds
            .iter()
            .zip(owners)
            .filter(|(fd, _)| !fd.revents().is_empty())
            .map(|(_, slot)| slot)
            .collect();
        awake.dedup();

        let mut events = Vec::new();
        for slot in awake {
            self.attend(slot, &mut events)?;
        }
        for slot in 0..self.slots.len() {
            self.dismiss_if_overdue(slot, &mut events);
        }
        Ok(events)
    }

    /// Kills the workers that are at work. Their deaths are events.
    pub(crate) fn kill_running(&mut self) {
        for worker in self.slots.iter_mut().flatten() {
            if worker.state == State::Running {
                worker.kill();
            }
        }
    }

    /// Returns memory for a job: the last one's, if it is long enough.
    pub(crate) fn board(&mut self, layout: BoardLayout) -> Result<Board, PoolError> {
        if let Some(spare) = self.spare.take() {
            match Board::recycle(spare, layout) {
                Ok(board) => return Ok(board),
                Err(too_short) => self.forget(&too_short),
            }
        }
        Board::create(layout)
    }

    /// Keeps a job's memory for the next, or has it forgotten by all. No worker uses it any more.
    pub(crate) fn give_back(&mut self, board: Board) {
        if board.segment().len() <= LONGEST_SPARE {
            self.spare = Some(board);
        } else {
            self.forget(&board);
        }
    }

    fn forget(&mut self, board: &Board) {
        for worker in self.slots.iter_mut().flatten() {
            // A worker that is gone has forgotten everything.
            let _ = worker.link.forget(board.segment().id());
        }
    }

    fn attend(&mut self, slot: usize, events: &mut Vec<(usize, Event)>) -> Result<(), PoolError> {
        let Some(worker) = &mut self.slots[slot] else {
            return Ok(());
        };
        let received = receive(worker, |event| events.push((slot, event)));
        // After what it sent, so that all that a task printed is out before its job is done.
        worker.stdout.pump();
        worker.stderr.pump();
        let is_of_use = match received {
            Ok(Link::Open) => true,
            Ok(Link::Ended) => false,
            Err(error) if worker.state == State::Starting => {
                self.dismiss(slot);
                events.push((slot, Event::Unfit(error)));
                return Ok(());
            }
            Err(error) => {
                events.push((slot, Event::Broken(error)));
                false
            }
        };
        let exit = match worker.ended()? {
            None if is_of_use => return Ok(()),
            None => {
                worker.kill();
                worker.wait(worker_process::VANISH)?
            }
            exit => exit,
        };
        let Some(exit) = exit else { return Ok(()) };
        // What it sent before it died counts.
        let _ = receive(worker, |event| events.push((slot, event)));
        if let Some(worker) = self.dismiss(slot) {
            events.push((slot, Event::Died(worker.bury(exit))));
        }
        Ok(())
    }

    /// Takes the worker out of its slot, by which it is killed unless it is buried.
    fn dismiss(&mut self, slot: usize) -> Option<WorkerProcess> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)[slot] = None;
        self.slots[slot].take()
    }

    fn no_answer(&self, death: Death) -> PoolError {
        PoolError::NoAnswer {
            pid: death.pid,
            exit: Some(death.exit),
            waited: self.terms.patience,
            last_words: death.last_words,
        }
    }

    fn dismiss_if_overdue(&mut self, slot: usize, events: &mut Vec<(usize, Event)>) {
        let patience = self.terms.patience;
        let overdue = self.slots[slot].as_ref().is_some_and(|worker| {
            worker.state == State::Starting && worker.started.elapsed() >= patience
        });
        if overdue && let Some(mut worker) = self.dismiss(slot) {
            worker.kill();
            worker.stderr.finish();
            let silent = PoolError::NoAnswer {
                pid: worker.pid(),
                exit: None,
                waited: patience,
                last_words: worker.stderr.last_words(),
            };
            events.push((slot, Event::Unfit(silent)));
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        let mut leaving: Vec<WorkerProcess> = self.slots.drain(..).flatten().collect();
        for worker in &mut leaving {
            let told = worker.state == State::Idle
                && worker.link.send(&encode(&ToWorker::Stop), &[]).is_ok();
            if !told {
                worker.kill();
            }
        }
        worker_process::leave(leaving);
    }
}

/// Whether a worker can still be heard.
enum Link {
    Open,
    Ended,
}

/// Receives all that a worker has sent, without waiting.
fn receive(worker: &mut WorkerProcess, mut push: impl FnMut(Event)) -> Result<Link, PoolError> {
    loop {
        let message = match worker.link.recv_timeout(Duration::ZERO) {
            Ok(Some(message)) => message,
            Err(TransportError::TimedOut) => return Ok(Link::Open),
            Ok(None) | Err(TransportError::Closed | TransportError::Cut { .. }) => {
                return Ok(Link::Ended);
            }
            Err(error) => return Err(error.into()),
        };
        if worker.state == State::Starting {
            Greeting::<()>::check(&message.bytes)?;
            worker.state = State::Idle;
            push(Event::Ready);
            continue;
        }
        let answer: ToParent = decode(&message.bytes)?;
        if answer == ToParent::Done {
            worker.state = State::Idle;
        }
        push(Event::Answer(answer, message.segments));
    }
}
