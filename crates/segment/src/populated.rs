//! [`Populated`]: which pages of a mapping this process has asked for already.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// What is remembered at a time: a few pages, so that what is left over at both ends of a range is
/// little, and the memory for it as well.
const CHUNK: usize = 16 << 10;

/// A bit for every whole chunk of a mapping; none before the first is asked for.
///
/// Nobody reads memory that these bits vouch for: they only save system calls, in any order.
#[derive(Debug, Default)]
pub(crate) struct Populated {
    bits: OnceLock<Box<[AtomicU64]>>,
}

impl Populated {
    /// Calls `ask` for the runs of chunks within `range` that were not asked for yet, and remembers
    /// those. `len` is the length of the mapping.
    pub(crate) fn each_missing<E>(
        &self,
        len: usize,
        range: Range<usize>,
        mut ask: impl FnMut(Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (first, end) = (range.start.div_ceil(CHUNK), range.end / CHUNK);
        if first >= end {
            return Ok(());
        }
        let bits = self.bits.get_or_init(|| {
            (0..(len / CHUNK).div_ceil(64))
                .map(|_| AtomicU64::new(0))
                .collect()
        });
        let is_missing = |chunk: usize| bits[chunk / 64].load(Relaxed) & (1 << (chunk % 64)) == 0;
        let mut chunk = first;
        while chunk < end {
            if !is_missing(chunk) {
                chunk += 1;
                continue;
            }
            let run = chunk;
            while chunk < end && is_missing(chunk) {
                chunk += 1;
            }
            ask(run * CHUNK..chunk * CHUNK)?;
            for done in run..chunk {
                bits[done / 64].fetch_or(1 << (done % 64), Relaxed);
            }
        }
        Ok(())
    }
}

/// Whether the kernel knows `MADV_POPULATE_WRITE`: yes until it says otherwise.
pub(crate) static IS_KNOWN: AtomicBool = AtomicBool::new(true);

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use proptest::prelude::*;

    const N_CHUNKS: usize = 200;

    fn asked(populated: &Populated, range: Range<usize>) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let done = populated.each_missing(N_CHUNKS * CHUNK, range, |run| {
            runs.push(run);
            Ok::<(), Infallible>(())
        });
        assert_eq!(done, Ok(()));
        runs
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let populated = Populated::default();
        assert_eq!(populated.each_missing(CHUNK, 0..CHUNK, Err), Err(0..CHUNK));
        assert_eq!(populated.each_missing(CHUNK, 0..CHUNK, Err), Err(0..CHUNK));
    }

    proptest! {
        #[test]
        fn every_chunk_within_a_range_is_asked_for_once(
            ranges in proptest::collection::vec(0..N_CHUNKS * CHUNK, 2..12),
        ) {
            let populated = Populated::default();
            let mut seen = [false; N_CHUNKS];
            for pair in ranges.windows(2) {
                let range = pair[0].min(pair[1])..pair[0].max(pair[1]);
                for run in asked(&populated, range.clone()) {
                    prop_assert!(range.start <= run.start && run.end <= range.end);
                    for seen in &mut seen[run.start / CHUNK..run.end / CHUNK] {
                        prop_assert!(!std::mem::replace(seen, true));
                    }
                }
                prop_assert!((range.start.div_ceil(CHUNK)..range.end / CHUNK).all(|chunk| seen[chunk]));
            }
        }
    }
}
