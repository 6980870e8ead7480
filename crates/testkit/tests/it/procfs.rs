//! The counters count what they say, each in a process where nothing else runs.

use std::fs::{self, File};
use std::process::Command;

use multiproc_testkit::{
    Child, PATIENCE, child, children, is_asleep, is_running, open_fds, shm_names, unique_name,
    wait_until, watchdog, zombies,
};

#[test]
fn descriptors_children_and_zombies_are_counted() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("procfs::counting_role", &[]);
    assert!(child.wait().success());
}

#[test]
fn counting_role() {
    if child::args("procfs::counting_role").is_none() {
        return;
    }
    let before = open_fds();
    let file = File::open("/dev/null").unwrap();
    assert_eq!(open_fds(), before + 1);
    drop(file);
    assert_eq!(open_fds(), before);

    assert_eq!(children(), []);
    let mut process = Command::new("true").spawn().unwrap();
    assert_eq!(children(), [process.id()]);
    wait_until("the child is a zombie", || zombies() == [process.id()]);
    assert!(!is_running(process.id()));
    process.wait().unwrap();
    assert_eq!(children(), []);
}

#[test]
fn names_in_shared_memory_are_listed_by_prefix() {
    let prefix = unique_name("testkit");
    assert_eq!(shm_names(&prefix), [""; 0]);
    for end in ["b", "a"] {
        fs::write(format!("/dev/shm/{prefix}{end}"), "").unwrap();
    }
    let names = shm_names(&prefix);
    for name in &names {
        fs::remove_file(format!("/dev/shm/{name}")).unwrap();
    }
    assert_eq!(names, [format!("{prefix}a"), format!("{prefix}b")]);
}

#[test]
fn a_sleeper_is_told_from_a_runner() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("procfs::spinning_role", &[]);
    let tid: u32 = child.read_line().unwrap().parse().unwrap();
    wait_until("the role sleeps", || is_asleep(tid));
    child.say("spin");
    wait_until("the role spins", || !is_asleep(tid));
    assert!(is_running(tid));
}

#[test]
fn spinning_role() {
    if child::args("procfs::spinning_role").is_some() {
        child::say(rustix::thread::gettid().as_raw_nonzero());
        child::read_line();
        loop {
            std::hint::spin_loop();
        }
    }
}
