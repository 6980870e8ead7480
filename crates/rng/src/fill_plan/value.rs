//! [`FillValue`]: the types that a plan fills with, and how values of each come from words.

use core::fmt::Debug;

use super::bits_walk::BitsWalk;
use crate::any_bits::Width;
use crate::distributions::{
    Distribution, Exponential, Normal, StandardExponential, StandardNormal, Uniform, Variates,
};
use crate::integers::{self, Integer, Method, lemire_draw, masked_draw};
use crate::simd;
use crate::{AnyBits, AnySource, BitGenerator, RandomState, RngError};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl<T: crate::Integer> Sealed for T {}
}

/// What an array can be filled with: `f64`, `f32`, the integers and `bool`.
pub trait FillValue: sealed::Sealed + Copy + Default + Debug + Send + Sync + 'static {
    /// A method and its arguments.
    #[doc(hidden)]
    type Kind: Copy + Debug + PartialEq + Send + Sync;

    /// Fails if the source has no such method, or refuses the arguments.
    #[doc(hidden)]
    fn check(kind: Self::Kind, source: &AnySource) -> Result<(), RngError>;

    /// How the words of `source` become values.
    #[doc(hidden)]
    fn parse(kind: Self::Kind, source: &AnySource) -> Parse;

    /// The sequential call.
    #[doc(hidden)]
    fn fill(kind: Self::Kind, source: &mut AnySource, out: &mut [Self]);

    /// One draw of a [`Parse::Draws`], given to `push` value by value.
    #[doc(hidden)]
    fn draw(kind: Self::Kind, class: Class, bits: &mut BitsWalk, push: &mut dyn FnMut(Self));

    /// Fills the front of `out` with what `n_words` words of a [`Parse::Pieces`] give; returns how
    /// many values that is.
    #[doc(hidden)]
    fn fill_pieces(
        kind: Self::Kind,
        class: Class,
        bits: &mut AnyBits,
        n_words: u64,
        out: &mut [Self],
    ) -> usize;

    /// Copies `made` to `out`, a part of an array of `n` values.
    #[doc(hidden)]
    fn copy_to_part(made: &[Self], out: &mut [Self], _n: u64) {
        out.copy_from_slice(made);
    }

    /// The kind as words, after one for the type.
    #[doc(hidden)]
    fn kind_to_words(kind: Self::Kind) -> [u64; 4];

    /// The kind that the words are of.
    #[doc(hidden)]
    fn kind_from_words(words: [u64; 4]) -> Option<Self::Kind>;
}

/// Which of NumPy's classes draws.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Generator,
    RandomState,
}

impl Class {
    pub(super) fn of(source: &AnySource) -> Class {
        match source {
            AnySource::Generator(_) => Class::Generator,
            AnySource::RandomState(_) => Class::RandomState,
        }
    }

    fn method(self) -> Method {
        match self {
            Class::Generator => Method::Lemire,
            Class::RandomState => Method::Masked,
        }
    }
}

/// How words become values.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Parse {
    /// Each word gives so many values; [`u64::MAX`] if no word is needed at all.
    Each { width: Width, n_values: u64 },
    /// Each draw gives so many values, from as many words as it needs.
    Draws {
        width: Width,
        n_values: u64,
        /// On average.
        words_per_value: f64,
    },
    /// Each word of 32 bits gives up to so many values.
    Pieces {
        n_values: u64,
        /// The share of pieces that are kept.
        accepted: f64,
    },
}

/// The methods for reals; singles have those without arguments.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RealKind {
    Random,
    StandardNormal,
    StandardExponential,
    Uniform { low: f64, high: f64 },
    Normal { loc: f64, scale: f64 },
    Exponential { scale: f64 },
}

impl RealKind {
    fn to_words(self, dtype: u64) -> [u64; 4] {
        let (number, a, b) = match self {
            RealKind::Random => (0, 0.0, 0.0),
            RealKind::StandardNormal => (1, 0.0, 0.0),
            RealKind::StandardExponential => (2, 0.0, 0.0),
            RealKind::Uniform { low, high } => (3, low, high),
            RealKind::Normal { loc, scale } => (4, loc, scale),
            RealKind::Exponential { scale } => (5, scale, 0.0),
        };
        [dtype, number, a.to_bits(), b.to_bits()]
    }

