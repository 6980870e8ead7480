//! [`MultivariateNormal`]: dependent normals.

use alloc::vec;
use alloc::vec::Vec;

use super::constraint::Check;
use super::distribution::rows_of;
use super::linear_algebra::{self, NoConvergence, Square};
use super::{Multivariate, Variates};
use crate::RngError;
use crate::math::sqrt;

/// The multivariate normal distribution: independent normals times a root of the covariance, plus
/// the mean.
///
/// The normals are NumPy's, bit for bit. The root comes from this crate's own algorithms, in NumPy
/// from LAPACK, whose last bits depend on the processor; draws agree to a relative 10⁻⁹.
///
/// Singular vectors and eigenvectors have a sign to choose, and those of equal values even a
/// basis. Up to 25 dimensions they are chosen as LAPACK does; a choice that LAPACK leaves to its
/// rounding may be another, and above 25 dimensions, where LAPACK proceeds otherwise, any may. The
/// triangular root of [`Factorization::Cholesky`] has no such choice.
///
/// Meant for small matrices: the root takes some n³ steps, without blocking.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::{Factorization, Multivariate, MultivariateNormal};
///
/// let covariance = [1.0, 0.4, 0.4, 2.0];
/// let pair = MultivariateNormal::new(&[0.0, 1.0], &covariance, Factorization::Cholesky)?;
/// let mut draws = [0.0; 4];
/// pair.fill_rows(&mut multiproc_rng::Pcg64::seed_from(42), &mut draws)?;
/// // numpy.random.default_rng(42).multivariate_normal([0, 1], cov, 2, method="cholesky")
/// let expected = [0.30471707975443135, -0.2888162452439569, 0.7504511958064572, 2.576024533732552];
/// assert!(draws.iter().zip(expected).all(|(x, y)| (x - y).abs() <= 1e-9 * y.abs()));
///
/// let refused = MultivariateNormal::new(&[0.0], &[-1.0], Factorization::Eigh).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "`cov` of `multivariate_normal` must have no eigenvalue below minus the tolerance, found -1"
/// );
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultivariateNormal {
    mean: Vec<f64>,
    /// A draw is the mean plus this root times independent normals.
    root: Square,
}

/// Which root of the covariance a [`MultivariateNormal`] takes: NumPy's `method`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Factorization;
///
/// assert_eq!(Factorization::default(), Factorization::Svd);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Factorization {
    /// Left singular vectors times the roots of the singular values.
    #[default]
    Svd,
    /// Eigenvectors times the roots of the eigenvalues; reads the lower triangle.
    Eigh,
    /// The triangular root; the fastest, for positive definite covariances only; reads the lower
    /// triangle.
    Cholesky,
}

const CHECK: Check = Check("multivariate_normal");

impl MultivariateNormal {
    /// Takes the mean, the covariance, one row after the other, and the root to take.
    ///
    /// # Errors
    ///
    /// - [`RngError::Length`] unless `cov` has as many rows, and columns, as `mean` has entries.
    /// - [`RngError::Parameter`] if `cov` is not finite, or not positive semidefinite to a
    ///   tolerance of 10⁻⁸. NumPy's default is to warn and draw; that is
    ///   [`with_tolerance`](Self::with_tolerance) of infinity.
    pub fn new(
        mean: &[f64],
        cov: &[f64],
        method: Factorization,
    ) -> Result<MultivariateNormal, RngError> {
        MultivariateNormal::with_tolerance(mean, cov, method, 1e-8)
    }

    /// As [`new`](Self::new), with another tolerance for the check of the covariance: NumPy's
    /// `tol` with `check_valid="raise"`, or `check_valid="ignore"` if it is infinite.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). A covariance without a triangular root is refused by
    /// [`Factorization::Cholesky`] at any tolerance.
    pub fn with_tolerance(
        mean: &[f64],
        cov: &[f64],
        method: Factorization,
        tolerance: f64,
    ) -> Result<MultivariateNormal, RngError> {
        let cov = covariance(mean, cov)?;
        let root = match method {
            Factorization::Svd => svd(&cov, tolerance)?.left,
            Factorization::Eigh => eigh(&cov, tolerance)?,
            Factorization::Cholesky => cholesky(cov)?,
        };
        Ok(MultivariateNormal {
            mean: mean.to_vec(),
            root,
        })
    }

    /// As [`new`](Self::new), for `RandomState`, whose root is that of the right singular vectors.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn legacy(mean: &[f64], cov: &[f64]) -> Result<MultivariateNormal, RngError> {
        let root = svd(&covariance(mean, cov)?, 1e-8)?.right;
        Ok(MultivariateNormal {
            mean: mean.to_vec(),
            root,
        })
    }
}

