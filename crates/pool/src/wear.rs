//! [`Wear`]: when a worker has done enough and is to be replaced by a fresh process.

use std::fs;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// How often a worker asks for its own memory at most: the answer takes a system call or three.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// What a worker may do before it is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WearLimits {
    pub(crate) n_items: Option<u64>,
    /// Bytes of memory that are its own or that it has touched.
    pub(crate) memory: Option<u64>,
}

/// Counts what this worker has done.
#[derive(Debug)]
pub(crate) struct Wear {
    limits: WearLimits,
    n_items: u64,
    looked: Option<Instant>,
    is_too_big: bool,
}

impl Wear {
    pub(crate) fn new(limits: WearLimits) -> Wear {
        Wear {
            limits,
            n_items: 0,
            looked: None,
            is_too_big: false,
        }
    }

    pub(crate) fn count(&mut self, n_items: usize) {
        self.n_items += n_items as u64;
        let is_due = |looked: Option<Instant>| looked.is_none_or(|at| at.elapsed() > BETWEEN_LOOKS);
        if let Some(limit) = self.limits.memory
            && is_due(self.looked)
        {
            self.is_too_big = resident().is_some_and(|bytes| bytes > limit);
            self.looked = Some(Instant::now());
        }
    }

    /// Tells whether the worker is to be replaced.
    pub(crate) fn is_enough(&self) -> bool {
        self.is_too_big
            || self
                .limits
                .n_items
                .is_some_and(|limit| self.n_items >= limit)
    }
}

/// Returns the bytes of this process's memory that are in RAM.
fn resident() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_counted_and_memory_is_looked_at() {
        let mut unlimited = Wear::new(WearLimits::default());
        unlimited.count(1_000_000);
        assert!(!unlimited.is_enough());

        let mut three = Wear::new(WearLimits {
            n_items: Some(3),
            memory: None,
        });
        three.count(2);
        assert!(!three.is_enough());
        three.count(1);
        assert!(three.is_enough());

        for (memory, is_enough) in [(1, true), (u64::MAX, false)] {
            let mut wear = Wear::new(WearLimits {
                n_items: None,
                memory: Some(memory),
            });
            wear.count(1);
            assert_eq!(wear.is_enough(), is_enough);
        }
    }
}