    fn from_words([_, number, a, b]: [u64; 4]) -> Option<RealKind> {
        let (a, b) = (f64::from_bits(a), f64::from_bits(b));
        Some(match number {
            0 => RealKind::Random,
            1 => RealKind::StandardNormal,
            2 => RealKind::StandardExponential,
            3 => RealKind::Uniform { low: a, high: b },
            4 => RealKind::Normal { loc: a, scale: b },
            5 => RealKind::Exponential { scale: a },
            _ => return None,
        })
    }
}

/// Words that a ziggurat takes for a value, on average.
const NORMAL_WORDS: f64 = 1.0220;
const EXPONENTIAL_WORDS: f64 = 1.0336;
/// Uniforms that the polar method takes for a normal: two for a pair, of which π/4 are in the circle.
const POLAR_WORDS: f64 = 4.0 / core::f64::consts::PI;

fn fill_source<T>(source: &mut AnySource, distribution: &impl Distribution<T>, out: &mut [T]) {
    match source {
        AnySource::Generator(rng) => rng.fill(distribution, out),
        AnySource::RandomState(rng) => rng.fill(distribution, out),
    }
}

const CHECKED: &str = "the arguments were checked when the plan was made";

impl FillValue for f64 {
    type Kind = RealKind;

    fn check(kind: RealKind, source: &AnySource) -> Result<(), RngError> {
        match kind {
            RealKind::Uniform { low, high } => match Class::of(source) {
                Class::Generator => Uniform::new(low, high).map(drop),
                Class::RandomState => Uniform::legacy(low, high).map(drop),
            },
            RealKind::Normal { loc, scale } => Normal::new(loc, scale).map(drop),
            RealKind::Exponential { scale } => Exponential::new(scale).map(drop),
            RealKind::Random | RealKind::StandardNormal | RealKind::StandardExponential => Ok(()),
        }
    }

    fn parse(kind: RealKind, source: &AnySource) -> Parse {
        let width = Width::U64;
        let draws = |n_values, words_per_value| Parse::Draws {
            width,
            n_values,
            words_per_value,
        };
        match (kind, Class::of(source)) {
            (RealKind::StandardNormal | RealKind::Normal { .. }, Class::Generator) => {
                draws(1, NORMAL_WORDS)
            }
            (RealKind::StandardNormal | RealKind::Normal { .. }, Class::RandomState) => {
                draws(2, POLAR_WORDS)
            }
            (RealKind::StandardExponential | RealKind::Exponential { .. }, Class::Generator) => {
                draws(1, EXPONENTIAL_WORDS)
            }
            _ => Parse::Each { width, n_values: 1 },
        }
    }

    fn fill(kind: RealKind, source: &mut AnySource, out: &mut [f64]) {
        match kind {
            RealKind::Random => source.bits_mut().fill_double(out),
            RealKind::StandardNormal => fill_source(source, &StandardNormal, out),
            RealKind::StandardExponential => fill_source(source, &StandardExponential, out),
            RealKind::Uniform { low, high } => {
                fill_source(source, &Uniform::legacy(low, high).expect(CHECKED), out);
            }
            RealKind::Normal { loc, scale } => {
                fill_source(source, &Normal::new(loc, scale).expect(CHECKED), out);
            }
            RealKind::Exponential { scale } => {
                fill_source(source, &Exponential::new(scale).expect(CHECKED), out);
            }
        }
    }

    fn draw(kind: RealKind, class: Class, bits: &mut BitsWalk, push: &mut dyn FnMut(f64)) {
        match class {
            Class::Generator => push(sample(kind, bits)),
            Class::RandomState => {
                let mut pair = RandomState::from_bits(bits);
                push(sample(kind, &mut pair));
                push(sample(kind, &mut pair));
            }
        }
    }

    fn copy_to_part(made: &[f64], out: &mut [f64], n: u64) {
        simd::copy_to_part(made, out, n);
    }

    fn fill_pieces(_: RealKind, _: Class, _: &mut AnyBits, _: u64, _: &mut [f64]) -> usize {
        unreachable!("doubles take whole words")
    }

    fn kind_to_words(kind: RealKind) -> [u64; 4] {
        kind.to_words(1)
    }

