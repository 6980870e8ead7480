//! [`singular`]: singular values and vectors.

use alloc::vec::Vec;

use super::reflection::Reflection;
use super::rotation::Rotation;
use super::triangle::{Pair, smaller_singular_value};
use super::{EPSILON, NoConvergence, Square, Walk};
use crate::math::sqrt;

/// Singular values, descending, and the singular vectors of either side, one a row.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Singular {
    pub(in super::super) values: Vec<f64>,
    pub(in super::super) left: Square,
    pub(in super::super) right: Square,
}

/// Returns the singular values and vectors of `matrix`.
///
/// Source: LAPACK's `dgebd2` and `dbdsqr`, after J. Demmel and W. Kahan, "Accurate Singular Values
/// of Bidiagonal Matrices" (1990).
pub(in super::super) fn singular(matrix: Square) -> Result<Singular, NoConvergence> {
    let n = matrix.len();
    let (reflections, mut bidiagonal) = Bidiagonal::of(matrix);
    if n == 1 && bidiagonal.diagonal[0] < 0.0 {
        // `dbdsdc` turns a single number on the left, `dbdsqr` on the right.
        bidiagonal.diagonal[0] *= -1.0;
        bidiagonal.left[(0, 0)] = -1.0;
    }
    bidiagonal.diagonalise()?;
    let Bidiagonal {
        diagonal: mut values,
        mut left,
        mut right,
        ..
    } = bidiagonal;
    for (i, value) in values.iter_mut().enumerate() {
        for reflection in reflections.left.iter().rev() {
            reflection.reflect(left.row_mut(i), 0, 1);
        }
        for reflection in reflections.right.iter().rev() {
            reflection.reflect(right.row_mut(i), 0, 1);
        }
        if *value < 0.0 {
            *value = -*value;
            right.row_mut(i).iter_mut().for_each(|x| *x = -*x);
        }
    }
    for end in (1..n).rev() {
        let least = (0..=end).fold(0, |k, j| if values[j] <= values[k] { j } else { k });
        values.swap(least, end);
        left.swap_rows(least, end);
        right.swap_rows(least, end);
    }
    Ok(Singular {
        values,
        left,
        right,
    })
}

struct Reflections {
    left: Vec<Reflection>,
    right: Vec<Reflection>,
}

/// A matrix with entries on its diagonal and above it, and the bases that made it so.
struct Bidiagonal {
    diagonal: Vec<f64>,
    off_diagonal: Vec<f64>,
    left: Square,
    right: Square,
}

impl Bidiagonal {
    /// Reduces a matrix: `dgebd2`.
    fn of(mut matrix: Square) -> (Reflections, Bidiagonal) {
        let n = matrix.len();
        let mut bidiagonal = Bidiagonal {
            diagonal: Vec::new(),
            off_diagonal: Vec::new(),
            left: Square::identity(n),
            right: Square::identity(n),
        };
        let mut reflections = Reflections {
            left: Vec::new(),
            right: Vec::new(),
        };
        for i in 0..n {
            let (reflection, beta) = Reflection::to_axis(i, (i..n).map(|k| matrix[(k, i)]));
            bidiagonal.diagonal.push(beta);
            for column in i + 1..n {
                reflection.reflect(&mut matrix.entries, column, n);
            }
            reflections.left.push(reflection);
            if i + 1 == n {
                break;
            }
            let (reflection, beta) = Reflection::to_axis(i + 1, (i + 1..n).map(|k| matrix[(i, k)]));
            bidiagonal.off_diagonal.push(beta);
            for row in i + 1..n {
                reflection.reflect(&mut matrix.entries, row * n, 1);
            }
            reflections.right.push(reflection);
        }
        (reflections, bidiagonal)
    }

