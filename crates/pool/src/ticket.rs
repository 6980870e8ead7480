//! [`Ticket`]: how a job ends, for whoever waits for it.

use std::fmt;
use std::mem;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::board::Board;
use crate::prepared::{Ended, Prepared};

/// A job as its user sees it while workers are at it.
pub(crate) struct Ticket {
    pub(crate) board: Board,
    pub(crate) first_item: usize,
    /// How many of its items no worker will run any more.
    pub(crate) n_given_up: AtomicUsize,
    /// Whether threads that are at it shall stop; workers are killed instead.
    pub(crate) is_cancelled: AtomicBool,
    end: Mutex<End>,
}

/// What is known of a job's end.
#[derive(Default)]
struct End {
    ended: Option<Ended>,
    is_over: bool,
    callbacks: Vec<Callback>,
    wakers: Vec<Waker>,
}

/// What to do when a job has ended.
pub(crate) type Callback = Box<dyn FnOnce() + Send>;

impl Ticket {
    pub(crate) fn new(job: &Prepared) -> Ticket {
        Ticket {
            board: job.board.clone(),
            first_item: job.first_item,
            n_given_up: AtomicUsize::new(0),
            is_cancelled: AtomicBool::new(false),
            end: Mutex::default(),
        }
    }

    fn end(&self) -> MutexGuard<'_, End> {
        // Every change is whole.
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the job has ended: no worker uses its memory any more. Callbacks come before anybody who waits.
    pub(crate) fn close(&self, ended: Ended) {
        self.end().ended = Some(ended);
        loop {
            let mut end = self.end();
            let callbacks = mem::take(&mut end.callbacks);
            if callbacks.is_empty() {
                end.is_over = true;
                let wakers = mem::take(&mut end.wakers);
                drop(end);
                return wakers.into_iter().for_each(Waker::wake);
            }
            drop(end);
            callbacks.into_iter().for_each(|callback| callback());
        }
    }

    /// Lets threads that are at the job leave it between two chunks.
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.end().is_over
    }

    /// Takes what the job left, once.
    pub(crate) fn take(&self) -> Option<Ended> {
        self.end().ended.take()
    }

    /// Tells whether the job is over; if not, has `waker` woken when it is.
    pub(crate) fn is_over_or_wake(&self, waker: &Waker) -> bool {
        let mut end = self.end();
        if !end.is_over && !end.wakers.iter().any(|known| known.will_wake(waker)) {
            end.wakers.push(waker.clone());
        }
        end.is_over
    }

    /// Has `callback` called when the job has ended: by the thread that drives the workers then, or here and now.
    pub(crate) fn when_ended(&self, callback: Callback) {
        let mut end = self.end();
        if end.is_over {
            drop(end);
            callback();
        } else {
            end.callbacks.push(callback);
        }
    }

    /// Returns how many items have ended, failures included.
    pub(crate) fn n_ended(&self) -> usize {
        let finished: u64 = (0..self.board.layout().slots)
            .map(|slot| self.board.line(slot).finished())
            .sum();
        finished as usize + self.n_given_up.load(Relaxed)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("items", &self.board.layout().items)
            .field("ended", &self.n_ended())
            .field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}
