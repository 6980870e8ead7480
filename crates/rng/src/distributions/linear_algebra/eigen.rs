//! [`eigen`]: eigenvalues and eigenvectors of a symmetric matrix.

use alloc::vec::Vec;

use super::reflection::Reflection;
use super::rotation::Rotation;
use super::{EPSILON, NoConvergence, Square, Walk};
use crate::math::sqrt;

/// Eigenvalues, ascending, and the eigenvectors, one a row.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Eigen {
    pub(in super::super) values: Vec<f64>,
    pub(in super::super) vectors: Square,
}

/// Returns the eigenvalues and eigenvectors of the symmetric matrix of which `lower` is read on
/// and below the diagonal.
///
/// Source: LAPACK's `dsytd2` and `dsteqr`.
pub(in super::super) fn eigen(lower: &Square) -> Result<Eigen, NoConvergence> {
    let (reflections, mut tridiagonal) = Tridiagonal::of(lower);
    let mut vectors = Square::identity(lower.len());
    tridiagonal.diagonalise(&mut vectors)?;
    for i in 0..vectors.len() {
        let row = vectors.row_mut(i);
        reflections
            .iter()
            .rev()
            .for_each(|reflection| reflection.reflect(row, 0, 1));
    }
    let mut values = tridiagonal.diagonal;
    for i in 0..values.len() {
        let least = (i..values.len()).fold(i, |k, j| if values[j] < values[k] { j } else { k });
        values.swap(i, least);
        vectors.swap_rows(i, least);
    }
    Ok(Eigen { values, vectors })
}

struct Tridiagonal {
    diagonal: Vec<f64>,
    off_diagonal: Vec<f64>,
}

impl Tridiagonal {
    /// Reduces a symmetric matrix, given by its lower triangle: `dsytd2`.
    fn of(lower: &Square) -> (Vec<Reflection>, Tridiagonal) {
        let n = lower.len();
        let mut matrix = lower.clone();
        for i in 0..n {
            for j in i + 1..n {
                matrix[(i, j)] = matrix[(j, i)];
            }
        }
        let mut off_diagonal = Vec::new();
        let mut reflections = Vec::new();
        for i in 0..n.saturating_sub(1) {
            let column = (i + 1..n).map(|k| matrix[(k, i)]);
            let (reflection, beta) = Reflection::to_axis(i + 1, column);
            off_diagonal.push(beta);
            reflection.reflect_symmetric(&mut matrix);
            reflections.push(reflection);
        }
        let diagonal = (0..n).map(|i| matrix[(i, i)]).collect();
        (
            reflections,
            Tridiagonal {
                diagonal,
                off_diagonal,
            },
        )
    }

    /// Turns the matrix diagonal by rotations, and `vectors` with it: `dsteqr`.
    fn diagonalise(&mut self, vectors: &mut Square) -> Result<(), NoConvergence> {
        let n = self.diagonal.len();
        let mut sweeps_left = 30 * n;
        let mut start = 0;
        while start < n {
            let mut end = start;
            while end + 1 < n && !self.splits_after(end) {
                end += 1;
            }
            let d = &self.diagonal;
            let walk = if d[end].abs() < d[start].abs() {
                Walk {
                    from: end,
                    to: start,
                }
            } else {
                Walk {
                    from: start,
                    to: end,
                }
            };
            self.diagonalise_block(walk, vectors, &mut sweeps_left)?;
            start = end + 1;
        }
        Ok(())
    }

    fn splits_after(&mut self, i: usize) -> bool {
        let [a, b] = [self.diagonal[i], self.diagonal[i + 1]].map(f64::abs);
        let negligible = self.off_diagonal[i].abs() <= sqrt(a) * sqrt(b) * EPSILON;
        if negligible {
            self.off_diagonal[i] = 0.0;
        }
        negligible
    }

    fn diagonalise_block(
        &mut self,
        walk: Walk,
        vectors: &mut Square,
        sweeps_left: &mut usize,
    ) -> Result<(), NoConvergence> {
        let mut first = 0;
        while first <= walk.n_steps() {
            let last = (first..walk.n_steps())
                .find(|&k| self.negligible(walk, k))
                .unwrap_or(walk.n_steps());
            if last < walk.n_steps() {
                self.off_diagonal[walk.between(last)] = 0.0;
            }
            match last - first {
                0 => first += 1,
                1 => {
                    self.diagonalise_pair(walk.between(first), vectors);
                    first += 2;
                }
                _ => {
                    *sweeps_left = sweeps_left.checked_sub(1).ok_or(NoConvergence)?;
                    self.sweep(walk, first, last, vectors);
                }
            }
        }
        Ok(())
    }

