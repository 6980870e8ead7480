//! Semaphores as Python has them: anybody releases, nobody is remembered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use multiproc_sync::{BoundedSemaphore, Place, RwLock, Semaphore, SemaphoreError, SyncError};
use multiproc_testkit::{Child, PATIENCE, child, shm_names, step, watchdog};

use crate::ground::{Ground, RW_LOCK, SEMAPHORE, fall_asleep, own_tid, stride};

const ACQUIRING: &str = "semaphore::acquiring_role";
const STEPPED: &str = "semaphore::stepped_role";

/// Acquires, and says so; again with every line it is told.
#[test]
fn acquiring_role() {
    let Some(args) = child::args(ACQUIRING) else {
        return;
    };
    let semaphore = Ground::of(&args).semaphore();
    child::say(own_tid());
    loop {
        semaphore.acquire().unwrap();
        child::say("acquired");
        if child::read_line().is_none() {
            return;
        }
    }
}

#[test]
fn what_one_process_acquires_another_releases() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, semaphore) = Ground::with_semaphore(1);
    let mut other = ground.spawn(ACQUIRING, &[]);
    other.read_line();
    other.expect_line("acquired");
    assert_eq!(semaphore.value(), 0);
    semaphore.release().unwrap();
    other.say("again");
    other.expect_line("acquired");
    // More than there were at first.
    semaphore.release_many(3).unwrap();
    assert_eq!(semaphore.value(), 3);
}

#[test]
fn a_bounded_semaphore_refuses_what_was_not_acquired() {
    let ground = Ground::new();
    let bounded = BoundedSemaphore::init(&ground.segment, SEMAPHORE, 2).unwrap();
    let same = BoundedSemaphore::attach(&ground.segment, SEMAPHORE).unwrap();
    bounded.acquire().unwrap();
    match same.release_many(2) {
        Err(SemaphoreError::OverReleased {
            released: 2,
            value: 1,
            limit: 2,
        }) => {}
        other => panic!("{other:?}"),
    }
    same.release().unwrap();
    assert!(matches!(
        bounded.release(),
        Err(SemaphoreError::OverReleased { .. })
    ));
    assert!(matches!(
        bounded.recover_to(3),
        Err(SemaphoreError::OverReleased { limit: 2, .. })
    ));
    // Python's largest value is ours.
    let large = Semaphore::init(&ground.segment, SEMAPHORE, Semaphore::MAX).unwrap();
    assert!(large.release().is_err());
    assert!(Semaphore::init(&ground.segment, SEMAPHORE, Semaphore::MAX + 1).is_err());
    assert_eq!(large.value(), 2_147_483_647);
}

#[test]
fn a_wait_of_any_length_ends_with_a_permit_or_at_its_deadline() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, semaphore) = Ground::with_semaphore(0);
    assert!(matches!(
        semaphore.try_acquire(),
        Err(SemaphoreError::WouldBlock)
    ));
    for milliseconds in [0, 1, 30] {
        let patience = Duration::from_millis(milliseconds);
        let start = Instant::now();
        let waited = semaphore.acquire_timeout(patience);
        assert!(matches!(waited, Err(SemaphoreError::TimedOut)));
        assert!(start.elapsed() >= patience);
    }
    for patience in [Duration::from_secs(40), Duration::MAX] {
        let wants = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                wants.store(true, Ordering::SeqCst);
                semaphore.acquire_timeout(patience).unwrap();
            });
            multiproc_testkit::wait_until("the thread wants a permit", || {
                wants.load(Ordering::SeqCst)
            });
            semaphore.release().unwrap();
        });
    }
    semaphore.recover_to(2).unwrap();
    semaphore.acquire_timeout(Duration::ZERO).unwrap();
}

