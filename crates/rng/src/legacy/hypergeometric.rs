//! [`Hypergeometric`]: how many of a sample are good, as `RandomState` draws them.

use crate::distributions::constraint::Check;
use crate::distributions::hypergeometric::{Arithmetic, Hrua};
use crate::distributions::{Distribution, Variates};
use crate::math::{floor, to_i64};
use crate::{BitGenerator, RngError};

/// The hypergeometric distribution, of numbers without the limit of
/// [`distributions::Hypergeometric`](crate::distributions::Hypergeometric).
///
/// Sources: item by item up to a sample of ten; else Stadlober's HRUA, with I. Frohne's
/// corrections.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Hypergeometric;
///
/// // numpy.random.RandomState(1).hypergeometric(100, 50, 30)
/// let mut rng = RandomState::new(1);
/// let good: i64 = rng.sample(&Hypergeometric::new(100, 50, 30)?);
/// assert_eq!(good, 17);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hypergeometric(Regime);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    Itemwise { good: i64, bad: i64, sample: i64 },
    Hrua(Hrua),
}

impl Hypergeometric {
    /// Takes how many good and bad items there are, and how many of all are drawn.
    ///
    /// # Errors
    ///
    /// [`RngError::Integer`] if `ngood` or `nbad` is negative, `nsample` less than 1 or more than
    /// their sum, or that sum more than `i64::MAX - 2`, where NumPy's sampler overflows.
    pub fn new(ngood: i64, nbad: i64, nsample: i64) -> Result<Hypergeometric, RngError> {
        let check = Check("hypergeometric");
        check.count("ngood", ngood)?;
        check.count("nbad", nbad)?;
        let nsample_refused = |requires| check.refused_integer("nsample", nsample.into(), requires);
        if nsample < 1 {
            return Err(nsample_refused("must be at least 1"));
        }
        let total = i128::from(ngood) + i128::from(nbad);
        if i128::from(nsample) > total {
            return Err(nsample_refused("must not exceed `ngood + nbad`"));
        }
        if total > i128::from(i64::MAX - 2) {
            let requires = "must not exceed 9223372036854775805";
            return Err(check.refused_integer("ngood + nbad", total, requires));
        }
        Ok(Hypergeometric(if nsample > 10 {
            Regime::Hrua(Hrua::new(ngood, nbad, nsample, Arithmetic::RandomState))
        } else {
            Regime::Itemwise {
                good: ngood,
                bad: nbad,
                sample: nsample,
            }
        }))
    }
}

impl Distribution<i64> for Hypergeometric {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        match &self.0 {
            Regime::Itemwise { good, bad, sample } => itemwise(source.bits(), *good, *bad, *sample),
            Regime::Hrua(hrua) => hrua.sample(source.bits()),
        }
    }
}

fn itemwise<B: BitGenerator + ?Sized>(bits: &mut B, good: i64, bad: i64, sample: i64) -> i64 {
    let rest = bad + good - sample;
    let fewer = good.min(bad) as f64;
    let mut left = fewer;
    for to_draw in (1..=sample).rev() {
        if left <= 0.0 {
            break;
        }
        let u = bits.next_double();
        left -= floor(u + left / (rest + to_draw) as f64);
    }
    let drawn = to_i64(fewer - left);
    if good > bad { sample - drawn } else { drawn }
}
