//! [`AnyBits`]: a generator that is known by name only when the program runs.

use crate::{BitGenerator, Mt19937, Pcg64, Pcg64Dxsm, Philox, RngError, SavedState, Seek, Sfc64};
use alloc::boxed::Box;

#[cfg(feature = "chacha")]
use crate::{ChaCha8, ChaCha12, ChaCha20};

/// One of this crate's bit generators, whichever it is.
///
/// States that come from elsewhere, from a file or another process, become this one.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{AnyBits, BitGenerator, Pcg64};
///
/// let mut any = AnyBits::from(Pcg64::seed_from(42));
/// assert_eq!(any.name(), "PCG64");
/// any.next_u64();
/// let mut back = Pcg64::try_from(any).expect("it is one");
/// assert_eq!(back.next_u64(), 8095878257575067585);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyBits {
    /// A [`Mt19937`], whose state is many times larger than the others'.
    Mt19937(Box<Mt19937>),
    /// A [`Pcg64`].
    Pcg64(Pcg64),
    /// A [`Pcg64Dxsm`].
    Pcg64Dxsm(Pcg64Dxsm),
    /// A [`Philox`].
    Philox(Philox),
    /// A [`Sfc64`].
    Sfc64(Sfc64),
    /// A [`ChaCha8`].
    #[cfg(feature = "chacha")]
    ChaCha8(ChaCha8),
    /// A [`ChaCha12`].
    #[cfg(feature = "chacha")]
    ChaCha12(ChaCha12),
    /// A [`ChaCha20`].
    #[cfg(feature = "chacha")]
    ChaCha20(ChaCha20),
}

/// `$do` with the generator in `$any`, for those that can seek; `$otherwise` for the one that cannot.
macro_rules! with_bits {
    ($any:expr, $bits:ident => $do:expr, $sfc:ident => $otherwise:expr) => {
        match $any {
            AnyBits::Mt19937($bits) => $do,
            AnyBits::Pcg64($bits) => $do,
            AnyBits::Pcg64Dxsm($bits) => $do,
            AnyBits::Philox($bits) => $do,
            AnyBits::Sfc64($sfc) => $otherwise,
            #[cfg(feature = "chacha")]
            AnyBits::ChaCha8($bits) => $do,
            #[cfg(feature = "chacha")]
            AnyBits::ChaCha12($bits) => $do,
            #[cfg(feature = "chacha")]
            AnyBits::ChaCha20($bits) => $do,
        }
    };
    ($any:expr, $bits:ident => $do:expr) => {
        with_bits!($any, $bits => $do, $bits => $do)
    };
}

macro_rules! impl_conversions {
    ($($name:ident)*) => {$(
        impl From<$name> for AnyBits {
            fn from(bits: $name) -> AnyBits {
                AnyBits::$name(bits)
            }
        }

        impl TryFrom<AnyBits> for $name {
            /// The generator that it is instead.
            type Error = AnyBits;

            fn try_from(any: AnyBits) -> Result<$name, AnyBits> {
                match any {
                    AnyBits::$name(bits) => Ok(bits),
                    other => Err(other),
                }
            }
        }
    )*};
}

impl_conversions!(Pcg64 Pcg64Dxsm Philox Sfc64);
#[cfg(feature = "chacha")]
impl_conversions!(ChaCha8 ChaCha12 ChaCha20);

impl From<Mt19937> for AnyBits {
    fn from(bits: Mt19937) -> AnyBits {
        AnyBits::Mt19937(Box::new(bits))
    }
}

impl TryFrom<AnyBits> for Mt19937 {
    /// The generator that it is instead.
    type Error = AnyBits;

    fn try_from(any: AnyBits) -> Result<Mt19937, AnyBits> {
        match any {
            AnyBits::Mt19937(bits) => Ok(*bits),
            other => Err(other),
        }
    }
}

/// The two kinds of words that draws take.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    U32,
    U64,
}

