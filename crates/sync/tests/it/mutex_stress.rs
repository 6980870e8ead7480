//! Many processes on one mutex, killed at random, under an invariant.

use std::time::{Duration, Instant};

use multiproc_sync::{LockError, MutexGuard, RawMutex};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::Ground;
use crate::killing::RandomKills;

const N_WORKERS: usize = 3;

/// Numbers on the ground: what the workers count, and the longest that one of them waited.
const RECOVERIES: usize = 0;
const OPERATIONS: usize = 1;
const WORST_WAIT_NS: usize = 2;

#[test]
fn the_robust_mutex_keeps_the_invariant_through_random_kills() {
    let figures =
        kill_workers_at_random::<multiproc_sync::RobustMutex>("mutex_stress::robust_role");
    Row::new(21)
        .figure("operations", figures.operations)
        .figure("kills", figures.kills)
        .figure("owners died", figures.deaths)
        .figure("recoveries", figures.recoveries)
        .figure("violations", 0)
        .figure("worst wait ms", figures.worst_wait.as_millis())
        .print();
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

struct Figures {
    operations: u64,
    kills: u64,
    deaths: u32,
    recoveries: u64,
    worst_wait: Duration,
}

fn kill_workers_at_random<R: RawMutex>(role: &str) -> Figures {
    let _watchdog = watchdog(3 * PATIENCE);
    let operations = Scale::asked().pick(100_000, 1_000_000, 10_000_000);
    let enough_kills = Scale::asked().pick(30, 100, 1_000);
    let (ground, mutex) = Ground::with_mutex::<R>();
    let mut workers: Vec<Child> = (0..N_WORKERS).map(|_| ground.spawn(role, &[])).collect();
    let mut kills = RandomKills::new(3000);
    let mut n_kills = 0;
    loop {
        let victim = kills.kill_one(&mut workers);
        n_kills += 1;
        if ground.read(OPERATIONS) >= operations && n_kills >= enough_kills {
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
    Figures {
        operations: one,
        kills: n_kills,
        deaths: mutex.deaths(),
        recoveries: ground.read(RECOVERIES),
        worst_wait: Duration::from_nanos(ground.read(WORST_WAIT_NS)),
    }
}

/// Adds one to both numbers, one after the other, until it is killed.
fn work<R: RawMutex>(role: &str) {
    let Some(args) = child::args(role) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<R>();
    loop {
        let start = Instant::now();
        let locked = mutex.lock();
        let waited = u64::try_from(start.elapsed().as_nanos()).unwrap();
        let guard = match locked {
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
        ground.set(OPERATIONS, one + 1);
        ground.set(WORST_WAIT_NS, ground.read(WORST_WAIT_NS).max(waited));
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
