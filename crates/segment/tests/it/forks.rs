//! Processes that were forked or exec'ed from a user of segments do it no harm.

use std::fs;
use std::process::Command;

use multiproc_segment::{Layout, Lifetime, PidNamespace, Segment, SegmentError, SegmentName};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, open_fds, skip, watchdog};

use crate::file::{Dir, create_file};
use crate::named::{create, exists, filling, name};
use crate::sandbox::{figures, fork, runs, unshare_pids_of_children};
use crate::transport::pair;

#[test]
fn the_exit_of_a_forked_child_does_not_remove_its_parents_segment() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("forks::forking_role", &[]);
    assert!(child.wait().success());
}

#[test]
fn forking_role() {
    let Some(_) = child::args("forks::forking_role") else {
        return;
    };
    let name = name("forked");
    let segment = create(&name, Lifetime::LastUser, 5);
    fork(|| segment.payload().fill(0, 5000, 6).unwrap());
    let mut segment = Some(segment);
    fork(|| drop(segment.take()));
    let segment = segment.unwrap();
    assert!(exists(&name));
    assert_eq!(filling(&segment), 6);
    // The lock was not turned exclusive either: others still get in.
    let opened = Segment::open(&name).unwrap();
    drop(segment);
    assert!(exists(&name));

    // A forked child that opens for itself is a user of its own.
    fork(|| {
        let own = Segment::open(&name).unwrap();
        assert_eq!(filling(&own), 6);
    });
    assert!(exists(&name));
    drop(opened);
    assert!(!exists(&name));
}

#[test]
fn no_descriptor_is_inherited_by_accident() {
    let rounds = Scale::asked().pick(3, 100, 1_000).to_string();
    let figures = figures("forks::exec_role", &[&rounds]).unwrap();
    Row::new(17)
        .figure("descriptors", figures[0])
        .figure("inherited", 0)
        .print();
}

#[test]
fn exec_role() {
    let Some(args) = child::args("forks::exec_role") else {
        return;
    };
    let inherited = || {
        let listed = Command::new("ls").args(["-l", "/proc/self/fd"]).output();
        let listed = listed.unwrap();
        assert!(listed.status.success());
        String::from_utf8(listed.stdout).unwrap().lines().count()
    };
    let rounds: u64 = args[0].parse().unwrap();
    let dir = Dir::new();
    let (before, open_before) = (inherited(), open_fds());
    let mut n_descriptors = 0;
    for _ in 0..rounds {
        let anonymous = Segment::anonymous(Layout::payload(1)).unwrap();
        let named = create(&name("exec"), Lifetime::LastUser, 1);
        let opened = Segment::open(named.name().unwrap()).unwrap();
        let frozen = Segment::anonymous(Layout::payload(1))
            .unwrap()
            .freeze()
            .unwrap();
        let in_file = create_file(&dir.at("exec"), 1);
        let (mut one, mut other) = pair();
        one.send(b"", &[&anonymous, &named, &frozen]).unwrap();
        let received = other.recv().unwrap();
        assert_eq!(inherited(), before);
        n_descriptors += open_fds() - open_before;
        drop((
            anonymous, named, opened, frozen, in_file, one, other, received,
        ));
        fs::remove_file(dir.at("exec")).unwrap();
    }
    child::say(format!("done {n_descriptors}"));
}

#[test]
fn a_segment_of_another_pid_namespace_opens_but_refuses_locks() {
    let _watchdog = watchdog(PATIENCE);
    let name = name("namespace");
    let segment = create(&name, Lifetime::LastUser, 5);
    assert!(segment.check_pid_namespace().is_ok());
    let own = fs::read_link("/proc/self/ns/pid").unwrap();
    let own = own.to_str().unwrap();
    let mut outer = Child::spawn("forks::namespace_role", &[name.as_str(), own]);
    let answer = outer.read_line();
    assert!(outer.wait().success());
    if answer.as_deref() != Some("done") {
        skip(answer.unwrap_or_default());
    }
}

#[test]
fn namespace_role() {
    let Some(args) = child::args("forks::namespace_role") else {
        return;
    };
    if let Err(error) = unshare_pids_of_children() {
        child::say(format!("no pid namespace: {error}"));
        return;
    }
    let mut inner = Child::spawn("forks::inner_namespace_role", &[&*args[0], &*args[1]]);
    assert!(inner.wait().success());
    child::say("done");
}

/// What a process knows of itself is not what its forked child knows.
#[test]
fn a_child_forked_into_another_pid_namespace_knows_its_own() {
    runs("forks::forked_namespace_role", &[]);
}

#[test]
fn forked_namespace_role() {
    let Some(_) = child::args("forks::forked_namespace_role") else {
        return;
    };
    let own = PidNamespace::current().unwrap();
    assert_eq!(PidNamespace::current(), Ok(own));
    if let Err(error) = unshare_pids_of_children() {
        child::say(format!("no pid namespace: {error}"));
        return;
    }
    let segment = Segment::anonymous(Layout::payload(1)).unwrap();
    fork(|| {
        assert_ne!(PidNamespace::current(), Ok(own));
        assert!(segment.check_pid_namespace().is_err());
    });
    assert!(segment.check_pid_namespace().is_ok());
    child::say("done");
}

#[test]
fn inner_namespace_role() {
    let Some(args) = child::args("forks::inner_namespace_role") else {
        return;
    };
    let segment = Segment::open(&SegmentName::new(&*args[0]).unwrap()).unwrap();
    assert_eq!(filling(&segment), 5);
    let refused = segment.check_pid_namespace().unwrap_err();
    assert!(matches!(refused, SegmentError::OtherPidNamespace { .. }));
    let here = fs::read_link("/proc/self/ns/pid").unwrap();
    let expected = format!(
        "the segment was made in pid namespace {} and this process is in {}: locks would mistake \
         one process for another; start the containers with a shared pid namespace (docker run \
         --pid=container:NAME, or shareProcessNamespace: true)",
        args[1],
        here.display(),
    );
    assert_eq!(refused.to_string(), expected);
}
