//! [`Job`]: what is to be done, how, and then its results.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use multiproc_array::SharedArray;
use multiproc_rng::Entropy;

use crate::arguments::{ArrayArgument, Passed};
use crate::error::PoolError;
use crate::failed::Failed;
use crate::imap::{Imap, ImapUnordered};
use crate::items::Items;
use crate::patience::Limits;
use crate::pending::{Pending, Results};
use crate::pool::Pool;
use crate::progress::{Callback, Progress};
use crate::run::{self, Outcome, Over, Plan, Verb};
use crate::target;
use crate::task::{Entry, PartTask, Task};
use crate::task_error::TaskError;
use crate::written::Keep;

/// A job of a pool, made by [`map`](Pool::map), [`fill`](Pool::fill) or [`update`](Pool::update).
///
/// The seed, the arguments and the rows per item are part of the problem: they decide the results. Everything else
/// decides only how the results come about.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Pool, task};
///
/// #[task(crate = multiproc_pool)]
/// fn half(x: u32) -> Result<u32, String> {
///     if x % 2 == 0 { Ok(x / 2) } else { Err(format!("{x} is odd")) }
/// }
///
/// let pool = Pool::builder().processes(2).build()?;
/// assert_eq!(pool.map(half, [2, 4]).chunk(1).run()?, [1, 2]);
/// // Failures stay with their items.
/// let each = pool.map(half, [2, 3, 4]).each()?;
/// assert_eq!(each[2], Ok(2));
/// assert_eq!(each[1].as_ref().unwrap_err().to_string(), "item 1 failed: 3 is odd");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a job does nothing until it is run"]
pub struct Job<'p, V> {
    pub(crate) pool: &'p Pool,
    pub(crate) verb: V,
    pub(crate) options: Options<'p>,
}

pub(crate) struct Options<'p> {
    pub(crate) seed: Option<Entropy>,
    pub(crate) arguments: Vec<Passed>,
    pub(crate) chunk: Option<usize>,
    pub(crate) retries: Option<u32>,
    pub(crate) rows_per_item: usize,
    pub(crate) first_item: usize,
    pub(crate) look_ahead: Option<usize>,
    pub(crate) limits: Limits,
    pub(crate) progress: Option<Callback<'p>>,
}

impl Options<'_> {
    /// Returns the options of a job that outlives the call that began it.
    ///
    /// # Errors
    ///
    /// [`PoolError::ProgressOfSubmitted`].
    pub(crate) fn without_progress(self) -> Result<Options<'static>, PoolError> {
        match self.progress {
            Some(_) => Err(PoolError::ProgressOfSubmitted),
            None => Ok(Options {
                progress: None,
                ..self
            }),
        }
    }
}

impl Clone for Options<'static> {
    /// Callbacks are not cloned.
    fn clone(&self) -> Options<'static> {
        Options {
            seed: self.seed.clone(),
            arguments: self.arguments.clone(),
            progress: None,
            ..*self
        }
    }
}

/// A task over items.
#[derive(Debug)]
pub struct Map<T, I> {
    pub(crate) items: I,
    task: PhantomData<T>,
}

/// A task that writes the parts of an array.
pub struct Fill<'p, T: PartTask> {
    pub(crate) array: &'p SharedArray<T::Element, T::Dim>,
}

/// A task that reads and writes the parts of an array.
pub struct Update<'p, T: PartTask> {
    array: &'p SharedArray<T::Element, T::Dim>,
    keep: Keep,
}

impl<T, I> Map<T, I> {
    pub(crate) fn new(items: I) -> Map<T, I> {
        Map {
            items,
            task: PhantomData,
        }
    }
}

