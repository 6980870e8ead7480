//! Singular values of a triangle of two rows.

use super::EPSILON;
use super::rotation::Rotation;
use crate::math::sqrt;

/// The smaller singular value of the triangle with `f` and `h` on its diagonal and `g` above:
/// `dlas2`.
pub(super) fn smaller_singular_value(f: f64, g: f64, h: f64) -> f64 {
    let g = g.abs();
    let (low, high) = if f.abs() < h.abs() {
        (f.abs(), h.abs())
    } else {
        (h.abs(), f.abs())
    };
    if low == 0.0 {
        return 0.0;
    }
    let sum = 1.0 + low / high;
    let difference = (high - low) / high;
    if g < high {
        let g = (g / high) * (g / high);
        return low * (2.0 / (sqrt(sum * sum + g) + sqrt(difference * difference + g)));
    }
    let ratio = high / g;
    if ratio == 0.0 {
        return low * high / g;
    }
    let (sum, difference) = (sum * ratio, difference * ratio);
    let c = 1.0 / (sqrt(1.0 + sum * sum) + sqrt(1.0 + difference * difference));
    2.0 * (low * c * ratio)
}

/// The singular values of a triangle of two rows, with their signs, and the rotations that lay it
/// bare.
pub(super) struct Pair {
    pub(super) smaller: f64,
    pub(super) larger: f64,
    pub(super) left: Rotation,
    pub(super) right: Rotation,
}

impl Pair {
    /// Of the triangle with `f` and `h` on its diagonal and `g` above: `dlasv2`.
    pub(super) fn of(f: f64, g: f64, h: f64) -> Pair {
        let swap = h.abs() > f.abs();
        let (ft, ht) = if swap { (h, f) } else { (f, h) };
        let (fa, ha, ga) = (ft.abs(), ht.abs(), g.abs());
        let mut left = Rotation {
            cosine: 1.0,
            sine: 0.0,
        };
        let mut right = left;
        let (smaller, larger);
        if ga == 0.0 {
            (smaller, larger) = (ha, fa);
        } else if ga > fa && fa / ga < EPSILON {
            smaller = if ha > 1.0 {
                fa / (ga / ha)
            } else {
                (fa / ga) * ha
            };
            larger = ga;
            left.sine = ht / g;
            right = Rotation {
                cosine: ft / g,
                sine: 1.0,
            };
        } else {
            let difference = fa - ha;
            let l = if difference == fa {
                1.0
            } else {
                difference / fa
            };
            let m = g / ft;
            let t = 2.0 - l;
            let s = sqrt(t * t + m * m);
            let r = if l == 0.0 {
                m.abs()
            } else {
                sqrt(l * l + m * m)
            };
            let a = 0.5 * (s + r);
            (smaller, larger) = (ha / a, fa * a);
            let t = if m * m != 0.0 {
                (m / (s + t) + m / (r + l)) * (1.0 + a)
            } else if l == 0.0 {
                2f64.copysign(ft) * 1f64.copysign(g)
            } else {
                g / difference.copysign(ft) + m / t
            };
            let l = sqrt(t * t + 4.0);
            right = Rotation {
                cosine: 2.0 / l,
                sine: t / l,
            };
            left.cosine = (right.cosine + right.sine * m) / a;
            left.sine = (ht / ft) * right.sine / a;
        }
        if swap {
            let transposed = |r: Rotation| Rotation {
                cosine: r.sine,
                sine: r.cosine,
            };
            (left, right) = (transposed(right), transposed(left));
        }
        let sign = |x: f64| 1f64.copysign(x);
        let sign_of_larger = if ga > fa {
            sign(right.sine) * sign(left.cosine) * sign(g)
        } else if swap {
            sign(right.sine) * sign(left.sine) * sign(h)
        } else {
            sign(right.cosine) * sign(left.cosine) * sign(f)
        };
        Pair {
            smaller: smaller.copysign(sign_of_larger * sign(f) * sign(h)),
            larger: larger.copysign(sign_of_larger),
            left,
            right,
        }
    }
}
