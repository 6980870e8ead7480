//! Once: done by one, whoever is killed at it.

use std::time::Duration;

use multiproc_sync::{Deadline, LockError, SyncError};
use multiproc_testkit::{Child, PATIENCE, child, step, watchdog};

use crate::ground::{Ground, fall_asleep, own_tid};
use crate::killing::{Wakes, kill_everywhere};

const DOING: &str = "once::doing_role";
const STEPPED: &str = "once::stepped_role";
const STOPPED: &str = "once::stopped_role";

/// Does it: three numbers, one after the other, and a count of who did.
fn do_it(ground: &Ground) {
    for index in 1..=3 {
        ground.set(index, 7);
    }
    ground.set(0, ground.read(0) + 1);
}

#[test]
fn many_come_and_one_does_it() {
    let _watchdog = watchdog(PATIENCE);
    let ground = Ground::new();
    let mut children: Vec<_> = (0..6).map(|_| ground.spawn(DOING, &[])).collect();
    ground.event().set().unwrap();
    for child in &mut children {
        child.read_line().unwrap();
        child.expect_line("done");
        assert!(child.wait().success());
    }
    assert_eq!(ground.read(0), 1);
}

#[test]
fn doing_role() {
    let Some(args) = child::args(DOING) else {
        return;
    };
    let ground = Ground::of(&args);
    ground.event().wait().unwrap();
    child::say(own_tid());
    ground.once().call_once(|_| do_it(&ground)).unwrap();
    assert!(ground.once().is_done());
    assert_eq!([1, 2, 3].map(|index| ground.read(index)), [7; 3]);
    child::say("done");
}

/// A child that waits for the one that does it.
fn waiting(ground: &Ground) -> Child {
    ground.event().set().unwrap();
    ground.spawn(DOING, &[])
}

#[test]
fn the_one_killed_anywhere_in_it_is_followed_by_one_who_does_it_again() {
    let mut wakes = Wakes::default();
    let (mut again, mut done) = (0, 0);
    let points = kill_everywhere(
        40,
        STEPPED,
        Ground::new,
        |_, _| {},
        |point, ground, (), killed| {
            let was_done = ground.once().is_done();
            let mut next = waiting(ground);
            next.read_line().unwrap();
            next.expect_line("done");
            wakes.count(killed);
            match (was_done, ground.read(0)) {
                (true, 1) => done += 1,
                // Killed after the count and before it said that it was done.
                (false, 1 | 2) => again += 1,
                other => panic!("after {point} instructions: {other:?}"),
            }
        },
    );
    assert!(
        again > 0 && done > 0,
        "{points}: {again} again, {done} done"
    );
    println!(
        "{points} kill points, {again} done again, worst {} ms",
        wakes.worst_ms()
    );
}

#[test]
fn stepped_role() {
    let Some(args) = child::args(STEPPED) else {
        return;
    };
    let ground = Ground::of(&args);
    let once = ground.once();
    step::begin();
    once.call_once(|_| do_it(&ground)).unwrap();
    step::end();
}

#[test]
fn a_waiter_goes_on_when_the_one_inside_is_killed_and_not_while_it_is_stopped() {
    let _watchdog = watchdog(PATIENCE);
    let ground = Ground::new();
    let mut stopped = ground.spawn(STOPPED, &[]);
    stopped.expect_line("inside");
    stopped.signal(multiproc_testkit::Signal::STOP);
    let soon = Deadline::after(Duration::from_millis(1_200));
    let refused = ground.once().try_call_once(soon, |_| Ok::<(), ()>(()));
    assert!(
        matches!(&refused, Err(SyncError::NotLocked(error))
            if matches!(**error, LockError::TimedOut { .. })),
        "{refused:?}"
    );
    let mut next = waiting(&ground);
    fall_asleep(&mut next);
    stopped.kill();
    next.expect_line("done");
}

#[test]
fn stopped_role() {
    let Some(args) = child::args(STOPPED) else {
        return;
    };
    let ground = Ground::of(&args);
    let inside = |_| {
        child::say("inside");
        child::read_line();
    };
    ground.once().call_once(inside).unwrap();
}

#[test]
fn what_fails_or_panics_is_tried_again_and_told_so() {
    let once = Ground::new().once();
    let failed = once.try_call_once(Deadline::Never, Err::<(), _>);
    assert_eq!(failed.unwrap(), Err(0));
    let panicking = once.clone();
    let panicked = std::thread::spawn(move || {
        panicking.call_once(|_| std::panic::resume_unwind(Box::new("half-way")))
    });
    assert!(panicked.join().is_err());
    assert!(!once.is_done());
    once.call_once(|unfinished| assert_eq!(unfinished, 2))
        .unwrap();
    assert!(once.is_done());
}

#[test]
fn who_calls_it_from_within_is_told_so() {
    let once = Ground::new().once();
    let mut inner = None;
    once.call_once(|_| inner = Some(once.call_once(|_| {})))
        .unwrap();
    assert!(matches!(inner, Some(Err(SyncError::NotLocked(error)))
            if matches!(*error, LockError::WouldDeadlock)));
}
