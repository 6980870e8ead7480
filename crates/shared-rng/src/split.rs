//! [`Split`]: a stream for each item of a job, keyed by the item alone.

use multiproc_rng::{Entropy, SeedSequence, SpawnPath};

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
