//! [`Btpe`]: binomial counts by Kachitvichyanukul and Schmeiser's algorithm.
//!
//! A count is proposed from a triangle, the parallelogram around it and two exponential tails, and
//! accepted by comparison with the binomial weight: by recursion near the mode, else between
//! squeezes and by Stirling's formula. The names are the paper's, as far as they are there.

use crate::math::{floor, log, sqrt, to_i64};
use crate::{BitGenerator, StreamVersion};

/// The set-up for more than 30 expected successes of a probability of at most a half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Btpe {
    n: i64,
    /// Probability of success, and of failure.
    r: f64,
    q: f64,
    /// The mode.
    m: i64,
    /// Middle and ends of the triangle and parallelogram.
    x_m: f64,
    x_l: f64,
    x_r: f64,
    c: f64,
    /// Rates of the exponential tails.
    lambda_l: f64,
    lambda_r: f64,
    /// Areas, each with those before it: triangle, parallelogram, left tail, right tail.
    p1: f64,
    p2: f64,
    p3: f64,
    p4: f64,
    version: StreamVersion,
}

impl Btpe {
    pub(super) fn new(n: i64, p: f64, version: StreamVersion) -> Btpe {
        let n_real = n as f64;
        let (r, q) = (p, 1.0 - p);
        let f_m = n_real * r + r;
        let m = to_i64(floor(f_m));
        let p1 = floor(2.195 * sqrt(n_real * r * q) - 4.6 * q) + 0.5;
        let x_m = m as f64 + 0.5;
        let (x_l, x_r) = (x_m - p1, x_m + p1);
        let c = 0.134 + 20.5 / (15.3 + m as f64);
        let rate = |a: f64| a * (1.0 + a / 2.0);
        let lambda_l = rate((f_m - x_l) / (f_m - x_l * r));
        let lambda_r = rate((x_r - f_m) / (x_r * q));
        let p2 = p1 * (1.0 + 2.0 * c);
        let p3 = p2 + c / lambda_l;
        let p4 = p3 + c / lambda_r;
        Btpe {
            n,
            r,
            q,
            m,
            x_m,
            x_l,
            x_r,
            c,
            lambda_l,
            lambda_r,
            p1,
            p2,
            p3,
            p4,
            version,
        }
    }

    pub(super) fn sample<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        loop {
            let u = bits.next_double() * self.p4;
            let v = bits.next_double();
            if u <= self.p1 {
                return to_i64(floor(self.x_m - self.p1 * v + u));
            }
            if let Some((y, v)) = self.propose(u, v)
                && self.accepts(y, v)
            {
                return y;
            }
        }
    }

    /// A count outside of the triangle, and the height at which it is proposed.
    fn propose(&self, u: f64, v: f64) -> Option<(i64, f64)> {
        if u <= self.p2 {
            let x = self.x_l + (u - self.p1) / self.c;
            let v = v * self.c + 1.0 - (self.m as f64 - x + 0.5).abs() / self.p1;
            return (v <= 1.0).then(|| (to_i64(floor(x)), v));
        }
        if u <= self.p3 {
            let y = to_i64(floor(self.x_l + log(v) / self.lambda_l));
            return (y >= 0 && v != 0.0).then_some((y, v * (u - self.p2) * self.lambda_l));
        }
        let y = to_i64(floor(self.x_r - log(v) / self.lambda_r));
        (y <= self.n && v != 0.0).then_some((y, v * (u - self.p3) * self.lambda_r))
    }

    fn accepts(&self, y: i64, v: f64) -> bool {
        let k = (y - self.m).abs();
        let variance = self.n as f64 * self.r * self.q;
        if k <= 20 || k as f64 >= variance / 2.0 - 1.0 {
            return v <= self.weight(y);
        }
        let k_real = k as f64;
        let rho = (k_real / variance)
            * ((k_real * (k_real / 3.0 + 0.625) + 0.16666666666666666) / variance + 0.5);
        // C squares the integer, which wraps for distances beyond 3e9.
        let t = k.wrapping_mul(k).wrapping_neg() as f64 / (2.0 * variance);
        let a = log(v);
        if a < t - rho {
            return true;
        }
        // Comparisons as in C, where the logarithm of a height rounded below 0 accepts.
        let too_high = a > t + rho || a > self.log_weight(y);
        !too_high
    }

    /// The weight of `y` over that of the mode, by recursion.
    fn weight(&self, y: i64) -> f64 {
        let s = self.r / self.q;
        let a = s * self.n.wrapping_add(1) as f64;
        let factor = |i: i64| a / i as f64 - s;
        let mut weight = 1.0;
        for i in self.m + 1..=y {
            weight *= factor(i);
        }
        for i in y + 1..=self.m {
            weight /= factor(i);
        }
        weight
    }

    /// Logarithm of [`weight`](Self::weight), by Stirling's formula.
    fn log_weight(&self, y: i64) -> f64 {
        let (n, m) = (self.n as f64, self.m as f64);
        let x1 = y as f64 + 1.0;
        let f1 = m + 1.0;
        let z = n + 1.0 - m;
        let w = n - y as f64 + 1.0;
        let main = self.x_m * log(f1 / x1)
            + ((self.n - self.m) as f64 + 0.5) * log(z / w)
            + (y - self.m) as f64 * log(w * self.r / (x1 * self.q));
        match self.version {
            StreamVersion::Numpy2_4 => {
                let error = |x| stirling_error(13680.0, x);
                main + error(f1) + error(z) + error(x1) + error(w)
            }
            StreamVersion::Numpy2_5 => {
                let error = |x| stirling_error(13860.0, x);
                main + error(f1) + error(z) - error(x1) - error(w)
            }
        }
    }
}

/// The correction to Stirling's formula; `first` is 13860, or what the paper misprints.
fn stirling_error(first: f64, x: f64) -> f64 {
    let square = x * x;
    (first - (462.0 - (132.0 - (99.0 - 140.0 / square) / square) / square) / square) / x / 166320.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distributions::log_factorial::log_factorial;

    /// NumPy 2.4's formula is off by up to a thousandth; it is kept for its stream.
    #[test]
    fn the_corrected_weight_is_the_binomials() {
        let (n, p) = (150, 0.3);
        let btpe = Btpe::new(n, p, StreamVersion::Numpy2_5);
        let log_choose = |k| log_factorial(n) - log_factorial(k) - log_factorial(n - k);
        for y in 20..90 {
            let exact = log_choose(y) - log_choose(btpe.m) + (y - btpe.m) as f64 * log(p / 0.7);
            let found = btpe.log_weight(y);
            assert!((found - exact).abs() < 1e-11, "{y}: {found}, not {exact}");
        }
    }
}
