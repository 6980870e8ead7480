//! [`Hypergeometric`]: how many of a sample without replacement are good.

use super::constraint::Check;
use super::log_factorial::log_factorial;
use super::log_gamma::log_gamma;
use super::{Distribution, Variates};
use crate::integers::masked;
use crate::math::{floor, log, sqrt, to_i64};
use crate::{BitGenerator, RngError};

/// What `ngood`, `nbad`, and the colours of the multivariate form, must stay below.
pub(super) const LIMIT: i64 = 1_000_000_000;

/// The hypergeometric distribution.
///
/// Sources: one item after the other if fewer than ten are drawn, or left; else E. Stadlober, "The
/// Ratio of Uniforms Approach for Generating Discrete Random Variates" (1990), algorithm HRUA.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Hypergeometric;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).hypergeometric(100, 50, 30)
/// let good: i64 = rng.sample(&Hypergeometric::new(100, 50, 30)?);
/// assert_eq!(good, 20);
///
/// let refused = Hypergeometric::new(3, 4, 8).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "`nsample` of `hypergeometric` must not exceed `ngood + nbad`, found 8"
/// );
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
    /// [`RngError::Integer`] if a number is negative, `ngood` or `nbad` is 10⁹ or more, or
    /// `nsample` exceeds their sum.
    pub fn new(ngood: i64, nbad: i64, nsample: i64) -> Result<Hypergeometric, RngError> {
        let check = Check("hypergeometric");
        for (name, value) in [("ngood", ngood), ("nbad", nbad)] {
            check.count(name, value)?;
            if value >= LIMIT {
                return Err(check.refused_integer(name, value.into(), "must be less than 10^9"));
            }
        }
        check.count("nsample", nsample)?;
        if nsample > ngood + nbad {
            let requires = "must not exceed `ngood + nbad`";
            return Err(check.refused_integer("nsample", nsample.into(), requires));
        }
        Ok(Hypergeometric::of(ngood, nbad, nsample))
    }

    /// For parameters that are already checked.
    pub(super) fn of(good: i64, bad: i64, sample: i64) -> Hypergeometric {
        Hypergeometric(if sample >= 10 && sample <= good + bad - 10 {
            Regime::Hrua(Hrua::new(good, bad, sample, Arithmetic::Generator))
        } else {
            Regime::Itemwise { good, bad, sample }
        })
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

/// Draws item by item; of a sample of more than half, the items that stay.
fn itemwise<B: BitGenerator + ?Sized>(bits: &mut B, good: i64, bad: i64, sample: i64) -> i64 {
    let total = good + bad;
    let most = sample > total / 2;
    let mut to_draw = if most { total - sample } else { sample };
    let mut total_left = total;
    let mut good_left = good;
    while to_draw > 0 && good_left > 0 && total_left > good_left {
        total_left -= 1;
        if (masked(bits, total_left as u64) as i64) < good_left {
            good_left -= 1;
        }
        to_draw -= 1;
    }
    if total_left == good_left {
        good_left -= to_draw;
    }
    if most { good_left } else { good - good_left }
}

/// Which class's rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arithmetic {
    Generator,
    RandomState,
}

impl Arithmetic {
    #[inline]
    fn log_factorial(self, k: i64) -> f64 {
        match self {
            Arithmetic::Generator => log_factorial(k),
            Arithmetic::RandomState => log_gamma((k + 1) as f64),
        }
    }
}

/// Stadlober's ratio of uniforms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hrua {
    good: i64,
    bad: i64,
    sample: i64,
    /// The sample, or what it leaves if that is less.
    smaller: i64,
    center: f64,
    width: f64,
    log_weight_of_mode: f64,
    bound: f64,
    arithmetic: Arithmetic,
}

impl Hrua {
    pub(crate) fn new(good: i64, bad: i64, sample: i64, arithmetic: Arithmetic) -> Hrua {
        // 2 sqrt(2 / e) and 3 - 2 sqrt(3 / e).
        const D1: f64 = 1.7155277699214135;
        const D2: f64 = 0.8989161620588988;
        let total = good + bad;
        let (fewer, more) = (good.min(bad), good.max(bad));
        let smaller = sample.min(total - sample);
        let p = fewer as f64 / total as f64;
        let center = smaller as f64 * p + 0.5;
        let (drawn, q) = match arithmetic {
            Arithmetic::Generator => (smaller, more as f64 / total as f64),
            Arithmetic::RandomState => (sample, 1.0 - p),
        };
        let variance = (total - smaller) as f64 * drawn as f64 * p * q / (total - 1) as f64;
        let deviation = sqrt(variance + 0.5);
        let mode = floor((smaller + 1) as f64 * (fewer + 1) as f64 / (total + 2) as f64);
        let support = smaller.min(fewer) as f64 + 1.0;
        let sixteen_deviations_up = floor(center + 16.0 * deviation);
        let mut hrua = Hrua {
            good,
            bad,
            sample,
            smaller,
            center,
            width: D1 * deviation + D2,
            log_weight_of_mode: 0.0,
            bound: if support < sixteen_deviations_up {
                support
            } else {
                sixteen_deviations_up
            },
            arithmetic,
        };
        hrua.log_weight_of_mode = hrua.log_weight(to_i64(mode));
        hrua
    }

    /// Minus the logarithm of the weight of `k`.
    fn log_weight(&self, k: i64) -> f64 {
        let log_factorial = |k| self.arithmetic.log_factorial(k);
        let (fewer, more) = (self.good.min(self.bad), self.good.max(self.bad));
        log_factorial(k)
            + log_factorial(fewer - k)
            + log_factorial(self.smaller - k)
            + log_factorial(more - self.smaller + k)
    }

    pub(crate) fn sample<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        let mut k = loop {
            let u = bits.next_double();
            let v = bits.next_double();
            let x = self.center + self.width * (v - 0.5) / u;
            if x < 0.0 || x >= self.bound {
                continue;
            }
            let k = to_i64(floor(x));
            let t = self.log_weight_of_mode - self.log_weight(k);
            if u * (4.0 - u) - 3.0 <= t {
                break k;
            }
            if u * (u - t) >= 1.0 {
                continue;
            }
            if 2.0 * log(u) <= t {
                break k;
            }
        };
        if self.good > self.bad {
            k = self.smaller - k;
        }
        if self.smaller < self.sample {
            k = self.good - k;
        }
        k
    }
}