    fn negligible(&self, walk: Walk, k: usize) -> bool {
        let e = self.off_diagonal[walk.between(k)].abs();
        let [a, b] = [walk.row(k), walk.row(k + 1)].map(|i| self.diagonal[i].abs());
        e * e <= EPSILON * EPSILON * a * b + f64::MIN_POSITIVE
    }

    /// Diagonalises rows `i` and `i + 1`: `dlaev2`.
    fn diagonalise_pair(&mut self, i: usize, vectors: &mut Square) {
        let (a, b, c) = (self.diagonal[i], self.off_diagonal[i], self.diagonal[i + 1]);
        let (sum, difference, twice_b) = (a + c, a - c, b + b);
        let (larger, smaller) = if a.abs() > c.abs() { (a, c) } else { (c, a) };
        let root = hypotenuse(difference, twice_b);
        let (first, second) = if sum == 0.0 {
            (0.5 * root, -0.5 * root)
        } else {
            let first = 0.5 * (sum + root.copysign(sum));
            (first, (larger / first) * smaller - (b / first) * b)
        };
        let swapped = (sum >= 0.0) == (difference >= 0.0);
        let cs = difference + if difference >= 0.0 { root } else { -root };
        let (cosine, sine) = if cs.abs() > twice_b.abs() {
            let cotangent = -twice_b / cs;
            let sine = 1.0 / sqrt(1.0 + cotangent * cotangent);
            (cotangent * sine, sine)
        } else if twice_b == 0.0 {
            (1.0, 0.0)
        } else {
            let tangent = -cs / twice_b;
            let cosine = 1.0 / sqrt(1.0 + tangent * tangent);
            (cosine, tangent * cosine)
        };
        let rotation = if swapped {
            Rotation {
                cosine: -sine,
                sine: cosine,
            }
        } else {
            Rotation { cosine, sine }
        };
        rotation.rotate_rows(vectors, i, i + 1);
        self.diagonal[i] = first;
        self.diagonal[i + 1] = second;
        self.off_diagonal[i] = 0.0;
    }

    /// Chases a bulge from the `last` row of the walk back to its `first`, with Wilkinson's shift.
    fn sweep(&mut self, walk: Walk, first: usize, last: usize, vectors: &mut Square) {
        let (d, e) = (&mut self.diagonal, &mut self.off_diagonal);
        let d_first = d[walk.row(first)];
        let e_first = e[walk.between(first)];
        let g = (d[walk.row(first + 1)] - d_first) / (2.0 * e_first);
        let mut g = d[walk.row(last)] - d_first + e_first / (g + hypotenuse(g, 1.0).copysign(g));
        let mut rotation = Rotation {
            cosine: 1.0,
            sine: 1.0,
        };
        let mut p = 0.0;
        for k in (first..last).rev() {
            let f = rotation.sine * e[walk.between(k)];
            let b = rotation.cosine * e[walk.between(k)];
            let r;
            (rotation, r) = Rotation::to_axis(g, f);
            if k + 1 < last {
                e[walk.between(k + 1)] = r;
            }
            g = d[walk.row(k + 1)] - p;
            let r = (d[walk.row(k)] - g) * rotation.sine + 2.0 * rotation.cosine * b;
            p = rotation.sine * r;
            d[walk.row(k + 1)] = g + p;
            g = rotation.cosine * r - b;
            rotation
                .inverse()
                .rotate_rows(vectors, walk.row(k), walk.row(k + 1));
        }
        d[walk.row(first)] -= p;
        e[walk.between(first)] = g;
    }
}

/// The length of the vector `(x, y)`.
fn hypotenuse(x: f64, y: f64) -> f64 {
    let (x, y) = (x.abs(), y.abs());
    let (larger, smaller) = if x > y { (x, y) } else { (y, x) };
    if larger == 0.0 {
        return 0.0;
    }
    let ratio = smaller / larger;
    larger * sqrt(1.0 + ratio * ratio)
}
