//! [`Generator`]: numbers from words, after NumPy's class of that name.

use core::ops::RangeBounds;

use crate::integers::{self, Integer, Method};
use crate::{BitGenerator, Pcg64, RngError, StreamVersion, simd};

/// Draws numbers of every distribution from a [`BitGenerator`].
///
/// # Examples
///
/// ```
/// use multiproc_rng::default_rng;
///
/// // rng = numpy.random.default_rng(42); rng.random(); rng.integers(0, 10, size=4)
/// let mut rng = default_rng(42);
/// assert_eq!(rng.random(), 0.7739560485559633);
/// let mut digits = [0i64; 4];
/// rng.fill_integers(0..10, &mut digits)?;
/// assert_eq!(digits, [6, 4, 4, 8]);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
///
/// As JSON (feature `serde`) it is NumPy's `state` dict and the version of its numbers:
/// `{"bit_generator": {..}, "stream_version": "numpy-2.4"}`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Generator<B> {
    #[cfg_attr(feature = "serde", serde(rename = "bit_generator"))]
    pub(crate) bits: B,
    #[cfg_attr(feature = "serde", serde(rename = "stream_version"))]
    pub(crate) version: StreamVersion,
}

/// Returns NumPy's `default_rng(seed)`: a [`Generator`] over [`Pcg64`].
///
/// For a seed larger than 64 bits, or a sequence, see
/// [`SeedSequence::new`](crate::SeedSequence::new).
pub fn default_rng(seed: u64) -> Generator<Pcg64> {
    Generator::new(Pcg64::seed_from(seed))
}

impl<B: BitGenerator> Generator<B> {
    /// Draws from `bits`, from their present state on, the streams of NumPy 2.4.
    pub fn new(bits: B) -> Generator<B> {
        Generator::with_stream_version(bits, StreamVersion::default())
    }

    /// Draws from `bits`, from their present state on, the streams of the given NumPy.
    pub fn with_stream_version(bits: B, version: StreamVersion) -> Generator<B> {
        Generator { bits, version }
    }

    /// Returns which NumPy's streams are drawn.
    pub fn stream_version(&self) -> StreamVersion {
        self.version
    }

    /// Returns the source of words.
    #[doc(alias = "bit_generator")]
    pub fn bits(&self) -> &B {
        &self.bits
    }

    /// Returns the source of words, to draw from it directly.
    pub fn bits_mut(&mut self) -> &mut B {
        &mut self.bits
    }

    /// Gives the source of words back.
    pub fn into_bits(self) -> B {
        self.bits
    }

    /// Returns a double in `[0, 1)`: NumPy's `random()`.
    #[inline]
    pub fn random(&mut self) -> f64 {
        self.bits.next_double()
    }

    /// Returns a single in `[0, 1)`: NumPy's `random(dtype=float32)`.
    #[inline]
    pub fn random_f32(&mut self) -> f32 {
        self.bits.next_float()
    }

    /// Fills `out` with doubles in `[0, 1)`: NumPy's `random(out=out)`.
    pub fn fill_random(&mut self, out: &mut [f64]) {
        simd::fill_large(out, |part| self.bits.fill_double(part));
    }

    /// Fills `out` with singles in `[0, 1)`: NumPy's `random(dtype=float32, out=out)`.
    pub fn fill_random_f32(&mut self, out: &mut [f32]) {
        self.bits.fill_float(out);
    }

    /// Returns an integer from `low` up to, but without, `high`: NumPy's `integers(low, high)`.
    ///
    /// [`integers_in`](Self::integers_in) draws other types and includes the end point on request.
    ///
    /// # Errors
    ///
    /// [`RngError::EmptyRange`] unless `low < high`.
    pub fn integers(&mut self, low: i64, high: i64) -> Result<i64, RngError> {
        self.integers_in(low..high)
    }

    /// Returns an integer of `range`: NumPy's `integers` with its `dtype` and `endpoint`.
    ///
    /// # Errors
    ///
    /// [`RngError::EmptyRange`] if `range` holds no value.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut rng = multiproc_rng::default_rng(7);
    /// let die = rng.integers_in(1u8..=6)?;
    /// assert!((1..=6).contains(&die));
    /// let any: u64 = rng.integers_in(..)?;
    /// let refused = rng.integers_in(3..3).unwrap_err();
    /// assert_eq!(refused.to_string(), "no integer lies between 3 and 2");
    /// # Ok::<(), multiproc_rng::RngError>(())
    /// ```
    pub fn integers_in<T: Integer>(&mut self, range: impl RangeBounds<T>) -> Result<T, RngError> {
        let bounds = integers::bounds(range)?;
        let mut value = [bounds.0];
        integers::fill(&mut self.bits, Method::Lemire, bounds, &mut value);
        Ok(value[0])
    }

    /// Fills `out` with integers of `range`: NumPy's `integers` with its `size`.
    ///
    /// # Errors
    ///
    /// [`RngError::EmptyRange`] if `range` holds no value.
    pub fn fill_integers<T: Integer>(
        &mut self,
        range: impl RangeBounds<T>,
        out: &mut [T],
    ) -> Result<(), RngError> {
        integers::fill(
            &mut self.bits,
            Method::Lemire,
            integers::bounds(range)?,
            out,
        );
        Ok(())
    }

    /// Fills `out` with bytes: NumPy's `bytes(out.len())`.
    pub fn bytes(&mut self, out: &mut [u8]) {
        crate::bytes::fill(&mut self.bits, out);
    }
}
