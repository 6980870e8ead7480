//! [`RandomState`]: NumPy's frozen legacy generator.

use core::ops::RangeBounds;

use crate::integers::{self, Integer, Method};
use crate::{BitGenerator, Mt19937, RngError, StreamVersion};

/// NumPy's `RandomState`: the numbers of `numpy.random.seed`, for ever the same.
///
/// It has samplers of its own, draws integers by masked rejection, and keeps the second of two
/// normals that one attempt of the polar method gives.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
///
/// // numpy.random.seed(0); numpy.random.randint(0, 100, 5)
/// let mut rng = RandomState::new(0);
/// let mut digits = [0i64; 5];
/// rng.fill_randint(0..100, &mut digits)?;
/// assert_eq!(digits, [44, 47, 64, 67, 67]);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RandomState<B = Mt19937> {
    pub(crate) bits: B,
    /// The second normal of an attempt, until it is asked for.
    pub(crate) gauss: Option<f64>,
    pub(crate) version: StreamVersion,
}

impl RandomState {
    /// Seeds from a number: NumPy's `RandomState(seed)` and `numpy.random.seed(seed)`.
    #[doc(alias = "seed")]
    pub fn new(seed: u32) -> RandomState {
        RandomState::from_bits(Mt19937::legacy(seed))
    }

    /// Seeds from several numbers: NumPy's `RandomState([..])`.
    ///
    /// One number in a slice gives another stream than the number alone.
    ///
    /// # Errors
    ///
    /// [`RngError::Length`] if `seed` is empty.
    pub fn from_array(seed: &[u32]) -> Result<RandomState, RngError> {
        Ok(RandomState::from_bits(Mt19937::legacy_array(seed)?))
    }
}

impl<B: BitGenerator> RandomState<B> {
    /// Draws from `bits`, from their present state on: NumPy's `RandomState(bit_generator)`.
    pub fn from_bits(bits: B) -> RandomState<B> {
        RandomState {
            bits,
            gauss: None,
            version: StreamVersion::default(),
        }
    }

    /// Draws the streams of another NumPy: it matters to [`multinomial`](Self::multinomial) alone.
    pub fn with_stream_version(self, version: StreamVersion) -> RandomState<B> {
        RandomState { version, ..self }
    }

    /// Returns the source of words.
    pub fn bits(&self) -> &B {
        &self.bits
    }

    /// Returns the source of words, to draw from it directly.
    pub fn bits_mut(&mut self) -> &mut B {
        &mut self.bits
    }

    /// Returns a double in `[0, 1)`.
    #[doc(alias = "rand")]
    #[doc(alias = "random")]
    #[inline]
    pub fn random_sample(&mut self) -> f64 {
        self.bits.next_double()
    }

    /// Fills `out` with doubles in `[0, 1)`.
    #[doc(alias = "rand")]
    pub fn fill_random_sample(&mut self, out: &mut [f64]) {
        self.bits.fill_double(out);
    }

    /// Returns an integer from `low` up to, but without, `high`.
    ///
    /// # Errors
    ///
    /// [`RngError::EmptyRange`] unless `low < high`.
    pub fn randint(&mut self, low: i64, high: i64) -> Result<i64, RngError> {
        self.randint_in(low..high)
    }

    /// Returns an integer of `range`: NumPy's `randint` with its `dtype`.
    ///
    /// # Errors
    ///
    /// [`RngError::EmptyRange`] if `range` holds no value.
    #[doc(alias = "random_integers")]
    pub fn randint_in<T: Integer>(&mut self, range: impl RangeBounds<T>) -> Result<T, RngError> {
        let bounds = integers::bounds(range)?;
        let mut value = [bounds.0];
        integers::fill(&mut self.bits, Method::Masked, bounds, &mut value);
        Ok(value[0])
    }

    /// Fills `out` with integers of `range`: NumPy's `randint` with its `size`.
    ///
    /// # Errors
    ///
    /// [`RngError::EmptyRange`] if `range` holds no value.
    pub fn fill_randint<T: Integer>(
        &mut self,
        range: impl RangeBounds<T>,
        out: &mut [T],
    ) -> Result<(), RngError> {
        integers::fill(
            &mut self.bits,
            Method::Masked,
            integers::bounds(range)?,
            out,
        );
        Ok(())
    }

    /// Returns a non-negative integer of 63 bits.
    pub fn tomaxint(&mut self) -> i64 {
        (self.bits.next_u64() >> 1) as i64
    }

    /// Fills `out` with bytes: NumPy's `bytes(out.len())`.
    pub fn bytes(&mut self, out: &mut [u8]) {
        crate::bytes::fill(&mut self.bits, out);
    }
}
