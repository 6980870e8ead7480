//! [`Failed`]: what a job could not do, beside what it did.

use std::error::Error;
use std::fmt::{self, Debug, Display};

use crate::error::PoolError;
use crate::task_error::{Cause, TaskError};

/// A job that did not finish all of its items, with everything that it did finish.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Pool, TaskError, task};
///
/// #[task(crate = multiproc_pool)]
/// fn root(x: f64) -> Result<f64, String> {
///     if x < 0.0 { Err(format!("{x} has no root")) } else { Ok(x.sqrt()) }
/// }
///
/// let pool = Pool::builder().processes(2).build()?;
/// let failed = pool.map(root, [4.0, -1.0, 9.0]).run().unwrap_err();
/// assert_eq!(failed.to_string(), "item 1 of 3 failed: -1 has no root");
/// assert_eq!(failed.done(), [Some(2.0), None, Some(3.0)]);
/// assert!(matches!(failed.failures(), [TaskError::Failed { item: 1, .. }]));
/// # Ok::<(), multiproc_pool::PoolError>(())
/// ```
pub struct Failed<R> {
    pub(crate) done: Vec<Option<R>>,
    pub(crate) failures: Vec<TaskError>,
    pub(crate) stopped: Option<Box<PoolError>>,
}

impl<R> Failed<R> {
    pub(crate) fn before_start(error: PoolError) -> Failed<R> {
        Failed {
            done: Vec::new(),
            failures: Vec::new(),
            stopped: Some(Box::new(error)),
        }
    }

    /// Returns the results by item; `None` for those that failed or were not run. Empty if the job did not begin.
    pub fn done(&self) -> &[Option<R>] {
        &self.done
    }

    /// Returns the results themselves, as [`done`](Failed::done) has them.
    pub fn into_done(self) -> Vec<Option<R>> {
        self.done
    }

    pub(crate) fn into_parts(self) -> (Vec<Option<R>>, Vec<TaskError>, Option<Box<PoolError>>) {
        (self.done, self.failures, self.stopped)
    }

    /// Returns the failures, by ascending item.
    pub fn failures(&self) -> &[TaskError] {
        &self.failures
    }

    /// Returns why the job as a whole could not begin or go on, if that was it.
    pub fn stopped(&self) -> Option<&PoolError> {
        self.stopped.as_deref()
    }

    /// Returns the same failure without the results: one type for jobs of any result.
    pub fn without_results(self) -> Failed<()> {
        Failed {
            done: self
                .done
                .into_iter()
                .map(|result| result.map(drop))
                .collect(),
            failures: self.failures,
            stopped: self.stopped,
        }
    }
}

// By hand, so that no job needs results that can be printed.
impl<R> Debug for Failed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failed")
            .field("done", &self.done.iter().flatten().count())
            .field("of", &self.done.len())
            .field("failures", &self.failures)
            .field("stopped", &self.stopped)
            .finish()
    }
}

impl<R> Display for Failed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.stopped {
            Display::fmt(error, f)?;
            if self.done.is_empty() {
                return Ok(());
            }
            let done = self.done.iter().flatten().count();
            return write!(f, " ({done} of {} items are done)", self.done.len());
        }
        match self.failures.as_slice() {
            [] => write!(f, "no item failed"),
            [only] => write!(
                f,
                "item {} of {} {}",
                only.item(),
                self.done.len(),
                Cause(only)
            ),
            [first, ..] => write!(
                f,
                "{} of {} items failed; the first: item {} {}",
                self.failures.len(),
                self.done.len(),
                first.item(),
                Cause(first)
            ),
        }
    }
}

impl<R> Error for Failed<R> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.stopped
            .as_deref()
            .map(|error| error as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_failures_are_counted_and_the_first_is_told() {
        let failure = |item| TaskError::Failed {
            item,
            message: "no".to_owned(),
        };
        let failed = Failed {
            done: vec![Some(1), None, None],
            failures: vec![failure(1), failure(2)],
            stopped: None,
        };
        assert_eq!(
            failed.to_string(),
            "2 of 3 items failed; the first: item 1 failed: no"
        );
        assert_eq!(failed.without_results().done, [Some(()), None, None]);
    }
}
