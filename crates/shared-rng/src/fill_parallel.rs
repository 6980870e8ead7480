//! [`fill_parallel`]: one slice, filled by several threads with the numbers of one sequential call.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use multiproc_rng::{AnySource, FillMethod, FillPlan, FillValue, FillWorker, PartStart};

use crate::error::SharedRngError;
use crate::source::{self, Source};

/// Fills `out` by `method`, with `n_threads` threads: exactly the numbers that `rng` alone would
/// have filled it with, and `rng` is left exactly as that would have left it.
///
/// # Errors
///
/// Those of [`FillPlan::new`], such as [`RngError::CannotSeek`](multiproc_rng::RngError::CannotSeek); nothing was
/// drawn then.
///
/// # Panics
///
/// If no thread can be started.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use multiproc_rng::{FillMethod, default_rng};
/// use multiproc_shared_rng::fill_parallel;
///
/// let mut rng = default_rng(42);
/// let mut normals = vec![0.0; 1_000_000];
/// let n_threads = NonZeroUsize::new(2).expect("2 is not 0");
/// fill_parallel(FillMethod::standard_normal(), &mut rng, &mut normals, n_threads)?;
///
/// // numpy.random.default_rng(42), after standard_normal(1_000_000)
/// let mut alone = default_rng(42);
/// let mut expected = vec![0.0; 1_000_000];
/// alone.fill_standard_normal(&mut expected);
/// assert_eq!(normals, expected);
/// assert_eq!(rng.random(), alone.random());
/// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
/// ```
#[doc(alias = "standard_normal")]
pub fn fill_parallel<T: FillValue, S: Source>(
    method: FillMethod<T>,
    rng: &mut S,
    out: &mut [T],
    n_threads: NonZeroUsize,
) -> Result<(), SharedRngError> {
    let plan = FillPlan::new(method, rng.clone(), out.len() as u64)?;
    let turns = Turns {
        state: Mutex::new(Turn {
            next_part: 0,
            start: plan.start(),
            rest: out,
            last: None,
            is_broken: false,
        }),
        changed: Condvar::new(),
    };
    let n_threads = n_threads
        .get()
        .min(usize::try_from(plan.n_parts()).unwrap_or(usize::MAX));
    thread::scope(|scope| {
        for _ in 1..n_threads {
            scope.spawn(|| turns.work(plan.worker()));
        }
        turns.work(plan.worker());
    });
    let turn = turns
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let Some(last) = turn.last else {
        unreachable!("a thread that ends without a panic has done its parts")
    };
    *rng = source::of_kind(last)?;
    Ok(())
}

/// Parts are claimed in order, parsed at the same time, and placed in order.
struct Turns<'out, T> {
    state: Mutex<Turn<'out, T>>,
    changed: Condvar,
}

struct Turn<'out, T> {
    /// The next part to be claimed.
    next_part: u64,
    /// Where the next part to be placed begins.
    start: PartStart,
    /// What no part has been placed in yet.
    rest: &'out mut [T],
    /// The state after all parts.
    last: Option<AnySource>,
    /// Whether a thread panicked, so that some part will never be placed.
    is_broken: bool,
}

/// Tells the others if a thread panics between claiming a part and placing it.
struct Breaks<'a, 'out, T>(&'a Turns<'out, T>);

impl<T> Drop for Breaks<'_, '_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().is_broken = true;
            self.0.changed.notify_all();
        }
    }
}

impl<'out, T: FillValue> Turns<'out, T> {
    fn work(&self, mut worker: FillWorker<T>) {
        let _breaks = Breaks(self);
        while let Some(part) = self.claim(worker.plan().n_parts()) {
            worker.parse(part);
            let Some(out) = self.place(&mut worker, part) else {
                return;
            };
            if let Some(last) = worker.write(out) {
                self.lock().last = Some(last);
            }
        }
    }

    fn claim(&self, n_parts: u64) -> Option<u64> {
        let mut turn = self.lock();
        let part = turn.next_part;
        if part == n_parts {
            return None;
        }
        turn.next_part += 1;
        Some(part)
    }

    /// Waits for the part's turn, and takes its place out of the slice; `None` if its turn will never
    /// come.
    fn place(&self, worker: &mut FillWorker<T>, part: u64) -> Option<&'out mut [T]> {
        let known = worker.plan().known_start(part);
        let mut turn = self.lock();
        while turn.start.part != part && !turn.is_broken {
            turn = self
                .changed
                .wait(turn)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if turn.is_broken {
            return None;
        }
        let placed = worker.place(known.unwrap_or(turn.start));
        let len = (placed.range.end - placed.range.start) as usize;
        let out = turn.rest.split_off_mut(..len)?;
        turn.start = placed.next;
        drop(turn);
        self.changed.notify_all();
        Some(out)
    }
}

impl<'out, T> Turns<'out, T> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Turn<'out, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
