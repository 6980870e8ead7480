//! [`Coordinator`]: which items are run, run again and given up. It knows no processes and no memory.
//!
//! A job goes in **rounds**. In a round, workers claim positions of a list of items from a shared
//! counter until it is used up; each then reports that it is drained. A worker that dies leaves
//! behind at most one item in progress, which counts as tried, and items that it claimed and
//! never began, which do not. When the last worker of a round is back or dead, nobody touches the job's
//! memory any more: what is not finished by then, and not given up, is the next round's list.
//!
//! Nothing is lost between a claim and its record, because no claim is recorded: that an item is finished
//! is written by the worker that finished it, and everything else follows from that.

#[cfg(test)]
mod laws;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Deaths in one slot without a single finished item in between, beyond the attempts of one item: then the slot stays empty.
///
/// A crash at start-up, or a machine without memory, would otherwise start processes for ever.
pub(crate) const FRUITLESS_DEATHS: u32 = 16;

/// How many ranges one round may list, so that the order fits a socket's buffer and sending it never waits for a worker.
const RANGES_PER_ROUND: usize = 1024;

#[derive(Debug)]
pub(crate) struct Coordinator {
    /// How often an item may be begun.
    attempts: u32,
    chunk: usize,
    slots: Vec<Slot>,
    round: Round,
    n_rounds: u64,
    /// Unfinished ranges that had no room in this round.
    later: Vec<Range<usize>>,
    /// How many workers died in an item, for those in which any did.
    deaths: BTreeMap<usize, u32>,
    given_up: BTreeSet<usize>,
    deaths_in_round: u32,
}

/// The items that this round's counter counts through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// In ascending order; position `p` is the `p`-th item of these ranges.
    pub(crate) ranges: Vec<Range<usize>>,
    /// How many positions a worker claims at once.
    pub(crate) chunk: usize,
}

/// The worker of one slot, as this job sees it.
#[derive(Clone, Debug)]
struct Slot {
    state: SlotState,
    fruitless_deaths: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SlotState {
    /// Not at this job.
    Away,
    Running,
    /// Came back from this round: its counter is used up.
    Drained,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send the round to another worker, if one is idle.
    Send,
    /// Wait until a worker is drained or dead.
    Wait,
    /// Everyone is back: tell [`Coordinator::close_round`] what is finished.
    Close,
    /// Every item is finished or given up.
    Over,
}

/// What a worker's death means for the item that it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Retry { item: usize, attempt: u32 },
    GiveUp { item: usize, attempt: u32 },
}

impl Round {
    pub(crate) fn len(&self) -> usize {
        self.ranges.iter().map(Range::len).sum()
    }

    /// Returns the item ranges that the claimed `positions` stand for.
    pub(crate) fn items(&self, positions: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut before = 0;
        self.ranges.iter().filter_map(move |range| {
            let start = positions.start.max(before);
            let end = positions.end.min(before + range.len());
            let offset = range.start.wrapping_sub(before);
            before += range.len();
            (start < end).then(|| start.wrapping_add(offset)..end.wrapping_add(offset))
        })
    }
}

impl Coordinator {
    /// Begins a job of `items` items for `slots` workers, none of which is at it yet.
    ///
    /// The items in `given_up` failed before they could be sent.
    pub(crate) fn new(
        items: usize,
        slots: usize,
        chunk: usize,
        attempts: u32,
        given_up: BTreeSet<usize>,
    ) -> Coordinator {
        let mut coordinator = Coordinator {
            attempts,
            chunk,
            slots: vec![
                Slot {
                    state: SlotState::Away,
                    fruitless_deaths: 0,
                };
                slots
            ],
            round: Round {
                ranges: Vec::new(),
                chunk,
            },
            n_rounds: 0,
            later: Vec::new(),
            deaths: BTreeMap::new(),
            given_up,
            deaths_in_round: 0,
        };
        let all = coordinator.unfinished(std::iter::once(0..items), |_| false);
        coordinator.begin_round(all);
        coordinator
    }

