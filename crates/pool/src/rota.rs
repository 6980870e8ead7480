//! [`Rota`]: which of the threads that wait for jobs drives the workers.

use std::fmt;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use crate::active::ActiveJob;
use crate::board::Board;
use crate::board_layout::BoardLayout;
use crate::crew::Crew;
use crate::dispatch::Dispatch;
use crate::error::PoolError;
use crate::nudge::Nudge;
use crate::prepared::Prepared;
use crate::spares::{Room, Spares};
use crate::ticket::Ticket;

/// The workers of a pool, for any number of threads.
///
/// The thread that waits for a job drives the workers itself, for all jobs, until its own is over: a job costs no
/// wake-up of another thread. Others that wait meanwhile take over from it. A pool has a thread of its own from the
/// first job on that nobody waits for.
#[derive(Debug)]
pub(crate) struct Rota {
    state: Mutex<State>,
    /// The dispatch is back, or a job is over.
    changed: Condvar,
    /// For the thread that drives: there is something incoming.
    nudge: Nudge,
    spares: Mutex<Spares>,
}

struct State {
    /// The workers, unless a thread drives them or they are gone.
    dispatch: Option<Dispatch>,
    incoming: Vec<Incoming>,
    /// The thread that drives them.
    driver: Option<ThreadId>,
    /// How many jobs have come and are not over.
    n_jobs: usize,
    /// How many threads wait for one.
    n_waiting: usize,
    /// The pool's own thread.
    thread: Option<JoinHandle<()>>,
    /// No more jobs come.
    is_finished: bool,
}

impl State {
    /// There are no jobs, and no more come.
    fn is_over(&self) -> bool {
        self.is_finished && self.n_jobs == 0
    }
}

enum Incoming {
    Job(Box<ActiveJob>),
    Cancel(Arc<Ticket>),
    Terminate,
}

