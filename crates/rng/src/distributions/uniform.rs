//! [`Uniform`]: doubles of an interval.

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::{BitGenerator, RngError};

/// The uniform distribution over `[low, high)`.
///
/// The value `low + (high - low) * u` is rounded twice, so that `high` itself can come out.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Uniform;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).uniform(-1, 1)
/// assert_eq!(rng.sample(&Uniform::new(-1.0, 1.0)?), 0.5479120971119267);
///
/// let refused = Uniform::new(1.0, 0.0).unwrap_err();
/// assert_eq!(refused.to_string(), "`high - low` of `uniform` must not be negative, found -1");
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uniform {
    low: f64,
    range: f64,
}

impl Uniform {
    /// Takes the ends of the interval.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `high - low` is negative or not finite.
    pub fn new(low: f64, high: f64) -> Result<Uniform, RngError> {
        let uniform = Uniform::legacy(low, high)?;
        Check("uniform").non_negative("high - low", uniform.range)?;
        Ok(uniform)
    }

    /// As [`new`](Self::new), for `RandomState`, which takes the ends in any order.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `high - low` is not finite.
    pub fn legacy(low: f64, high: f64) -> Result<Uniform, RngError> {
        let range = high - low;
        if !range.is_finite() {
            return Err(Check("uniform").refused("high - low", range, "must be finite"));
        }
        Ok(Uniform { low, range })
    }
}

impl Distribution<f64> for Uniform {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        self.low + self.range * source.bits().next_double()
    }

    fn fill<V: Variates + ?Sized>(&self, source: &mut V, out: &mut [f64]) {
        source.bits().fill_double(out);
        out.iter_mut().for_each(|u| *u = self.low + self.range * *u);
    }
}
