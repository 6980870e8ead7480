//! [`Laplace`], [`Gumbel`], [`Logistic`], and powers of an exponential: distributions whose draws
//! are a function of one uniform or one exponential.

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::{expm1, log, pow, sqrt};
use crate::{BitGenerator, RngError};

/// The Laplace, or double exponential, distribution.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Laplace;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).laplace(1, 2)
/// assert_eq!(rng.sample(&Laplace::new(1.0, 2.0)?), 2.5877572852834136);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Laplace {
    loc: f64,
    scale: f64,
}

impl Laplace {
    /// Takes the peak and the mean distance from it.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn new(loc: f64, scale: f64) -> Result<Laplace, RngError> {
        Check("laplace").non_negative("scale", scale)?;
        Ok(Laplace { loc, scale })
    }
}

impl Distribution<f64> for Laplace {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        loop {
            let u = source.bits().next_double();
            if u >= 0.5 {
                return self.loc - self.scale * log(2.0 - u - u);
            }
            if u > 0.0 {
                return self.loc + self.scale * log(u + u);
            }
        }
    }
}

/// The Gumbel, or extreme value, distribution.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Gumbel;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).gumbel(1, 2)
/// assert_eq!(rng.sample(&Gumbel::new(1.0, 2.0)?), 0.20644393339980482);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gumbel {
    loc: f64,
    scale: f64,
}

impl Gumbel {
    /// Takes the mode and the scale.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn new(loc: f64, scale: f64) -> Result<Gumbel, RngError> {
        Check("gumbel").non_negative("scale", scale)?;
        Ok(Gumbel { loc, scale })
    }
}

impl Distribution<f64> for Gumbel {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        loop {
            let u = 1.0 - source.bits().next_double();
            if u < 1.0 {
                return self.loc - self.scale * log(-log(u));
            }
        }
    }
}

/// The logistic distribution.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Logistic;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).logistic(1, 2)
/// assert_eq!(rng.sample(&Logistic::new(1.0, 2.0)?), 3.4615712627710136);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logistic {
    loc: f64,
    scale: f64,
}

impl Logistic {
    /// Takes the mean and the scale.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn new(loc: f64, scale: f64) -> Result<Logistic, RngError> {
        Check("logistic").non_negative("scale", scale)?;
        Ok(Logistic { loc, scale })
    }
}

impl Distribution<f64> for Logistic {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        loop {
            let u = source.bits().next_double();
            if u > 0.0 {
                return self.loc + self.scale * log(u / (1.0 - u));
            }
        }
    }
}

/// The Pareto distribution of the second kind, also called Lomax: shifted to begin at 0.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Pareto;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).pareto(3)
/// assert_eq!(rng.sample(&Pareto::new(3.0)?), 1.228665259618174);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    a: f64,
}

impl Pareto {
    /// Takes the shape.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `a` is not positive.
    pub fn new(a: f64) -> Result<Pareto, RngError> {
        Check("pareto").positive("a", a)?;
        Ok(Pareto { a })
    }
}

impl Distribution<f64> for Pareto {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        expm1(source.standard_exponential() / self.a)
    }
}

/// The Weibull distribution of scale 1.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Weibull;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).weibull(1.5)
/// assert_eq!(rng.sample(&Weibull::new(1.5)?), 1.794656893050126);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weibull {
    a: f64,
}

impl Weibull {
    /// Takes the shape; shape 0 is always 0.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `a` is negative.
    pub fn new(a: f64) -> Result<Weibull, RngError> {
        Check("weibull").non_negative("a", a)?;
        Ok(Weibull { a })
    }
}

impl Distribution<f64> for Weibull {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        if self.a == 0.0 {
            return 0.0;
        }
        pow(source.standard_exponential(), 1.0 / self.a)
    }
}

/// The power distribution: density `a * x^(a-1)` on `[0, 1]`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Power;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).power(3)
/// assert_eq!(rng.sample(&Power::new(3.0)?), 0.9689324849878161);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    a: f64,
}

impl Power {
    /// Takes the exponent, one more than that of the density.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `a` is not positive.
    pub fn new(a: f64) -> Result<Power, RngError> {
        Check("power").positive("a", a)?;
        Ok(Power { a })
    }
}

impl Distribution<f64> for Power {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        pow(-expm1(-source.standard_exponential()), 1.0 / self.a)
    }
}

/// The Rayleigh distribution: the length of a vector of two normals.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Rayleigh;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).rayleigh(2)
/// assert_eq!(rng.sample(&Rayleigh::new(2.0)?), 4.385620689449551);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rayleigh {
    scale: f64,
}

impl Rayleigh {
    /// Takes the mode, which is the deviation of the normals.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn new(scale: f64) -> Result<Rayleigh, RngError> {
        Check("rayleigh").non_negative("scale", scale)?;
        Ok(Rayleigh { scale })
    }
}

impl Distribution<f64> for Rayleigh {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        self.scale * sqrt(2.0 * source.standard_exponential())
    }
}
