//! [`Source`]: what a stream can be drawn from.

use std::any::type_name;

use multiproc_rng::AnySource;

use crate::error::SharedRngError;

/// A generator of the rng crate that goes to other processes and comes back:
/// [`Generator`](multiproc_rng::Generator) or [`RandomState`](multiproc_rng::RandomState) over any of
/// its bit generators.
pub trait Source: Clone + Into<AnySource> + TryFrom<AnySource, Error = AnySource> {}

impl<S: Clone + Into<AnySource> + TryFrom<AnySource, Error = AnySource>> Source for S {}

/// The `S` that `source` is.
pub(crate) fn of_kind<S: Source>(source: AnySource) -> Result<S, SharedRngError> {
    S::try_from(source).map_err(|other| SharedRngError::OtherSource {
        asked: type_name::<S>(),
        found: other.bits().name(),
    })
}
