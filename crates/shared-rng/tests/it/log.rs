//! [`Log`]: what a process has drawn, in memory that outlives it.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
use multiproc_testkit::unique_name;

/// Words before those that are logged.
const HEAD: usize = 2;

/// Words, and how many there are: a word counts once it is whole. The second word of the segment is
/// how many there may be for now.
pub(crate) struct Log {
    segment: Segment,
    pub(crate) name: SegmentName,
}

impl Log {
    pub(crate) fn new(room: usize) -> Log {
        let name = SegmentName::new(unique_name("rng-log")).unwrap();
        let layout = Layout::payload(8 * (room + HEAD));
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

    /// Lets there be so many words for now.
    pub(crate) fn allow(&self, n: usize) {
        let allowed = self.segment.payload().atomic_u64(8).unwrap();
        allowed.store(n as u64, Relaxed);
    }

    /// Whether another word is allowed.
    pub(crate) fn is_open(&self) -> bool {
        let allowed = self.segment.payload().atomic_u64(8).unwrap();
        (self.len() as u64) < allowed.load(Relaxed)
    }

    /// Adds words, which are counted once all of them are there.
    pub(crate) fn push(&self, words: &[u64]) {
        let bytes = self.segment.payload();
        let len = self.len();
        for (i, word) in words.iter().enumerate() {
            let place = bytes.atomic_u64(8 * (HEAD + len + i)).unwrap();
            place.store(*word, Relaxed);
        }
        let count = bytes.atomic_u64(0).unwrap();
        count.store((len + words.len()) as u64, Release);
    }

    pub(crate) fn words(&self) -> Vec<u64> {
        let bytes = self.segment.payload();
        (HEAD..HEAD + self.len())
            .map(|i| bytes.atomic_u64(8 * i).unwrap().load(Relaxed))
            .collect()
    }
}
