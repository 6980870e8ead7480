//! Permits that have an owner: they come back, whatever becomes of it.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use multiproc_sync::{PERMITS, Permits, Place, SemaphoreError, SyncError};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, Signal, child, watchdog};

use crate::ground::{Ground, SEMAPHORE, fall_asleep, own_tid};
use crate::killing::RandomKills;

const HOLDING: &str = "permits::holding_role";
const CYCLING: &str = "permits::cycling_role";

/// Acquires as many as it is told, and holds them until it is told to go.
#[test]
fn holding_role() {
    let Some(args) = child::args(HOLDING) else {
        return;
    };
    let permits = Ground::of(&args).permits();
    child::say(own_tid());
    let held: Vec<_> = (0..args[1].parse().unwrap())
        .map(|_: u32| permits.acquire().unwrap())
        .collect();
    child::say("holds");
    child::read_line();
    drop(held);
    child::say("gave back");
    child::read_line();
}

fn holder(ground: &Ground, n: u32) -> Child {
    let mut child = ground.spawn(HOLDING, &[&n.to_string()]);
    child.read_line();
    child.expect_line("holds");
    child
}

#[test]
fn a_dead_holders_permits_come_back_to_those_who_sleep() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, permits) = Ground::with_permits(3);
    let mut holder = holder(&ground, 3);
    assert_eq!(permits.value(), 0);
    assert!(
        permits
            .holders()
            .iter()
            .all(|found| found.pid() == Some(holder.pid()))
    );
    let mut sleepers: Vec<Child> = (0..2).map(|_| ground.spawn(HOLDING, &["1"])).collect();
    for sleeper in &mut sleepers {
        fall_asleep(sleeper);
    }
    holder.kill();
    for sleeper in &mut sleepers {
        sleeper.expect_line("holds");
    }
    assert_eq!(permits.value(), 1);
    drop(permits.acquire().unwrap());
    for sleeper in &mut sleepers {
        sleeper.say("give back");
        sleeper.expect_line("gave back");
    }
    assert_eq!(permits.value(), 3);
}

#[test]
fn what_is_given_back_wakes_a_sleeper() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, _permits) = Ground::with_permits(1);
    let mut first = holder(&ground, 1);
    let mut sleepers: Vec<Child> = (0..3).map(|_| ground.spawn(HOLDING, &["1"])).collect();
    for sleeper in &mut sleepers {
        fall_asleep(sleeper);
    }
    first.say("give back");
    first.expect_line("gave back");
    // One after the other gets it.
    thread::scope(|scope| {
        for mut sleeper in sleepers {
            scope.spawn(move || {
                sleeper.expect_line("holds");
                sleeper.say("give back");
                sleeper.expect_line("gave back");
            });
        }
    });
}

#[test]
fn a_thread_that_holds_all_of_them_is_told_so() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, permits) = Ground::with_permits(2);
    let held = [permits.acquire().unwrap(), permits.acquire().unwrap()];
    let again = ground.permits();
    match again.acquire() {
        Err(SemaphoreError::WouldDeadlock { held: 2 }) => {}
        other => panic!("{other:?}"),
    }
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(matches!(
                permits.try_acquire(),
                Err(SemaphoreError::WouldBlock)
            ));
            let start = Instant::now();
            let patience = Duration::from_millis(20);
            assert!(matches!(
                permits.acquire_timeout(patience),
                Err(SemaphoreError::TimedOut)
            ));
            assert!(start.elapsed() >= patience);
        });
    });
    drop(held);
    drop(permits.acquire_timeout(Duration::MAX).unwrap());
    // Where there are none, nobody gets one.
    let none = Permits::init(&ground.segment, SEMAPHORE, 0).unwrap();
    assert!(matches!(
        none.try_acquire(),
        Err(SemaphoreError::WouldBlock)
    ));
    assert!(none.acquire_timeout(Duration::from_millis(1)).is_err());
}

#[test]
fn a_stopped_holder_keeps_its_permit() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, permits) = Ground::with_permits(1);
    let mut holder = holder(&ground, 1);
    holder.signal(Signal::STOP);
    // Longer than the back-stop, after which the holder is looked for.
    assert!(
        permits
            .acquire_timeout(Duration::from_millis(1200))
            .is_err()
    );
    holder.signal(Signal::CONT);
    holder.say("give back");
    holder.expect_line("gave back");
    assert!(permits.try_acquire().is_ok());
}

#[test]
fn a_thread_that_ends_gives_back_what_it_forgot() {
    let (_ground, permits) = Ground::with_permits(2);
    thread::scope(|scope| {
        scope
            .spawn(|| std::mem::forget(permits.acquire().unwrap()))
            .join()
            .unwrap();
    });
    let both = [permits.acquire().unwrap(), permits.acquire().unwrap()];
    assert_eq!(permits.value(), 0);
    drop(both);
}

#[test]
fn what_is_attached_is_what_was_made() {
    let (ground, _permits) = Ground::with_permits(1);
    assert!(matches!(
        Permits::attach(&ground.segment, Place::Control(0)),
        Err(SemaphoreError::Refused(SyncError::Mismatch { .. }))
    ));
    let most = PERMITS as u32;
    assert!(Permits::init(&ground.segment, SEMAPHORE, most).is_ok());
    match Permits::init(&ground.segment, SEMAPHORE, most + 1) {
        Err(SemaphoreError::OverReleased { limit, .. }) => assert_eq!(limit, most),
        other => panic!("{other:?}"),
    }
}

const N_WORKERS: usize = 4;
const N_PERMITS: u32 = 2;

#[test]
fn permits_are_neither_lost_nor_made_by_random_kills() {
    let _watchdog = watchdog(3 * PATIENCE);
    let (ground, permits) = Ground::with_permits(N_PERMITS);
    let kills = Scale::asked().pick(60, 250, 4_000);
    let mut workers: Vec<Child> = (0..N_WORKERS).map(|_| ground.spawn(CYCLING, &[])).collect();
    let mut random = RandomKills::new(2000);
    for _ in 0..kills {
        let victim = random.kill_one(&mut workers);
        workers[victim] = ground.spawn(CYCLING, &[]);
    }
    // Everybody goes on: the number of turns grows.
    let turns = ground.read(0);
    multiproc_testkit::wait_until("the workers take turns", || ground.read(0) > turns + 100);
    drop(workers);
    let held: Vec<_> = (0..N_PERMITS)
        .map(|_| permits.try_acquire().unwrap())
        .collect();
    assert!(matches!(
        permits.try_acquire(),
        Err(SemaphoreError::WouldDeadlock { .. })
    ));
    assert_eq!(held.len(), permits.holders().len());
    Row::new(32)
        .figure("kills", kills)
        .figure("turns", ground.read(0))
        .figure("permits lost", N_PERMITS as usize - held.len())
        .figure("permits made", 0)
        .print();
}

/// Takes permits and gives them back. How many hold one is counted on the ground, by seat: a worker writes
/// its own thread's id there and takes it away.
#[test]
fn cycling_role() {
    let Some(args) = child::args(CYCLING) else {
        return;
    };
    let ground = Ground::of(&args);
    let permits = ground.permits();
    loop {
        let permit = permits.acquire().unwrap();
        let holders = permits.holders();
        assert!(holders.len() <= N_PERMITS as usize);
        assert!(holders.iter().any(|holder| holder.tid == own_tid()));
        drop(permit);
        ground.number(0).fetch_add(1, Ordering::Relaxed);
    }
}
