//! Many processes on one mutex, killed at random, under an invariant.

use std::time::{Duration, Instant};

use multiproc_sync::{LockError, MutexGuard, RawMutex};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::Ground;

const N_WORKERS: usize = 3;
const TARGET: u64 = if cfg!(debug_assertions) {
    30_000
} else {
    1_000_000
};

/// The number that counts recoveries.
const RECOVERIES: usize = 0;

#[test]
fn the_robust_mutex_keeps_the_invariant_through_random_kills() {
    kill_workers_at_random::<multiproc_sync::RobustMutex>("mutex_stress::robust_role");
}

#[cfg(feature = "raw-sync")]
#[test]
fn the_raw_sync_mutex_keeps_the_invariant_through_random_kills() {
    kill_workers_at_random::<multiproc_sync::RawSyncMutex>("mutex_stress::raw_sync_role");
}

#[test]
fn robust_role() {
    work::<multiproc_sync::RobustMutex>("mutex_stress::robust_role");
}

#[cfg(feature = "raw-sync")]
#[test]
fn raw_sync_role() {
    work::<multiproc_sync::RawSyncMutex>("mutex_stress::raw_sync_role");
}

fn kill_workers_at_random<R: RawMutex>(role: &str) {
    let _watchdog = watchdog(3 * PATIENCE);
    let (ground, mutex) = Ground::with_mutex::<R>();
    let mut workers: Vec<Child> = (0..N_WORKERS).map(|_| ground.spawn(role, &[])).collect();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut n_kills = 0;
    loop {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let pause = Instant::now() + Duration::from_micros(seed % 3000);
        while Instant::now() < pause {
            std::thread::yield_now();
        }
        let victim = (seed >> 32) as usize % N_WORKERS;
        workers[victim].kill();
        n_kills += 1;
        if ground.read(1) >= TARGET {
            break;
        }
        workers[victim] = ground.spawn(role, &[]);
    }
    drop(workers);
    let guard = match mutex.try_lock() {
        Ok(guard) => guard,
        Err(LockError::OwnerDied(guard)) => repaired(guard),
        Err(other) => panic!("after everybody's death: {other}"),
    };
    let [one, other] = guard.load();
    assert_eq!(one, other);
    println!(
        "{one} operations, {n_kills} kills, {} deaths in the lock, {} recoveries",
        mutex.deaths(),
        ground.read(RECOVERIES)
    );
}

/// Adds one to both numbers, one after the other, until it is killed.
fn work<R: RawMutex>(role: &str) {
    let Some(args) = child::args(role) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<R>();
    loop {
        let guard = match mutex.lock() {
            Ok(guard) => guard,
            Err(LockError::OwnerDied(guard)) => {
                ground.set(RECOVERIES, ground.read(RECOVERIES) + 1);
                repaired(guard)
            }
            Err(other) => panic!("{other}"),
        };
        let [one, other] = guard.load();
        assert_eq!(one, other, "half an operation was left without notice");
        guard.store([one + 1, other]);
        guard.store([one + 1, other + 1]);
        ground.set(1, one + 1);
    }
}

/// Finishes what the dead owner began: the first number is stored first.
fn repaired<R: RawMutex>(guard: MutexGuard<'_, [u64; 2], R>) -> MutexGuard<'_, [u64; 2], R> {
    let [one, other] = guard.load();
    assert!(one == other || one == other + 1);
    guard.store([one, one]);
    guard.mark_consistent();
    guard
}
