//! [`Pool`]: workers that run tasks over items and over the parts of arrays.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use multiproc_array::SharedArray;

use crate::crew::{Crew, Roster, Terms};
use crate::errand::Errand;
use crate::error::PoolError;
use crate::here::Threads;
use crate::job::{Fill, Job, Map, Update};
use crate::rota::Rota;
use crate::settings::{self, Context};
use crate::task::{PartTask, Task};
use crate::thread_jobs::ThreadJobs;
use crate::wear::WearLimits;
use crate::worker;
use crate::worker_process::Program;

const PATIENCE: Duration = Duration::from_secs(60);

/// Workers that run tasks.
///
/// A worker is a process of its own, so that a task may crash, leak or be killed and takes nothing with it but its
/// item. Workers are started with the pool, kept from job to job, replaced when they die, and gone when the pool is
/// dropped or its process dies, however it does.
///
/// **Many threads** may use one pool, and a job may be [submitted](Job::submit) and waited for later. The oldest job that has
/// chunks left gets the workers; the next begins beside it when it has none. A task may make a pool of its own, up to ten
/// deep.
///
/// The thread that waits for a job drives the workers. While no job runs, nobody passes on what a worker prints in
/// the background, and a worker that dies is noticed by the next job.
///
/// **Dropping** a pool ends the jobs that are still running. [`close`](Pool::close) and [`join`](Pool::join) let them finish.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Pool, task};
/// use multiproc_shared_rng::Stream;
///
/// #[task(crate = multiproc_pool)]
/// fn hits(rng: &mut Stream, n: u64) -> u64 {
///     (0..n).filter(|_| rng.random().hypot(rng.random()) < 1.0).count() as u64
/// }
///
/// let pool = Pool::builder().processes(2).build()?;
/// let inside: u64 = pool.map(hits, [1000; 100]).seed(42).run()?.iter().sum();
/// // The same on any machine, with any number of workers.
/// assert_eq!(inside, 78_463);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "ProcessPoolExecutor")]
pub struct Pool {
    pub(crate) place: Place,
    is_closed: AtomicBool,
}

/// Where a pool's tasks run.
#[derive(Debug)]
pub(crate) enum Place {
    Here {
        threads: Threads,
        n: usize,
        jobs: ThreadJobs,
    },
    Workers {
        rota: Arc<Rota>,
        roster: Roster,
        n: usize,
    },
}

impl Pool {
    /// Starts a pool with one worker for each processor that this process may use.
    ///
    /// CPU affinity and the quotas of cgroups are respected. The environment variable `MULTIPROC_PROCESSES` sets
    /// another number. With `MULTIPROC_CONTEXT=serial` the pool is a [serial](Pool::serial) one, for debuggers, and with
    /// `threads` one of [threads](Pool::threads).
    ///
    /// # Errors
    ///
    /// As [`PoolBuilder::build`].
    #[doc(alias = "cpu_count")]
    pub fn new() -> Result<Pool, PoolError> {
        Pool::builder().build()
    }

    /// Returns the options for a pool.
    pub fn builder() -> PoolBuilder {
        PoolBuilder {
            processes: None,
            program: Program::default(),
            patience: PATIENCE,
            initialiser: None,
            wear: WearLimits::default(),
        }
    }

