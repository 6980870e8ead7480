//! The host's libm, called so that the compiler can neither evaluate nor rewrite the calls.
#![expect(unsafe_code, reason = "function pointers are read volatile")]
//!
//! NumPy's samplers call libm, so equal bits need the same functions. Rust's `f64::ln` and its
//! kin are those functions, but the optimiser knows them by name: with a constant base it turns
//! `pow(2, y)` into `exp2(y)` and `pow(x, 0.5)` into a square root, which differ in the last bit
//! once in a thousand, and it evaluates calls on constants with the libm of the building machine.
//! A function pointer that is read volatile has no name.

/// How far the samplers that call libm go along with NumPy on this target.
///
/// Raw words, integers, uniforms, shuffles and all samplers that need only `+ - * /` and square
/// roots are NumPy's bits on every target. All others add the host's libm.
///
/// # Examples
///
/// A program that depends on the stronger promise says so, and does not compile without it:
///
/// ```
/// use multiproc_rng::{LIBM, Libm};
///
/// # #[cfg(all(target_os = "linux", target_env = "gnu"))]
/// const _: () = assert!(matches!(LIBM, Libm::Glibc), "results must be NumPy's, bit for bit");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Libm {
    /// The library that NumPy's Linux wheels bind: every draw is NumPy's on the same host.
    ///
    /// Its logarithm is known to err by less than 0.52 units of the last place, so that a vector of
    /// logarithms has to ask it only for those that come that close to the middle of two doubles.
    ///
    /// Two hosts agree if their glibc does; glibc also picks its variant by the processor, with
    /// fused multiply-add or without.
    Glibc,
    /// Another library: samplers that call it may differ from NumPy's Linux wheels, and from
    /// this crate on Linux, in the last bits.
    Other,
}

/// The libm of this target.
pub const LIBM: Libm = if cfg!(all(target_os = "linux", target_env = "gnu")) {
    Libm::Glibc
} else {
    Libm::Other
};

macro_rules! opaque {
    ($($name:ident($($argument:ident),+) -> $real:ident;)*) => {$(
        #[inline]
        pub(crate) fn $name($($argument: $real),+) -> $real {
            static FUNCTION: extern "C" fn($(opaque!(@ $argument $real)),+) -> $real = libm::$name;
            // SAFETY: `read_volatile` needs a valid, aligned and initialised pointee: a static is.
            let function = unsafe { core::ptr::read_volatile(&FUNCTION) };
            function($($argument),+)
        }
    )*};
    (@ $argument:ident $real:ident) => { $real };
}

opaque! {
    acos(x) -> f64;
    cos(x) -> f64;
    exp(x) -> f64;
    expm1(x) -> f64;
    log(x) -> f64;
    log1p(x) -> f64;
    pow(x, y) -> f64;
    expf(x) -> f32;
    log1pf(x) -> f32;
    logf(x) -> f32;
    powf(x, y) -> f32;
}

mod libm {
    #[cfg_attr(unix, link(name = "m"))]
    // SAFETY: the C standard's signatures; none has a precondition.
    unsafe extern "C" {
        pub(super) safe fn acos(x: f64) -> f64;
        pub(super) safe fn cos(x: f64) -> f64;
        pub(super) safe fn exp(x: f64) -> f64;
        pub(super) safe fn expm1(x: f64) -> f64;
        pub(super) safe fn log(x: f64) -> f64;
        pub(super) safe fn log1p(x: f64) -> f64;
        pub(super) safe fn pow(x: f64, y: f64) -> f64;
        pub(super) safe fn expf(x: f32) -> f32;
        pub(super) safe fn log1pf(x: f32) -> f32;
        pub(super) safe fn logf(x: f32) -> f32;
        pub(super) safe fn powf(x: f32, y: f32) -> f32;
    }
}

// Their results are exactly defined, so the compiler may do with these calls what it likes.
// SAFETY: the C standard's signatures; none has a precondition.
unsafe extern "C" {
    pub(crate) safe fn ceil(x: f64) -> f64;
    pub(crate) safe fn floor(x: f64) -> f64;
    pub(crate) safe fn fmod(x: f64, y: f64) -> f64;
    #[cfg(not(feature = "std"))]
    pub(crate) safe fn sqrt(x: f64) -> f64;
    pub(crate) safe fn sqrtf(x: f32) -> f32;
}

/// The instruction itself, which the C function may surround by a branch.
#[cfg(feature = "std")]
#[inline]
pub(crate) fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// C's `(int64_t) x` as x86-64 executes it: what does not fit becomes `i64::MIN`.
///
/// C leaves that case undefined; NumPy's samplers meet it for extreme parameters and go on with
/// the processor's answer.
#[inline]
pub(crate) fn to_i64(x: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) {
        x as i64
    } else {
        i64::MIN
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use core::hint::black_box;

    #[test]
    fn a_constant_base_does_not_turn_pow_into_exp2() {
        let exponents = (1..100_000).map(|i| f64::from(i) * 1.000_730_1e-3);
        let telling: std::vec::Vec<f64> = exponents
            .filter(|&y| black_box(2.0f64).powf(y) != y.exp2())
            .collect();
        assert!(
            !telling.is_empty(),
            "no exponent tells pow from exp2 on this host"
        );
        for y in telling {
            assert_eq!(pow(2.0, y), black_box(2.0f64).powf(y), "2 to the {y}");
        }
    }

    #[test]
    fn a_constant_exponent_does_not_turn_pow_into_a_square_root() {
        let bases = (1..100_000).map(|i| f64::from(i) * 1.000_730_1e-3);
        let telling: std::vec::Vec<f64> = bases
            .filter(|&x| x.powf(black_box(0.5)) != x.sqrt())
            .collect();
        assert!(
            !telling.is_empty(),
            "no base tells pow from sqrt on this host"
        );
        for x in telling {
            assert_eq!(pow(x, 0.5), x.powf(black_box(0.5)), "square root of {x}");
        }
    }

    #[test]
    fn what_does_not_fit_becomes_the_lowest_integer() {
        assert_eq!(to_i64(-1.9), -1);
        assert_eq!(
            to_i64(9_223_372_036_854_774_784.0),
            9_223_372_036_854_774_784
        );
        for x in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            9_223_372_036_854_775_808.0,
        ] {
            assert_eq!(to_i64(x), i64::MIN, "{x}");
        }
    }
}
