//! [`StandardExponential`], [`InverseExponential`] and [`Exponential`].

use super::constraint::Check;
use super::{Distribution, Real, Variates};
use crate::RngError;

/// The exponential distribution of mean 1, in either precision.
///
/// From a bit generator by the ziggurat method, NumPy's `method="zig"`; from
/// [`RandomState`](crate::RandomState) by inversion.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::StandardExponential;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).standard_exponential(dtype="float32")
/// let waiting: f32 = rng.sample(&StandardExponential);
/// assert_eq!(waiting, 0.08859460800886154);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StandardExponential;

impl<R: Real> Distribution<R> for StandardExponential {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> R {
        R::standard_exponential(source)
    }

    fn fill<V: Variates + ?Sized>(&self, source: &mut V, out: &mut [R]) {
        R::fill_standard_exponential(source, out);
    }
}

/// The exponential distribution of mean 1, one uniform a draw: NumPy's `method="inv"`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::InverseExponential;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).standard_exponential(method="inv")
/// let waiting: f64 = rng.sample(&InverseExponential);
/// assert_eq!(waiting, 1.4870258232016522);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct InverseExponential;

impl<R: Real> Distribution<R> for InverseExponential {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> R {
        R::inverse_exponential(source.bits())
    }
}

/// The exponential distribution of any mean.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Exponential;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).exponential(3.5)
/// assert_eq!(rng.sample(&Exponential::new(3.5)?), 8.414730113880982);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    scale: f64,
}

impl Exponential {
    /// Takes the mean, the reciprocal of the rate.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn new(scale: f64) -> Result<Exponential, RngError> {
        Check("exponential").non_negative("scale", scale)?;
        Ok(Exponential { scale })
    }
}

impl Distribution<f64> for Exponential {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        self.scale * source.standard_exponential()
    }

    fn fill<V: Variates + ?Sized>(&self, source: &mut V, out: &mut [f64]) {
        source.fill_standard_exponential(out);
        out.iter_mut().for_each(|x| *x *= self.scale);
    }
}
