//! [`Geometric`]: how many trials until the first success, as `RandomState` draws them.

use crate::distributions::geometric::{SEARCHED_FROM, search};
use crate::distributions::{self, Distribution, Variates};
use crate::math::{ceil, log, log1p, to_i64};
use crate::{BitGenerator, RngError};

/// The geometric distribution; below a third by inversion of a uniform, and `i64::MIN` for draws
/// that do not fit.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Geometric;
///
/// // numpy.random.RandomState(1).geometric(0.05)
/// let mut rng = RandomState::new(1);
/// let trials: i64 = rng.sample(&Geometric::new(0.05)?);
/// assert_eq!(trials, 11);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometric {
    p: f64,
}

impl Geometric {
    /// Takes the probability of success.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `p` is not in `(0, 1]`.
    pub fn new(p: f64) -> Result<Geometric, RngError> {
        distributions::Geometric::new(p)?;
        Ok(Geometric { p })
    }
}

impl Distribution<i64> for Geometric {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        if self.p >= SEARCHED_FROM {
            return search(source.bits(), self.p);
        }
        to_i64(ceil(
            log1p(-source.bits().next_double()) / log(1.0 - self.p),
        ))
    }
}
