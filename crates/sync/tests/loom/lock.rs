//! The robust word and the leaf lock: exclusion, no lost wake-up, and the hand-over after a death.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::Ordering::{AcqRel, Acquire};
use loom::thread;

use crate::deadline::Deadline;
use crate::primitive::ThreadList;
use crate::robust_word::{Acquired, RobustWord};
use crate::word;

/// A value and the word that guards it. loom reports two accesses at once, and an unordered pair.
#[derive(Default)]
struct Guarded {
    lock: RobustWord,
    value: UnsafeCell<u32>,
}

impl Guarded {
    fn add_one(&self) {
        self.value.with_mut(|value| {
            // SAFETY: exclusive, as the lock is held; loom checks it.
            unsafe { *value += 1 }
        });
    }

    fn sum(&self) -> u32 {
        // SAFETY: as in `add_one`.
        self.value.with(|value| unsafe { *value })
    }
}

fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

fn add_under_the_lock(guarded: &Guarded, tid: u32) {
    let me = ThreadList { tid };
    let acquired = guarded.lock.lock(&me, Deadline::Never).unwrap();
    assert_eq!(acquired, Acquired::Clean);
    guarded.add_one();
    guarded.lock.unlock_after(&me, || {});
}

#[test]
fn three_threads_exclude_each_other_and_all_get_their_turn() {
    explore(3, || {
        let guarded = Arc::new(Guarded::default());
        let threads: Vec<_> = (1..=2)
            .map(|tid| {
                let guarded = guarded.clone();
                thread::spawn(move || add_under_the_lock(&guarded, tid))
            })
            .collect();
        add_under_the_lock(&guarded, 3);
        for thread in threads {
            thread.join().unwrap();
        }
        let me = ThreadList { tid: 4 };
        let _ = guarded.lock.lock(&me, Deadline::Never).unwrap();
        assert_eq!(guarded.sum(), 3);
    });
}

#[test]
fn a_leaf_lock_excludes_too() {
    explore(3, || {
        let guarded = Arc::new(Guarded::default());
        let add = |guarded: &Guarded, tid| {
            let me = ThreadList { tid };
            let _ = guarded.lock.lock_leaf(&me, Deadline::Never).unwrap();
            guarded.add_one();
            guarded.lock.unlock_leaf(&me);
        };
        let other = {
            let guarded = guarded.clone();
            thread::spawn(move || add(&guarded, 1))
        };
        add(&guarded, 2);
        add(&guarded, 2);
        other.join().unwrap();
        let _ = guarded
            .lock
            .lock_leaf(&ThreadList { tid: 3 }, Deadline::Never)
            .unwrap();
        assert_eq!(guarded.sum(), 3);
    });
}

#[test]
fn after_a_death_one_thread_is_told_and_sees_what_the_dead_one_wrote() {
    explore(3, || {
        let guarded = Arc::new(Guarded::default());
        let dying = {
            let guarded = guarded.clone();
            thread::spawn(move || {
                let me = ThreadList { tid: 1 };
                // It may come last, and then find what a death left.
                let _ = guarded.lock.lock(&me, Deadline::Never).unwrap();
                guarded.add_one();
                kernel_walks_the_list(&guarded.lock);
            })
        };
        let living = {
            let guarded = guarded.clone();
            thread::spawn(move || take_over(&guarded, 2))
        };
        let told = take_over(&guarded, 3) + living.join().unwrap();
        dying.join().unwrap();
        let me = ThreadList { tid: 4 };
        let late = match guarded.lock.lock(&me, Deadline::Never).unwrap() {
            Acquired::Clean => 0,
            Acquired::OwnerDied => 1,
        };
        assert_eq!(told + late, 1);
        assert_eq!(guarded.sum(), 3);
    });
}

/// 1 if the last owner was dead.
fn take_over(guarded: &Guarded, tid: u32) -> u32 {
    let me = ThreadList { tid };
    let acquired = guarded.lock.lock(&me, Deadline::Never).unwrap();
    guarded.add_one();
    guarded.lock.unlock_after(&me, || {});
    match acquired {
        Acquired::Clean => 0,
        Acquired::OwnerDied => 1,
    }
}

/// `handle_futex_death` of the kernel, for a word whose owner just died.
fn kernel_walks_the_list(lock: &RobustWord) {
    let futex = lock.futex();
    let mut seen = futex.load(Acquire);
    loop {
        match futex.compare_exchange(seen, word::after_death(seen), AcqRel, Acquire) {
            Ok(_) => break,
            Err(other) => seen = other,
        }
    }
    if word::has_waiters(seen) {
        futex.wake(1);
    }
}
