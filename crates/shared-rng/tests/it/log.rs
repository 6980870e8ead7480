//! [`Log`]: what a process has drawn, in memory that outlives it.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
use multiproc_testkit::unique_name;

/// Words, and how many there are: a word counts once it is whole.
pub(crate) struct Log {
    segment: Segment,
    pub(crate) name: SegmentName,
}

impl Log {
    pub(crate) fn new(room: usize) -> Log {
        let name = SegmentName::new(unique_name("rng-log")).unwrap();
        let layout = Layout::payload(8 * (room + 1));
        let zeros = |_: &Segment| Ok::<(), SegmentError>(());
        let segment = Segment::create(&name, layout, Lifetime::LastUser, zeros).unwrap();
        Log { segment, name }
    }

    pub(crate) fn open(name: &str) -> Log {
        let name = SegmentName::new(name).unwrap();
        let segment = Segment::open(&name).unwrap();
        Log { segment, name }
    }

    pub(crate) fn len(&self) -> usize {
        let len = self.segment.payload().atomic_u64(0).unwrap();
        usize::try_from(len.load(Acquire)).unwrap()
    }

    /// How many more words there is room for.
    pub(crate) fn room(&self) -> usize {
        self.segment.len() / 8 - 1 - self.len()
    }

    /// Adds words, which are counted once all of them are there.
    pub(crate) fn push(&self, words: &[u64]) {
        let bytes = self.segment.payload();
        let len = self.len();
        for (i, word) in words.iter().enumerate() {
            let place = bytes.atomic_u64(8 * (1 + len + i)).unwrap();
            place.store(*word, Relaxed);
        }
        let count = bytes.atomic_u64(0).unwrap();
        count.store((len + words.len()) as u64, Release);
    }

    pub(crate) fn words(&self) -> Vec<u64> {
        let bytes = self.segment.payload();
        (1..=self.len())
            .map(|i| bytes.atomic_u64(8 * i).unwrap().load(Relaxed))
            .collect()
    }
}
