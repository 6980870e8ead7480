//! [`StandardGamma`] and [`Gamma`].

use super::constraint::Check;
use super::{Distribution, Real, Variates};
use crate::RngError;

/// The gamma distribution of scale 1, in either precision.
///
/// Sources: G. Marsaglia and W. W. Tsang, "A Simple Method for Generating Gamma Variables" (2000),
/// for shapes above 1; for those below, the rejection from an exponential of
/// `numpy/random/src/distributions/distributions.c`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::StandardGamma;
///
/// // numpy.random.default_rng(42).standard_gamma(2.5), and with dtype="float32"
/// let mut rng = multiproc_rng::default_rng(42);
/// assert_eq!(rng.sample(&StandardGamma::new(2.5f64)?), 2.646860815267719);
/// let mut rng = multiproc_rng::default_rng(42);
/// assert_eq!(rng.sample(&StandardGamma::new(2.5f32)?), 2.3823325634002686);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandardGamma<R = f64>(Regime<R>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime<R> {
    /// Shape 0: always 0, and no draw.
    Zero,
    /// Shape 1: an exponential.
    One,
    Below {
        shape: R,
        inverse: R,
    },
    Above {
        b: R,
        c: R,
    },
}

impl<R: Real + Into<f64>> StandardGamma<R> {
    /// Takes the shape.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `shape` is negative.
    pub fn new(shape: R) -> Result<StandardGamma<R>, RngError> {
        Check("standard_gamma").non_negative("shape", shape.into())?;
        Ok(StandardGamma::of(shape))
    }
}

impl<R: Real> StandardGamma<R> {
    /// For a shape that is already checked.
    pub(crate) fn of(shape: R) -> StandardGamma<R> {
        let [zero, one, three, nine] = [0.0, 1.0, 3.0, 9.0].map(R::from);
        StandardGamma(if shape == one {
            Regime::One
        } else if shape == zero {
            Regime::Zero
        } else if shape < one {
            Regime::Below {
                shape,
                inverse: one / shape,
            }
        } else {
            // NaN comes here too, and so out.
            let b = shape - one / three;
            Regime::Above {
                b,
                c: one / (nine * b).sqrt(),
            }
        })
    }
}

impl<R: Real> Distribution<R> for StandardGamma<R> {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> R {
        match self.0 {
            Regime::Zero => R::from(0.0),
            Regime::One => R::standard_exponential(source),
            Regime::Below { shape, inverse } => below_one(source, shape, inverse),
            Regime::Above { b, c } => above_one(source, b, c),
        }
    }
}

fn below_one<R: Real, V: Variates + ?Sized>(source: &mut V, shape: R, inverse: R) -> R {
    let one = R::from(1.0);
    loop {
        let u = R::uniform(source.bits());
        let v = R::standard_exponential(source);
        if u <= one - shape {
            let x = u.pow(inverse);
            if x <= v {
                return x;
            }
        } else {
            let y = -((one - u) / shape).log();
            let x = (one - shape + shape * y).pow(inverse);
            if x <= v + y {
                return x;
            }
        }
    }
}

#[inline]
fn above_one<R: Real, V: Variates + ?Sized>(source: &mut V, b: R, c: R) -> R {
    let [zero, half, one] = [0.0, 0.5, 1.0].map(R::from);
    loop {
        let x = R::standard_normal(source);
        let root = one + c * x;
        if root <= zero {
            continue;
        }
        let v = root * root * root;
        let u = R::uniform(source.bits());
        if u < one - R::SQUEEZE * (x * x) * (x * x) {
            return b * v;
        }
        if u.log() < half * x * x + b * (one - v + v.log()) {
            return b * v;
        }
    }
}

/// The gamma distribution.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Gamma;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).gamma(0.5, 3.0)
/// assert_eq!(rng.sample(&Gamma::new(0.5, 3.0)?), 2.4135004383945393);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    standard: StandardGamma,
    scale: f64,
}

impl Gamma {
    /// Takes the shape and the scale.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if either is negative.
    pub fn new(shape: f64, scale: f64) -> Result<Gamma, RngError> {
        let check = Check("gamma");
        check.non_negative("shape", shape)?;
        check.non_negative("scale", scale)?;
        Ok(Gamma::of(shape, scale))
    }

    /// For parameters that are already checked.
    pub(crate) fn of(shape: f64, scale: f64) -> Gamma {
        Gamma {
            standard: StandardGamma::of(shape),
            scale,
        }
    }
}

impl Distribution<f64> for Gamma {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        self.scale * self.standard.sample(source)
    }
}