impl<'p, T: PartTask> Update<'p, T> {
    pub(crate) fn new(array: &'p SharedArray<T::Element, T::Dim>) -> Update<'p, T> {
        Update {
            array,
            keep: Keep::Remains,
        }
    }
}

impl<'p, V> Job<'p, V> {
    pub(crate) fn new(pool: &'p Pool, verb: V) -> Job<'p, V> {
        let options = Options {
            seed: None,
            arguments: Vec::new(),
            chunk: None,
            retries: None,
            rows_per_item: 1,
            first_item: 0,
            look_ahead: None,
            limits: Limits::default(),
            progress: None,
        };
        Job {
            pool,
            verb,
            options,
        }
    }

    /// Gives each item a random stream of its own: item `i` draws from NumPy's `SeedSequence(seed).spawn(n)[i]`.
    ///
    /// The streams do not depend on workers, chunks or attempts. Two jobs with one seed draw the same numbers.
    #[doc(alias = "random_state")]
    pub fn seed(self, seed: u64) -> Self {
        self.entropy(seed)
    }

    /// Like [`seed`](Job::seed), for seeds of any size.
    pub fn entropy(mut self, entropy: impl Into<Entropy>) -> Self {
        self.options.seed = Some(entropy.into());
        self
    }

    /// Passes an array to the task without copying it: the first call is for the first parameter that is a
    /// `&Frozen` or `&SharedArray`, the second for the second, and so on.
    pub fn arg(mut self, array: &impl ArrayArgument) -> Self {
        self.options.arguments.push(array.pass());
        self
    }

    /// Sets how many items a worker claims at once, at least 1. It has no effect on results.
    ///
    /// If it is not set, workers claim a 256th of their share, at most 1024 items.
    #[doc(alias = "chunksize")]
    pub fn chunk(mut self, n_items: usize) -> Self {
        self.options.chunk = Some(n_items);
        self
    }

    /// Sets how often an item is begun again whose worker died in it, on the same stream.
    ///
    /// If it is not set: never for `map` and for `update` without a snapshot, twice otherwise. An item that was claimed but
    /// not begun is run again in any case. An error or a panic is the task's result and is not tried again.
    ///
    /// An `update` without a snapshot is not tried again, whatever is set here.
    pub fn retries(mut self, n: u32) -> Self {
        self.options.retries = Some(n);
        self
    }

    /// Sets how long an item may take: after that its worker is killed, and the item fails as
    /// [`TaskError::TimedOut`] without another attempt. It may take up to an eighth longer, and at most 0.25 s.
    ///
    /// This also ends the wait for a worker that is stopped (SIGSTOP). A serial pool cannot interrupt a task and pays no heed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiproc_pool::{Pool, TaskError, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn spin(seconds: u64) -> u64 {
    ///     std::thread::sleep(Duration::from_secs(seconds));
    ///     seconds
    /// }
    ///
    /// let pool = Pool::builder().processes(2).build()?;
    /// let each = pool.map(spin, [0, 3600]).item_timeout(Duration::from_millis(100)).each()?;
    /// assert_eq!(each[0], Ok(0));
    /// assert!(matches!(each[1], Err(TaskError::TimedOut { item: 1, .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "timeout")]
    pub fn item_timeout(mut self, limit: Duration) -> Self {
        self.options.limits.item = Some(limit);
        self
    }

    /// Sets how long the job may take: after that the workers at it are killed, and it ends as
    /// [`PoolError::DeadlinePassed`] with what was finished. A serial pool looks at the clock between chunks.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.limits.job = Some(limit);
        self
    }

    /// Has `callback` told how far the job is: at most 20 times a second, never backwards, and at the end.
    ///
    /// It is called by the thread that runs the job. A panic in it comes out of [`run`](Job::run) when the job is done.
    #[doc(alias = "tqdm")]
    pub fn progress(mut self, callback: impl FnMut(&Progress) + Send + 'p) -> Self {
        self.options.progress = Some(Box::new(callback));
        self
    }
}

impl<'p, T: Task, I: IntoIterator<Item = T::Item>> Job<'p, Map<T, I>> {
    /// Returns the results one by one, in the items' order.
    ///
    /// Items are taken as they are needed: at most [`look_ahead`](Job::look_ahead) more than there are results, so that there
    /// may be any number of them. What they are taken from may panic: that comes out after the results before it.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_pool::{Pool, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn is_prime(n: u64) -> bool {
    ///     n > 1 && (2..).take_while(|k| k * k <= n).all(|k| n % k != 0)
    /// }
    ///
    /// let pool = Pool::builder().processes(2).build()?;
    /// let primes = pool.map(is_prime, 1_000_000..).iter()?;
    /// let first = (1_000_000..).zip(primes).find(|(_, answer)| *answer == Ok(true));
    /// assert_eq!(first, Some((1_000_003, Ok(true))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Why the job cannot begin; see also [`submit`](Job::submit).
    #[doc(alias = "imap")]
    #[expect(
        clippy::iter_not_returning_iterator,
        reason = "it does, if the job can begin"
    )]
    pub fn iter(self) -> Result<Imap<'p, T, I::IntoIter>, PoolError> {
        Imap::new(self)
    }

    /// Returns the results as they come, each with its item's index. Everything else is as for [`iter`](Job::iter).
    ///
    /// # Errors
    ///
    /// Those of [`iter`](Job::iter).
    #[doc(alias = "imap_unordered")]
    pub fn unordered(self) -> Result<ImapUnordered<'p, T, I::IntoIter>, PoolError> {
        ImapUnordered::new(self)
    }

    /// Sets how many items [`iter`](Job::iter) and [`unordered`](Job::unordered) take ahead of the results that they have
    /// returned, at least a chunk.
    ///
    /// If it is not set: four [chunks](Job::chunk) for each worker, and a chunk is one item.
    #[doc(alias = "buffersize")]
    pub fn look_ahead(mut self, n_items: usize) -> Self {
        self.options.look_ahead = Some(n_items);
        self
    }
}

