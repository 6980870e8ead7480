//! A process killed at any instruction of creating or leaving leaves a whole segment or none.
//!
//! A stopped process has changed for others exactly what it would have changed if it were killed
//! there, but for the locks that it still holds. So one pass looks at every instruction from
//! outside, and real kills are made around every change that was seen, and here and there between.

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, prune, remove};
use multiproc_testkit::step::{self, Step, Stepper};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::named::{exists, filling, name, wait_until_gone};

const BYTE: u8 = 0x5A;

/// Steps through what `role` does with `name`; returns where what `look` sees from outside changes,
/// and the number of all instructions.
fn changes<T: PartialEq>(role: &str, name: &SegmentName, look: impl Fn() -> T) -> (Vec<u64>, u64) {
    let mut stepper = Stepper::attach(Child::spawn(role, &[name.as_str()]));
    let mut changes = Vec::new();
    let mut seen = look();
    for n_steps in 1.. {
        if stepper.run(1) == Step::AtEnd {
            return (changes, n_steps);
        }
        let now = look();
        if now != seen {
            changes.push(n_steps);
            seen = now;
        }
    }
    unreachable!("a role ends in less than 2^64 instructions")
}

/// Where to kill: around each of `changes`, and at a few dozen places in between.
///
/// Where a change comes differs by a few instructions from run to run.
fn kill_points(changes: &[u64], n_steps: u64) -> impl Iterator<Item = u64> {
    let around = changes
        .iter()
        .flat_map(|change| change.saturating_sub(12)..change + 12);
    (0..n_steps).step_by(n_steps as usize / 24).chain(around)
}

/// Kills `role` after `n_steps` instructions; returns what `look` saw in the moment before.
fn kill_at<T>(n_steps: u64, role: &str, name: &SegmentName, look: impl Fn() -> T) -> T {
    let mut stepper = Stepper::attach(Child::spawn(role, &[name.as_str()]));
    stepper.run(n_steps);
    let seen = look();
    stepper.kill();
    seen
}

/// Whether there is a segment, which must be whole then.
fn is_whole(name: &SegmentName) -> bool {
    match Segment::open(name) {
        Ok(segment) => {
            assert_eq!(
                (segment.len(), segment.kind(), filling(&segment)),
                (5000, 3, BYTE)
            );
            true
        }
        Err(SegmentError::NotFound { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_creator_killed_anywhere_leaves_a_whole_segment_or_none() {
    let _watchdog = watchdog(PATIENCE);
    let name = name("created");
    let role = "publication::creating_role";
    let (changes, n_steps) = changes(role, &name, || is_whole(&name));
    assert_eq!(
        changes.len(),
        1,
        "a segment that came and went: {changes:?}"
    );
    remove(&name).unwrap();
    for point in kill_points(&changes, n_steps) {
        let published = kill_at(point, role, &name, || is_whole(&name));
        assert_eq!(is_whole(&name), published, "killed at {point} of {n_steps}");
        if published {
            remove(&name).unwrap();
        }
    }
}

#[test]
fn a_user_killed_anywhere_on_leaving_leaves_no_name_that_is_not_pruned() {
    let _watchdog = watchdog(PATIENCE);
    let name = name("left");
    let role = "publication::leaving_role";
    let (changes, n_steps) = changes(role, &name, || exists(&name));
    assert_eq!(changes.len(), 1, "a name that came and went: {changes:?}");
    for point in kill_points(&changes, n_steps) {
        kill_at(point, role, &name, || ());
        prune().unwrap();
        wait_until_gone(&name);
    }
}

#[test]
fn a_user_killed_anywhere_on_leaving_takes_nothing_from_the_others() {
    let _watchdog = watchdog(PATIENCE);
    let name = name("shared");
    let segment = create(&name, Lifetime::LastUser, || ());
    let role = "publication::leaving_role";
    let look = || Segment::open(&name).map(|found| found.id());
    let (changes, n_steps) = changes(role, &name, look);
    assert_eq!(changes, []);
    for point in kill_points(&changes, n_steps) {
        kill_at(point, role, &name, || ());
        prune().unwrap();
        assert_eq!(look(), Ok(segment.id()), "killed at {point} of {n_steps}");
    }
    drop(segment);
    assert!(!exists(&name));
}

/// Before its initialiser has returned, a creation has nothing that others could see.
#[test]
fn creating_role() {
    let Some(args) = child::args("publication::creating_role") else {
        return;
    };
    let segment = create(&args[0].parse().unwrap(), Lifetime::Persistent, step::begin);
    step::end();
    drop(segment);
}

#[test]
fn leaving_role() {
    let Some(args) = child::args("publication::leaving_role") else {
        return;
    };
    let segment = create(&args[0].parse().unwrap(), Lifetime::LastUser, || ());
    step::begin();
    drop(segment);
    step::end();
}

/// Opens or creates a segment; `initialised` is called in the initialiser's last moment.
fn create(name: &SegmentName, lifetime: Lifetime, initialised: impl FnOnce()) -> Segment {
    let layout = Layout {
        payload_len: 5000,
        control_len: 64,
        kind: 3,
    };
    let created = Segment::open_or_create(name, layout, lifetime, |new| {
        new.payload().fill(0, new.len(), BYTE)?;
        initialised();
        Ok::<(), SegmentError>(())
    });
    created.unwrap()
}