impl Multivariate<f64> for MultivariateNormal {
    fn row_len(&self) -> usize {
        self.mean.len()
    }

    fn fill_rows<V: Variates + ?Sized>(
        &self,
        source: &mut V,
        out: &mut [f64],
    ) -> Result<(), RngError> {
        let mut normals = vec![0.0; self.row_len()];
        for row in rows_of(out, self.row_len())? {
            source.fill_standard_normal(&mut normals);
            for (i, (x, mean)) in row.iter_mut().zip(&self.mean).enumerate() {
                let dot: f64 = self
                    .root
                    .row(i)
                    .iter()
                    .zip(&normals)
                    .map(|(a, z)| a * z)
                    .sum();
                *x = mean + dot;
            }
        }
        Ok(())
    }
}

fn covariance(mean: &[f64], cov: &[f64]) -> Result<Square, RngError> {
    let n = mean.len();
    if n.checked_mul(n) != Some(cov.len()) {
        return Err(RngError::Length {
            name: "cov",
            found: cov.len(),
            requires: "must be the square of that of `mean`",
            expected: n.saturating_mul(n),
        });
    }
    if let Some(&entry) = cov.iter().find(|entry| !entry.is_finite()) {
        return Err(CHECK.refused("cov", entry, "must be finite"));
    }
    Ok(Square::new(n, cov.to_vec()))
}

/// Vectors, one a row, and by what each is to be multiplied, as columns of a root.
fn columns(vectors: &Square, factors: impl Fn(usize) -> f64) -> Square {
    let n = vectors.len();
    let entry = |k: usize| vectors[(k % n, k / n)] * factors(k % n);
    Square::new(n, (0..n * n).map(entry).collect())
}

struct SingularRoots {
    left: Square,
    right: Square,
}

fn svd(cov: &Square, tolerance: f64) -> Result<SingularRoots, RngError> {
    let scale = Scale::of(cov);
    let mut svd = linear_algebra::singular(scale.down(cov)).map_err(no_convergence)?;
    svd.values
        .iter_mut()
        .for_each(|value| *value = scale.up(*value));
    let n = cov.len();
    for (k, &entry) in cov.entries().iter().enumerate() {
        let product = |v: &Square, j: usize| v[(j, k / n)] * svd.values[j] * v[(j, k % n)];
        let square: f64 = (0..n).map(|j| product(&svd.right, j)).sum();
        if (square - entry).abs() > tolerance + tolerance * entry.abs() {
            let requires = "must be symmetric and positive semidefinite, \
                 and so have equal singular vectors on both sides";
            return Err(CHECK.refused("cov", entry, requires));
        }
    }
    let root = |j: usize| sqrt(svd.values[j]);
    Ok(SingularRoots {
        left: columns(&svd.left, root),
        right: columns(&svd.right, root),
    })
}

fn eigh(cov: &Square, tolerance: f64) -> Result<Square, RngError> {
    let scale = Scale::of(cov);
    let mut eigen = linear_algebra::eigen(&scale.down(cov)).map_err(no_convergence)?;
    eigen
        .values
        .iter_mut()
        .for_each(|value| *value = scale.up(*value));
    if let Some(&least) = eigen.values.first()
        && least < -tolerance
    {
        let requires = "must have no eigenvalue below minus the tolerance";
        return Err(CHECK.refused("cov", least, requires));
    }
    Ok(columns(&eigen.vectors, |j| sqrt(eigen.values[j].abs())))
}

fn cholesky(cov: Square) -> Result<Square, RngError> {
    linear_algebra::cholesky(cov).map_err(|linear_algebra::NotPositiveDefinite { pivot }| {
        let requires = "must be positive definite for a triangular root, so have positive pivots";
        CHECK.refused("cov", pivot, requires)
    })
}

fn no_convergence(_: NoConvergence) -> RngError {
    CHECK.refused(
        "cov",
        f64::NAN,
        "must have singular values and eigenvalues that can be found",
    )
}

/// A power of two that brings the largest entry near 1: exact, and out of the way of overflow.
#[derive(Clone, Copy)]
struct Scale(f64);

impl Scale {
    fn of(matrix: &Square) -> Scale {
        let largest = matrix
            .entries()
            .iter()
            .fold(0.0, |max, entry| f64::max(max, entry.abs()));
        // The exponent field alone; 0 and subnormal numbers have none.
        let power = f64::from_bits(largest.to_bits() & 0x7ff0_0000_0000_0000);
        Scale(if power > 0.0 { power } else { 1.0 })
    }

    fn down(self, matrix: &Square) -> Square {
        Square::new(
            matrix.len(),
            matrix
                .entries()
                .iter()
                .map(|entry| entry / self.0)
                .collect(),
        )
    }

    fn up(self, value: f64) -> f64 {
        value * self.0
    }
}
