//! Factors of small matrices, with the signs of LAPACK's.
//!
//! Singular vectors and eigenvectors are determined up to their sign, and a draw of
//! [`MultivariateNormal`](super::MultivariateNormal) shows it. The signs follow from the sequence
//! of reflections and rotations that an algorithm takes, so these take those of LAPACK's `dgesdd`
//! and `dsyevd`, as NumPy calls them, for matrices of up to 25 rows. Above, LAPACK divides the
//! matrix and conquers it in pieces, and a vector may come out here with the other sign.
//!
//! Source: Reference LAPACK 3.12.

mod cholesky;
mod eigen;
mod reflection;
mod rotation;
mod singular;
mod triangle;

pub(super) use cholesky::{NotPositiveDefinite, cholesky};
pub(super) use eigen::eigen;
pub(super) use singular::singular;

use alloc::vec;
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

/// LAPACK's relative machine precision.
const EPSILON: f64 = f64::EPSILON / 2.0;

/// An algorithm took more steps than any matrix of finite numbers needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoConvergence;

/// A square matrix, one row after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Square {
    len: usize,
    entries: Vec<f64>,
}

impl Square {
    /// `entries` are `len * len` numbers.
    pub(super) fn new(len: usize, entries: Vec<f64>) -> Square {
        assert_eq!(entries.len(), len * len, "a square of {len} rows");
        Square { len, entries }
    }

    fn identity(len: usize) -> Square {
        let mut identity = Square::new(len, vec![0.0; len * len]);
        (0..len).for_each(|i| identity[(i, i)] = 1.0);
        identity
    }

    /// How many rows there are, and columns.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn entries(&self) -> &[f64] {
        &self.entries
    }

    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.entries[i * self.len..][..self.len]
    }

    fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.entries[i * self.len..][..self.len]
    }

    fn swap_rows(&mut self, i: usize, j: usize) {
        (0..self.len).for_each(|k| self.entries.swap(i * self.len + k, j * self.len + k));
    }
}

impl Index<(usize, usize)> for Square {
    type Output = f64;

    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.entries[i * self.len + j]
    }
}

impl IndexMut<(usize, usize)> for Square {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.entries[i * self.len + j]
    }
}

/// A walk through consecutive rows, in either direction: LAPACK chases a bulge from the larger end
/// of a block to the smaller one.
#[derive(Clone, Copy)]
struct Walk {
    from: usize,
    to: usize,
}

impl Walk {
    /// How many steps there are between the first row and the last.
    fn n_steps(self) -> usize {
        self.from.abs_diff(self.to)
    }

    /// The `k`-th row of the walk.
    fn row(self, k: usize) -> usize {
        if self.from <= self.to {
            self.from + k
        } else {
            self.from - k
        }
    }

    /// The off-diagonal entry between the `k`-th row and the next one.
    fn between(self, k: usize) -> usize {
        self.row(k).min(self.row(k + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_square() -> impl Strategy<Value = Square> {
        (0usize..12).prop_flat_map(|n| {
            prop::collection::vec(-4.0..4.0, n * n).prop_map(move |entries| Square::new(n, entries))
        })
    }

    proptest! {
        #[test]
        fn singular_values_and_vectors_make_the_matrix(matrix in any_square()) {
            let n = matrix.len();
            let singular::Singular { values, left, right } = singular(matrix.clone()).unwrap();
            prop_assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|v| *v >= 0.0));
            for (i, j) in (0..n * n).map(|k| (k / n, k % n)) {
                let entry: f64 = (0..n).map(|k| left[(k, i)] * values[k] * right[(k, j)]).sum();
                prop_assert!((entry - matrix[(i, j)]).abs() < 1e-12, "entry {i}, {j}");
            }
        }

        #[test]
        fn eigenvalues_and_vectors_make_the_matrix(mut matrix in any_square()) {
            let n = matrix.len();
            for (i, j) in (0..n * n).map(|k| (k / n, k % n)) {
                matrix[(i, j)] = matrix[(i.max(j), i.min(j))];
            }
            let eigen = eigen(&matrix).unwrap();
            prop_assert!(eigen.values.is_sorted());
            for (i, j) in (0..n * n).map(|k| (k / n, k % n)) {
                let v = &eigen.vectors;
                let entry: f64 = (0..n).map(|k| v[(k, i)] * eigen.values[k] * v[(k, j)]).sum();
                prop_assert!((entry - matrix[(i, j)]).abs() < 1e-12, "entry {i}, {j}");
            }
        }

        #[test]
        fn the_triangular_root_is_one(factor in any_square()) {
            let n = factor.len();
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let entry = |k: usize| {
                dot(factor.row(k / n), factor.row(k % n)) + if k / n == k % n { 1.0 } else { 0.0 }
            };
            let square = Square::new(n, (0..n * n).map(entry).collect());
            let root = cholesky(square.clone()).unwrap();
            for (i, j) in (0..n * n).map(|k| (k / n, k % n)) {
                prop_assert!((dot(root.row(i), root.row(j)) - square[(i, j)]).abs() < 1e-9);
            }
        }
    }
}