impl Rota {
    pub(crate) fn new(crew: Crew) -> Result<Rota, PoolError> {
        Ok(Rota {
            state: Mutex::new(State {
                dispatch: Some(Dispatch::new(crew)),
                incoming: Vec::new(),
                driver: None,
                n_jobs: 0,
                n_waiting: 0,
                thread: None,
                is_finished: false,
            }),
            changed: Condvar::new(),
            nudge: Nudge::new()?,
            spares: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spares(&self) -> MutexGuard<'_, Spares> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns memory for a job.
    pub(crate) fn room(&self, layout: BoardLayout) -> Result<Room, PoolError> {
        self.spares().room(layout)
    }

    /// Takes the memory of a job that is over.
    pub(crate) fn give_back(&self, board: Board) {
        self.spares().give_back(board);
    }

    /// Checks that this thread does not drive the workers already: it would wait for itself.
    ///
    /// # Errors
    ///
    /// [`PoolError::Reentrant`].
    pub(crate) fn expect_other_driver(&self) -> Result<(), PoolError> {
        match self.state().driver == Some(thread::current().id()) {
            true => Err(PoolError::Reentrant),
            false => Ok(()),
        }
    }

    /// Takes a job. It is begun when somebody [waits](Rota::wait) or [drives](Rota::drive_alone).
    ///
    /// # Errors
    ///
    /// [`PoolError::Closed`] after [`finish`](Rota::finish).
    pub(crate) fn submit(&self, job: Prepared) -> Result<Arc<Ticket>, PoolError> {
        let job = Box::new(ActiveJob::new(job));
        let ticket = Arc::clone(&job.ticket);
        let mut state = self.state();
        if state.is_finished {
            return Err(PoolError::Closed);
        }
        state.n_jobs += 1;
        self.tell(&mut state, Incoming::Job(job));
        Ok(ticket)
    }

    /// Ends a job before it is done.
    pub(crate) fn cancel(&self, ticket: &Arc<Ticket>) {
        self.tell(&mut self.state(), Incoming::Cancel(Arc::clone(ticket)));
    }

    fn tell(&self, state: &mut State, what: Incoming) {
        state.incoming.push(what);
        match state.driver {
            Some(_) => self.nudge.give(),
            None => self.changed.notify_all(),
        }
    }

    /// Waits until a job is over, driving the workers if nobody else does, at most until `deadline`; tells whether it is.
    ///
    /// Before each sleep `pause` is called, which returns how long to sleep at most.
    ///
    /// # Errors
    ///
    /// As [`expect_other_driver`](Rota::expect_other_driver).
    pub(crate) fn wait(
        &self,
        ticket: &Ticket,
        deadline: Option<Instant>,
        mut pause: impl FnMut() -> Option<Duration>,
    ) -> Result<bool, PoolError> {
        let mut left = move || {
            let deadline = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            [pause(), deadline].into_iter().flatten().min()
        };
        let is_late = || deadline.is_some_and(|at| Instant::now() >= at);
        self.expect_other_driver()?;
        self.state().n_waiting += 1;
        self.drive(&mut left, |_| true, |_| ticket.is_over() || is_late());
        self.state().n_waiting -= 1;
        Ok(ticket.is_over())
    }

    /// Has the pool drive its workers by itself while nobody waits for a job.
    ///
    /// # Errors
    ///
    /// [`PoolError::System`] if there is no thread to be had.
    pub(crate) fn drive_alone(self: &Arc<Rota>) -> Result<(), PoolError> {
        let mut state = self.state();
        if state.thread.is_none() {
            let rota = Arc::clone(self);
            let is_needed = |state: &State| state.n_jobs > 0 && state.n_waiting == 0;
            let thread = thread::Builder::new()
                .name("multiproc pool".to_owned())
                .spawn(move || {
                    rota.drive(&mut || None, is_needed, State::is_over);
                })
                .map_err(PoolError::system("clone"))?;
            state.thread = Some(thread);
        }
        Ok(())
    }

    /// Ends all jobs.
    pub(crate) fn terminate(&self) {
        self.tell(&mut self.state(), Incoming::Terminate);
    }

    /// Waits until all jobs are over, driving the workers if nobody else does, and then lets the workers go.
    ///
    /// Called by the thread that drives them, as by a callback that drops the pool, it leaves that to the end of the
    /// thread's turn.
    pub(crate) fn finish(&self) {
        if self.expect_other_driver().is_err() {
            self.state().is_finished = true;
            return;
        }
        self.state().n_waiting += 1;
        self.drive(&mut || None, |_| true, |state| state.n_jobs == 0);
        let mut state = self.state();
        state.n_waiting -= 1;
        state.is_finished = true;
        while state.driver.is_some() {
            state = (self.changed.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
        let (dispatch, thread) = (state.dispatch.take(), state.thread.take());
        drop(state);
        self.changed.notify_all();
        drop(dispatch);
        if let Some(thread) = thread {
            // It has nothing left to do; a panic in it has been told.
            let _ = thread.join();
        }
    }

    /// Waits until `is_enough`, and drives the workers whenever nobody else does and it `may`. Each time before it
    /// sleeps, it asks `left` for how long at most.
    fn drive(
        &self,
        left: &mut dyn FnMut() -> Option<Duration>,
        may: impl Fn(&State) -> bool,
        is_enough: impl Fn(&State) -> bool,
    ) {
        loop {
            let limit = left();
            let mut state = self.state();
            if is_enough(&state) {
                return;
            }
            if state.dispatch.is_none() || !may(&state) {
                let changed = &self.changed;
                match limit {
                    Some(limit) => drop(changed.wait_timeout(state, limit)),
                    None => drop(changed.wait(state)),
                }
                continue;
            }
            state.driver = Some(thread::current().id());
            let mut turn = Turn {
                rota: self,
                dispatch: state.dispatch.take(),
            };
            loop {
                let incoming = mem::take(&mut state.incoming);
                drop(state);
                let n_ended = turn.advance(incoming);
                state = self.state();
                state.n_jobs -= n_ended;
                if n_ended > 0 {
                    self.changed.notify_all();
                }
                if is_enough(&state) || !may(&state) {
                    break;
                }
                if state.incoming.is_empty() {
                    drop(state);
                    turn.wait(left());
                    state = self.state();
                }
            }
            drop(state);
        }
    }
}

/// A thread's time at the workers. They are given back when it ends, also by a panic.
struct Turn<'a> {
    rota: &'a Rota,
    dispatch: Option<Dispatch>,
}

impl Turn<'_> {
    /// Takes what has come and does what can be done without waiting; returns how many jobs are over by it.
    fn advance(&mut self, incoming: Vec<Incoming>) -> usize {
        let Some(dispatch) = &mut self.dispatch else {
            return 0;
        };
        for incoming in incoming {
            match incoming {
                Incoming::Job(job) => dispatch.add(*job),
                Incoming::Cancel(ticket) => dispatch.stop(&ticket, PoolError::Cancelled),
                Incoming::Terminate => dispatch.stop_all(|| PoolError::Terminated),
            }
        }
        dispatch.advance()
    }

    fn wait(&mut self, timeout: Option<Duration>) {
        if let Some(dispatch) = &mut self.dispatch {
            dispatch.wait(timeout, &self.rota.nudge);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.rota.state();
        if !state.is_over() {
            state.dispatch = self.dispatch.take();
        }
        state.driver = None;
        drop(state);
        self.rota.changed.notify_all();
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("n_jobs", &self.n_jobs)
            .field("is_finished", &self.is_finished)
            .finish_non_exhaustive()
    }
}
