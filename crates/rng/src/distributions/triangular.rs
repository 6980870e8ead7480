//! [`Triangular`]: a density that rises to a mode and falls again.

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::sqrt;
use crate::{BitGenerator, RngError};

/// The triangular distribution, by inversion.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Triangular;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).triangular(-3, 0, 8)
/// assert_eq!(rng.sample(&Triangular::new(-3.0, 0.0, 8.0)?), 3.5399699858548903);
///
/// let refused = Triangular::new(0.0, 9.0, 8.0).unwrap_err();
/// assert_eq!(refused.to_string(), "`mode` of `triangular` must not be above `right`, found 9");
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triangular {
    left: f64,
    right: f64,
    /// The share of draws below the mode.
    ratio: f64,
    left_product: f64,
    right_product: f64,
}

impl Triangular {
    /// Takes the lowest value, the most likely one and the highest.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `left > mode`, `mode > right`, or `left == right`.
    pub fn new(left: f64, mode: f64, right: f64) -> Result<Triangular, RngError> {
        let check = Check("triangular");
        if left > mode {
            return Err(check.refused("mode", mode, "must not be below `left`"));
        }
        if mode > right {
            return Err(check.refused("mode", mode, "must not be above `right`"));
        }
        if left == right {
            return Err(check.refused("right", right, "must differ from `left`"));
        }
        let base = right - left;
        let left_base = mode - left;
        Ok(Triangular {
            left,
            right,
            ratio: left_base / base,
            left_product: left_base * base,
            right_product: (right - mode) * base,
        })
    }
}

impl Distribution<f64> for Triangular {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        let u = source.bits().next_double();
        if u <= self.ratio {
            self.left + sqrt(u * self.left_product)
        } else {
            self.right - sqrt((1.0 - u) * self.right_product)
        }
    }
}
