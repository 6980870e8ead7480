//! The read-write lock: exclusion of a writer, by one barrier on each side, and nobody left asleep.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

use crate::deadline::Deadline;
use crate::primitive::ThreadList;
use crate::robust_word::{Missed, RobustWord};
use crate::rw_protocol::ReadersAndWriter;
use crate::seat::Seat;

/// A value and the lock that guards it, with room for so many readers. loom reports a reader beside a
/// writer, and an unordered pair.
#[derive(Debug)]
struct Shared<const READERS: usize> {
    turnstile: RobustWord,
    slots: [Seat; READERS],
    value: UnsafeCell<u32>,
}

impl<const READERS: usize> Shared<READERS> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            turnstile: RobustWord::default(),
            slots: std::array::from_fn(|_| Seat::default()),
            value: UnsafeCell::new(0),
        })
    }

    fn lock(&self) -> ReadersAndWriter<'_> {
        ReadersAndWriter {
            turnstile: &self.turnstile,
            slots: &self.slots,
        }
    }

    fn add_one(&self, tid: u32) {
        let me = ThreadList { tid };
        self.lock().write(&me, Deadline::Never).unwrap();
        self.value.with_mut(|value| {
            // SAFETY: exclusive, as the lock is held for writing; loom checks it.
            unsafe { *value += 1 }
        });
        self.turnstile.unlock_after(&me, || {});
    }

    fn read(&self, tid: u32) -> u32 {
        let me = ThreadList { tid };
        let slot = self.lock().read(&me, Deadline::Never).unwrap();
        // SAFETY: nobody writes, as the lock is held for reading; loom checks it.
        let value = self.value.with(|value| unsafe { *value });
        self.lock().leave(&me, slot);
        value
    }
}

fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

#[test]
fn a_writer_and_readers_exclude_each_other() {
    explore(3, || {
        let shared = Shared::<2>::new();
        let writer = {
            let shared = shared.clone();
            thread::spawn(move || shared.add_one(1))
        };
        let before = shared.read(2);
        let after = shared.read(2);
        writer.join().unwrap();
        assert!(before <= after && shared.read(3) == 1);
    });
}

#[test]
fn two_writers_and_a_reader_all_get_their_turn() {
    explore(2, || {
        let shared = Shared::<1>::new();
        let threads: Vec<_> = (1..=2)
            .map(|tid| {
                let shared = shared.clone();
                thread::spawn(move || shared.add_one(tid))
            })
            .collect();
        assert!(shared.read(3) <= 2);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(shared.read(4), 2);
    });
}

#[test]
fn more_readers_than_slots_and_a_writer_all_get_their_turn() {
    explore(2, || {
        let shared = Shared::<1>::new();
        let threads = [
            {
                let shared = shared.clone();
                thread::spawn(move || assert!(shared.read(1) <= 1))
            },
            {
                let shared = shared.clone();
                thread::spawn(move || shared.add_one(2))
            },
        ];
        shared.read(3);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(shared.read(4), 1);
    });
}

#[test]
fn a_reader_that_finds_itself_is_told_so() {
    explore(2, || {
        let shared = Shared::<2>::new();
        let me = ThreadList { tid: 1 };
        let slot = shared.lock().read(&me, Deadline::Never).unwrap();
        let found = shared.lock().write(&me, Deadline::Never);
        assert_eq!(found, Err(Missed::Deadlock));
        shared.lock().leave(&me, slot);
        shared.add_one(1);
    });
}