    fn kind_from_words(words: [u64; 4]) -> Option<RealKind> {
        RealKind::from_words(words).filter(|_| words[0] == 1)
    }
}

/// A draw of a method that is not [`Parse::Each`].
fn sample<V: Variates + ?Sized>(kind: RealKind, source: &mut V) -> f64 {
    match kind {
        RealKind::StandardExponential => source.standard_exponential(),
        RealKind::Exponential { scale } => Exponential::new(scale).expect(CHECKED).sample(source),
        RealKind::Normal { loc, scale } => Normal::new(loc, scale).expect(CHECKED).sample(source),
        RealKind::StandardNormal => source.standard_normal(),
        RealKind::Random | RealKind::Uniform { .. } => {
            unreachable!("a value of a word of its own is not walked to")
        }
    }
}

impl FillValue for f32 {
    type Kind = RealKind;

    fn check(kind: RealKind, source: &AnySource) -> Result<(), RngError> {
        match (kind, Class::of(source)) {
            (RealKind::Uniform { .. }, _) => Err(no_such_fill("uniform")),
            (RealKind::Normal { .. }, _) => Err(no_such_fill("normal")),
            (RealKind::Exponential { .. }, _) => Err(no_such_fill("exponential")),
            (_, Class::RandomState) => Err(no_such_fill("RandomState's methods")),
            (_, Class::Generator) => Ok(()),
        }
    }

    fn parse(kind: RealKind, _: &AnySource) -> Parse {
        let width = Width::U32;
        let words_per_value = match kind {
            RealKind::StandardNormal => NORMAL_WORDS,
            RealKind::StandardExponential => EXPONENTIAL_WORDS,
            _ => return Parse::Each { width, n_values: 1 },
        };
        Parse::Draws {
            width,
            n_values: 1,
            words_per_value,
        }
    }

    fn fill(kind: RealKind, source: &mut AnySource, out: &mut [f32]) {
        match kind {
            RealKind::StandardNormal => fill_source(source, &StandardNormal, out),
            RealKind::StandardExponential => fill_source(source, &StandardExponential, out),
            _ => source.bits_mut().fill_float(out),
        }
    }

    fn draw(kind: RealKind, _: Class, bits: &mut BitsWalk, push: &mut dyn FnMut(f32)) {
        push(match kind {
            RealKind::StandardNormal => StandardNormal.sample(bits),
            _ => StandardExponential.sample(bits),
        });
    }

    fn fill_pieces(_: RealKind, _: Class, _: &mut AnyBits, _: u64, _: &mut [f32]) -> usize {
        unreachable!("singles take whole words")
    }

    fn kind_to_words(kind: RealKind) -> [u64; 4] {
        kind.to_words(2)
    }

    fn kind_from_words(words: [u64; 4]) -> Option<RealKind> {
        RealKind::from_words(words).filter(|_| words[0] == 2)
    }
}

fn no_such_fill(method: &'static str) -> RngError {
    RngError::NoSuchFill {
        method,
        dtype: "float32",
    }
}

/// The bits of a word that a value of type `T` is made of, for a range of `span` and one.
fn bits_taken<T: Integer>(span: u64) -> u32 {
    match T::MAX.widen() - T::MIN.widen() {
        1 => 1,
        0xff => 8,
        0xffff => 16,
        _ if span <= u64::from(u32::MAX) => 32,
        _ => 64,
    }
}

fn span_of<T: Integer>((low, highest): (T, T)) -> u64 {
    (highest.widen() - low.widen()) as u64
}

/// How many of the 2^`width` values of a word, or a piece of one, are refused.
fn n_refused(width: u32, span: u64, method: Method) -> u128 {
    let (all, range) = (1u128 << width, u128::from(span) + 1);
    match method {
        // Of a mask's values, each the low bits of equally many words.
        Method::Masked => all - all / range.next_power_of_two() * range,
        Method::Lemire => all % range,
    }
}

