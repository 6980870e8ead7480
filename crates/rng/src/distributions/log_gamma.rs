//! [`log_gamma`]: the logarithm of the gamma function, with the bits of NumPy's.

use crate::math::log;

const COEFFICIENTS: [f64; 10] = [
    8.333333333333333e-02,
    -2.777777777777778e-03,
    7.936507936507937e-04,
    -5.952380952380952e-04,
    8.417508417508418e-04,
    -1.917526917526918e-03,
    6.41025641025641e-03,
    -2.955065359477124e-02,
    1.796443723688307e-01,
    -1.39243221690590e+00,
];

/// Returns log Γ(x) for positive `x`.
///
/// Source: S. Zhang and J. Jin, "Computation of Special Functions" (1996): Stirling's series from
/// 7 on, recurrence down to there; `random_loggam` in `distributions.c`.
pub(crate) fn log_gamma(x: f64) -> f64 {
    const LOG_TWO_PI: f64 = 1.8378770664093453;
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let raised = if x < 7.0 { (7.0 - x) as i64 } else { 0 };
    let mut x0 = x + raised as f64;
    let x2 = (1.0 / x0) * (1.0 / x0);
    let [rest @ .., last] = &COEFFICIENTS;
    let series = rest
        .iter()
        .rev()
        .fold(*last, |sum, coefficient| sum * x2 + coefficient);
    let mut value = series / x0 + 0.5 * LOG_TWO_PI + (x0 - 0.5) * log(x0) - x0;
    for _ in 0..raised {
        value -= log(x0 - 1.0);
        x0 -= 1.0;
    }
    value
}
