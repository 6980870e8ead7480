//! [`Imap`] and [`ImapUnordered`]: results one by one, of items that are taken as they are needed.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::error::PoolError;
use crate::job::{Job, Map, Options};
use crate::pending::{Pending, wait_any};
use crate::pool::Pool;
use crate::run;
use crate::task::Task;
use crate::task_error::TaskError;

/// How many items for each worker are taken ahead of their results, unless the job says otherwise.
const LOOK_AHEAD: usize = 4;

/// The results of a job in the items' order, each as soon as it and all before it are there; made by
/// [`Job::iter`].
///
/// After an item's failure it goes on with the next item. If the job as a whole cannot go on, the items under way fail as
/// [`TaskError::NotRun`], it ends, and [`stopped`](Imap::stopped) says why.
#[doc(alias = "imap")]
pub struct Imap<'p, T: Task, I: Iterator<Item = T::Item>> {
    feed: Feed<'p, T, I>,
    ready: VecDeque<Result<T::Output, TaskError>>,
}

/// The results of a job as they come, each with its item's index; made by [`Job::unordered`]. Failures are as in
/// [`Imap`].
#[doc(alias = "imap_unordered")]
#[doc(alias = "as_completed")]
pub struct ImapUnordered<'p, T: Task, I: Iterator<Item = T::Item>> {
    feed: Feed<'p, T, I>,
    ready: VecDeque<(usize, Result<T::Output, TaskError>)>,
}

/// Takes items a chunk at a time and keeps some chunks under way.
struct Feed<'p, T: Task, I: Iterator<Item = T::Item>> {
    pool: &'p Pool,
    options: Options<'static>,
    items: I,
    end: End,
    chunk: usize,
    look_ahead: usize,
    /// How many items were taken.
    taken: usize,
    /// The number of each chunk's first item.
    firsts: VecDeque<usize>,
    under_way: VecDeque<Pending<T::Output>>,
    stopped: Option<PoolError>,
}

/// Whether there are more items.
enum End {
    NotYet,
    Reached,
    /// The iterator of the items panicked; what came before is delivered first.
    Panic(Box<dyn Any + Send>),
}

