//! [`Stream`]: the random numbers of one item.

use core::ops::{Deref, DerefMut};

use multiproc_rng::{Generator, Pcg64, SeedSequence, SpawnPath};

/// A [`Generator`] that remembers which node of the seed tree it draws from.
///
/// All of the generator's methods are here through `Deref`.
///
/// # Examples
///
/// ```
/// use multiproc_shared_rng::Split;
///
/// let mut stream = Split::new(42u64).stream(3);
/// let x = stream.random();
/// // What the item has drawn does not change the streams of its parts.
/// assert_eq!(stream.split(1).random(), Split::new(42u64).stream([3, 1]).random());
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    seed: SeedSequence,
    generator: Generator<Pcg64>,
}

impl Stream {
    /// Returns the stream of the node `seed`, at its beginning: NumPy's `default_rng(seed)`.
    pub fn new(seed: SeedSequence) -> Stream {
        Stream {
            generator: Generator::new(Pcg64::new(&seed)),
            seed,
        }
    }

    /// Returns the node that this stream draws from.
    pub fn seed(&self) -> &SeedSequence {
        &self.seed
    }

    /// Returns the stream of part `index` of this stream's item, at its beginning.
    ///
    /// It is the same whatever this stream has drawn, and independent of it.
    pub fn split(&self, index: impl SpawnPath) -> Stream {
        Stream::new(self.seed.child(index))
    }
}

impl Deref for Stream {
    type Target = Generator<Pcg64>;

    fn deref(&self) -> &Generator<Pcg64> {
        &self.generator
    }
}

impl DerefMut for Stream {
    fn deref_mut(&mut self) -> &mut Generator<Pcg64> {
        &mut self.generator
    }
}
