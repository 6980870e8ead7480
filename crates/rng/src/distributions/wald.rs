//! [`Wald`]: the inverse Gaussian distribution.

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::sqrt;
use crate::{BitGenerator, RngError};

/// The Wald, or inverse Gaussian, distribution.
///
/// Source: J. R. Michael, W. R. Schucany and R. W. Haas, "Generating Random Variates Using
/// Transformations with Multiple Roots" (1976), with the smaller root in the form that NumPy has
/// had since 2.4.0, which does not cancel.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Wald;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).wald(3, 2)
/// assert_eq!(rng.sample(&Wald::new(3.0, 2.0)?), 2.069990769639344);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wald {
    mean: f64,
    scale: f64,
}

impl Wald {
    /// Takes the mean and the scale, the cube of the mean over the variance.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if either is not positive.
    pub fn new(mean: f64, scale: f64) -> Result<Wald, RngError> {
        let check = Check("wald");
        check.positive("mean", mean)?;
        check.positive("scale", scale)?;
        Ok(Wald { mean, scale })
    }
}

impl Distribution<f64> for Wald {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        let Wald { mean, scale } = *self;
        let z = source.standard_normal();
        let y = mean * z * z;
        let d = 1.0 + sqrt(1.0 + 4.0 * scale / y);
        let x = mean * (1.0 - 2.0 / d);
        let u = source.bits().next_double();
        if u <= mean / (mean + x) {
            x
        } else {
            mean * mean / x
        }
    }
}
