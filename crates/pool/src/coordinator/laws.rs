//! What holds for every job, whoever dies when: a model of workers and their board in which anybody may be killed at
//! any step.

use std::collections::BTreeSet;
use std::ops::Range;

use proptest::prelude::*;

use super::{Coordinator, Round, Step, Verdict};

struct Model {
    coordinator: Coordinator,
    workers: Vec<Option<Worker>>,
    counter: usize,
    /// How often each item was begun, and whether it is finished.
    begun: Vec<u32>,
    finished: Vec<bool>,
    given_up: BTreeSet<usize>,
}

#[derive(Default)]
struct Worker {
    round: Option<Round>,
    claimed: Vec<Range<usize>>,
    in_progress: Option<usize>,
    n_finished: u64,
}

impl Model {
    fn new(items: usize, workers: usize, chunk: usize, attempts: u32) -> Model {
        Model {
            coordinator: Coordinator::new(items, workers, chunk, attempts, BTreeSet::new()),
            workers: (0..workers).map(|_| Some(Worker::default())).collect(),
            counter: 0,
            begun: vec![0; items],
            finished: vec![false; items],
            given_up: BTreeSet::new(),
        }
    }

    /// The parent does all that it can do without waiting; tells whether the job is over.
    fn coordinate(&mut self) -> bool {
        loop {
            match self.coordinator.step() {
                Step::Send => {
                    let idle = |worker: &Option<Worker>| {
                        worker.as_ref().is_some_and(|worker| worker.round.is_none())
                    };
                    let Some(slot) = self.workers.iter().position(idle) else {
                        return false;
                    };
                    let worker = self.workers[slot].as_mut().expect("an idle worker");
                    worker.round = Some(self.coordinator.round().clone());
                    self.coordinator.sent(slot);
                }
                Step::Close => {
                    assert!(self.workers.iter().flatten().all(|w| w.round.is_none()));
                    let finished = &self.finished;
                    self.coordinator.close_round(|item| finished[item]);
                    self.counter = 0;
                }
                Step::Wait => return false,
                Step::Over => return true,
            }
        }
    }

    /// The worker of `slot` does one thing that can be seen from outside.
    fn step(&mut self, slot: usize) {
        let Some(worker) = &mut self.workers[slot] else {
            self.workers[slot] = Some(Worker::default());
            return;
        };
        let Some(round) = worker.round.clone() else {
            return;
        };
        if let Some(item) = worker.in_progress.take() {
            assert!(!self.finished[item], "item {item} ends twice");
            self.finished[item] = true;
            worker.n_finished += 1;
        } else if let Some(run) = worker.claimed.pop() {
            self.begun[run.start] += 1;
            worker.in_progress = Some(run.start);
            if run.len() > 1 {
                worker.claimed.push(run.start + 1..run.end);
            }
        } else if self.counter < round.len() {
            let end = (self.counter + round.chunk).min(round.len());
            worker.claimed = round.items(self.counter..end).collect();
            worker.claimed.reverse();
            self.counter += round.chunk;
        } else {
            worker.round = None;
            self.coordinator.drained(slot);
        }
    }

    fn kill(&mut self, slot: usize) {
        let Some(worker) = self.workers[slot].take() else {
            return;
        };
        // Who is not at the job dies for reasons of its own.
        if worker.round.is_none() {
            return;
        }
        let verdict = self
            .coordinator
            .died(slot, worker.in_progress, worker.n_finished);
        assert_eq!(verdict.is_some(), worker.in_progress.is_some());
        if let Some(Verdict::GiveUp { item, .. }) = verdict {
            assert!(self.given_up.insert(item), "item {item} is given up twice");
        }
    }
}

proptest! {
    #[test]
    fn every_item_ends_exactly_once_whoever_dies_when(
        items in 0_usize..40,
        workers in 1_usize..5,
        chunk in 1_usize..9,
        attempts in 1_u32..4,
        script in proptest::collection::vec((0_usize..5, 0_u32..8), 0..400),
    ) {
        let mut model = Model::new(items, workers, chunk, attempts);
        for (slot, action) in script {
            model.coordinate();
            match action {
                0 => model.kill(slot % workers),
                _ => model.step(slot % workers),
            }
        }
        let mut quiet_steps = 0;
        while !model.coordinate() {
            (0..workers).for_each(|slot| model.step(slot));
            quiet_steps += 1;
            prop_assert!(quiet_steps < 1000, "the job does not end");
        }
        for item in 0..items {
            let given_up = model.given_up.contains(&item);
            prop_assert_ne!(model.finished[item], given_up, "item {}", item);
            // Begun once, and once more for every death in it that is not its last.
            let allowed = if given_up { attempts..=attempts } else { 1..=attempts };
            prop_assert!(allowed.contains(&model.begun[item]), "item {}", item);
        }
    }
}