#[test]
fn every_release_lets_one_sleeper_go_on() {
    const N_SLEEPERS: usize = 3;
    let _watchdog = watchdog(PATIENCE);
    let (ground, semaphore) = Ground::with_semaphore(0);
    let mut sleepers: Vec<Child> = (0..N_SLEEPERS)
        .map(|_| ground.spawn(ACQUIRING, &[]))
        .collect();
    for sleeper in &mut sleepers {
        fall_asleep(sleeper);
    }
    semaphore.release_many(2).unwrap();
    semaphore.release().unwrap();
    for sleeper in &mut sleepers {
        sleeper.expect_line("acquired");
    }
    assert_eq!(semaphore.value(), 0);
}

#[test]
fn threads_never_hold_more_permits_than_there_are() {
    const PERMITS: u64 = 2;
    let _watchdog = watchdog(PATIENCE);
    let (ground, semaphore) = Ground::with_semaphore(PERMITS as u32);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    semaphore.acquire().unwrap();
                    let inside = ground.number(0).fetch_add(1, Ordering::SeqCst) + 1;
                    assert!(inside <= PERMITS);
                    ground.number(0).fetch_sub(1, Ordering::SeqCst);
                    semaphore.release().unwrap();
                }
            });
        }
    });
    assert_eq!(u64::from(semaphore.value()), PERMITS);
}

#[test]
fn the_permits_of_the_dead_are_lost_until_somebody_sets_that_right() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, semaphore) = Ground::with_semaphore(1);
    let mut dying = ground.spawn(ACQUIRING, &[]);
    dying.read_line();
    dying.expect_line("acquired");
    let mut waiting = ground.spawn(ACQUIRING, &[]);
    fall_asleep(&mut waiting);
    dying.kill();
    assert!(semaphore.try_acquire().is_err());
    semaphore.recover_to(1).unwrap();
    waiting.expect_line("acquired");
    assert_eq!(semaphore.value(), 0);
}

#[test]
fn who_is_killed_anywhere_has_done_the_whole_or_nothing() {
    let points = step::kill_at_every_nth_instruction(
        stride(1),
        STEPPED,
        || {
            let (ground, _) = Ground::with_semaphore(1);
            let mut sleepers = [ground.spawn(ACQUIRING, &[]), ground.spawn(ACQUIRING, &[])];
            // One acquires what there is.
            sleepers
                .iter_mut()
                .for_each(|child| drop(child.read_line()));
            (ground.args(&[]), (ground, sleepers))
        },
        |point, (ground, sleepers)| {
            let _watchdog = watchdog(PATIENCE);
            let semaphore = ground.semaphore();
            // Those who waited have what the dead one released, or it is there.
            let left = semaphore.value();
            assert!(left <= 2, "{left} after {point} instructions");
            semaphore.release_many(2).unwrap();
            for mut child in sleepers {
                child.expect_line("acquired");
            }
        },
    );
    assert!(points > 0);
    println!("{points} kill points");
}

#[test]
fn stepped_role() {
    let Some(args) = child::args(STEPPED) else {
        return;
    };
    let semaphore = Ground::of(&args).semaphore();
    step::begin();
    semaphore.release().unwrap();
    let _ = semaphore.try_acquire();
    step::end();
}

#[test]
fn nothing_but_a_semaphore_is_attached_as_one_and_no_name_is_left() {
    let before = shm_names("sem.");
    let (ground, lock) = Ground::with_rw_lock();
    let wrong = Semaphore::attach(&ground.segment, RW_LOCK).unwrap_err();
    assert!(matches!(
        wrong,
        SemaphoreError::Refused(SyncError::Mismatch { .. })
    ));
    drop(lock);
    Semaphore::init(&ground.segment, SEMAPHORE, 0).unwrap();
    let bounded = BoundedSemaphore::attach(&ground.segment, SEMAPHORE).unwrap_err();
    assert_eq!(
        bounded.to_string(),
        "expected a bounded semaphore and found a semaphore: attach what was made there"
    );
    assert!(RwLock::<[u64; 2]>::attach(&ground.segment, SEMAPHORE).is_err());
    for _ in 0..10_000 {
        drop(Semaphore::init(&ground.segment, Place::Control(0), 1).unwrap());
    }
    assert_eq!(shm_names("sem."), before);
}
