//! [`Pending`]: a job that runs while its user does something else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::failed::Failed;
use crate::panics;
use crate::rota::Rota;
use crate::run;
use crate::ticket::Ticket;

/// A job that runs while its user does something else, made by [`Job::submit`](crate::Job::submit).
///
/// It is Python's `AsyncResult`, and a [`Future`] that needs no particular runtime. Dropping it lets the job go on;
/// [`cancel`](Pending::cancel) ends it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use multiproc_pool::{Pool, task};
///
/// #[task(crate = multiproc_pool)]
/// fn square(x: u64) -> u64 {
///     x * x
/// }
///
/// let pool = Pool::builder().processes(2).build()?;
/// let squares = pool.map(square, [3, 4]).submit()?;
/// let more = pool.map(square, [5]).submit()?;
/// assert_eq!(more.get()?, [25]);
/// squares.wait();
/// assert!(squares.ready());
/// assert_eq!(squares.get()?, [9, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "AsyncResult")]
#[doc(alias = "map_async")]
#[must_use = "the job runs, but nobody will know what became of it"]
pub struct Pending<R> {
    /// `None` if no workers are at the job.
    rota: Option<Arc<Rota>>,
    ticket: Arc<Ticket>,
    /// What was read of the job's end.
    results: Arc<Mutex<Option<Results<R>>>>,
}

/// What a job gives: its results, or what is missing.
pub type Results<R> = Result<Vec<R>, Failed<R>>;

impl<R: DeserializeOwned> Pending<R> {
    pub(crate) fn new(rota: Option<Arc<Rota>>, ticket: Arc<Ticket>) -> Pending<R> {
        Pending {
            rota,
            ticket,
            results: Arc::default(),
        }
    }

    /// Waits for the results, in the items' order.
    ///
    /// # Errors
    ///
    /// As [`Job::run`](crate::Job::run). [`Failed::stopped`] says so if the job was cancelled, the pool was terminated,
    /// or a callback waits for a job of the pool that calls it.
    pub fn get(self) -> Results<R> {
        match &self.rota {
            Some(rota) => {
                if let Err(error) = rota.wait(&self.ticket, None, || None) {
                    return Err(Failed::before_start(error));
                }
            }
            None => self.wait(),
        }
        self.take()
    }

    /// Like [`get`](Pending::get), but waits at most `timeout`: then it gives the job back, which goes on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiproc_pool::{Pool, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn nap(seconds: f64) {
    ///     std::thread::sleep(Duration::from_secs_f64(seconds));
    /// }
    ///
    /// let pool = Pool::builder().processes(1).build()?;
    /// let naps = pool.map(nap, [0.2]).submit()?;
    /// let naps = naps.get_timeout(Duration::from_millis(1)).expect_err("it takes longer");
    /// assert_eq!(naps.get()?, [()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The job itself, if it is not over in time.
    pub fn get_timeout(self, timeout: Duration) -> Result<Results<R>, Pending<R>> {
        match self.wait_timeout(timeout) {
            true => Ok(self.take()),
            false => Err(self),
        }
    }

    /// Waits until the job is over.
    ///
    /// From within a callback of the same pool it returns at once.
    pub fn wait(&self) {
        match &self.rota {
            Some(rota) => drop(rota.wait(&self.ticket, None, || None)),
            None => drop(wait_any(slice::from_ref(self), None)),
        }
    }

