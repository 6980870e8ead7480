//! [`Split`]: a stream for each item of a job, keyed by the item alone.

use multiproc_rng::{AnySource, Entropy, SeedSequence, SpawnPath};

use crate::Stream;

/// The tree of streams of one job.
///
/// Which numbers an item draws depends on the job's seed and the item's index and on nothing else:
/// not on the number of workers, nor on who takes the item, when, or how often it is tried.
///
/// # Examples
///
/// ```
/// use multiproc_shared_rng::Split;
///
/// // default_rng(SeedSequence(42).spawn(8)[7]).random()
/// let split = Split::new(42u64);
/// assert_eq!(split.stream(7).random(), 0.0015791460415535141);
/// assert_eq!(split.stream(7).random(), 0.0015791460415535141);
/// ```
#[derive(Clone, Debug)]
pub struct Split {
    root: SeedSequence,
}

impl Split {
    /// Returns the tree that grows from `seed`: NumPy's `SeedSequence(seed)`.
    pub fn new(seed: impl Into<Entropy>) -> Split {
        Split {
            root: SeedSequence::new(seed),
        }
    }

    /// Returns the tree that grows from the present state of `source`, such as one imported from NumPy.
    ///
    /// Its seed is the state: `SeedSequence` of the state's words, 32 bits each, the low half of a word first. So
    /// the tree is another one after each draw, and its streams are not that of `source`.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::RandomState;
    /// use multiproc_shared_rng::Split;
    ///
    /// let mut rng = RandomState::new(42);
    /// let split = Split::of_state(rng.clone());
    /// assert_eq!(split.stream(3).random(), Split::of_state(rng.clone()).stream(3).random());
    /// rng.random_sample();
    /// assert_ne!(split.stream(3).random(), Split::of_state(rng).stream(3).random());
    /// ```
    pub fn of_state(source: impl Into<AnySource>) -> Split {
        let words = source.into().to_words();
        let halves: Vec<u32> = (words.into_iter())
            .flat_map(|word| [word as u32, (word >> 32) as u32])
            .collect();
        Split::new(halves.as_slice())
    }

    /// Returns the node of the tree of seeds that this tree grows from.
    pub fn seed(&self) -> &SeedSequence {
        &self.root
    }

    /// Returns the tree of item `index`, for a job within that item.
    ///
    /// Its streams are those of the paths that begin with `index`.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_shared_rng::Split;
    ///
    /// let split = Split::new(42u64);
    /// assert_eq!(split.split(3).stream(1).random(), split.stream([3, 1]).random());
    /// ```
    pub fn split(&self, index: impl SpawnPath) -> Split {
        Split {
            root: self.root.child(index),
        }
    }

    /// Returns the stream of item `index`, at its beginning.
    ///
    /// A path (`[row, column]`) names an item of a nested job. The time does not depend on the
    /// index.
    pub fn stream(&self, index: impl SpawnPath) -> Stream {
        Stream::new(self.root.child(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_does_not_depend_on_the_order_in_which_streams_are_made() {
        let split = Split::new(9u64);
        let forwards: Vec<f64> = (0..100u64).map(|i| split.stream(i).random()).collect();
        let mut backwards: Vec<f64> = (0..100u64)
            .rev()
            .map(|i| split.stream(i).random())
            .collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
    }

    #[test]
    fn what_an_item_draws_does_not_change_its_parts() {
        let mut stream = Split::new(9u64).stream(4);
        let before = stream.split(2).random();
        stream.fill_random(&mut [0.0; 1000]);
        assert_eq!(stream.split(2).random(), before);
        assert_eq!(Split::new(9u64).stream([4, 2]).random(), before);
    }
}