impl<'p, T: Task, I: Iterator<Item = T::Item>> Feed<'p, T, I> {
    fn new<J>(job: Job<'p, Map<T, J>>) -> Result<Feed<'p, T, I>, PoolError>
    where
        J: IntoIterator<Item = T::Item, IntoIter = I>,
    {
        let Job {
            pool,
            verb,
            options,
        } = job;
        let options = options.without_progress()?;
        pool.expect_open()?;
        run::check(T::entry(), &options)?;
        let chunk = options.chunk.unwrap_or(1);
        let look_ahead = options.look_ahead.unwrap_or_else(|| {
            chunk
                .saturating_mul(LOOK_AHEAD)
                .saturating_mul(pool.processes())
        });
        Ok(Feed {
            pool,
            items: verb.items.into_iter(),
            end: End::NotYet,
            chunk,
            // Fewer than a chunk would keep nothing under way.
            look_ahead: look_ahead.max(chunk),
            options,
            taken: 0,
            firsts: VecDeque::new(),
            under_way: VecDeque::new(),
            stopped: None,
        })
    }

    /// Begins chunks while there are items and not too many are ahead of the `delivered` ones.
    fn begin_chunks(&mut self, n_delivered: usize) {
        while matches!(self.end, End::NotYet)
            && self.taken - n_delivered + self.chunk <= self.look_ahead
        {
            let mut chunk = Vec::new();
            let items = &mut self.items;
            while chunk.len() < self.chunk && matches!(self.end, End::NotYet) {
                match catch_unwind(AssertUnwindSafe(|| items.next())) {
                    Ok(Some(item)) => chunk.push(item),
                    Ok(None) => self.end = End::Reached,
                    Err(panic) => self.end = End::Panic(panic),
                }
            }
            if chunk.is_empty() {
                return;
            }
            let n_items = chunk.len();
            let mut options = self.options.clone();
            options.first_item = self.taken;
            let job = Job {
                pool: self.pool,
                verb: Map::<T, _>::new(chunk),
                options,
            };
            match job.submit() {
                Ok(pending) => {
                    self.firsts.push_back(self.taken);
                    self.under_way.push_back(pending);
                    self.taken += n_items;
                }
                Err(error) => self.stop(error),
            }
        }
    }

    fn stop(&mut self, why: PoolError) {
        self.end = End::Reached;
        self.stopped.get_or_insert(why);
    }

    /// Waits for the chunk at `position` of those under way, and returns its results with their items' numbers.
    fn finish(&mut self, position: usize) -> Vec<(usize, Result<T::Output, TaskError>)> {
        let (Some(first), Some(pending)) = (
            self.firsts.remove(position),
            self.under_way.remove(position),
        ) else {
            return Vec::new();
        };
        let n_items = pending.total();
        match pending.get() {
            Ok(results) => (first..).zip(results.into_iter().map(Ok)).collect(),
            Err(failed) => {
                let (done, failures, stopped) = failed.into_parts();
                if let Some(why) = stopped {
                    self.stop(*why);
                }
                let mut failures = failures.into_iter();
                let mut done = done.into_iter();
                (first..first + n_items)
                    .map(|item| {
                        let failure = || failures.next().unwrap_or(TaskError::NotRun { item });
                        (item, done.next().flatten().ok_or_else(failure))
                    })
                    .collect()
            }
        }
    }

    /// Ends the iteration: with the panic of the items' iterator, if that is why there are no more.
    fn end<R>(&mut self) -> Option<R> {
        match std::mem::replace(&mut self.end, End::Reached) {
            End::Panic(panic) => resume_unwind(panic),
            End::NotYet | End::Reached => None,
        }
    }
}

impl<'p, T: Task, I: Iterator<Item = T::Item>> Imap<'p, T, I> {
    pub(crate) fn new<J>(job: Job<'p, Map<T, J>>) -> Result<Imap<'p, T, I>, PoolError>
    where
        J: IntoIterator<Item = T::Item, IntoIter = I>,
    {
        Ok(Imap {
            feed: Feed::new(job)?,
            ready: VecDeque::new(),
        })
    }

    /// Returns why the job as a whole could not go on, if that was it.
    pub fn stopped(&self) -> Option<&PoolError> {
        self.feed.stopped.as_ref()
    }
}

impl<T: Task, I: Iterator<Item = T::Item>> Iterator for Imap<'_, T, I> {
    type Item = Result<T::Output, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() {
            let n_delivered = self.feed.firsts.front().copied();
            self.feed
                .begin_chunks(n_delivered.unwrap_or(self.feed.taken));
            let finished = self.feed.finish(0);
            self.ready
                .extend(finished.into_iter().map(|(_, result)| result));
        }
        self.ready.pop_front().or_else(|| self.feed.end())
    }
}

impl<'p, T: Task, I: Iterator<Item = T::Item>> ImapUnordered<'p, T, I> {
    pub(crate) fn new<J>(job: Job<'p, Map<T, J>>) -> Result<ImapUnordered<'p, T, I>, PoolError>
    where
        J: IntoIterator<Item = T::Item, IntoIter = I>,
    {
        Ok(ImapUnordered {
            feed: Feed::new(job)?,
            ready: VecDeque::new(),
        })
    }

    /// Returns why the job as a whole could not go on, if that was it.
    pub fn stopped(&self) -> Option<&PoolError> {
        self.feed.stopped.as_ref()
    }
}

impl<T: Task, I: Iterator<Item = T::Item>> Iterator for ImapUnordered<'_, T, I> {
    type Item = (usize, Result<T::Output, TaskError>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() {
            let n_under_way: usize = self.feed.under_way.iter().map(Pending::total).sum();
            self.feed.begin_chunks(self.feed.taken - n_under_way);
            // In one piece, so that its indexing from the front is that of a slice.
            let first = wait_any(self.feed.under_way.make_contiguous(), None);
            if let Some(position) = first {
                self.ready.extend(self.feed.finish(position));
            }
        }
        self.ready.pop_front().or_else(|| self.feed.end())
    }
}

impl<T: Task, I: Iterator<Item = T::Item>> fmt::Debug for Feed<'_, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("taken", &self.taken)
            .field("under_way", &self.under_way)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

impl<T: Task, I: Iterator<Item = T::Item>> fmt::Debug for Imap<'_, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Imap").field(&self.feed).finish()
    }
}

impl<T: Task, I: Iterator<Item = T::Item>> fmt::Debug for ImapUnordered<'_, T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ImapUnordered").field(&self.feed).finish()
    }
}