impl<T: PartTask> Job<'_, Fill<'_, T>> {
    /// Sets how many rows an item has, at least 1; the last item may have fewer.
    ///
    /// It is part of the problem: there is one stream for each item.
    pub fn rows_per_item(mut self, n_rows: usize) -> Self {
        self.options.rows_per_item = n_rows;
        self
    }
}

impl<T: PartTask> Job<'_, Update<'_, T>> {
    /// Sets how many rows an item has, at least 1; the last item may have fewer.
    ///
    /// It is part of the problem: there is one stream for each item.
    pub fn rows_per_item(mut self, n_rows: usize) -> Self {
        self.options.rows_per_item = n_rows;
        self
    }

    /// Copies each part before its task begins, so that a lost part is restored and tried again, and a failed item
    /// leaves its part as it was.
    pub fn snapshot(mut self) -> Self {
        self.verb.keep = Keep::Snapshot;
        self
    }
}

impl<V: Verb> Job<'_, V> {
    /// Runs the job and returns the results in the items' order.
    ///
    /// All items are run, also after one has failed. The call returns when each has a result or a failure, whoever is
    /// killed meanwhile; a worker that is stopped (SIGSTOP) is waited for.
    ///
    /// # Errors
    ///
    /// [`Failed`], with everything that did finish: [`failures`](Failed::failures) by item, or in
    /// [`stopped`](Failed::stopped) why the job could not begin or go on.
    pub fn run(self) -> Results<V::Output> {
        let outcome = run::run(self).map_err(Failed::before_start)?;
        outcome.into_results()
    }

    /// Begins the job and returns at once; the pool's own thread drives its workers while nobody waits.
    ///
    /// Jobs that are under way at the same time share the workers: the oldest job that has chunks left gets them first.
    /// A [serial](Pool::serial) pool does the job here and now.
    ///
    /// # Errors
    ///
    /// Why the job cannot begin. A job with [`progress`](Job::progress) is
    /// [`PoolError::ProgressOfSubmitted`]: ask [`Pending::done`] instead.
    #[doc(alias = "map_async")]
    #[doc(alias = "starmap_async")]
    pub fn submit(self) -> Result<Pending<V::Output>, PoolError> {
        run::submit(self)
    }

    /// Runs the job and returns for each item its result or its failure.
    ///
    /// # Errors
    ///
    /// Why the job as a whole could not begin or go on.
    pub fn each(self) -> Result<Vec<Result<V::Output, TaskError>>, PoolError> {
        let Outcome {
            results,
            mut failures,
            stopped,
        } = run::run(self)?;
        if let Some(error) = stopped {
            return Err(error);
        }
        let each = results.into_iter().enumerate().map(|(item, result)| {
            let failure = || failures.remove(&item).unwrap_or(TaskError::NotRun { item });
            result.ok_or_else(failure)
        });
        Ok(each.collect())
    }
}

impl<T: Task, I: IntoIterator<Item = T::Item>> Verb for Map<T, I> {
    type Output = T::Output;

    fn entry() -> &'static Entry {
        T::entry()
    }

    fn plan(self, _: usize) -> Result<Plan, PoolError> {
        Ok(Plan(Over::Items(Items::encode(self.items))))
    }
}

impl<T: PartTask> Verb for Fill<'_, T> {
    type Output = T::Output;

    fn entry() -> &'static Entry {
        T::entry()
    }

    fn plan(self, rows_per_item: usize) -> Result<Plan, PoolError> {
        target::of::<T>(self.array, rows_per_item, Keep::Zeros)
            .map(Over::Parts)
            .map(Plan)
    }
}

impl<T: PartTask> Verb for Update<'_, T> {
    type Output = T::Output;

    fn entry() -> &'static Entry {
        T::entry()
    }

    fn plan(self, rows_per_item: usize) -> Result<Plan, PoolError> {
        target::of::<T>(self.array, rows_per_item, self.keep)
            .map(Over::Parts)
            .map(Plan)
    }
}

impl<V> fmt::Debug for Job<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("pool", self.pool)
            .finish_non_exhaustive()
    }
}

impl<T: PartTask> fmt::Debug for Fill<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fill")
            .field("array", &self.array.handle())
            .finish()
    }
}

impl<T: PartTask> fmt::Debug for Update<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("array", &self.array.handle())
            .finish_non_exhaustive()
    }
}
