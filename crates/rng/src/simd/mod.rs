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
pub(crate) use dispatch::{fill_pcg, vectorised};

#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
mod absent;
#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
pub(crate) use absent::{fill_pcg, vectorised};

/// Loops to be compiled once for each width of vectors; nothing else about them changes.
///
/// The implementation marks `run`, and all that has a loop in it, `#[inline(always)]`: only so does
/// the compiler make the loops anew.
pub(crate) trait Kernel {
    type Output;

    fn run(self) -> Self::Output;
}
