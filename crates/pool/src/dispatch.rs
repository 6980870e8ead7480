//! [`Dispatch`]: the workers of a pool and the jobs that they are at, driven by one thread at a time.

use std::sync::Arc;
use std::time::Duration;

use crate::active::{ActiveJob, Need};
use crate::crew::{Crew, Event};
use crate::error::PoolError;
use crate::nudge::Nudge;
use crate::ticket::Ticket;
use crate::worker_process::Death;

/// The workers of a pool, and the jobs that have not ended, oldest first.
///
/// An idle worker is sent to the oldest job that can use another, so that a later job runs beside an earlier one as
/// soon as that has nothing left to begin.
pub(crate) struct Dispatch {
    crew: Crew,
    jobs: Vec<ActiveJob>,
    /// By slot: the job that its worker is at.
    at: Vec<Option<Arc<Ticket>>>,
    /// Why the last slot was left empty.
    unfit: Option<PoolError>,
}

impl Dispatch {
    pub(crate) fn new(crew: Crew) -> Dispatch {
        Dispatch {
            at: vec![None; crew.n_slots()],
            crew,
            jobs: Vec::new(),
            unfit: None,
        }
    }

    /// Takes a job; its workers are sent by [`advance`](Dispatch::advance).
    pub(crate) fn add(&mut self, mut job: ActiveJob) {
        if let Err(error) = self.crew.muster() {
            job.stop(error);
        }
        self.jobs.push(job);
    }

    /// Ends a job before it is done: workers that are at it are killed.
    pub(crate) fn stop(&mut self, ticket: &Arc<Ticket>, why: PoolError) {
        let Some(job) = (self.jobs.iter_mut()).find(|job| Arc::ptr_eq(&job.ticket, ticket)) else {
            return;
        };
        job.stop(why);
        self.kill_those_at(ticket);
    }

    /// Does everything that can be done without waiting; returns how many jobs are over by it.
    pub(crate) fn advance(&mut self) -> usize {
        let (mut k, mut n_ended) = (0, 0);
        while k < self.jobs.len() {
            let job = &mut self.jobs[k];
            match job.advance() {
                Need::Worker => match self.crew.idle_worker() {
                    Some((slot, worker, switchboard)) => {
                        job.send(slot, worker, switchboard);
                        self.at[slot] = Some(Arc::clone(&job.ticket));
                    }
                    None => k += 1,
                },
                Need::Nothing => k += 1,
                Need::End => {
                    self.jobs.remove(k).close();
                    n_ended += 1;
                }
            }
        }
        match self.stop_for_want_of_workers() {
            true => n_ended + self.advance(),
            false => n_ended,
        }
    }

    /// Waits until something happens to a worker or `nudge` is given, at most `timeout`.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>, nudge: &Nudge) {
        let pauses = self.jobs.iter().filter_map(ActiveJob::pause);
        let timeout = pauses.chain(timeout).min();
        match self.crew.wait(timeout, nudge) {
            Ok(events) => events
                .into_iter()
                .for_each(|(slot, event)| self.take(slot, event)),
            Err(error) => self.stop_all(|| error.again()),
        }
        for job in &mut self.jobs {
            for slot in job.look_at_clock() {
                if let Some(worker) = self.crew.worker(slot) {
                    worker.kill();
                }
            }
        }
    }

    /// Ends all jobs.
    pub(crate) fn stop_all(&mut self, why: impl Fn() -> PoolError) {
        let tickets: Vec<_> = self
            .jobs
            .iter()
            .map(|job| Arc::clone(&job.ticket))
            .collect();
        for ticket in tickets {
            self.stop(&ticket, why());
        }
    }

    /// Stops the oldest job if there is no worker and none to be had, since it would wait for ever.
    fn stop_for_want_of_workers(&mut self) -> bool {
        if self.crew.workers().next().is_some() {
            return false;
        }
        let Some(job) = self.jobs.first_mut() else {
            return false;
        };
        match self.unfit.take().or_else(|| self.crew.muster().err()) {
            Some(why) => {
                job.stop(why);
                true
            }
            None => false,
        }
    }

    fn job_at(&mut self, slot: usize) -> Option<&mut ActiveJob> {
        let ticket = self.at[slot].as_ref()?;
        (self.jobs.iter_mut()).find(|job| Arc::ptr_eq(&job.ticket, ticket))
    }

    fn kill_those_at(&mut self, ticket: &Arc<Ticket>) {
        for (slot, at) in self.at.iter().enumerate() {
            let is_there = at.as_ref().is_some_and(|at| Arc::ptr_eq(at, ticket));
            if is_there && let Some(worker) = self.crew.worker(slot) {
                worker.kill();
            }
        }
    }

    fn take(&mut self, slot: usize, event: Event) {
        match event {
            Event::Ready => {}
            Event::Answer(answer, segments) => {
                let pid = self.crew.worker(slot).map_or(0, |worker| worker.pid());
                if let Some(job) = self.job_at(slot) {
                    job.take(pid, answer, segments);
                    if job.is_stopped() {
                        let ticket = Arc::clone(&job.ticket);
                        self.kill_those_at(&ticket);
                    }
                }
            }
            Event::Done => {
                if let Some(job) = self.job_at(slot) {
                    job.drained(slot);
                }
                self.at[slot] = None;
            }
            Event::Unfit(error) => self.unfit = Some(error),
            Event::Broken(error) => {
                if let Some(job) = self.job_at(slot) {
                    let ticket = Arc::clone(&job.ticket);
                    self.stop(&ticket, error);
                }
            }
            Event::Died(death) => self.bury(slot, &death),
        }
    }

    /// Starts another worker in place of a dead one, or notes why there is none.
    fn bury(&mut self, slot: usize, death: &Death) {
        if let Some(job) = self.job_at(slot) {
            job.lose(slot, death);
        } else if let Some(job) = self.jobs.first_mut() {
            job.count_idle_death(slot);
        }
        let may_replace = match self.job_at(slot) {
            Some(job) => job.may_replace(slot, death),
            None => match self.jobs.first() {
                Some(job) => job.may_replace(slot, death),
                // The next job finds the slot empty.
                None => return self.at[slot] = None,
            },
        };
        self.at[slot] = None;
        self.unfit = may_replace
            .and_then(|()| self.crew.start_worker(slot))
            .err();
    }
}
