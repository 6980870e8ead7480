//! [`Logseries`]: the logarithmic series distribution, as `RandomState` draws it.

use crate::RngError;
use crate::distributions::logseries::kemp;
use crate::distributions::{self, Distribution, Variates};
use crate::math::{exp, log};

/// The logarithmic series distribution, with the rounding of `log(1 - p)` and `1 - exp`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Logseries;
///
/// // numpy.random.RandomState(1).logseries(0.9)
/// let mut rng = RandomState::new(1);
/// let species: i64 = rng.sample(&Logseries::new(0.9)?);
/// assert_eq!(species, 5);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logseries {
    p: f64,
    log_of_rest: f64,
}

impl Logseries {
    /// Takes the ratio of the series.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `p` is not in `[0, 1)`.
    pub fn new(p: f64) -> Result<Logseries, RngError> {
        distributions::Logseries::new(p)?;
        Ok(Logseries {
            p,
            log_of_rest: log(1.0 - p),
        })
    }
}

impl Distribution<i64> for Logseries {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        kemp(source.bits(), self.p, |u| 1.0 - exp(self.log_of_rest * u))
    }
}