impl AnyBits {
    /// NumPy's name of the generator, such as `"PCG64"`.
    pub fn name(&self) -> &'static str {
        match self {
            AnyBits::Mt19937(_) => Mt19937::NAME,
            AnyBits::Pcg64(_) => Pcg64::NAME,
            AnyBits::Pcg64Dxsm(_) => Pcg64Dxsm::NAME,
            AnyBits::Philox(_) => Philox::NAME,
            AnyBits::Sfc64(_) => Sfc64::NAME,
            #[cfg(feature = "chacha")]
            AnyBits::ChaCha8(_) => ChaCha8::NAME,
            #[cfg(feature = "chacha")]
            AnyBits::ChaCha12(_) => ChaCha12::NAME,
            #[cfg(feature = "chacha")]
            AnyBits::ChaCha20(_) => ChaCha20::NAME,
        }
    }

    /// Fails for a generator that cannot [`Seek`].
    ///
    /// # Errors
    ///
    /// [`RngError::CannotSeek`] for [`Sfc64`].
    pub fn check_seeks(&self) -> Result<(), RngError> {
        match self {
            AnyBits::Sfc64(_) => Err(RngError::CannotSeek {
                generator: Sfc64::NAME,
            }),
            _ => Ok(()),
        }
    }

    /// Skips `n` draws of 64 bits, as [`Seek::skip_u64`] does.
    ///
    /// # Errors
    ///
    /// [`RngError::CannotSeek`] for [`Sfc64`].
    pub fn try_skip_u64(&mut self, n: u64) -> Result<(), RngError> {
        self.check_seeks()?;
        self.skip(Width::U64, n);
        Ok(())
    }

    /// Skips `n` draws of `width`; one by one where the generator cannot seek.
    pub(crate) fn skip(&mut self, width: Width, n: u64) {
        with_bits!(
            self,
            bits => match width {
                Width::U32 => bits.skip_u32(n),
                Width::U64 => bits.skip_u64(n),
            },
            sfc => match width {
                Width::U32 => (0..n).for_each(|_| {
                    sfc.next_u32();
                }),
                Width::U64 => (0..n).for_each(|_| {
                    sfc.next_u64();
                }),
            }
        );
    }

    /// How many draws of `width` led from `earlier` to this state.
    pub(crate) fn since(&self, width: Width, earlier: &AnyBits) -> u64 {
        macro_rules! since {
            ($($(#[$meta:meta])* $name:ident)*) => {
                match (self, earlier) {
                    $(
                        $(#[$meta])*
                        (AnyBits::$name(later), AnyBits::$name(earlier)) => match width {
                            Width::U32 => later.u32s_since(earlier),
                            Width::U64 => later.u64s_since(earlier),
                        },
                    )*
                    _ => unreachable!("one stream has one generator, and it can seek"),
                }
            };
        }
        since! {
            Mt19937 Pcg64 Pcg64Dxsm Philox
            #[cfg(feature = "chacha")] ChaCha8
            #[cfg(feature = "chacha")] ChaCha12
            #[cfg(feature = "chacha")] ChaCha20
        }
    }
}

impl BitGenerator for AnyBits {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        with_bits!(self, bits => bits.next_u32())
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        with_bits!(self, bits => bits.next_u64())
    }

    #[inline]
    fn next_raw(&mut self) -> u64 {
        with_bits!(self, bits => bits.next_raw())
    }

    #[inline]
    fn double_of(&self, word: u64) -> f64 {
        with_bits!(self, bits => bits.double_of(word))
    }

    fn fill_u32(&mut self, out: &mut [u32]) {
        with_bits!(self, bits => bits.fill_u32(out));
    }

    fn fill_u64(&mut self, out: &mut [u64]) {
        with_bits!(self, bits => bits.fill_u64(out));
    }

    fn fill_double(&mut self, out: &mut [f64]) {
        with_bits!(self, bits => bits.fill_double(out));
    }

    fn fill_float(&mut self, out: &mut [f32]) {
        with_bits!(self, bits => bits.fill_float(out));
    }
}
