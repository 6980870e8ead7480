//! [`Progress`]: how far a job is, told while it runs.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// How often a callback is called at most.
const PERIOD: Duration = Duration::from_millis(50);

/// How far a job is.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Pool, task};
///
/// #[task(crate = multiproc_pool)]
/// fn double(x: u32) -> u32 {
///     2 * x
/// }
///
/// let mut seen = Vec::new();
/// let pool = Pool::builder().processes(2).build()?;
/// pool.map(double, 0..1000).progress(|progress| seen.push(progress.done)).run()?;
/// assert!(seen.is_sorted());
/// assert_eq!(seen.last(), Some(&1000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// How many items have ended, failures included. It never goes back.
    pub done: usize,
    /// How many items there are.
    pub total: usize,
    /// Items per second since the job began.
    pub rate: f64,
    /// The time that the rest will take at this rate; `None` before the first item.
    pub left: Option<Duration>,
}

/// What a job tells its progress to.
pub(crate) type Callback<'a> = Box<dyn FnMut(&Progress) + Send + 'a>;

/// Calls a job's callback now and then.
pub(crate) struct Ticker<'a> {
    callback: Option<Callback<'a>>,
    total: usize,
    began: Instant,
    next: Instant,
    told: Option<usize>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> Ticker<'a> {
    pub(crate) fn new(callback: Option<Callback<'a>>, total: usize) -> Ticker<'a> {
        let began = Instant::now();
        Ticker {
            callback,
            total,
            began,
            next: began + PERIOD,
            told: None,
            panic: None,
        }
    }

    /// Returns how long to wait at most before the next [`tick`](Ticker::tick); `None` if nobody listens.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.callback.as_ref()?;
        Some(self.next.saturating_duration_since(Instant::now()))
    }

    /// Tells how many items are done, if it is time to.
    pub(crate) fn tick(&mut self, done: impl FnOnce() -> usize) {
        if self.callback.is_some() && Instant::now() >= self.next {
            self.next = Instant::now() + PERIOD;
            // A worker counts an item just after it has published it, and may die in between.
            let done = done().min(self.total);
            if self.told.is_none_or(|told| told < done) {
                self.tell(done);
            }
        }
    }

    /// Tells that the job has ended, and goes on with the panic of a callback, which must not have ended it before.
    pub(crate) fn end(mut self, done: usize) {
        if self.told != Some(done) {
            self.tell(done);
        }
        if let Some(panic) = self.panic {
            resume_unwind(panic);
        }
    }

    fn tell(&mut self, done: usize) {
        let Some(callback) = &mut self.callback else {
            return;
        };
        let elapsed = self.began.elapsed().as_secs_f64();
        let rate = if elapsed > 0.0 {
            done as f64 / elapsed
        } else {
            0.0
        };
        let left = (done > 0)
            .then(|| (self.total - done) as f64 / rate)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        self.told = Some(done);
        let progress = Progress {
            done,
            total: self.total,
            rate,
            left,
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| callback(&progress))) {
            self.callback = None;
            self.panic = Some(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_once_and_the_way_there_never_goes_back() {
        let mut seen = Vec::new();
        let mut ticker = Ticker::new(
            Some(Box::new(|p: &Progress| seen.push((p.done, p.left)))),
            4,
        );
        for done in [1, 3, 2, 7] {
            ticker.next = Instant::now();
            ticker.tick(|| done);
        }
        ticker.end(4);
        let done: Vec<usize> = seen.iter().map(|&(done, _)| done).collect();
        assert_eq!(done, [1, 3, 4]);
        assert_eq!(seen.last().unwrap().1, Some(Duration::ZERO));
    }
}
