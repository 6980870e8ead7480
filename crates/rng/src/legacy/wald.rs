//! [`Wald`]: the inverse Gaussian distribution, as `RandomState` draws it.

use crate::distributions::{self, Distribution, Variates};
use crate::math::sqrt;
use crate::{BitGenerator, RngError};

/// The Wald distribution with a smaller root that cancels, down to 0 and below, for a large mean.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Wald;
///
/// // numpy.random.RandomState(1).wald(3, 2)
/// let mut rng = RandomState::new(1);
/// assert_eq!(rng.sample(&Wald::new(3.0, 2.0)?), 0.5185930805051737);
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
        distributions::Wald::new(mean, scale)?;
        Ok(Wald { mean, scale })
    }
}

impl Distribution<f64> for Wald {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        let Wald { mean, scale } = *self;
        let mu_2l = mean / (2.0 * scale);
        let z = source.standard_normal();
        let y = mean * z * z;
        let x = mean + mu_2l * (y - sqrt(4.0 * scale * y + y * y));
        let u = source.bits().next_double();
        if u <= mean / (mean + x) {
            x
        } else {
            mean * mean / x
        }
    }
}
