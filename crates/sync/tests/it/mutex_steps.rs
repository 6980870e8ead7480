//! The mutex, with its user killed after every single instruction.

use std::time::Duration;

use multiproc_sync::{LockError, RobustMutex};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, child, step};

use crate::ground::{Ground, LOOKED_ITSELF, fall_asleep, own_tid};
use crate::killing::{kill_everywhere, until_asleep_or_dead};

const USING: &str = "mutex_steps::using_role";
const RELEASING: &str = "mutex_steps::releasing_role";
const AWAITING: &str = "mutex_steps::awaiting_role";
const SLEEPING: &str = "mutex_steps::sleeping_role";

#[test]
fn a_user_killed_anywhere_leaves_the_lock_free_and_the_right_verdict() {
    let (mut free, mut died) = (0, 0);
    let points = kill_everywhere(
        n_points(),
        USING,
        ground,
        |_, _| {},
        |point, ground, (), _| {
            let mutex = ground.mutex::<RobustMutex>();
            let value = match mutex.try_lock() {
                Ok(guard) => {
                    free += 1;
                    let value = guard.load();
                    assert_ne!(value, [1, 0], "half a value after {point} instructions");
                    value
                }
                Err(LockError::OwnerDied(guard)) => {
                    died += 1;
                    guard.mark_consistent();
                    guard.load()
                }
                Err(other) => panic!("after {point} instructions: {other}"),
            };
            assert!([[0, 0], [1, 0], [1, 1]].contains(&value), "{value:?}");
            assert!(mutex.try_lock().is_ok(), "after {point} instructions");
        },
    );
    assert!(
        died > 0 && free > 0,
        "{points} points: {free} free, {died} died"
    );
    Row::new(18)
        .figure("points", points)
        .figure("hangs", 0)
        .figure("wrong verdicts", 0)
        .figure("owners died", died)
        .print();
}

fn ground() -> Ground {
    Ground::with_mutex::<RobustMutex>().0
}

fn n_points() -> u64 {
    Scale::asked().pick(60, 100, 2_000)
}

#[test]
fn using_role() {
    let Some(args) = child::args(USING) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<RobustMutex>();
    // Resolves what the dynamic linker left for the first call.
    drop(mutex.lock().unwrap());
    step::begin();
    let guard = mutex.lock().unwrap();
    guard.store([1, 0]);
    guard.store([1, 1]);
    drop(guard);
    step::end();
}

/// A child that wants the lock, fast asleep.
fn sleeper(ground: &Ground) -> Child {
    let mut child = ground.spawn(SLEEPING, &[]);
    fall_asleep(&mut child);
    child
}

#[test]
fn a_release_killed_anywhere_wakes_the_sleepers() {
    let (mut worst, mut late) = (Duration::ZERO, 0);
    let points = kill_everywhere(
        n_points() / 2,
        RELEASING,
        ground,
        |ground, _| [sleeper(ground), sleeper(ground)],
        |point, _, sleepers, killed| {
            for mut child in sleepers {
                let line = child.read_line();
                worst = worst.max(killed.elapsed());
                late += u64::from(killed.elapsed() > LOOKED_ITSELF);
                assert!(
                    line.is_some_and(|line| line.starts_with("got it")),
                    "after {point} instructions"
                );
            }
        },
    );
    // One may be late for want of a processor.
    assert!(late <= points / 16, "{late} sleepers were not woken");
    Row::new(19)
        .figure("points", points)
        .figure("hangs", 0)
        .figure("at the back-stop", late)
        .figure("worst wake ms", worst.as_millis())
        .print();
}

#[test]
fn releasing_role() {
    let Some(args) = child::args(RELEASING) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<RobustMutex>();
    let guard = mutex.lock().unwrap();
    step::begin();
    drop(guard);
    step::end();
}

#[test]
fn sleeping_role() {
    let Some(args) = child::args(SLEEPING) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<RobustMutex>();
    child::say(own_tid());
    let how = match mutex.lock() {
        Ok(_) => "clean",
        Err(LockError::OwnerDied(guard)) => {
            guard.mark_consistent();
            "owner died"
        }
        Err(other) => panic!("{other}"),
    };
    child::say(format!("got it, {how}"));
}

#[test]
fn a_sleeper_killed_anywhere_takes_no_wake_up_with_it() {
    let mut died = 0;
    let points = kill_everywhere(
        n_points() / 4,
        AWAITING,
        ground,
        |ground, _| {
            // Holds the lock until the stepped child sleeps behind it and another one behind that; what
            // the stepped child does next is to be woken.
            let ground = ground.again();
            let (holds, held) = std::sync::mpsc::channel();
            let holder = std::thread::spawn(move || {
                let awaiting = u32::try_from(ground.read(0)).unwrap();
                let mutex = ground.mutex::<RobustMutex>();
                let guard = mutex.lock().unwrap();
                holds.send(()).unwrap();
                until_asleep_or_dead(awaiting);
                let next = sleeper(&ground);
                drop(guard);
                next
            });
            held.recv().unwrap();
            holder
        },
        |point, ground, holder, _| {
            let line = holder.join().unwrap().read_line();
            match line.as_deref() {
                Some("got it, clean") => {}
                Some("got it, owner died") => died += 1,
                other => panic!("after {point} instructions: {other:?}"),
            }
            assert!(ground.mutex::<RobustMutex>().try_lock().is_ok());
        },
    );
    assert!(died > 0, "{points} points, {died} died with the lock");
    println!("{points} kill points, {died} with the lock");
}

#[test]
fn awaiting_role() {
    let Some(args) = child::args(AWAITING) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<RobustMutex>();
    ground.set(0, own_tid().into());
    step::begin();
    let guard = mutex.lock().unwrap();
    drop(guard);
    step::end();
}
