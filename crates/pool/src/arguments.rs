//! [`ArrayArgument`]: the arrays that a job passes to its task.

use multiproc_array::{ArrayError, ArrayHandle, Element, Frozen, SharedArray};
use multiproc_segment::Segment;
use ndarray::Dimension;

use crate::call::FromArgument;
use crate::target::would_wait_for_caller;
use crate::task::ArrayKind;

/// What [`Job::arg`](crate::Job::arg) takes: an array, [`Frozen`] or [`SharedArray`], or a stream,
/// [`Shared`](multiproc_shared_rng::Shared) or [`Replicated`](multiproc_shared_rng::Replicated).
pub trait ArrayArgument {
    #[doc(hidden)]
    fn pass(&self) -> Passed;
}

/// An array on its way to a task.
#[derive(Clone, Debug)]
pub struct Passed {
    pub(crate) kind: ArrayKind,
    pub(crate) segment: Segment,
    pub(crate) handle: Vec<u8>,
    /// Whether the thread that runs the job holds a guard that its workers would wait for.
    pub(crate) held_by_caller: bool,
}

impl Passed {
    pub(crate) fn into_parts(self) -> (Segment, Vec<u8>) {
        (self.segment, self.handle)
    }
}

const fn kind_of<T: Element, D: Dimension>(holder: &'static str) -> ArrayKind {
    ArrayKind {
        holder,
        descr: T::DESCR,
        n_axes: D::NDIM,
    }
}

impl<T: Element, D: Dimension> ArrayArgument for Frozen<T, D> {
    fn pass(&self) -> Passed {
        let n_axes = Some(self.ndim());
        Passed {
            kind: ArrayKind {
                n_axes,
                ..kind_of::<T, D>("Frozen")
            },
            segment: self.segment().clone(),
            handle: self.handle().to_bytes(),
            held_by_caller: false,
        }
    }
}

impl<T: Element, D: Dimension> ArrayArgument for SharedArray<T, D> {
    fn pass(&self) -> Passed {
        let n_axes = Some(self.shape().len());
        Passed {
            kind: ArrayKind {
                n_axes,
                ..kind_of::<T, D>("SharedArray")
            },
            segment: self.segment().clone(),
            handle: self.handle().to_bytes(),
            // What the task does with it is not known; what it can do at least is read.
            held_by_caller: would_wait_for_caller(self.try_read(), self.access_table()),
        }
    }
}

impl<T: Element, D: Dimension + 'static> FromArgument for Frozen<T, D> {
    const KIND: ArrayKind = kind_of::<T, D>("Frozen");

    fn attach(segment: &Segment, handle: &[u8]) -> Result<Self, String> {
        let attach = |handle: ArrayHandle| Frozen::attach(segment.clone(), &handle);
        in_words(ArrayHandle::from_bytes(handle).and_then(attach))
    }
}

impl<T: Element, D: Dimension + 'static> FromArgument for SharedArray<T, D> {
    const KIND: ArrayKind = kind_of::<T, D>("SharedArray");

    fn attach(segment: &Segment, handle: &[u8]) -> Result<Self, String> {
        let attach = |handle: ArrayHandle| SharedArray::attach(segment.clone(), &handle);
        in_words(ArrayHandle::from_bytes(handle).and_then(attach))
    }
}

fn in_words<A>(attached: Result<A, ArrayError>) -> Result<A, String> {
    attached.map_err(|error| error.to_string())
}