    /// Waits at most `timeout` until the job is over, and tells whether it is.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        match &self.rota {
            // A time beyond what can be counted is no limit.
            Some(rota) => rota
                .wait(&self.ticket, Instant::now().checked_add(timeout), || None)
                .unwrap_or_else(|_| self.ready()),
            None => wait_any(slice::from_ref(self), Some(timeout)).is_some(),
        }
    }

    /// Tells whether the job is over.
    pub fn ready(&self) -> bool {
        self.ticket.is_over()
    }

    /// Tells whether every item has a result; `None` while the job is not over.
    pub fn successful(&self) -> Option<bool> {
        let results = self.settle();
        results.as_ref().map(Result::is_ok)
    }

    /// Returns how many items have ended, failures included.
    pub fn done(&self) -> usize {
        self.ticket.n_ended().min(self.total())
    }

    /// Returns how many items there are.
    pub fn total(&self) -> usize {
        self.ticket.board.layout().items
    }

    /// Ends the job before it is done: workers that are at it are killed and replaced, threads leave it after their
    /// chunk. What was finished is kept, in [`Failed::done`].
    pub fn cancel(&self) {
        match &self.rota {
            Some(rota) => rota.cancel(&self.ticket),
            None => self.ticket.cancel(),
        }
    }

    /// Has `callback` called with the results, if every item has one.
    ///
    /// The thread that drives the workers calls it, before anybody who waits for the job; it must not wait for other jobs
    /// of this pool, but may submit some. A panic in it is printed and harms nobody. If the job is over already, it is
    /// called here and now.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use multiproc_pool::{Pool, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn inverse(x: i32) -> Result<f64, String> {
    ///     if x == 0 { Err("0 has none".to_owned()) } else { Ok(1.0 / f64::from(x)) }
    /// }
    ///
    /// let (send, receive) = channel();
    /// let complain = send.clone();
    /// let pool = Pool::builder().processes(1).build()?;
    /// let job = pool.map(inverse, [4, 0]).submit()?;
    /// drop(job.callback(move |inverses| send.send(format!("{inverses:?}")).unwrap())
    ///     .error_callback(move |failed| complain.send(failed.to_string()).unwrap()));
    /// assert_eq!(receive.recv()?, "item 1 of 2 failed: 0 has none");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn callback(self, callback: impl FnOnce(&[R]) + Send + 'static) -> Pending<R>
    where
        R: Send + 'static,
    {
        self.when_ended(|results| {
            if let Ok(results) = results {
                callback(results);
            }
        })
    }

    /// Has `callback` called with what is missing, if anything is; else as [`callback`](Pending::callback).
    pub fn error_callback(self, callback: impl FnOnce(&Failed<R>) + Send + 'static) -> Pending<R>
    where
        R: Send + 'static,
    {
        self.when_ended(|results| {
            if let Err(failed) = results {
                callback(failed);
            }
        })
    }

    fn when_ended(self, callback: impl FnOnce(&Results<R>) + Send + 'static) -> Pending<R>
    where
        R: Send + 'static,
    {
        let (rota, ticket) = (self.rota.clone(), Arc::clone(&self.ticket));
        let results = Arc::clone(&self.results);
        self.ticket.when_ended(Box::new(move || {
            let results = settle(&results, &ticket, rota.as_deref());
            if let Some(results) = &*results {
                // What it says has been printed.
                let _ = panics::contain(|| callback(results));
            }
        }));
        self
    }

    fn settle(&self) -> MutexGuard<'_, Option<Results<R>>> {
        settle(&self.results, &self.ticket, self.rota.as_deref())
    }

    /// Takes the results of a job that is over.
    fn take(&self) -> Results<R> {
        self.settle().take().expect("results are taken once")
    }
}

/// Reads the results of a job that has ended, unless that was done before.
fn settle<'a, R: DeserializeOwned>(
    results: &'a Mutex<Option<Results<R>>>,
    ticket: &Ticket,
    rota: Option<&Rota>,
) -> MutexGuard<'a, Option<Results<R>>> {
    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(ended) = ticket.take() {
        *results = Some(run::collect(ticket, ended).into_results());
        if let Some(rota) = rota {
            rota.give_back(ticket.board.clone());
        }
    }
    results
}

impl<R> Drop for Pending<R> {
    fn drop(&mut self) {
        let (Some(rota), ticket) = (self.rota.take(), Arc::clone(&self.ticket)) else {
            return;
        };
        // Nobody will read the results.
        self.ticket.when_ended(Box::new(move || {
            if ticket.take().is_some() {
                rota.give_back(ticket.board.clone());
            }
        }));
    }
}

impl<R: DeserializeOwned> Future for Pending<R> {
    type Output = Results<R>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Results<R>> {
        match self.ticket.is_over_or_wake(context.waker()) {
            true => Poll::Ready(self.take()),
            false => Poll::Pending,
        }
    }
}

/// Waits until one of `jobs`, of any pools, is over, at most `timeout`, and returns its position.
///
/// `None` if none is over in time, or there are no jobs.
///
/// ```
/// use multiproc_pool::{Pool, task, wait_any};
///
/// #[task(crate = multiproc_pool)]
/// fn same(x: u64) -> u64 {
///     x
/// }
///
/// let pool = Pool::builder().processes(2).build()?;
/// let mut jobs = vec![pool.map(same, [1]).submit()?, pool.map(same, [2]).submit()?];
/// while let Some(first) = wait_any(&jobs, None) {
///     assert!(jobs.remove(first).get().is_ok());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "as_completed")]
pub fn wait_any<R>(jobs: &[Pending<R>], timeout: Option<Duration>) -> Option<usize> {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        let over = (jobs.iter()).position(|job| job.ticket.is_over_or_wake(&waker));
        if over.is_some() || jobs.is_empty() {
            return over;
        }
        match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
            None => thread::park(),
            Some(Duration::ZERO) => return None,
            Some(left) => thread::park_timeout(left),
        }
    }
}

impl<R> fmt::Debug for Pending<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pending").field(&self.ticket).finish()
    }
}
