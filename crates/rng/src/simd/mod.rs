//! Whole-slice fills with AVX-512, where the processor has it; the bits are those of the portable
//! code.
//!
//! An entry point returns how many values it has written, in order, from the start of the slice:
//! none where the instructions are missing or the slice is too short to be worth it. The caller
//! goes on with the portable code from there.

#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod dispatch;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod lanes;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod pcg;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod philox;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod ziggurat;

#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(crate) use dispatch::{fill_pcg, fill_philox, try_words, try_words_f32, vectorised};

#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
mod absent;
#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
pub(crate) use absent::{fill_pcg, fill_philox, try_words, try_words_f32, vectorised};

/// Loops to be compiled once for each width of vectors; nothing else about them changes.
///
/// The implementation marks `run`, and all that has a loop in it, `#[inline(always)]`: only so does
/// the compiler make the loops anew.
pub(crate) trait Kernel {
    type Output;

    fn run(self) -> Self::Output;
}

/// How a word `W` becomes a candidate `F`.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(all(target_arch = "x86_64", feature = "std")),
    expect(dead_code, reason = "only vector code reads it")
)]
pub(crate) struct Layers<F: 'static, W: 'static> {
    /// The width of a layer, divided by the range of magnitudes.
    pub(crate) scale: &'static [F; 256],
    /// Magnitudes below this one lie inside of the layer.
    pub(crate) accept: &'static [W; 256],
    /// The lowest bit of the layer's number.
    pub(crate) layer_shift: u32,
    /// The lowest bit of the magnitude.
    pub(crate) magnitude_shift: u32,
    /// The bits of the magnitude after the shift.
    pub(crate) magnitude_mask: W,
    /// How far left the sign has to go to become the top bit; the word's width for no sign.
    pub(crate) sign_shift: u32,
}