    /// Turns the matrix diagonal by rotations: `dbdsqr`.
    fn diagonalise(&mut self) -> Result<(), NoConvergence> {
        let n = self.diagonal.len();
        let threshold = self.threshold();
        let mut steps_left = 6 * n * n;
        let mut before: Option<Walk> = None;
        let mut end = n.saturating_sub(1);
        while end > 0 {
            let split = (0..end)
                .rev()
                .find(|&i| self.off_diagonal[i].abs() <= threshold);
            if let Some(i) = split {
                self.off_diagonal[i] = 0.0;
            }
            let start = split.map_or(0, |i| i + 1);
            match end - start {
                0 => end -= 1,
                1 => {
                    self.diagonalise_pair(start);
                    end = end.saturating_sub(2);
                }
                _ => {
                    let walk = self.walk(start, end, before);
                    let Some(smallest) = self.deflate(walk) else {
                        continue;
                    };
                    before = Some(walk);
                    steps_left = steps_left
                        .checked_sub(walk.n_steps())
                        .ok_or(NoConvergence)?;
                    match self.shift(walk, smallest) {
                        0.0 => self.sweep_without_shift(walk),
                        shift => self.sweep(walk, shift),
                    }
                    let last = &mut self.off_diagonal[walk.between(walk.n_steps() - 1)];
                    if last.abs() <= threshold {
                        *last = 0.0;
                    }
                }
            }
        }
        Ok(())
    }

    /// Below this an entry above the diagonal is negligible wherever it stands.
    fn threshold(&self) -> f64 {
        let n = self.diagonal.len();
        let mut mu = self.diagonal.first().map_or(0.0, |d| d.abs());
        let mut smallest = mu;
        for i in 1..n {
            if smallest == 0.0 {
                break;
            }
            mu = self.diagonal[i].abs() * (mu / (mu + self.off_diagonal[i - 1].abs()));
            smallest = smallest.min(mu);
        }
        let underflow = 6.0 * (n as f64 * (n as f64 * f64::MIN_POSITIVE));
        (TOLERANCE * (smallest / sqrt(n as f64))).max(underflow)
    }

    /// From the larger end of a new block to the smaller one; on in the same direction as `before`
    /// in what is left of that block.
    fn walk(&self, start: usize, end: usize, before: Option<Walk>) -> Walk {
        let down = match before {
            Some(Walk { from, to }) if start <= from.max(to) && end >= from.min(to) => from < to,
            _ => self.diagonal[start].abs() >= self.diagonal[end].abs(),
        };
        if down {
            Walk {
                from: start,
                to: end,
            }
        } else {
            Walk {
                from: end,
                to: start,
            }
        }
    }

    /// Clears an entry that is negligible by its neighbours, or returns a lower bound of the
    /// block's singular values.
    fn deflate(&mut self, walk: Walk) -> Option<f64> {
        let (d, e) = (&self.diagonal, &mut self.off_diagonal);
        let last = walk.n_steps();
        let end = &mut e[walk.between(last - 1)];
        if end.abs() <= TOLERANCE * d[walk.row(last)].abs() {
            *end = 0.0;
            return None;
        }
        let mut mu = d[walk.row(0)].abs();
        let mut smallest = mu;
        for k in 0..last {
            let entry = &mut e[walk.between(k)];
            if entry.abs() <= TOLERANCE * mu {
                *entry = 0.0;
                return None;
            }
            mu = d[walk.row(k + 1)].abs() * (mu / (mu + entry.abs()));
            smallest = smallest.min(mu);
        }
        Some(smallest)
    }

    /// The shift of the next sweep; 0 if any other would spoil small singular values.
    fn shift(&self, walk: Walk, smallest: f64) -> f64 {
        let last = walk.n_steps();
        let largest = (0..last)
            .map(|k| {
                self.diagonal[walk.row(k)]
                    .abs()
                    .max(self.off_diagonal[walk.between(k)].abs())
            })
            .fold(self.diagonal[walk.row(last)].abs(), f64::max);
        let n = self.diagonal.len() as f64;
        if n * TOLERANCE * (smallest / largest) <= EPSILON.max(0.01 * TOLERANCE) {
            return 0.0;
        }
        let [a, b] = [walk.row(last - 1), walk.row(last)].map(|i| self.diagonal[i]);
        let shift = smaller_singular_value(a, self.off_diagonal[walk.between(last - 1)], b);
        let first = self.diagonal[walk.row(0)].abs();
        let ratio = shift / first;
        if first > 0.0 && ratio * ratio < EPSILON {
            0.0
        } else {
            shift
        }
    }

