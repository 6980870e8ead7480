//! [`StandardNormal`], [`Normal`] and [`Lognormal`].

use super::constraint::Check;
use super::{Distribution, Real, Variates};
use crate::RngError;
use crate::math::exp;

/// The normal distribution of mean 0 and deviation 1, in either precision.
///
/// From a bit generator by the ziggurat method, from [`RandomState`](crate::RandomState) by the
/// polar one.
///
/// # Examples
///
/// ```
/// use multiproc_rng::default_rng;
/// use multiproc_rng::distributions::StandardNormal;
///
/// let mut rng = default_rng(42);
/// // numpy.random.default_rng(42).standard_normal()
/// let z: f64 = rng.sample(&StandardNormal);
/// assert_eq!(z, 0.30471707975443135);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StandardNormal;

impl<R: Real> Distribution<R> for StandardNormal {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> R {
        R::standard_normal(source)
    }

    fn fill<V: Variates + ?Sized>(&self, source: &mut V, out: &mut [R]) {
        R::fill_standard_normal(source, out);
    }
}

/// The normal distribution: `loc + scale * z`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Normal;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).normal(10, 2)
/// assert_eq!(rng.sample(&Normal::new(10.0, 2.0)?), 10.609434159508863);
///
/// let refused = Normal::new(0.0, -1.0).unwrap_err();
/// assert_eq!(refused.to_string(), "`scale` of `normal` must not be negative, found -1");
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    loc: f64,
    scale: f64,
}

impl Normal {
    /// Takes the mean and the deviation.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn new(loc: f64, scale: f64) -> Result<Normal, RngError> {
        Check("normal").non_negative("scale", scale)?;
        Ok(Normal { loc, scale })
    }
}

impl Distribution<f64> for Normal {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        self.loc + self.scale * source.standard_normal()
    }

    fn fill<V: Variates + ?Sized>(&self, source: &mut V, out: &mut [f64]) {
        source.fill_standard_normal(out);
        out.iter_mut().for_each(|z| *z = self.loc + self.scale * *z);
    }
}

/// The exponential of a normal.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Lognormal;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).lognormal(1, 0.5)
/// assert_eq!(rng.sample(&Lognormal::new(1.0, 0.5)?), 3.16565042457333);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal(Normal);

impl Lognormal {
    /// Takes the mean and the deviation of the logarithm.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `sigma` is negative.
    pub fn new(mean: f64, sigma: f64) -> Result<Lognormal, RngError> {
        Check("lognormal").non_negative("sigma", sigma)?;
        Ok(Lognormal(Normal {
            loc: mean,
            scale: sigma,
        }))
    }
}

impl Distribution<f64> for Lognormal {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        exp(self.0.sample(source))
    }

    fn fill<V: Variates + ?Sized>(&self, source: &mut V, out: &mut [f64]) {
        self.0.fill(source, out);
        out.iter_mut().for_each(|x| *x = exp(*x));
    }
}
