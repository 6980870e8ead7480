//! [`Zipf`]: ranks whose frequency falls as a power, as `RandomState` draws them.

use crate::RngError;
use crate::distributions::constraint::Check;
use crate::distributions::zipf::{Envelope, ONLY_ONES_FROM};
use crate::distributions::{self, Distribution, Variates};

/// The least `a - 1`: from here on one proposal in some 20 million succeeds, after about a second.
const LEAST_EXCESS: f64 = 1e-9;

/// The Zipf distribution, whose uniforms come from all of `(0, 1]`: close to an exponent of 1
/// nearly all are refused.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Zipf;
///
/// // numpy.random.RandomState(1).zipf(1.2)
/// let mut rng = RandomState::new(1);
/// let rank: i64 = rng.sample(&Zipf::new(1.2)?);
/// assert_eq!(rank, 1);
///
/// // NumPy does not return from this one.
/// assert!(Zipf::new(1025.0).is_err());
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf(Envelope);

impl Zipf {
    /// Takes the exponent.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `a` is not greater than 1; also if it exceeds 1 by less than
    /// 10⁻⁹ or is 1025 or more, where NumPy would try all but for ever.
    pub fn new(a: f64) -> Result<Zipf, RngError> {
        distributions::Zipf::new(a)?;
        if a - 1.0 < LEAST_EXCESS || a >= ONLY_ONES_FROM {
            let requires = "must leave a draw possible, so lie in [1 + 1e-9, 1025)";
            return Err(Check("zipf").refused("a", a, requires));
        }
        Ok(Zipf(Envelope::new(a)))
    }
}

impl Distribution<i64> for Zipf {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        self.0.sample(source.bits())
    }
}