    pub(crate) fn round(&self) -> &Round {
        &self.round
    }

    /// Returns the items of this round that are begun for the second time or more, with the attempt's number.
    pub(crate) fn repeated(&self) -> Vec<(usize, u32)> {
        self.deaths
            .iter()
            .filter(|(item, _)| self.round.ranges.iter().any(|range| range.contains(item)))
            .map(|(&item, &deaths)| (item, deaths + 1))
            .collect()
    }

    pub(crate) fn n_given_up(&self) -> usize {
        self.given_up.len()
    }

    pub(crate) fn step(&self) -> Step {
        if self.round.ranges.is_empty() {
            return Step::Over;
        }
        let count = |state| self.slots.iter().filter(|slot| slot.state == state).count();
        let running = count(SlotState::Running);
        // A drained worker has seen the counter's end: then there is nothing left to send anyone.
        if count(SlotState::Drained) > 0 {
            return if running == 0 {
                Step::Close
            } else {
                Step::Wait
            };
        }
        let useful = self.round.len().div_ceil(self.round.chunk);
        if running < useful {
            Step::Send
        } else {
            Step::Wait
        }
    }

    /// The round was sent to the worker in `slot`.
    pub(crate) fn sent(&mut self, slot: usize) {
        self.slots[slot].state = SlotState::Running;
    }

    /// The worker in `slot` found the counter used up, and has let go of the job's memory.
    pub(crate) fn drained(&mut self, slot: usize) {
        self.slots[slot].state = SlotState::Drained;
    }

    /// The worker in `slot` is dead, as its parent knows from the kernel.
    ///
    /// `in_progress` is the item that it had begun and not finished, `finished` how many it had finished since it
    /// came.
    pub(crate) fn died(
        &mut self,
        slot: usize,
        in_progress: Option<usize>,
        finished: u64,
    ) -> Option<Verdict> {
        let slot = &mut self.slots[slot];
        slot.state = SlotState::Away;
        self.deaths_in_round += 1;
        if finished > 0 {
            slot.fruitless_deaths = 0;
        }
        slot.fruitless_deaths += 1;

        let item = in_progress?;
        let deaths = self.deaths.entry(item).or_insert(0);
        *deaths += 1;
        let attempt = *deaths;
        if attempt < self.attempts {
            Some(Verdict::Retry { item, attempt })
        } else {
            self.given_up.insert(item);
            Some(Verdict::GiveUp { item, attempt })
        }
    }

    /// Fails an item that must not be tried again, whatever its attempts.
    /// A worker died in `slot` before it was at any job.
    pub(crate) fn died_idle(&mut self, slot: usize) {
        self.slots[slot].fruitless_deaths += 1;
    }

    pub(crate) fn give_up(&mut self, item: usize) {
        self.given_up.insert(item);
    }

    /// Tells whether another process may be started in `slot`, after so many [fruitless deaths](Self::fruitless_deaths).
    pub(crate) fn may_replace(&self, slot: usize) -> bool {
        self.slots[slot].fruitless_deaths < FRUITLESS_DEATHS + self.attempts
    }

    /// Returns how many workers of `slot` have died in a row without finishing anything.
    pub(crate) fn fruitless_deaths(&self, slot: usize) -> u32 {
        self.slots[slot].fruitless_deaths
    }

    /// Ends the round after [`Step::Close`]: `is_finished` tells which of its items are done.
    ///
    /// Returns the items that are given up because no worker would run them: a round in which nobody finished and nobody died
    /// would be followed by others like it.
    pub(crate) fn close_round(&mut self, is_finished: impl Fn(usize) -> bool) -> Vec<usize> {
        let ranges = std::mem::take(&mut self.round.ranges);
        let mut left = self.unfinished(ranges.iter().cloned(), is_finished);
        let mut refused = Vec::new();
        if left == ranges && self.deaths_in_round == 0 {
            refused = left.drain(..).flatten().collect();
            self.given_up.extend(&refused);
        }
        left.append(&mut self.later);
        self.begin_round(left);
        for slot in &mut self.slots {
            if slot.state == SlotState::Drained {
                slot.state = SlotState::Away;
            }
        }
        refused
    }

