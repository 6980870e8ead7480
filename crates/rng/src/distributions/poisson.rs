//! [`Poisson`] and [`NegativeBinomial`].

use super::constraint::Check;
use super::log_gamma::log_gamma;
use super::{Distribution, Gamma, Variates};
use crate::math::{exp, floor, log, sqrt, to_i64};
use crate::{BitGenerator, RngError};

/// `i64::MAX - 10 * sqrt(i64::MAX)`: beyond, the draws themselves would not fit.
const MAX_MEAN: f64 = 9.223372006484771e18;

/// The Poisson distribution.
///
/// Sources: multiplication of uniforms below a mean of 10; from there on W. Hörmann, "The
/// Transformed Rejection Method for Generating Poisson Random Variables" (1993).
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Poisson;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).poisson(100)
/// let events: i64 = rng.sample(&Poisson::new(100.0)?);
/// assert_eq!(events, 109);
///
/// let refused = Poisson::new(1e19).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "`lam` of `poisson` must not exceed 9.223372006484771e18, found 10000000000000000000"
/// );
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Poisson(Regime);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    Zero,
    Multiplication { exp_of_minus_mean: f64 },
    TransformedRejection(TransformedRejection),
}

impl Poisson {
    /// Takes the mean.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `lam` is negative, NaN, or above 9.223372006484771e18.
    pub fn new(lam: f64) -> Result<Poisson, RngError> {
        let check = Check("poisson");
        if lam.is_nan() || lam < 0.0 {
            return Err(check.refused("lam", lam, "must not be negative"));
        }
        if lam > MAX_MEAN {
            return Err(check.refused("lam", lam, "must not exceed 9.223372006484771e18"));
        }
        Ok(Poisson::of(lam))
    }

    /// For a mean that nobody checked, as inside of NumPy's samplers.
    pub(super) fn of(lam: f64) -> Poisson {
        Poisson(if lam >= 10.0 {
            Regime::TransformedRejection(TransformedRejection::new(lam))
        } else if lam == 0.0 {
            Regime::Zero
        } else {
            Regime::Multiplication {
                exp_of_minus_mean: exp(-lam),
            }
        })
    }
}

impl Distribution<i64> for Poisson {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        match &self.0 {
            Regime::Zero => 0,
            Regime::Multiplication { exp_of_minus_mean } => {
                let bits = source.bits();
                let mut count = 0;
                let mut product = bits.next_double();
                while product > *exp_of_minus_mean {
                    count += 1;
                    product *= bits.next_double();
                }
                count
            }
            Regime::TransformedRejection(rejection) => rejection.sample(source.bits()),
        }
    }
}

/// Hörmann's algorithm PTRS; the names are the paper's.
#[derive(Clone, Copy, Debug, PartialEq)]
struct TransformedRejection {
    mean: f64,
    log_mean: f64,
    a: f64,
    b: f64,
    log_inverse_alpha: f64,
    v_r: f64,
}

impl TransformedRejection {
    fn new(mean: f64) -> TransformedRejection {
        let b = 0.931 + 2.53 * sqrt(mean);
        TransformedRejection {
            mean,
            log_mean: log(mean),
            a: -0.059 + 0.02483 * b,
            b,
            log_inverse_alpha: log(1.1239 + 1.1328 / (b - 3.4)),
            v_r: 0.9277 - 3.6224 / (b - 2.0),
        }
    }

    fn sample<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        let TransformedRejection {
            mean,
            log_mean,
            a,
            b,
            log_inverse_alpha,
            v_r,
        } = *self;
        loop {
            let u = bits.next_double() - 0.5;
            let v = bits.next_double();
            let us = 0.5 - u.abs();
            let k = to_i64(floor((2.0 * a / us + b) * u + mean + 0.43));
            if us >= 0.07 && v <= v_r {
                return k;
            }
            if k < 0 || (us < 0.013 && v > us) {
                continue;
            }
            let k_real = k as f64;
            if log(v) + log_inverse_alpha - log(a / (us * us) + b)
                <= -mean + k_real * log_mean - log_gamma(k_real + 1.0)
            {
                return k;
            }
        }
    }
}

/// The negative binomial distribution: a Poisson number whose mean is gamma distributed.
///
/// Counts the failures before the `n`-th success of probability `p`; `n` need not be an integer.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::NegativeBinomial;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).negative_binomial(10, 0.2)
/// let failures: i64 = rng.sample(&NegativeBinomial::new(10.0, 0.2)?);
/// assert_eq!(failures, 51);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NegativeBinomial {
    mean: Gamma,
}

impl NegativeBinomial {
    /// Takes the number of successes and their probability.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `n` is not positive, `p` is not in `(0, 1]`, or if
    /// `(1 - p) / p * (n + 10 * sqrt(n))`, ten deviations above the mean, exceeds what [`Poisson`]
    /// takes.
    pub fn new(n: f64, p: f64) -> Result<NegativeBinomial, RngError> {
        let check = Check("negative_binomial");
        if n.is_nan() {
            return Err(check.refused("n", n, "must be positive"));
        }
        check.positive("n", n)?;
        check.positive_probability("p", p)?;
        let high_mean = (1.0 - p) / p * (n + 10.0 * sqrt(n));
        if high_mean > MAX_MEAN {
            let name = "(1 - p) / p * (n + 10 * sqrt(n))";
            return Err(check.refused(name, high_mean, "must not exceed 9.223372006484771e18"));
        }
        Ok(NegativeBinomial::of(n, p))
    }

    /// As [`new`](Self::new), for `RandomState`, which takes a `p` of 0 and any mean.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `n` is not positive or `p` is not in `[0, 1]`.
    pub fn legacy(n: f64, p: f64) -> Result<NegativeBinomial, RngError> {
        let check = Check("negative_binomial");
        check.positive("n", n)?;
        check.probability("p", p)?;
        Ok(NegativeBinomial::of(n, p))
    }

    fn of(n: f64, p: f64) -> NegativeBinomial {
        NegativeBinomial {
            mean: Gamma::of(n, (1.0 - p) / p),
        }
    }
}

impl Distribution<i64> for NegativeBinomial {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        let mean = self.mean.sample(source);
        Poisson::of(mean).sample(source)
    }
}
