//! Permits, with their user killed after every single instruction.

use multiproc_testkit::step::{self, Step, Stepper};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::{Ground, fall_asleep, own_tid, stride};

const USING: &str = "permit_steps::using_role";
const RELEASING: &str = "permit_steps::releasing_role";
const SLEEPING: &str = "permit_steps::sleeping_role";

#[test]
fn a_user_killed_anywhere_takes_no_permit_along() {
    let points = step::kill_at_every_nth_instruction(
        stride(1),
        USING,
        || {
            let (ground, _) = Ground::with_permits(2);
            (ground.args(&[]), ground)
        },
        |point, ground| {
            let permits = ground.permits();
            let held = [permits.try_acquire(), permits.try_acquire()];
            assert!(held.iter().all(Result::is_ok), "after {point} instructions");
        },
    );
    assert!(points > 0);
    println!("{points} kill points");
}

#[test]
fn using_role() {
    let Some(args) = child::args(USING) else {
        return;
    };
    let permits = Ground::of(&args).permits();
    drop(permits.acquire().unwrap());
    step::begin();
    let permit = permits.acquire().unwrap();
    let other = permits.acquire().unwrap();
    drop(permit);
    drop(other);
    step::end();
}

#[test]
fn a_release_killed_anywhere_lets_the_sleepers_go_on() {
    for n_killed in 0.. {
        let _watchdog = watchdog(PATIENCE);
        let (ground, _) = Ground::with_permits(1);
        let mut stepper = Stepper::attach(ground.spawn(RELEASING, &[]));
        let sleepers = [sleeper(&ground), sleeper(&ground)];
        if stepper.run(n_killed * stride(1)) == Step::AtEnd {
            assert!(n_killed > 0);
            println!("{n_killed} kill points");
            return;
        }
        stepper.kill();
        for mut sleeper in sleepers {
            sleeper.expect_line("got one");
        }
    }
}

fn sleeper(ground: &Ground) -> Child {
    let mut child = ground.spawn(SLEEPING, &[]);
    fall_asleep(&mut child);
    child
}

#[test]
fn releasing_role() {
    let Some(args) = child::args(RELEASING) else {
        return;
    };
    let permits = Ground::of(&args).permits();
    let permit = permits.acquire().unwrap();
    step::begin();
    drop(permit);
    step::end();
}

#[test]
fn sleeping_role() {
    let Some(args) = child::args(SLEEPING) else {
        return;
    };
    let permits = Ground::of(&args).permits();
    child::say(own_tid());
    drop(permits.acquire().unwrap());
    child::say("got one");
}
