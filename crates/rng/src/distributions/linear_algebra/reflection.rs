//! [`Reflection`]: a Householder reflection.

use alloc::vec::Vec;

use super::Square;
use crate::math::sqrt;

/// The reflection `I - tau * v * vᵀ` of the coordinates from `start` on; `v` begins with 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reflection {
    start: usize,
    v: Vec<f64>,
    tau: f64,
}

impl Reflection {
    /// The reflection that turns `x`, the coordinates from `start` on, into `(beta, 0, ..)`, and
    /// `beta`: LAPACK's `dlarfg`.
    pub(super) fn to_axis(start: usize, x: impl Iterator<Item = f64>) -> (Reflection, f64) {
        let mut v: Vec<f64> = x.collect();
        let alpha = core::mem::replace(&mut v[0], 1.0);
        let rest = v[1..].iter().map(|x| x * x).sum::<f64>();
        if rest == 0.0 {
            return (Reflection { start, v, tau: 0.0 }, alpha);
        }
        let beta = -sqrt(alpha * alpha + rest).copysign(alpha);
        v[1..].iter_mut().for_each(|x| *x /= alpha - beta);
        (
            Reflection {
                start,
                v,
                tau: (beta - alpha) / beta,
            },
            beta,
        )
    }

    /// Reflects a vector, whose entry for coordinate `i` is `entries[offset + i * stride]`.
    pub(super) fn reflect(&self, entries: &mut [f64], offset: usize, stride: usize) {
        let at = |k: usize| offset + (self.start + k) * stride;
        let dot: f64 = self
            .v
            .iter()
            .enumerate()
            .map(|(k, v)| v * entries[at(k)])
            .sum();
        for (k, v) in self.v.iter().enumerate() {
            entries[at(k)] -= self.tau * dot * v;
        }
    }

    /// Reflects the rows and the columns of a symmetric matrix, by the symmetric update of LAPACK,
    /// whose rounding decides some signs.
    pub(super) fn reflect_symmetric(&self, matrix: &mut Square) {
        let n = self.v.len();
        let at = |k: usize, l: usize| (self.start + k, self.start + l);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let row = |matrix: &Square, k: usize| matrix.row(self.start + k)[self.start..].to_vec();
        let mut w: Vec<f64> = (0..n)
            .map(|k| self.tau * dot(&row(matrix, k), &self.v))
            .collect();
        let alpha = -0.5 * self.tau * dot(&w, &self.v);
        w.iter_mut().zip(&self.v).for_each(|(w, v)| *w += alpha * v);
        for k in 0..n {
            for l in 0..n {
                matrix[at(k, l)] -= self.v[k] * w[l] + w[k] * self.v[l];
            }
        }
    }
}
