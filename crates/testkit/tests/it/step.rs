//! Single-stepping stops where it says, passes signals on, and kills at every instruction once.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicU64, Ordering};

use multiproc_testkit::step::{self, Step, Stepper};
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};

fn shm_path(name: &str) -> String {
    format!("/dev/shm/{name}")
}

#[test]
fn every_state_between_two_system_calls_is_seen() {
    let _watchdog = watchdog(PATIENCE);
    let mut seen = Vec::new();
    let n_points = step::kill_at_every_instruction(
        "step::truncating_role",
        || {
            let path = shm_path(&unique_name("step"));
            fs::write(&path, "before").unwrap();
            (vec![path.clone()], path)
        },
        |_, path| {
            seen.push(fs::read_to_string(&path).unwrap());
            fs::remove_file(path).unwrap();
        },
    );
    assert_eq!(n_points, seen.len().try_into().unwrap());
    seen.dedup();
    assert_eq!(
        seen,
        ["before", "be", "b"],
        "the states in the order of the kill points"
    );
}

#[test]
fn truncating_role() {
    let Some(args) = child::args("step::truncating_role") else {
        return;
    };
    let file = fs::File::options().write(true).open(&args[0]).unwrap();
    step::begin();
    rustix::fs::ftruncate(&file, 2).unwrap();
    rustix::fs::ftruncate(&file, 1).unwrap();
    step::end();
    drop(file);
    fs::remove_file(&args[0]).unwrap();
}

#[test]
fn a_system_call_has_a_beginning_and_an_end() {
    let _watchdog = watchdog(PATIENCE);
    let path = shm_path(&unique_name("step"));
    let mut seen = Vec::new();
    for n_boundaries in 0.. {
        fs::write(&path, "before").unwrap();
        let mut stepper = Stepper::attach(Child::spawn("step::truncating_role", &[&path]));
        let step = stepper.run_system_calls(n_boundaries);
        stepper.kill();
        if step == Step::AtEnd {
            break;
        }
        seen.push(fs::read_to_string(&path).unwrap());
    }
    fs::remove_file(path).unwrap();
    // Killed where it enters a call, the child has not made it; other calls may lie behind.
    assert_eq!(seen[..5], ["before", "before", "be", "be", "b"]);
}

#[test]
fn steps_are_counted_exactly() {
    let _watchdog = watchdog(PATIENCE);
    let attach = || Stepper::attach(Child::spawn("step::computing_role", &[]));
    let mut stepper = attach();
    let mut n_steps = 1;
    while stepper.run(1) == Step::Inside {
        n_steps += 1;
    }
    assert!(n_steps > 1_000);
    let mut stepper = attach();
    assert_eq!(stepper.run(n_steps - 1), Step::Inside);
    assert_eq!(stepper.run(1), Step::AtEnd);
}

#[test]
fn computing_role() {
    static SUM: AtomicU64 = AtomicU64::new(0);
    if child::args("step::computing_role").is_some() {
        step::begin();
        for number in 0..1_000 {
            SUM.fetch_add(number, Ordering::Relaxed);
        }
        step::end();
    }
}

#[test]
fn a_stepped_child_can_be_let_go() {
    let _watchdog = watchdog(PATIENCE);
    let mut stepper = Stepper::attach(Child::spawn("step::talking_role", &[]));
    assert_eq!(stepper.run(10), Step::Inside);
    let mut child = stepper.release();
    child.expect_line("done");
}

#[test]
fn a_stepped_child_is_killed_where_it_stands() {
    let mut stepper = Stepper::attach(Child::spawn("step::talking_role", &[]));
    assert_eq!(stepper.run(10), Step::Inside);
    assert_eq!(stepper.kill().signal(), Some(9));
}

#[test]
fn talking_role() {
    if child::args("step::talking_role").is_some() {
        step::begin();
        child::say("done");
    }
}

#[test]
fn a_dropped_stepper_leaves_no_process() {
    let stepper = Stepper::attach(Child::spawn("step::talking_role", &[]));
    let pid = stepper.pid();
    drop(stepper);
    assert!(!multiproc_testkit::children().contains(&pid));
}

#[test]
#[should_panic(expected = "ended before `step::end`")]
fn a_child_that_never_reaches_its_end_is_reported() {
    let _watchdog = watchdog(PATIENCE);
    Stepper::attach(Child::spawn("step::exiting_role", &[])).run(u64::MAX);
}

#[test]
fn exiting_role() {
    if child::args("step::exiting_role").is_some() {
        step::begin();
        multiproc_testkit::die();
    }
}