    /// The basis that the first rotation of each step turns, and the other one.
    fn bases(&mut self, walk: Walk) -> (&mut Square, &mut Square) {
        if walk.from < walk.to {
            (&mut self.right, &mut self.left)
        } else {
            (&mut self.left, &mut self.right)
        }
    }

    fn sweep_without_shift(&mut self, walk: Walk) {
        let last = walk.n_steps();
        let mut one = Rotation {
            cosine: 1.0,
            sine: 0.0,
        };
        let mut other = one;
        for k in 0..last {
            let (i, j, between) = (walk.row(k), walk.row(k + 1), walk.between(k));
            let r;
            (one, r) = Rotation::to_axis(self.diagonal[i] * one.cosine, self.off_diagonal[between]);
            if k > 0 {
                self.off_diagonal[walk.between(k - 1)] = other.sine * r;
            }
            (other, self.diagonal[i]) =
                Rotation::to_axis(other.cosine * r, self.diagonal[j] * one.sine);
            let bases = self.bases(walk);
            one.rotate_rows(bases.0, i, j);
            other.rotate_rows(bases.1, i, j);
        }
        let h = self.diagonal[walk.row(last)] * one.cosine;
        self.diagonal[walk.row(last)] = h * other.cosine;
        self.off_diagonal[walk.between(last - 1)] = h * other.sine;
    }

    fn sweep(&mut self, walk: Walk, shift: f64) {
        let last = walk.n_steps();
        let first = self.diagonal[walk.row(0)];
        let mut f = (first.abs() - shift) * (1f64.copysign(first) + shift / first);
        let mut g = self.off_diagonal[walk.between(0)];
        for k in 0..last {
            let (i, j, between) = (walk.row(k), walk.row(k + 1), walk.between(k));
            let (one, r) = Rotation::to_axis(f, g);
            if k > 0 {
                self.off_diagonal[walk.between(k - 1)] = r;
            }
            let (d, e) = (self.diagonal[i], self.off_diagonal[between]);
            let below = one.cosine * e - one.sine * d;
            let next = one.cosine * self.diagonal[j];
            let (other, r) =
                Rotation::to_axis(one.cosine * d + one.sine * e, one.sine * self.diagonal[j]);
            self.diagonal[i] = r;
            f = other.cosine * below + other.sine * next;
            self.diagonal[j] = other.cosine * next - other.sine * below;
            if k + 1 < last {
                let after = &mut self.off_diagonal[walk.between(k + 1)];
                g = other.sine * *after;
                *after *= other.cosine;
            }
            let bases = self.bases(walk);
            one.rotate_rows(bases.0, i, j);
            other.rotate_rows(bases.1, i, j);
        }
        self.off_diagonal[walk.between(last - 1)] = f;
    }

    /// Diagonalises rows `i` and `i + 1`.
    fn diagonalise_pair(&mut self, i: usize) {
        let (f, g, h) = (self.diagonal[i], self.off_diagonal[i], self.diagonal[i + 1]);
        let pair = Pair::of(f, g, h);
        self.diagonal[i] = pair.larger;
        self.diagonal[i + 1] = pair.smaller;
        self.off_diagonal[i] = 0.0;
        pair.left.rotate_rows(&mut self.left, i, i + 1);
        pair.right.rotate_rows(&mut self.right, i, i + 1);
    }
}

/// `EPSILON.powf(-1.0 / 8.0) * EPSILON`: the relative accuracy of the singular values.
const TOLERANCE: f64 = 98.70149282610821 * EPSILON;