    /// Returns a pool without processes: tasks run in the thread that runs the job.
    ///
    /// Items and results are encoded as for workers, seeds and errors are the same, so that a program gives the same
    /// results. Only what ends a process ends this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_pool::{Pool, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn process() -> u32 {
    ///     std::process::id()
    /// }
    ///
    /// assert_eq!(Pool::serial().map(process, [()]).run()?, [std::process::id()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn serial() -> Pool {
        Pool::at(Place::Here {
            threads: Threads::Calling,
            n: 1,
            jobs: ThreadJobs::default(),
        })
    }

    /// Returns a pool of `n` threads of this process: Python's `ThreadPool`.
    ///
    /// The same calls give the same results and errors as with workers, but nothing is protected from a task that
    /// crashes or exits, [`item_timeout`](Job::item_timeout) has no effect, and jobs end at a
    /// [`cancel`](crate::Pending::cancel) or [`deadline`](Job::deadline) only between chunks. Each job starts threads
    /// of its own.
    ///
    /// # Errors
    ///
    /// [`PoolError::Zero`] for no threads.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_pool::{Pool, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn process(_: u64) -> u32 {
    ///     std::process::id()
    /// }
    ///
    /// let pool = Pool::threads(3)?;
    /// assert_eq!(pool.map(process, 0..5).run()?, [std::process::id(); 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "ThreadPool")]
    pub fn threads(n: usize) -> Result<Pool, PoolError> {
        match n {
            0 => Err(PoolError::Zero {
                option: "the number of threads",
            }),
            n => Ok(Pool::at(Place::Here {
                threads: Threads::New,
                n,
                jobs: ThreadJobs::default(),
            })),
        }
    }

    fn at(place: Place) -> Pool {
        Pool {
            place,
            is_closed: AtomicBool::new(false),
        }
    }

    /// Takes no more jobs. Those that were submitted go on.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_pool::{Pool, PoolError, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn same(x: u64) -> u64 {
    ///     x
    /// }
    ///
    /// let pool = Pool::builder().processes(1).build()?;
    /// let job = pool.map(same, [7]).submit()?;
    /// pool.close();
    /// assert!(matches!(pool.map(same, [8]).submit(), Err(PoolError::Closed)));
    /// pool.join();
    /// assert_eq!(job.get()?, [7]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close(&self) {
        self.is_closed.store(true, Relaxed);
    }

    pub(crate) fn expect_open(&self) -> Result<(), PoolError> {
        match self.is_closed.load(Relaxed) {
            true => Err(PoolError::Closed),
            false => Ok(()),
        }
    }

    /// Waits until all jobs are over and the workers have exited.
    pub fn join(self) {
        match &self.place {
            Place::Here { jobs, .. } => jobs.finish(),
            Place::Workers { rota, .. } => rota.finish(),
        }
    }

    /// Ends all jobs and kills the workers that are at them: [`Pending::get`](crate::Pending::get) tells
    /// [`PoolError::Terminated`]. Dropping the pool does the same.
    pub fn terminate(self) {
        drop(self);
    }

    /// Returns how many workers or threads there are; 1 if the pool is serial.
    pub fn processes(&self) -> usize {
        match &self.place {
            Place::Here { n, .. } | Place::Workers { n, .. } => *n,
        }
    }

    /// Returns the process ids of the workers that live, for tests and tools.
    ///
    /// It does not wait for a job that is running. Serial pools and threads have no workers.
    pub fn worker_pids(&self) -> Vec<u32> {
        match &self.place {
            Place::Here { .. } => Vec::new(),
            Place::Workers { roster, .. } => {
                let pids = roster.lock().unwrap_or_else(PoisonError::into_inner);
                pids.iter().flatten().copied().collect()
            }
        }
    }

    /// Prepares a job that runs `task` once for each of `items`; its results are in the items' order.
    ///
    /// The items are encoded when the job begins. An item of which that fails, fails alone. Items without end, or more than
    /// there is memory for, are for [`iter`](Job::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_pool::{Pool, task};
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn length(word: String) -> usize {
    ///     word.len()
    /// }
    ///
    /// let pool = Pool::builder().processes(2).build()?;
    /// let words = "every item has its result".split(' ').map(str::to_owned);
    /// assert_eq!(pool.map(length, words).run()?, [5, 4, 3, 3, 6]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "starmap")]
    pub fn map<T, I>(&self, task: T, items: I) -> Job<'_, Map<T, I>>
    where
        T: Task,
        I: IntoIterator<Item = T::Item>,
    {
        let _: T = task;
        Job::new(self, Map::new(items))
    }

    /// Prepares a job in which `task` writes `array` part by part, in place. The array is output only.
    ///
    /// An item is a row: one index of axis 0, or [several](Job::rows_per_item). Each worker claims rows in the
    /// array's access table, so that two programs never write the same ones. If a worker dies, the rows it was at
    /// are zeroed and tried again on the same streams, twice unless [`retries`](Job::retries) says otherwise. The rows
    /// of a failed item are zeros.
    pub fn fill<'p, T: PartTask>(
        &'p self,
        task: T,
        array: &'p SharedArray<T::Element, T::Dim>,
    ) -> Job<'p, Fill<'p, T>> {
        let _: T = task;
        Job::new(self, Fill { array })
    }

    /// Prepares a job in which `task` reads and writes `array` part by part, in place.
    ///
    /// An item is a row: one index of axis 0, or [several](Job::rows_per_item). What a task does to a row cannot be
    /// done twice: if its worker dies, the rows it was at hold something between before and after, the item fails as
    /// [`TaskError::PartTorn`](crate::TaskError::PartTorn), and the array's guards report those rows as torn until they are
    /// marked consistent. With [`snapshot`](Job::snapshot), each part is copied before its task begins, and a lost part is
    /// restored and tried again.
    pub fn update<'p, T: PartTask>(
        &'p self,
        task: T,
        array: &'p SharedArray<T::Element, T::Dim>,
    ) -> Job<'p, Update<'p, T>> {
        let _: T = task;
        Job::new(self, Update::new(array))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        match &self.place {
            Place::Here { jobs, .. } => {
                jobs.cancel();
                jobs.finish();
            }
            Place::Workers { rota, .. } => {
                rota.terminate();
                rota.finish();
            }
        }
    }
}

/// Options for a [`Pool`].
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Pool, PoolError};
///
/// let pool = Pool::builder().processes(3).build()?;
/// assert_eq!(pool.processes(), 3);
/// assert!(matches!(Pool::builder().processes(0).build(), Err(PoolError::Zero { .. })));
/// # Ok::<(), PoolError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PoolBuilder {
    processes: Option<usize>,
    program: Program,
    patience: Duration,
    initialiser: Option<Errand>,
    wear: WearLimits,
}

