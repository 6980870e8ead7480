//! [`Rotation`]: a plane rotation.

use super::Square;
use crate::math::sqrt;

/// The rotation of a plane by the angle of this cosine and sine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rotation {
    pub(super) cosine: f64,
    pub(super) sine: f64,
}

impl Rotation {
    /// The rotation that turns `(f, g)` into `(r, 0)`, and `r`: LAPACK's `dlartg`, for numbers
    /// whose squares neither overflow nor vanish.
    pub(super) fn to_axis(f: f64, g: f64) -> (Rotation, f64) {
        if g == 0.0 {
            (
                Rotation {
                    cosine: 1.0,
                    sine: 0.0,
                },
                f,
            )
        } else if f == 0.0 {
            (
                Rotation {
                    cosine: 0.0,
                    sine: 1f64.copysign(g),
                },
                g.abs(),
            )
        } else {
            let larger = f.abs().max(g.abs());
            let (fs, gs) = (f / larger, g / larger);
            let length = sqrt(fs * fs + gs * gs);
            let r = length.copysign(f);
            (
                Rotation {
                    cosine: fs.abs() / length,
                    sine: gs / r,
                },
                r * larger,
            )
        }
    }

    /// The other way round.
    pub(super) fn inverse(self) -> Rotation {
        Rotation {
            cosine: self.cosine,
            sine: -self.sine,
        }
    }

    /// Rotates rows `i` and `j` of `matrix`: LAPACK's `drot`.
    pub(super) fn rotate_rows(self, matrix: &mut Square, i: usize, j: usize) {
        let Rotation { cosine, sine } = self;
        for k in 0..matrix.len() {
            let (x, y) = (matrix[(i, k)], matrix[(j, k)]);
            matrix[(i, k)] = cosine * x + sine * y;
            matrix[(j, k)] = cosine * y - sine * x;
        }
    }
}
