//! Children answer, die when they are killed, and never outlive their parents.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use multiproc_testkit::{Child, PATIENCE, Signal, child, die, is_running, wait_until, watchdog};

#[test]
fn a_child_gets_its_arguments_and_answers_line_by_line() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("child::adding_role", &["1", "", "a b"]);
    child.expect_line("arguments [\"1\", \"\", \"a b\"]");
    for number in [3, 4] {
        child.say(number);
    }
    child.expect_line("sum 7");
    assert!(child.wait().success());
    assert_eq!(child.read_line(), None);
}

#[test]
fn adding_role() {
    let Some(args) = child::args("child::adding_role") else {
        return;
    };
    child::say(format_args!("arguments {args:?}"));
    let number = || child::read_line().unwrap().parse::<u32>().unwrap();
    let sum = number() + number();
    child::say(format_args!("sum {sum}"));
}

#[test]
fn a_child_without_arguments_gets_none() {
    let mut child = Child::spawn("child::counting_role", &[]);
    child.expect_line("0");
}

#[test]
fn counting_role() {
    let Some(args) = child::args("child::counting_role") else {
        return;
    };
    child::say(args.len());
}

#[test]
fn a_killed_child_reports_the_signal() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("child::waiting_role", &[]);
    assert_eq!(child.kill().signal(), Some(Signal::KILL.as_raw()));
    assert_eq!(child.read_line(), None);
}

#[test]
fn waiting_role() {
    if child::args("child::waiting_role").is_some() {
        child::read_line();
    }
}

#[test]
fn a_child_can_kill_itself() {
    let mut child = Child::spawn("child::dying_role", &[]);
    assert_eq!(child.wait().signal(), Some(Signal::KILL.as_raw()));
}

#[test]
fn dying_role() {
    if child::args("child::dying_role").is_some() {
        die();
    }
}

#[test]
fn a_dropped_child_is_dead() {
    let child = Child::spawn("child::waiting_role", &[]);
    let pid = child.pid();
    assert!(is_running(pid));
    drop(child);
    assert!(!is_running(pid));
}

#[test]
fn a_failing_role_fails() {
    let mut child = Child::spawn("child::failing_role", &[]);
    assert!(!child.wait().success());
}

#[test]
fn failing_role() {
    if child::args("child::failing_role").is_some() {
        // Not a panic, whose message would stand in the output of a run in which all is well.
        std::process::exit(1);
    }
}

#[test]
#[should_panic(expected = "no test `child::no_such_role`")]
fn a_role_that_does_not_exist_is_named() {
    Child::spawn("child::no_such_role", &[]);
}

#[test]
fn a_grandchild_dies_with_the_killed_child() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("child::parent_role", &[]);
    let grandchild = child.read_line().unwrap().parse().unwrap();
    assert!(is_running(grandchild));
    child.kill();
    wait_until("the grandchild is gone", || !is_running(grandchild));
}

#[test]
fn parent_role() {
    if child::args("child::parent_role").is_some() {
        // It sleeps without reading its lifeline: only the kit's own thread can end it.
        let grandchild = Child::spawn("child::sleeping_role", &[]);
        child::say(grandchild.pid());
        child::read_line();
    }
}

#[test]
fn sleeping_role() {
    if child::args("child::sleeping_role").is_some() {
        loop {
            std::thread::park();
        }
    }
}

#[test]
fn the_command_can_be_changed_before_it_starts() {
    let mut child = Child::spawn_with("child::environment_role", &[], |command| {
        command.env("TESTKIT_ANSWER", "42").stdout(Stdio::piped());
    });
    child.expect_line("42");
    let mut printed = String::new();
    child
        .process()
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut printed)
        .unwrap();
    assert!(printed.contains("also printed"));
}

#[test]
fn environment_role() {
    if child::args("child::environment_role").is_some() {
        println!("also printed");
        child::say(std::env::var("TESTKIT_ANSWER").unwrap());
    }
}
