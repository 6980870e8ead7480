//! Many processes on one read-write lock, killed at random, under an invariant.

use std::time::{Duration, Instant};

use multiproc_sync::{LockError, RwLockWriteGuard};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::Ground;
use crate::killing::RandomKills;

const WORKING: &str = "rw_stress::working_role";
const N_WORKERS: usize = 3;

/// Numbers on the ground: what the workers count.
const WRITES: usize = 0;
const READS: usize = 1;
const REPAIRS: usize = 2;

#[test]
fn readers_see_whole_values_through_random_kills() {
    let _watchdog = watchdog(3 * PATIENCE);
    let (ground, lock) = Ground::with_rw_lock();
    let target = Scale::asked().pick(40, 150, 2_000);
    let mut workers: Vec<Child> = (0..N_WORKERS).map(|_| ground.spawn(WORKING, &[])).collect();
    let mut kills = RandomKills::new(3000);
    let mut worst = Duration::ZERO;
    for _ in 0..target {
        let victim = kills.kill_one(&mut workers);
        // Whatever it held, writing is possible again.
        let start = Instant::now();
        drop(repaired(lock.write(), &ground));
        worst = worst.max(start.elapsed());
        workers[victim] = ground.spawn(WORKING, &[]);
    }
    drop(workers);
    let [one, other] = repaired(lock.write(), &ground).load();
    assert_eq!(one, other);
    assert!(ground.read(READS) > 0 && ground.read(WRITES) > 0);
    Row::new(33)
        .figure("kills", target)
        .figure("reads", ground.read(READS))
        .figure("writes", ground.read(WRITES))
        .figure("owners died", lock.deaths())
        .figure("repairs", ground.read(REPAIRS))
        .figure("violations", 0)
        .figure("worst wait us", worst.as_micros())
        .print();
}

#[test]
fn working_role() {
    let Some(args) = child::args(WORKING) else {
        return;
    };
    let ground = Ground::of(&args);
    let lock = ground.rw_lock();
    for round in 0_u64.. {
        if round % 4 == 0 {
            let guard = repaired(lock.write(), &ground);
            let [one, other] = guard.load();
            assert_eq!(one, other, "half a write was left without notice");
            guard.store([one + 1, other]);
            guard.store([one + 1, other + 1]);
            ground.set(WRITES, one + 1);
        } else if let Ok(guard) = lock.read() {
            let [one, other] = guard.load();
            assert_eq!(one, other, "a reader saw half a write");
            ground.set(READS, ground.read(READS) + 1);
        }
    }
}

/// Finishes what a dead writer began: the first number is stored first.
fn repaired<'a>(
    locked: Result<RwLockWriteGuard<'a, [u64; 2]>, LockError<RwLockWriteGuard<'a, [u64; 2]>>>,
    ground: &Ground,
) -> RwLockWriteGuard<'a, [u64; 2]> {
    match locked {
        Ok(guard) => guard,
        Err(LockError::OwnerDied(guard)) => {
            let [one, other] = guard.load();
            assert!(one == other || one == other + 1);
            guard.store([one, one]);
            guard.mark_consistent();
            ground.set(REPAIRS, ground.read(REPAIRS) + 1);
            guard
        }
        Err(other) => panic!("{other}"),
    }
}