    fn begin_round(&mut self, mut ranges: Vec<Range<usize>>) {
        self.later = ranges.split_off(ranges.len().min(RANGES_PER_ROUND));
        self.n_rounds += 1;
        self.deaths_in_round = 0;
        self.round.ranges = ranges;
        // What is left over at the end is spread over all workers, however large the first round's chunks were.
        let share = self.round.len() / (4 * self.slots.len());
        self.round.chunk = match self.n_rounds {
            1 => self.chunk,
            _ => share.clamp(1, self.chunk),
        };
    }

    /// Joins the unfinished items of `ranges` that are not given up into ranges.
    fn unfinished(
        &self,
        ranges: impl Iterator<Item = Range<usize>>,
        is_finished: impl Fn(usize) -> bool,
    ) -> Vec<Range<usize>> {
        let mut left: Vec<Range<usize>> = Vec::new();
        for item in ranges.flatten() {
            if is_finished(item) || self.given_up.contains(&item) {
                continue;
            }
            match left.last_mut() {
                Some(last) if last.end == item => last.end += 1,
                _ => left.push(item..item + 1),
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coordinator(items: usize, slots: usize, attempts: u32) -> Coordinator {
        Coordinator::new(items, slots, 4, attempts, BTreeSet::new())
    }

    #[test]
    fn no_items_need_no_worker() {
        let coordinator = Coordinator::new(0, 2, 1, 1, BTreeSet::new());
        assert_eq!(coordinator.step(), Step::Over);
    }

    #[test]
    fn no_more_workers_are_woken_than_there_are_chunks() {
        let mut coordinator = coordinator(4, 2, 1);
        assert_eq!(coordinator.step(), Step::Send);
        coordinator.sent(0);
        assert_eq!(coordinator.step(), Step::Wait);
    }

    #[test]
    fn an_item_that_never_began_is_run_again_without_counting() {
        let mut coordinator = coordinator(4, 1, 1);
        coordinator.sent(0);
        assert_eq!(
            coordinator.died(0, Some(1), 1),
            Some(Verdict::GiveUp {
                item: 1,
                attempt: 1
            })
        );
        assert_eq!(coordinator.step(), Step::Send);
        coordinator.sent(0);
        coordinator.drained(0);
        assert_eq!(coordinator.step(), Step::Close);
        coordinator.close_round(|item| item == 0);
        assert_eq!(
            coordinator.round().ranges.as_slice(),
            std::slice::from_ref(&(2..4))
        );
        assert_eq!(coordinator.repeated(), []);
    }

    #[test]
    fn items_that_no_worker_runs_are_given_up() {
        let mut coordinator = coordinator(4, 1, 1);
        coordinator.sent(0);
        coordinator.drained(0);
        assert_eq!(coordinator.close_round(|item| item < 2), [0; 0]);
        coordinator.sent(0);
        coordinator.drained(0);
        assert_eq!(coordinator.close_round(|_| false), [2, 3]);
        assert_eq!(coordinator.step(), Step::Over);
    }

    #[test]
    fn a_slot_whose_workers_die_without_finishing_anything_is_left_empty() {
        let mut coordinator = coordinator(4, 1, 1);
        for _ in 0..FRUITLESS_DEATHS {
            assert!(coordinator.may_replace(0));
            coordinator.died(0, None, 0);
        }
        assert!(coordinator.may_replace(0));
        coordinator.died(0, None, 0);
        assert!(!coordinator.may_replace(0));
    }

    #[test]
    fn claimed_positions_become_the_items_they_stand_for() {
        let round = Round {
            ranges: vec![3..5, 9..10, 20..24],
            chunk: 4,
        };
        assert_eq!(round.len(), 7);
        assert_eq!(round.items(1..4).collect::<Vec<_>>(), [4..5, 9..10, 20..21]);
        assert!(round.items(6..99).eq(std::iter::once(23..24)));
        assert_eq!(round.items(7..8).count(), 0);
    }
}
