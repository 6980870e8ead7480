//! Whole-slice fills with AVX-512, where the processor has it; the bits are those of the portable
//! code.
//!
//! An entry point returns how much it has done, in order, from the start of the slices: nothing where
//! the instructions are missing or a slice is too short to be worth it. The caller goes on with the
//! portable code from there.

mod instructions;
#[cfg_attr(
    not(all(target_arch = "x86_64", feature = "std")),
    expect(dead_code, reason = "only vector code reads it")
)]
mod layers;

#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod detection;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod dispatch;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod integers;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod lanes;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod mt19937;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod pcg;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod philox;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod polar;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod stream;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod ziggurat;

#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub use detection::with_at_most;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(crate) use dispatch::*;

#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
mod absent;
#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
pub use absent::with_at_most;
#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
pub(crate) use absent::*;

pub use instructions::Instructions;
pub(crate) use layers::{Layered, Layers};

/// Loops to be compiled once for each width of vectors; nothing else about them changes.
///
/// The implementation marks `run`, and all that has a loop in it, `#[inline(always)]`: only so does
/// the compiler make the loops anew.
pub(crate) trait Kernel {
    type Output;

    fn run(self) -> Self::Output;
}
