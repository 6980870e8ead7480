//! The traits of `rand_core`, so that the rand ecosystem draws from NumPy's generators.
//!
//! Words are those of [`BitGenerator`](crate::BitGenerator); bytes are 64-bit words in little-endian
//! order. `seed_from_u64(n)` is NumPy's `BitGenerator(n)`, and `from_seed` is NumPy's
//! `BitGenerator(words)` of the seed's eight little-endian words.

#[cfg(feature = "chacha")]
use rand_core::TryCryptoRng;
use rand_core::{Infallible, SeedableRng, TryRng, utils};

#[cfg(feature = "chacha")]
use crate::chacha::{ChaCha, ChaCha8, ChaCha12, ChaCha20, Rounds};
use crate::{Entropy, Mt19937, Pcg64, Pcg64Dxsm, Philox, SeedSequence, Sfc64};

fn seed_sequence(seed: [u8; 32]) -> SeedSequence {
    let words: [u32; 8] = utils::read_words(&seed);
    SeedSequence::new(Entropy::from(words.as_slice()))
}

macro_rules! impl_rand_traits {
    ($($bits:ty)*) => {$(
        impl TryRng for $bits {
            type Error = Infallible;
            #[inline]
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                Ok(self.next_u32())
            }
            #[inline]
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                Ok(self.next_u64())
            }
            fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
                utils::fill_bytes_via_next_word(dst, || Ok(self.next_u64()))
            }
        }
        impl SeedableRng for $bits {
            type Seed = [u8; 32];
            fn from_seed(seed: [u8; 32]) -> Self {
                Self::new(&seed_sequence(seed))
            }
            fn seed_from_u64(seed: u64) -> Self {
                Self::seed_from(seed)
            }
        }
    )*};
}

impl_rand_traits!(Mt19937 Pcg64 Pcg64Dxsm Philox Sfc64);
#[cfg(feature = "chacha")]
impl_rand_traits!(ChaCha8 ChaCha12 ChaCha20);

#[cfg(feature = "chacha")]
impl<R: Rounds> TryCryptoRng for ChaCha<R> where ChaCha<R>: TryRng {}
