//! [`Patience`]: how long a job and each of its items may take.

use std::time::{Duration, Instant};

/// How often a worker is looked at within the time that an item may take: by so much it may take longer.
const LOOKS: u32 = 8;
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The limits of a job, in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How long one attempt at an item may take.
    pub(crate) item: Option<Duration>,
    /// How long the job may take from its beginning.
    pub(crate) job: Option<Duration>,
}

/// Watches a job's workers, by what their lines say that they are at.
#[derive(Debug)]
pub(crate) struct Patience {
    limits: Limits,
    began: Instant,
    /// By slot: what its worker was at when that was new, and when that was.
    seen: Vec<Option<(Sight, Instant)>>,
}

/// What a worker is at: the item, and how many it had finished before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) item: usize,
    pub(crate) n_finished: u64,
}

impl Patience {
    pub(crate) fn new(limits: Limits, n_slots: usize, now: Instant) -> Patience {
        Patience {
            limits,
            began: now,
            seen: vec![None; n_slots],
        }
    }

    /// How long one attempt at an item may take.
    pub(crate) fn item_limit(&self) -> Option<Duration> {
        self.limits.item
    }

    /// Returns how long the job may take, if it has taken longer.
    pub(crate) fn job_is_late(&self, now: Instant) -> Option<Duration> {
        self.limits
            .job
            .filter(|&limit| now.duration_since(self.began) >= limit)
    }

    /// Takes a look at the worker of `slot`, and tells whether it has been at its item for too long.
    pub(crate) fn item_is_late(&mut self, slot: usize, sight: Option<Sight>, now: Instant) -> bool {
        let Some(limit) = self.limits.item else {
            return false;
        };
        match (sight, self.seen[slot]) {
            (Some(sight), Some((seen, since))) if seen == sight => {
                now.duration_since(since) >= limit
            }
            (sight, _) => {
                self.seen[slot] = sight.map(|sight| (sight, now));
                false
            }
        }
    }

    /// Returns how long to wait at most until the next look; `None` if there is nothing to look for.
    pub(crate) fn pause(&self, now: Instant) -> Option<Duration> {
        let to_end = |limit: Duration| limit.saturating_sub(now.duration_since(self.began));
        let between = |limit: Duration| (limit / LOOKS).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        [self.limits.job.map(to_end), self.limits.item.map(between)]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_late_when_it_was_seen_for_so_long_and_a_retry_begins_anew() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let limits = Limits {
            item: Some(Duration::from_millis(100)),
            job: None,
        };
        let mut patience = Patience::new(limits, 1, start);
        let sight = |n_finished| {
            Some(Sight {
                item: 3,
                n_finished,
            })
        };
        assert!(!patience.item_is_late(0, sight(5), at(10)));
        assert!(!patience.item_is_late(0, sight(5), at(109)));
        assert!(patience.item_is_late(0, sight(5), at(110)));
        assert!(!patience.item_is_late(0, sight(6), at(120)));
        assert!(!patience.item_is_late(0, None, at(300)));
        assert!(!patience.item_is_late(0, sight(6), at(300)));
        assert_eq!(patience.pause(at(0)), Some(Duration::from_micros(12_500)));
    }

    #[test]
    fn a_job_is_late_at_its_limit() {
        let start = Instant::now();
        let limits = Limits {
            item: None,
            job: Some(Duration::from_secs(2)),
        };
        let patience = Patience::new(limits, 1, start);
        let later = |secs| start + Duration::from_secs(secs);
        assert_eq!(patience.job_is_late(later(1)), None);
        assert_eq!(patience.pause(later(1)), Some(Duration::from_secs(1)));
        assert_eq!(patience.job_is_late(later(2)), Some(Duration::from_secs(2)));
        assert_eq!(patience.pause(later(3)), Some(Duration::ZERO));
    }
}