impl PoolBuilder {
    /// Sets the number of workers, at least 1.
    pub fn processes(mut self, n: usize) -> PoolBuilder {
        self.processes = Some(n);
        self
    }

    /// Sets the program that is started as a worker, in place of this very executable.
    ///
    /// It must be built from the same tasks, which is checked, and either have the feature `auto-init` or call
    /// [`init`](crate::init) first. This is for programs that are not their own executable, such as a library that
    /// Python has loaded.
    pub fn worker_command(mut self, program: impl Into<PathBuf>) -> PoolBuilder {
        self.program = Program(program.into());
        self
    }

    /// Sets how long a worker may take to start and answer; 60 seconds if not set.
    pub fn start_timeout(mut self, patience: Duration) -> PoolBuilder {
        self.patience = patience;
        self
    }

    /// Has each worker run `task` over `item` before anything else, also each that replaces one.
    ///
    /// Where it fails, [`build`](PoolBuilder::build) does, and a worker that was to replace another is none. What it returns is not
    /// looked at; what it sets up is found again in statics, or as [`State`](crate::State). Pools without
    /// processes run it once, in the thread that builds the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::OnceLock;
    /// use multiproc_pool::{Pool, task};
    ///
    /// static FACTOR: OnceLock<u64> = OnceLock::new();
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn set_factor(factor: u64) {
    ///     FACTOR.set(factor).unwrap();
    /// }
    ///
    /// #[task(crate = multiproc_pool)]
    /// fn times(x: u64) -> u64 {
    ///     FACTOR.get().unwrap() * x
    /// }
    ///
    /// let pool = Pool::builder().processes(2).initializer(set_factor, 10).build()?;
    /// assert_eq!(pool.map(times, [1, 2, 3]).run()?, [10, 20, 30]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "initargs")]
    pub fn initializer<T: Task>(mut self, task: T, item: T::Item) -> PoolBuilder {
        self.initialiser = Some(Errand::new(task, item));
        self
    }

    /// Replaces each worker by a fresh process when it has run `n` items, at least 1: it leaves after the chunk in which
    /// it reaches them.
    #[doc(alias = "maxtasksperchild")]
    pub fn items_per_worker(mut self, n: u64) -> PoolBuilder {
        self.wear.n_items = Some(n);
        self
    }

    /// Replaces each worker by a fresh process when it has more than this many bytes of memory in RAM, shared memory that
    /// it has touched included: it leaves after the chunk in which that is seen.
    pub fn memory_per_worker(mut self, bytes: u64) -> PoolBuilder {
        self.wear.memory = Some(bytes);
        self
    }

    /// Starts the workers and waits until all have answered.
    ///
    /// # Errors
    ///
    /// - [`PoolError::Zero`] for no processes.
    /// - [`PoolError::Setting`] if `MULTIPROC_PROCESSES` or `MULTIPROC_CONTEXT` make no sense.
    /// - [`PoolError::NotInitialised`] in a process that was started as a worker and runs its main function.
    /// - [`PoolError::TooDeep`] in a worker that is ten pools deep.
    /// - [`PoolError::Initialiser`] if the initialiser fails in a worker; [`PoolError::NoSeed`] or
    ///   [`PoolError::MissingArgument`] if it takes what only a job has.
    /// - [`PoolError::Spawn`] or [`PoolError::System`] if the system does not give another process.
    /// - [`PoolError::NoAnswer`], [`PoolError::OtherProtocol`] or [`PoolError::OtherBuild`] if what was started is
    ///   not a worker of this program.
    pub fn build(self) -> Result<Pool, PoolError> {
        let (depth, processors) = worker::next_level()?;
        let n = match self.processes {
            Some(0) => {
                return Err(PoolError::Zero {
                    option: "the number of processes",
                });
            }
            Some(n) => n,
            None => settings::processes(processors)?,
        };
        if [self.wear.n_items, self.wear.memory].contains(&Some(0)) {
            return Err(PoolError::Zero {
                option: "what a worker may do",
            });
        }
        if let Some(initialiser) = &self.initialiser {
            initialiser.check(PoolError::initialiser)?;
        }
        let context = settings::context()?;
        if context != Context::Spawn
            && let Some(initialiser) = &self.initialiser
        {
            initialiser.run_here()?;
        }
        match context {
            Context::Serial => return Ok(Pool::serial()),
            Context::Threads => return Pool::threads(n),
            Context::Spawn => {}
        }
        let terms = Terms {
            program: self.program,
            patience: self.patience,
            depth,
            processors: (processors / n).max(1),
            initialiser: self.initialiser,
            wear: self.wear,
        };
        let crew = Crew::start(n, terms)?;
        let roster = crew.roster();
        Ok(Pool::at(Place::Workers {
            rota: Arc::new(Rota::new(crew)?),
            roster,
            n,
        }))
    }
}
