//! [`SharedPhilox`]: one counter-based stream, drawn from without a lock.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use multiproc_rng::{BitGenerator, Philox, PhiloxState, SavedState, Seek};
use multiproc_segment::{Layout, Segment};

use crate::error::SharedRngError;

/// What the segments of such streams are marked with.
const KIND: u64 = u64::from_le_bytes(*b"rngphlx1");
/// A counter on a line of its own, then what never changes: counter and key of the first block.
const NEXT_AT: usize = 0;
const ORIGIN_AT: usize = 128;
const LEN: usize = ORIGIN_AT + 8 * ORIGIN_WORDS;
const ORIGIN_WORDS: usize = 6;

/// Words of a block.
const BLOCK: u64 = 4;

/// The stream of a [`Philox`], from its next block on, that many processes draw from without a lock.
///
/// A word is a function of its index, so all that is shared is the next index: a draw is one atomic
/// addition, and nobody can be waited for. Words that a process took and did not use
/// before it died are lost unnoticed; [`Shared`](crate::Shared) notices.
///
/// # Examples
///
/// ```
/// use multiproc_rng::Philox;
/// use multiproc_shared_rng::SharedPhilox;
///
/// let stream = SharedPhilox::new(&Philox::seed_from(42))?;
/// // Another process does this with the segment it was sent.
/// let same = SharedPhilox::attach(stream.segment().clone())?;
///
/// let mut alone = Philox::seed_from(42);
/// assert_eq!(stream.next_u64(), alone.next_u64());
/// assert_eq!(same.next_u64(), alone.next_u64());
/// let mut doubles = [0.0; 100];
/// stream.fill_random(&mut doubles);
/// assert_eq!(same.n_drawn(), 102);
/// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
/// ```
pub struct SharedPhilox {
    /// Before the first word.
    origin: Philox,
    segment: Segment,
}

impl SharedPhilox {
    /// Shares the stream of `origin` from its next whole block on: what is left of its buffer and a
    /// waiting half word are passed over.
    ///
    /// # Errors
    ///
    /// [`SharedRngError::Segment`] if some limit leaves too little room.
    pub fn new(origin: &Philox) -> Result<SharedPhilox, SharedRngError> {
        let segment = Segment::anonymous(Layout {
            payload_len: LEN,
            control_len: 0,
            kind: KIND,
        })?;
        let PhiloxState { counter, key, .. } = origin.state();
        for (i, word) in counter.into_iter().chain(key).enumerate() {
            segment
                .payload()
                .atomic_u64(ORIGIN_AT + 8 * i)?
                .store(word, Relaxed);
        }
        SharedPhilox::attach(segment)
    }

    /// Finds the stream in `segment`.
    ///
    /// # Errors
    ///
    /// [`SharedRngError::NotAStream`] if something else is there.
    pub fn attach(segment: Segment) -> Result<SharedPhilox, SharedRngError> {
        if segment.kind() != KIND {
            let segment = segment.id();
            return Err(SharedRngError::NotAStream { segment });
        }
        let bytes = segment.payload().slice(0, LEN)?;
        let mut words = [0; ORIGIN_WORDS];
        for (i, word) in words.iter_mut().enumerate() {
            *word = bytes.atomic_u64(ORIGIN_AT + 8 * i)?.load(Relaxed);
        }
        let [a, b, c, d, key @ ..] = words;
        let origin = Philox::from_key(key, [a, b, c, d]);
        Ok(SharedPhilox { origin, segment })
    }

    /// The segment that the stream is in, to be sent to other processes.
    pub fn segment(&self) -> &Segment {
        &self.segment
    }

    /// How many words were drawn by all.
    pub fn n_drawn(&self) -> u64 {
        self.next().load(Relaxed)
    }

    /// Draws the next 64 bits.
    #[inline]
    pub fn next_u64(&self) -> u64 {
        let index = self.next().fetch_add(1, Relaxed);
        let mut bits = self.origin.clone();
        bits.advance((index / BLOCK).into());
        for _ in 0..index % BLOCK {
            bits.next_u64();
        }
        bits.next_u64()
    }

    /// Draws a double in `[0, 1)`: NumPy's `random()`.
    #[inline]
    pub fn random(&self) -> f64 {
        self.origin.double_of(self.next_u64())
    }

    /// Draws words for all of `out`, which follow one another in the stream.
    pub fn fill_u64(&self, out: &mut [u64]) {
        self.take(out.len() as u64).fill_u64(out);
    }

    /// Draws doubles for all of `out`, which follow one another in the stream.
    pub fn fill_random(&self, out: &mut [f64]) {
        self.take(out.len() as u64).fill_double(out);
    }

    /// Takes the next `n` words out of the stream. The generator stands at the first of them; words
    /// behind the last belong to others.
    pub fn take(&self, n: u64) -> Philox {
        let mut bits = self.origin.clone();
        bits.skip_u64(self.next().fetch_add(n, Relaxed));
        bits
    }

    #[inline]
    fn next(&self) -> &AtomicU64 {
        self.segment
            .payload()
            .atomic_u64(NEXT_AT)
            .expect("`attach` has found the word")
    }
}

impl fmt::Debug for SharedPhilox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPhilox")
            .field("segment", &self.segment.id())
            .field("n_drawn", &self.n_drawn())
            .finish_non_exhaustive()
    }
}
