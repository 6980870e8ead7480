//! The event: who waits goes when it is set, and nobody ever waits to set it.

use std::time::{Duration, Instant};

use multiproc_sync::Deadline;
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::{Ground, fall_asleep, own_tid};

const WAITING: &str = "event::waiting_role";

/// A child that waits for the event, fast asleep.
pub(crate) fn sleeper(ground: &Ground) -> Child {
    let mut child = ground.spawn(WAITING, &[]);
    fall_asleep(&mut child);
    child
}

#[test]
fn waiting_role() {
    let Some(args) = child::args(WAITING) else {
        return;
    };
    let event = Ground::of(&args).event();
    child::say(own_tid());
    event.wait().unwrap();
    child::say("set");
}

#[test]
fn setting_wakes_all_who_sleep_and_lets_pass_who_comes_later() {
    let _watchdog = watchdog(PATIENCE);
    let ground = Ground::new();
    let mut sleepers = [sleeper(&ground), sleeper(&ground), sleeper(&ground)];
    ground.event().set().unwrap();
    for child in &mut sleepers {
        child.expect_line("set");
    }
    let event = ground.event();
    assert!(event.is_set());
    event.wait().unwrap();
    assert!(event.wait_until(Deadline::Now).unwrap());
}

#[test]
fn an_event_set_and_cleared_at_once_lets_go_who_slept() {
    let _watchdog = watchdog(PATIENCE);
    let ground = Ground::new();
    let event = ground.event();
    for _ in 0..5 {
        let mut sleepers = [sleeper(&ground), sleeper(&ground)];
        event.set().unwrap();
        event.clear();
        for child in &mut sleepers {
            child.expect_line("set");
        }
        assert!(!event.is_set());
    }
}

#[test]
fn a_wait_ends_when_its_time_is_over_and_not_before() {
    let _watchdog = watchdog(PATIENCE);
    let event = Ground::new().event();
    assert!(!event.wait_until(Deadline::Now).unwrap());
    assert!(!event.wait_timeout(Duration::ZERO).unwrap());
    let patience = Duration::from_millis(30);
    let start = Instant::now();
    assert!(!event.wait_timeout(patience).unwrap());
    assert!(start.elapsed() >= patience);
}

#[test]
fn the_longest_wait_ends_when_the_event_is_set() {
    let _watchdog = watchdog(PATIENCE);
    let event = Ground::new().event();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| event.wait_timeout(Duration::MAX));
        event.set().unwrap();
        assert!(waiting.join().unwrap().unwrap());
    });
}

#[test]
fn what_was_written_before_the_event_was_set_is_seen_behind_it() {
    let _watchdog = watchdog(PATIENCE);
    let ground = Ground::new();
    let event = ground.event();
    for round in 1..=2_000 {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let number = ground.number(0);
                number.store(round, std::sync::atomic::Ordering::Relaxed);
                event.set().unwrap();
            });
            event.wait().unwrap();
            let number = ground.number(0);
            assert_eq!(number.load(std::sync::atomic::Ordering::Relaxed), round);
        });
        event.clear();
    }
}
