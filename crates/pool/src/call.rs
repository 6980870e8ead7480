//! [`Call`]: one call of a task, and what its reference parameters are filled with.

use std::any::Any;
use std::cell::OnceCell;

use multiproc_segment::Segment;
use multiproc_shared_rng::{Split, Stream};

use crate::fault::Fault;
use crate::task::{ArrayKind, Needs};

/// One call of a task.
#[derive(Debug)]
pub struct Call<'a> {
    pub(crate) item: usize,
    pub(crate) attempt: u32,
    pub(crate) worker: usize,
    pub(crate) split: Option<&'a Split>,
    pub(crate) arguments: &'a [Argument],
}

/// A type that a task may take as `&mut T`: made for each item from what the job knows.
#[diagnostic::on_unimplemented(
    message = "a task cannot take `&mut {Self}`",
    label = "not something that a job provides",
    note = "by `&mut` a task takes `Stream`, `Context` and `PartMut<T, D>`; everything else is an item and is taken by value"
)]
pub trait FromContext: Sized {
    /// Whether the job must have a seed.
    const NEEDS_SEED: bool = false;

    /// Makes the parameter for one call.
    #[doc(hidden)]
    fn from_context(call: &Call<'_>) -> Result<Self, Fault>;
}

/// A type that a task may take as `&T`: an array or a stream that the job passes with
/// [`Job::arg`](crate::Job::arg).
#[diagnostic::on_unimplemented(
    message = "a task cannot take `&{Self}`",
    label = "not something that a job provides",
    note = "by `&` a task takes `Frozen<T, D>`, `SharedArray<T, D>`, `Shared<S>` and `Replicated<S>`, passed with `.arg(&array)`; everything else is an item and is taken by value"
)]
pub trait FromArgument: Any + Sized {
    /// What an array passed for it must be.
    const KIND: ArrayKind;

    /// Attaches the array in the worker.
    #[doc(hidden)]
    fn attach(segment: &Segment, handle: &[u8]) -> Result<Self, String>;
}

/// One argument of a job in a worker: attached at the first call that takes it.
#[derive(Debug)]
pub(crate) struct Argument {
    parameter: &'static str,
    segment: Segment,
    handle: Vec<u8>,
    attached: OnceCell<Result<Box<dyn Any>, Fault>>,
}

impl Argument {
    /// Pairs the arrays that a job sent with the parameters that they are for.
    pub(crate) fn list(
        needs: &Needs,
        arrays: impl Iterator<Item = (Segment, Vec<u8>)>,
    ) -> Vec<Argument> {
        let parameters = needs.arguments.iter();
        parameters
            .zip(arrays)
            .map(|(parameter, (segment, handle))| Argument {
                parameter: parameter.name,
                segment,
                handle,
                attached: OnceCell::new(),
            })
            .collect()
    }
}

impl<'a> Call<'a> {
    /// Returns the job's `k`-th argument.
    #[doc(hidden)]
    pub fn argument<A: FromArgument>(&self, k: usize) -> Result<&'a A, Fault> {
        // The job was checked against the task's parameters before it began.
        let argument = &self.arguments[k];
        let attached = argument.attached.get_or_init(|| {
            match A::attach(&argument.segment, &argument.handle) {
                Ok(array) => Ok(Box::new(array)),
                Err(message) => Err(Fault::Unattached {
                    parameter: argument.parameter.to_owned(),
                    message,
                }),
            }
        });
        match attached {
            Ok(array) => Ok(array.downcast_ref().expect("a parameter has one type")),
            Err(fault) => Err(fault.clone()),
        }
    }
}

impl FromContext for Stream {
    const NEEDS_SEED: bool = true;

    fn from_context(call: &Call<'_>) -> Result<Stream, Fault> {
        let split = call
            .split
            .expect("a task with a stream begins only in a job with a seed");
        Ok(split.stream(call.item as u64))
    }
}

/// What a task may know of its call, as a parameter `&mut Context`.
///
/// A result should depend on the item alone: worker and attempt are for messages.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Context, Pool, task};
///
/// #[task(crate = multiproc_pool)]
/// fn number(context: &mut Context, name: String) -> String {
///     format!("{}. {name}", context.item() + 1)
/// }
///
/// let names = ["Ada", "Grace"].map(str::to_owned);
/// let numbered = Pool::builder().processes(2).build()?.map(number, names).run()?;
/// assert_eq!(numbered, ["1. Ada", "2. Grace"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    item: usize,
    attempt: u32,
    worker: usize,
}

impl Context {
    /// Returns the item's index in its job, from 0.
    pub fn item(&self) -> usize {
        self.item
    }

    /// Returns how often the item has been begun, this time included.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the worker's number in its pool, from 0.
    pub fn worker(&self) -> usize {
        self.worker
    }
}

impl FromContext for Context {
    fn from_context(call: &Call<'_>) -> Result<Context, Fault> {
        Ok(Context {
            item: call.item,
            attempt: call.attempt,
            worker: call.worker,
        })
    }
}