impl<T: Integer + Default + Debug + PartialEq + Send + Sync + 'static> FillValue for T {
    type Kind = (T, T);

    fn check((low, highest): (T, T), _: &AnySource) -> Result<(), RngError> {
        integers::bounds(low..=highest).map(drop)
    }

    fn parse(kind: (T, T), source: &AnySource) -> Parse {
        let (span, method) = (span_of(kind), Class::of(source).method());
        let taken = bits_taken::<T>(span);
        let width = if taken == 64 { Width::U64 } else { Width::U32 };
        let n_pieces = u64::from(32 / taken.min(32));
        let each = |n_values| Parse::Each { width, n_values };
        if span == 0 {
            return each(u64::MAX);
        }
        let refused = n_refused(taken, span, method) as f64 / (1u128 << taken) as f64;
        let accepted = 1.0 - refused;
        match n_pieces {
            _ if refused == 0.0 => each(n_pieces),
            1 => Parse::Draws {
                width,
                n_values: 1,
                words_per_value: 1.0 / accepted,
            },
            _ => Parse::Pieces {
                n_values: n_pieces,
                accepted,
            },
        }
    }

    fn fill(kind: (T, T), source: &mut AnySource, out: &mut [T]) {
        let method = Class::of(source).method();
        integers::fill(source.bits_mut(), method, kind, out);
    }

    fn draw(kind: (T, T), class: Class, bits: &mut BitsWalk, push: &mut dyn FnMut(T)) {
        let mut value = [kind.0];
        integers::fill(bits, class.method(), kind, &mut value);
        push(value[0]);
    }

    fn fill_pieces(
        kind: (T, T),
        class: Class,
        bits: &mut AnyBits,
        n_words: u64,
        out: &mut [T],
    ) -> usize {
        let span = span_of(kind);
        let low = kind.0.widen();
        let value =
            |(offset, accepted): (u32, bool)| (T::narrow(low + i128::from(offset)), accepted);
        let span_32 = span as u32;
        match (bits_taken::<T>(span), class.method()) {
            (8, Method::Lemire) => {
                let draw = lemire_draw::<8>(span_32);
                keep_pieces::<_, 4>(bits, n_words, out, |piece| value(draw(piece)))
            }
            (16, Method::Lemire) => {
                let draw = lemire_draw::<16>(span_32);
                keep_pieces::<_, 2>(bits, n_words, out, |piece| value(draw(piece)))
            }
            (8, Method::Masked) => {
                let draw = masked_draw(span_32);
                keep_pieces::<_, 4>(bits, n_words, out, |piece| value(draw(piece)))
            }
            (16, Method::Masked) => {
                let draw = masked_draw(span_32);
                keep_pieces::<_, 2>(bits, n_words, out, |piece| value(draw(piece)))
            }
            _ => unreachable!("only 8 and 16 bits are pieces that can be refused"),
        }
    }

    fn kind_to_words((low, highest): (T, T)) -> [u64; 4] {
        let [low, highest] = [low, highest].map(|bound| bound.widen() as u64);
        [dtype_of::<T>(), 0, low, highest]
    }

    fn kind_from_words([dtype, number, low, highest]: [u64; 4]) -> Option<(T, T)> {
        let kind = (T::narrow(low.into()), T::narrow(highest.into()));
        let canonical = T::kind_to_words(kind) == [dtype, number, low, highest];
        (canonical && kind.0.widen() <= kind.1.widen()).then_some(kind)
    }
}

/// A number for the type: its width, and whether it has a sign.
fn dtype_of<T: Integer>() -> u64 {
    let is_signed = u64::from(T::MIN.widen() < 0);
    (T::MAX.widen() - T::MIN.widen()) as u64 & !1 | is_signed
}

/// Fills the front of `out` with the accepted pieces of `n_words` words, `PIECES` in each.
fn keep_pieces<T: Copy, const PIECES: usize>(
    bits: &mut AnyBits,
    n_words: u64,
    out: &mut [T],
    accept: impl Fn(u32) -> (T, bool),
) -> usize {
    let width = 32 / PIECES as u32;
    let mut block = [0; 1024];
    let (mut n_left, mut filled) = (n_words as usize, 0);
    while n_left > 0 {
        let words = &mut block[..n_left.min(1024)];
        n_left -= words.len();
        bits.fill_u32(words);
        for &word in &*words {
            for piece in 0..PIECES as u32 {
                let (value, accepted) = accept(word >> (piece * width));
                out[filled] = value;
                filled += usize::from(accepted);
            }
        }
    }
    filled
}
