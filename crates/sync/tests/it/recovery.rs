//! How soon a sleeper has the lock of an owner that was killed.

use std::time::{Duration, Instant};

use multiproc_sync::{LockError, RobustMutex};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, child, watchdog};

use crate::ground::{Ground, LOOKED_ITSELF, fall_asleep, own_tid};

const OWNING: &str = "recovery::owning_role";
const AWAITING: &str = "recovery::awaiting_role";

#[test]
fn a_sleeper_has_the_dead_owners_lock_at_once() {
    let rounds = Scale::asked().pick(20, 60, 1_000);
    let mut waits: Vec<Duration> = (0..rounds).map(|_| round()).collect();
    waits.sort_unstable();
    let at = |percent: usize| waits[(waits.len() - 1) * percent / 100].as_micros();
    assert!(
        waits[waits.len() / 2] < LOOKED_ITSELF,
        "the kernel wakes nobody: {waits:?}"
    );
    Row::new(22)
        .figure("deaths", rounds)
        .figure("median us", at(50))
        .figure("p99 us", at(99))
        .figure("max us", at(100))
        .print();
}

/// From the kill to when the sleeper, which got the lock, has been heard.
fn round() -> Duration {
    let _watchdog = watchdog(PATIENCE);
    let (ground, _mutex) = Ground::with_mutex::<RobustMutex>();
    let mut owner = ground.spawn(OWNING, &[]);
    owner.expect_line("owns");
    let mut waiter = ground.spawn(AWAITING, &[]);
    fall_asleep(&mut waiter);
    let start = Instant::now();
    owner.signal(multiproc_testkit::Signal::KILL);
    waiter.expect_line("owner died");
    start.elapsed()
}

#[test]
fn owning_role() {
    let Some(args) = child::args(OWNING) else {
        return;
    };
    let mutex = Ground::of(&args).mutex::<RobustMutex>();
    let _guard = mutex.lock().unwrap();
    child::say("owns");
    child::read_line();
}

#[test]
fn awaiting_role() {
    let Some(args) = child::args(AWAITING) else {
        return;
    };
    let mutex = Ground::of(&args).mutex::<RobustMutex>();
    child::say(own_tid());
    if let Err(LockError::OwnerDied(guard)) = mutex.lock() {
        child::say("owner died");
        guard.mark_consistent();
    }
}
