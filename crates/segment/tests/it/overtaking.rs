//! A process that opens a segment is overtaken, at any system call, by one that removes it.
//!
//! The opener is stopped, the others act, and it goes on: it must end up with a segment that its
//! name leads to, or with none, and must not have taken a name from anybody.

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentId, SegmentName};
use multiproc_testkit::step::{self, Step, Stepper};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::named::{exists, name, not_found};
use crate::sandbox::{mount_small_shm, runs};

/// More beginnings and ends of system calls than there are in any opening.
const N_BOUNDARIES: u64 = 48;

fn try_create(name: &SegmentName) -> Result<Segment, SegmentError> {
    Segment::open_or_create(name, Layout::payload(64), Lifetime::LastUser, |_| Ok(()))
}

fn create(name: &SegmentName) -> Segment {
    try_create(name).unwrap()
}

/// Leaves a name whose only user was killed.
fn leave_dead(name: &SegmentName) {
    let mut user = Child::spawn("overtaking::using_role", &[name.as_str()]);
    user.expect_line("in use");
    user.kill();
}

/// Stops an opener at every system call, calls `overtake` with what `before` made, and lets it go
/// on. `check` gets what `overtake` left, and the id of what was opened.
fn everywhere<B, A>(
    before: impl Fn(&SegmentName) -> B,
    overtake: impl Fn(&SegmentName, B) -> A,
    check: impl Fn(&SegmentName, A, Option<SegmentId>),
) {
    let _watchdog = watchdog(PATIENCE);
    let name = name("overtaken");
    let mut n_inside = 0;
    for point in 0..N_BOUNDARIES {
        let made = before(&name);
        let opener = Child::spawn("overtaking::opening_role", &[name.as_str()]);
        let mut opener = Stepper::attach(opener);
        let step = opener.run_system_calls(point);
        let left = overtake(&name, made);
        if step == Step::Inside {
            n_inside += 1;
            opener.run_system_calls(u64::MAX);
        }
        let mut opener = opener.release();
        let opened = opener.read_line().unwrap();
        let opened = opened
            .parse()
            .ok()
            .map(|id: u128| SegmentId::from_bytes(id.to_be_bytes()));
        check(&name, left, opened);
        opener.say("drop");
        assert!(opener.wait().success());
        assert!(!exists(&name), "overtaken at {point}");
    }
    assert!(n_inside > 20, "stopped only {n_inside} times");
}

/// The name leads to what the opener has, if it has anything.
fn leads_to(name: &SegmentName, opened: Option<SegmentId>) {
    let found = Segment::open(name).map(|segment| segment.id());
    match opened {
        Some(id) => assert_eq!(found, Ok(id)),
        None => assert_eq!(found, Err(not_found(name))),
    }
}

#[test]
fn by_the_last_user_who_leaves() {
    everywhere(
        create,
        |_, last| drop(last),
        |name, (), opened| leads_to(name, opened),
    );
}

#[test]
fn by_the_last_user_who_leaves_and_another_who_creates_anew() {
    let overtake = |name: &SegmentName, last| {
        drop(last);
        create(name)
    };
    everywhere(create, overtake, |name, segment, opened| {
        leads_to(name, Some(segment.id()));
        assert!(opened.is_none_or(|id| id == segment.id()));
    });
}

#[test]
fn by_one_who_removes_the_dead_segment_and_creates_anew() {
    runs("overtaking::alone_role", &[]);
}

/// In a `/dev/shm` of its own, where no other test removes the dead segment first.
#[test]
fn alone_role() {
    let Some(_) = child::args("overtaking::alone_role") else {
        return;
    };
    if let Err(error) = mount_small_shm() {
        child::say(format!("no mount namespace: {error}"));
        return;
    }
    // An opener that is stopped in the middle of the removal keeps the name, and says so.
    let overtake = |name: &SegmentName, ()| match try_create(name) {
        Err(SegmentError::Busy { .. }) => None,
        created => Some(created.unwrap()),
    };
    everywhere(leave_dead, overtake, |name, segment, opened| {
        let id = segment.map(|segment| {
            leads_to(name, Some(segment.id()));
            segment.id()
        });
        assert!(opened.is_none() || opened == id);
    });
    child::say("done");
}

#[test]
fn opening_role() {
    let Some(args) = child::args("overtaking::opening_role") else {
        return;
    };
    let name = args[0].parse().unwrap();
    step::begin();
    let opened = Segment::open(&name);
    step::end();
    match &opened {
        Ok(segment) => child::say(u128::from_be_bytes(segment.id().to_bytes())),
        Err(SegmentError::NotFound { .. }) => child::say("none"),
        Err(error) => panic!("{error}"),
    }
    child::read_line();
}

#[test]
fn using_role() {
    let Some(args) = child::args("overtaking::using_role") else {
        return;
    };
    let segment = create(&args[0].parse().unwrap());
    child::say("in use");
    child::read_line();
    drop(segment);
}
