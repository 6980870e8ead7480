//! [`Replicated`]: one state, which every process begins with.

use std::fmt;
use std::ops::{Deref, DerefMut};

use multiproc_rng::AnySource;
use multiproc_segment::{Layout, Segment};

use crate::error::SharedRngError;
use crate::source::{self, Source};

/// What the segments of broadcast states are marked with; their payload is the words of a state.
const KIND: u64 = u64::from_le_bytes(*b"rngstate");

/// A stream of which each process draws the same numbers: a state in a frozen
/// segment, and a private copy.
///
/// All methods of the generator are here through `Deref`; they draw from the copy.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_shared_rng::Replicated;
///
/// let mut rng = Replicated::new(RandomState::new(42))?;
/// // Another process does this with the segment it was sent.
/// let mut same = Replicated::<RandomState>::attach(rng.segment().clone())?;
/// assert_eq!(rng.random_sample(), 0.3745401188473625);
/// assert_eq!(same.random_sample(), 0.3745401188473625);
/// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
/// ```
pub struct Replicated<S> {
    segment: Segment,
    source: S,
}

impl<S: Source> Replicated<S> {
    /// Broadcasts the present state of `source`.
    ///
    /// # Errors
    ///
    /// [`SharedRngError::Segment`] if some limit leaves too little room.
    pub fn new(source: S) -> Result<Replicated<S>, SharedRngError> {
        let words: Vec<u8> = (source.clone().into().to_words().into_iter())
            .flat_map(u64::to_le_bytes)
            .collect();
        let segment = Segment::anonymous(Layout {
            payload_len: words.len(),
            control_len: 0,
            kind: KIND,
        })?;
        segment.payload().write(0, &words)?;
        let segment = segment.freeze().map_err(|(_, error)| error)?;
        Ok(Replicated { segment, source })
    }

    /// Takes a copy of the state in `segment`.
    ///
    /// # Errors
    ///
    /// - [`SharedRngError::NotAStream`] if something else is there.
    /// - [`SharedRngError::OtherSource`] if the state is not an `S`'s.
    /// - [`SharedRngError::State`] if the bytes are no state.
    pub fn attach(segment: Segment) -> Result<Replicated<S>, SharedRngError> {
        if segment.kind() != KIND {
            let segment = segment.id();
            return Err(SharedRngError::NotAStream { segment });
        }
        let mut words = vec![0; segment.len().min(8 * AnySource::MOST_WORDS)];
        segment.payload().read(0, &mut words)?;
        let words = words.as_chunks().0.iter().copied().map(u64::from_le_bytes);
        let source = AnySource::from_words(words).map_err(SharedRngError::State)?;
        let source = source::of_kind(source)?;
        Ok(Replicated { segment, source })
    }

    /// The segment that the state is in, to be sent to other processes.
    pub fn segment(&self) -> &Segment {
        &self.segment
    }
}

impl<S> Deref for Replicated<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.source
    }
}

impl<S> DerefMut for Replicated<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.source
    }
}

impl<S: fmt::Debug> fmt::Debug for Replicated<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicated")
            .field("segment", &self.segment.id())
            .field("source", &self.source)
            .finish()
    }
}
