//! [`cholesky`]: the triangular root of a positive definite matrix.

use super::Square;
use crate::math::sqrt;

/// The matrix has this pivot, which is not positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct NotPositiveDefinite {
    pub(in super::super) pivot: f64,
}

/// Returns the lower triangular `l` whose `l * lᵀ` is the symmetric matrix of which `lower` is read
/// on and below the diagonal.
pub(in super::super) fn cholesky(mut lower: Square) -> Result<Square, NotPositiveDefinite> {
    for i in 0..lower.len() {
        for j in 0..=i {
            let dot: f64 = lower.row(i)[..j]
                .iter()
                .zip(lower.row(j))
                .map(|(a, b)| a * b)
                .sum();
            let rest = lower[(i, j)] - dot;
            lower[(i, j)] = if j < i {
                rest / lower[(j, j)]
            } else if rest > 0.0 {
                sqrt(rest)
            } else {
                return Err(NotPositiveDefinite { pivot: rest });
            };
        }
        lower.row_mut(i)[i + 1..].fill(0.0);
    }
    Ok(lower)
}
