//! Permits, counted and owned: never more holders than there are, and nobody asleep beside a free one.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

use crate::count_word::CountWord;
use crate::deadline::Deadline;
use crate::permit_protocol::PermitSet;
use crate::primitive::{AtomicU32, Futex, ThreadList};
use crate::seat::Seat;

fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

/// A value that one permit guards. loom reports two accesses at once, and an unordered pair.
#[derive(Debug, Default)]
struct Guarded {
    count: CountWord,
    sequence: Futex<AtomicU32>,
    seats: [Seat; 1],
    value: UnsafeCell<u32>,
}

impl Guarded {
    fn permits(&self) -> PermitSet<'_> {
        PermitSet {
            sequence: &self.sequence,
            seats: &self.seats,
        }
    }

    fn add_one(&self) {
        self.value.with_mut(|value| {
            // SAFETY: exclusive, as there is one permit; loom checks it.
            unsafe { *value += 1 }
        });
    }

    fn counted(&self, _tid: u32) {
        assert!(self.count.acquire(Deadline::Never));
        self.add_one();
        self.count.release(1, 1).unwrap();
    }

    fn owned(&self, tid: u32) {
        let me = ThreadList { tid };
        let seat = self.permits().acquire(&me, Deadline::Never).unwrap();
        self.add_one();
        self.permits().release(&me, seat);
    }
}

/// Three threads at one permit, each once.
fn all_get_their_turn(preemptions: usize, turn: fn(&Guarded, u32)) {
    explore(preemptions, move || {
        let guarded = Arc::new(Guarded::default());
        guarded.count.set(1);
        let threads: Vec<_> = (1..=2)
            .map(|tid| {
                let guarded = guarded.clone();
                thread::spawn(move || turn(&guarded, tid))
            })
            .collect();
        turn(&guarded, 3);
        for thread in threads {
            thread.join().unwrap();
        }
        // SAFETY: all others have ended; loom checks it.
        assert_eq!(guarded.value.with(|value| unsafe { *value }), 3);
    });
}

#[test]
fn three_threads_at_a_counted_permit_all_get_their_turn() {
    all_get_their_turn(3, Guarded::counted);
}

#[test]
fn three_threads_at_an_owned_permit_all_get_their_turn() {
    all_get_their_turn(1, Guarded::owned);
}

#[test]
fn every_release_reaches_a_sleeper() {
    explore(3, || {
        let guarded = Arc::new(Guarded::default());
        let sleepers: Vec<_> = (0..2)
            .map(|_| {
                let guarded = guarded.clone();
                thread::spawn(move || assert!(guarded.count.acquire(Deadline::Never)))
            })
            .collect();
        guarded.count.release(1, 2).unwrap();
        guarded.count.release(1, 2).unwrap();
        for sleeper in sleepers {
            sleeper.join().unwrap();
        }
        assert_eq!(guarded.count.load(), 0);
    });
}
