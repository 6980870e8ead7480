//! The event, with a setter or a waiter killed after every instruction.

use std::time::Instant;

use multiproc_testkit::{child, step};

use crate::event::sleeper;
use crate::ground::{Ground, own_tid};
use crate::killing::{Wakes, kill_everywhere, until_asleep_or_dead};

const SETTING: &str = "event_steps::setting_role";
const STEPPED: &str = "event_steps::stepped_role";

#[test]
fn a_setter_killed_anywhere_has_set_it_for_all_or_for_nobody() {
    let mut wakes = Wakes::default();
    let (mut set, mut not_set) = (0, 0);
    let points = kill_everywhere(
        30,
        SETTING,
        Ground::new,
        |ground, _| [sleeper(ground), sleeper(ground)],
        |_, ground, sleepers, killed| {
            let event = ground.event();
            let since = if event.is_set() {
                set += 1;
                killed
            } else {
                not_set += 1;
                event.set().unwrap();
                Instant::now()
            };
            for mut child in sleepers {
                child.expect_line("set");
            }
            wakes.count(since);
        },
    );
    assert!(set > 0 && not_set > 0, "{points} points: {set} set");
    assert_eq!(wakes.at_back_stop, 0, "{points} points");
    println!(
        "{points} kill points, {set} set, worst wake {} ms",
        wakes.worst_ms()
    );
}

#[test]
fn setting_role() {
    let Some(args) = child::args(SETTING) else {
        return;
    };
    let event = Ground::of(&args).event();
    event.clear();
    step::begin();
    event.set().unwrap();
    step::end();
}

#[test]
fn a_waiter_killed_anywhere_takes_no_wake_up_with_it() {
    let mut wakes = Wakes::default();
    let points = kill_everywhere(
        30,
        STEPPED,
        Ground::new,
        |ground, _| {
            // Sets the event when the stepped child sleeps and another one behind it.
            let ground = ground.again();
            std::thread::spawn(move || {
                until_asleep_or_dead(u32::try_from(ground.read(0)).unwrap());
                let next = sleeper(&ground);
                ground.event().set().unwrap();
                next
            })
        },
        |_, _, setter, killed| {
            let mut next = setter.join().unwrap();
            next.expect_line("set");
            wakes.count(killed);
        },
    );
    assert!(points > 0);
    assert_eq!(wakes.at_back_stop, 0, "{points} points");
}

#[test]
fn stepped_role() {
    let Some(args) = child::args(STEPPED) else {
        return;
    };
    let ground = Ground::of(&args);
    let event = ground.event();
    ground.set(0, own_tid().into());
    step::begin();
    event.wait().unwrap();
    step::end();
}
