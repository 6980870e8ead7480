//! [`Crew`]: the workers of a pool, and everything that can happen to them.
//!
//! Whoever holds the crew drives it: the pool has no thread of its own. All waiting is one `poll` over every
//! worker's socket, sign of death and output streams, so that no worker can make its parent wait for it alone.

use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use multiproc_segment::Segment;
use multiproc_segment::transport::TransportError;
use rustix::event::{PollFd, PollFlags};

use crate::errand::{Errand, ErrandRun};
use crate::error::PoolError;
use crate::message::{Greeting, Order, Role, ToParent, Welcome, decode};
use crate::nudge::Nudge;
use crate::process;
use crate::switchboard::{Switchboard, spin_until};
use crate::wear::WearLimits;
use crate::worker_process::{self, Death, Program, State, WorkerProcess, poll_for};

/// How long workers' deaths and output may go unnoticed while others are done with one order after the other.
const LOOK_AROUND: Duration = Duration::from_millis(1);

/// The workers of a pool, each in its slot.
#[derive(Debug)]
pub(crate) struct Crew {
    terms: Terms,
    slots: Vec<Option<WorkerProcess>>,
    roster: Roster,
    switchboard: Switchboard,
    /// Workers that have done enough and are about to exit.
    leaving: Vec<WorkerProcess>,
    /// When all descriptors were looked at last.
    looked_around: Instant,
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
    pub(crate) initialiser: Option<Errand>,
    pub(crate) wear: WearLimits,
}

/// The workers' process ids by slot, for whoever wants to know them while a job runs.
pub(crate) type Roster = Arc<Mutex<Vec<Option<u32>>>>;

