//! The read-write lock, with a reader and a writer killed after every single instruction.

use multiproc_sync::LockError;
use multiproc_testkit::step;
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::{Ground, fall_asleep, own_tid, stride};

const READING: &str = "rw_steps::reading_role";
const WRITING: &str = "rw_steps::writing_role";
const SLEEPING: &str = "rw_steps::sleeping_role";
const AWAITED: &str = "rw_steps::awaited_role";

#[test]
fn a_reader_killed_anywhere_leaves_nothing() {
    let points = step::kill_at_every_nth_instruction(
        stride(3),
        READING,
        prepared,
        |point, ground: Ground| {
            let _watchdog = watchdog(PATIENCE);
            let lock = ground.rw_lock();
            let written = lock.write().map(|guard| guard.store([2, 2]));
            assert!(written.is_ok(), "after {point} instructions: {written:?}");
            assert_eq!(lock.read().unwrap().load(), [2, 2]);
            assert_eq!(lock.deaths(), 0);
        },
    );
    println!("{points} kill points");
}

#[test]
fn a_writer_killed_anywhere_leaves_the_lock_free_and_the_right_verdict() {
    let (mut free, mut died) = (0, 0);
    let points = step::kill_at_every_nth_instruction(
        stride(3),
        WRITING,
        prepared,
        |point, ground: Ground| {
            let _watchdog = watchdog(PATIENCE);
            let lock = ground.rw_lock();
            match lock.read() {
                Ok(guard) => {
                    free += 1;
                    assert_ne!(
                        guard.load(),
                        [1, 0],
                        "half a value after {point} instructions"
                    );
                }
                Err(LockError::OwnerDied(_)) => died += 1,
                Err(other) => panic!("after {point} instructions: {other}"),
            }
            match lock.write() {
                Ok(guard) => assert_ne!(guard.load(), [1, 0], "after {point} instructions"),
                Err(LockError::OwnerDied(guard)) => guard.mark_consistent(),
                Err(other) => panic!("after {point} instructions: {other}"),
            }
            assert!(lock.read().is_ok(), "after {point} instructions");
        },
    );
    assert!(
        died > 0 && free > 0,
        "{points} points: {free} free, {died} died"
    );
    println!("{points} kill points: {free} free, {died} owner died");
}

fn prepared() -> (Vec<String>, Ground) {
    let (ground, _) = Ground::with_rw_lock();
    (ground.args(&[]), ground)
}

#[test]
fn reading_role() {
    let Some(args) = child::args(READING) else {
        return;
    };
    let lock = Ground::of(&args).rw_lock();
    // Resolves what the dynamic linker left for the first call.
    drop(lock.read().unwrap());
    step::begin();
    let guard = lock.read().unwrap();
    let _ = guard.load();
    drop(guard);
    step::end();
}

#[test]
fn writing_role() {
    let Some(args) = child::args(WRITING) else {
        return;
    };
    let lock = Ground::of(&args).rw_lock();
    drop(lock.write().unwrap());
    step::begin();
    let guard = lock.write().unwrap();
    guard.store([1, 0]);
    guard.store([1, 1]);
    drop(guard);
    step::end();
}

#[test]
fn a_release_killed_anywhere_lets_the_sleepers_in() {
    for held in ["read", "write"] {
        let mut kill_points = 0;
        for n_killed in 0.. {
            let _watchdog = watchdog(PATIENCE);
            let (ground, _) = Ground::with_rw_lock();
            let mut stepper = step::Stepper::attach(ground.spawn(AWAITED, &[held]));
            // Behind a reader only a writer sleeps; then a reader behind that.
            let mut sleepers = [sleeper(&ground, "write"), sleeper(&ground, "read")];
            if stepper.run(n_killed * stride(1)) == step::Step::AtEnd {
                kill_points = n_killed;
                break;
            }
            stepper.kill();
            for sleeper in &mut sleepers {
                assert_eq!(sleeper.read_line().as_deref(), Some("got it"));
            }
        }
        println!("{kill_points} kill points while {held} was held");
        assert!(kill_points > 0);
    }
}

fn sleeper(ground: &Ground, what: &str) -> Child {
    let mut child = ground.spawn(SLEEPING, &[what]);
    fall_asleep(&mut child);
    child
}

#[test]
fn awaited_role() {
    let Some(args) = child::args(AWAITED) else {
        return;
    };
    let lock = Ground::of(&args).rw_lock();
    if args[1] == "read" {
        let guard = lock.read().unwrap();
        step::begin();
        drop(guard);
    } else {
        let guard = lock.write().unwrap();
        step::begin();
        drop(guard);
    }
    step::end();
}

#[test]
fn sleeping_role() {
    let Some(args) = child::args(SLEEPING) else {
        return;
    };
    let lock = Ground::of(&args).rw_lock();
    child::say(own_tid());
    if args[1] == "read" {
        // A writer that died on the way out may be told.
        let _ = lock.read().map(drop);
    } else {
        match lock.write() {
            Ok(_) => {}
            Err(LockError::OwnerDied(guard)) => guard.mark_consistent(),
            Err(other) => panic!("{other}"),
        }
    }
    child::say("got it");
}
