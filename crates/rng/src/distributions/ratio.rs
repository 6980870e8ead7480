//! [`StandardCauchy`] and [`StandardT`]: normals over something random.

use super::constraint::Check;
use super::{Distribution, StandardGamma, Variates};
use crate::RngError;
use crate::math::sqrt;

/// The Cauchy distribution: the ratio of two normals.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::StandardCauchy;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).standard_cauchy()
/// assert_eq!(rng.sample(&StandardCauchy), -0.2930016698581793);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StandardCauchy;

impl Distribution<f64> for StandardCauchy {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        let numerator = source.standard_normal();
        numerator / source.standard_normal()
    }
}

/// Student's t distribution: a normal over the root of a gamma.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::StandardT;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).standard_t(10)
/// assert_eq!(rng.sample(&StandardT::new(10.0)?), 0.4100401953152789);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandardT {
    half_df: f64,
    gamma: StandardGamma,
}

impl StandardT {
    /// Takes the degrees of freedom.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `df` is not positive.
    pub fn new(df: f64) -> Result<StandardT, RngError> {
        Check("standard_t").positive("df", df)?;
        let half_df = df / 2.0;
        Ok(StandardT {
            half_df,
            gamma: StandardGamma::of(half_df),
        })
    }
}

impl Distribution<f64> for StandardT {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        let normal = source.standard_normal();
        let gamma = self.gamma.sample(source);
        sqrt(self.half_df) * normal / sqrt(gamma)
    }
}
