//! [`Pareto`], [`Power`] and [`Rayleigh`], as `RandomState` draws them.

use crate::distributions::{self, Distribution, Variates};
use crate::math::{exp, log1p, pow, sqrt};
use crate::{BitGenerator, RngError};

/// The Pareto distribution of the second kind, with the rounding of `exp(x) - 1`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Pareto;
///
/// // numpy.random.RandomState(1).pareto(3)
/// let mut rng = RandomState::new(1);
/// assert_eq!(rng.sample(&Pareto::new(3.0)?), 0.19706007396255787);
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
        distributions::Pareto::new(a)?;
        Ok(Pareto { a })
    }
}

impl Distribution<f64> for Pareto {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        exp(source.standard_exponential() / self.a) - 1.0
    }
}

/// The power distribution, with the rounding of `1 - exp(-x)`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Power;
///
/// // numpy.random.RandomState(1).power(3)
/// let mut rng = RandomState::new(1);
/// assert_eq!(rng.sample(&Power::new(3.0)?), 0.7471130525727289);
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
        distributions::Power::new(a)?;
        Ok(Power { a })
    }
}

impl Distribution<f64> for Power {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        pow(1.0 - exp(-source.standard_exponential()), 1.0 / self.a)
    }
}

/// The Rayleigh distribution, by inversion of a uniform.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Rayleigh;
///
/// // numpy.random.RandomState(1).rayleigh(2)
/// let mut rng = RandomState::new(1);
/// assert_eq!(rng.sample(&Rayleigh::new(2.0)?), 2.07770226405842);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rayleigh {
    scale: f64,
}

impl Rayleigh {
    /// Takes the mode.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn new(scale: f64) -> Result<Rayleigh, RngError> {
        distributions::Rayleigh::new(scale)?;
        Ok(Rayleigh { scale })
    }
}

impl Distribution<f64> for Rayleigh {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        self.scale * sqrt(-2.0 * log1p(-source.bits().next_double()))
    }
}
