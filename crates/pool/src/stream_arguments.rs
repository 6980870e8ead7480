//! Streams among the arguments of a job: [`Shared`] and [`Replicated`].

use multiproc_segment::Segment;
use multiproc_shared_rng::{Replicated, Shared, SharedRngError, Source};

use crate::arguments::{ArrayArgument, Passed};
use crate::call::FromArgument;
use crate::task::ArrayKind;

/// The kind of a stream; of which generator it is, shows when it is attached.
const fn kind_of(holder: &'static str) -> ArrayKind {
    ArrayKind {
        holder,
        descr: "state",
        n_axes: None,
    }
}

fn passed(holder: &'static str, segment: &Segment) -> Passed {
    Passed {
        kind: kind_of(holder),
        segment: segment.clone(),
        handle: Vec::new(),
        held_by_caller: false,
    }
}

fn in_words<S>(attached: Result<S, SharedRngError>) -> Result<S, String> {
    attached.map_err(|error| error.to_string())
}

impl<S: Source> ArrayArgument for Shared<S> {
    fn pass(&self) -> Passed {
        passed("Shared", self.segment())
    }
}

impl<S: Source + 'static> FromArgument for Shared<S> {
    const KIND: ArrayKind = kind_of("Shared");

    fn attach(segment: &Segment, _: &[u8]) -> Result<Self, String> {
        in_words(Shared::attach(segment.clone()))
    }
}

impl<S: Source> ArrayArgument for Replicated<S> {
    fn pass(&self) -> Passed {
        passed("Replicated", self.segment())
    }
}

impl<S: Source + 'static> FromArgument for Replicated<S> {
    const KIND: ArrayKind = kind_of("Replicated");

    fn attach(segment: &Segment, _: &[u8]) -> Result<Self, String> {
        in_words(Replicated::attach(segment.clone()))
    }
}
