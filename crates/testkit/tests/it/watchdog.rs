//! A hanging test aborts and is named; one that ends in time is left alone.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use multiproc_testkit::{Child, PATIENCE, child, wait_until, watchdog};

#[test]
fn a_hanging_process_aborts_and_names_the_test() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn_with("watchdog::hanging_role", &[], |command| {
        command.stderr(Stdio::piped());
    });
    let mut said = String::new();
    child
        .process()
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().signal(), Some(6));
    assert!(
        said.contains("hanging_role") && said.contains("still runs after 10ms"),
        "{said}"
    );
}

#[test]
fn hanging_role() {
    if child::args("watchdog::hanging_role").is_some() {
        let _watchdog = watchdog(Duration::from_millis(10));
        wait_until("the watchdog barks", || false);
    }
}

#[test]
fn a_watchdog_called_off_in_time_does_nothing() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("watchdog::timely_role", &[]);
    assert!(child.wait().success());
}

#[test]
fn timely_role() {
    if child::args("watchdog::timely_role").is_some() {
        drop(watchdog(Duration::from_millis(10)));
        std::thread::sleep(Duration::from_millis(30));
    }
}