/// What happened to the worker of one slot.
#[derive(Debug)]
pub(crate) enum Event {
    /// It answered the greeting, and is initialised.
    Ready,
    Answer(ToParent, Vec<Segment>),
    /// It has done its order, after all that it answered.
    Done,
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
            switchboard: Switchboard::create(n)?,
            leaving: Vec::new(),
            looked_around: Instant::now(),
        };
        for slot in 0..n {
            crew.start_worker(slot)?;
        }
        let nobody = Nudge::new()?;
        while crew
            .workers()
            .any(|(_, worker)| worker.state != State::Idle)
        {
            for (_, event) in crew.wait(None, &nobody)? {
                match event {
                    Event::Ready | Event::Answer(..) | Event::Done => {}
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
            wear: self.terms.wear,
            parent: process::current_process().name().to_owned(),
            role: Role::Worker,
        };
        let worker = WorkerProcess::start(&self.terms.program, welcome, &self.switchboard)?;
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)[slot] = Some(worker.pid());
        self.slots[slot] = Some(worker);
        Ok(())
    }

    /// Starts workers in the empty slots.
    ///
    /// # Errors
    ///
    /// If no process could be started and there is no worker at all.
    pub(crate) fn muster(&mut self) -> Result<(), PoolError> {
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

    /// Returns a worker that has nothing to do, with its slot.
    pub(crate) fn idle_worker(&mut self) -> Option<(usize, &mut WorkerProcess, &Switchboard)> {
        let is_idle = |worker: &WorkerProcess| worker.state == State::Idle;
        let slot = (self.slots.iter()).position(|slot| slot.as_ref().is_some_and(is_idle))?;
        Some((slot, self.slots[slot].as_mut()?, &self.switchboard))
    }

    /// Waits until something happens to a worker or `nudge` is given, at most `timeout`; passes on what they print.
    pub(crate) fn wait(
        &mut self,
        timeout: Option<Duration>,
        nudge: &Nudge,
    ) -> Result<Vec<(usize, Event)>, PoolError> {
        let mut events = Vec::new();
        if self.looked_around.elapsed() < LOOK_AROUND {
            let somebody_runs = (self.workers()).any(|(_, worker)| worker.state == State::Running);
            if somebody_runs {
                spin_until(|| nudge.is_given() || self.somebody_is_done());
            }
            self.collect_done(&mut events)?;
            if nudge.is_given() {
                nudge.take();
                return Ok(events);
            }
            if !events.is_empty() {
                return Ok(events);
            }
        }
        self.switchboard.fall_asleep();
        let timeout = match self.somebody_is_done() {
            true => Some(Duration::ZERO),
            false => timeout,
        };
        let slept = self.sleep(timeout, nudge, &mut events);
        self.switchboard.wake_up();
        slept?;
        self.looked_around = Instant::now();
        (self.leaving).retain_mut(|worker| !matches!(worker.ended(), Ok(Some(_))));
        self.collect_done(&mut events)?;
        Ok(events)
    }

    fn is_done(&self, slot: usize, worker: &WorkerProcess) -> bool {
        matches!(worker.state, State::Running | State::Initialising)
            && self.switchboard.done(slot) == worker.command
    }

    fn somebody_is_done(&self) -> bool {
        (self.workers()).any(|(slot, worker)| self.is_done(slot, worker))
    }

    /// Notes who is done, behind what they sent and printed before.
    fn collect_done(&mut self, events: &mut Vec<(usize, Event)>) -> Result<(), PoolError> {
        for slot in 0..self.slots.len() {
            let Some(worker) = &self.slots[slot] else {
                continue;
            };
            if !self.is_done(slot, worker) {
                continue;
            }
            if worker.received != self.switchboard.sent(slot) {
                self.attend(slot, events)?;
            }
            let Some(worker) = &mut self.slots[slot] else {
                continue;
            };
            worker.stdout.pump();
            worker.stderr.pump();
            match worker.initialising.take() {
                None => events.push((slot, Event::Done)),
                Some(initialising) => match initialising.outcome::<()>() {
                    Ok(()) => events.push((slot, Event::Ready)),
                    Err(failure) => {
                        let pid = worker.pid();
                        self.dismiss(slot);
                        events.push((slot, Event::Unfit(PoolError::initialiser(pid, failure))));
                        continue;
                    }
                },
            }
            worker.state = State::Idle;
            if self.switchboard.is_worn(slot) {
                self.retire(slot);
            }
        }
        Ok(())
    }

    /// Waits in `poll`, and attends to the workers that it names.
    fn sleep(
        &mut self,
        timeout: Option<Duration>,
        nudge: &Nudge,
        events: &mut Vec<(usize, Event)>,
    ) -> Result<(), PoolError> {
        let overdue_in = self
            .workers()
            .filter(|(_, worker)| worker.state == State::Starting)
            .map(|(_, worker)| self.terms.patience.saturating_sub(worker.started.elapsed()))
            .min();
        let timeout = [timeout, overdue_in].into_iter().flatten().min();

        let mut fds = vec![PollFd::from_borrowed_fd(nudge.as_fd(), PollFlags::IN)];
        let mut owners = Vec::new();
        for (slot, worker) in self.workers() {
            for fd in worker.descriptors() {
                fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
                owners.push(slot);
            }
        }
        poll_for(&mut fds, timeout)?;
        if !fds[0].revents().is_empty() {
            nudge.take();
        }
        let mut awake: Vec<usize> = (fds.iter().skip(1))
            .zip(owners)
            .filter(|(fd, _)| !fd.revents().is_empty())
            .map(|(_, slot)| slot)
            .collect();
        awake.dedup();

        for slot in awake {
            self.attend(slot, events)?;
        }
        for slot in 0..self.slots.len() {
            self.dismiss_if_overdue(slot, events);
        }
        Ok(())
    }

    fn attend(&mut self, slot: usize, events: &mut Vec<(usize, Event)>) -> Result<(), PoolError> {
        let Some(worker) = &mut self.slots[slot] else {
            return Ok(());
        };
        let received = receive(worker, |event| events.push((slot, event)));
        // After what it sent, so that all that a task printed is out before its job is done.
        worker.stdout.pump();
        worker.stderr.pump();
        if worker.state == State::Greeted
            && let Err(error) = self.begin(slot, events)
        {
            self.dismiss(slot);
            events.push((slot, Event::Unfit(error)));
            return Ok(());
        }
        let Some(worker) = &mut self.slots[slot] else {
            return Ok(());
        };
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
        // What it sent and did before it died counts.
        let _ = receive(worker, |event| events.push((slot, event)));
        if worker.state == State::Running && self.switchboard.done(slot) == worker.command {
            events.push((slot, Event::Done));
        }
        if let Some(worker) = self.dismiss(slot) {
            let initialising = worker.initialising.is_some();
            let death = worker.bury(exit);
            events.push((
                slot,
                match initialising {
                    true => Event::Unfit(PoolError::initialiser_died(death)),
                    false => Event::Died(death),
                },
            ));
        }
        Ok(())
    }

    /// Has a worker that was greeted run the initialiser, if there is one.
    fn begin(&mut self, slot: usize, events: &mut Vec<(usize, Event)>) -> Result<(), PoolError> {
        let n_slots = self.n_slots();
        let Some(worker) = &mut self.slots[slot] else {
            return Ok(());
        };
        match &self.terms.initialiser {
            None => {
                worker.state = State::Idle;
                events.push((slot, Event::Ready));
            }
            Some(initialiser) => {
                let initialising = ErrandRun::new(initialiser, n_slots)?;
                let messages = initialising.messages(initialiser);
                worker.order_with(&self.switchboard, slot, &messages, None);
                worker.state = State::Initialising;
                worker.initialising = Some(initialising);
            }
        }
        Ok(())
    }

    /// Lets a worker that has done enough go, as it does by itself, and starts another in its place.
    fn retire(&mut self, slot: usize) {
        if let Some(worker) = self.dismiss(slot) {
            self.leaving.push(worker);
        }
        // If it fails, the next job tries again.
        let _ = self.start_worker(slot);
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
        let slots = std::mem::take(&mut self.slots);
        let mut leaving: Vec<(usize, WorkerProcess)> = slots
            .into_iter()
            .enumerate()
            .filter_map(|(slot, worker)| Some((slot, worker?)))
            .collect();
        for (slot, worker) in &mut leaving {
            let slot = *slot;
            let told = worker.state == State::Idle
                && worker.order(&self.switchboard, slot, Order::Stop).is_ok();
            if !told {
                worker.kill();
            }
        }
        let leaving = leaving.into_iter().map(|(_, worker)| worker);
        worker_process::leave(leaving.chain(self.leaving.drain(..)));
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
            worker.state = State::Greeted;
            continue;
        }
        worker.received = worker.received.wrapping_add(1);
        let answer: ToParent = decode(&message.bytes)?;
        if let (Some(initialising), ToParent::Block { number }) =
            (&mut worker.initialising, &answer)
        {
            for block in message.segments {
                initialising.blocks.insert(*number, block);
            }
            continue;
        }
        push(Event::Answer(answer, message.segments));
    }
}
