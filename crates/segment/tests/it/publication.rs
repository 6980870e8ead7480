//! A process killed at any instruction of creating or leaving leaves a whole segment or none.
//!
//! What others can see of a process changes only at its system calls. So one pass looks from
//! outside at every single instruction, and the kills are made at the beginning and the end of
//! every system call.

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, prune, remove};
use multiproc_testkit::step::{self, Step, Stepper};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::file::Dir;
use crate::named::{exists, filling, name, wait_until_gone};

const BYTE: u8 = 0x5A;

/// How often what `look` sees from outside changes while `role` is led through every instruction.
fn changes<T: PartialEq>(role: &str, name: &SegmentName, look: impl Fn() -> T) -> usize {
    let mut stepper = Stepper::attach(Child::spawn(role, &[name.as_str()]));
    let mut n_changes = 0;
    let mut seen = look();
    while stepper.run(1) == Step::Inside {
        let now = look();
        n_changes += usize::from(now != seen);
        seen = now;
    }
    n_changes
}

/// Kills `role` at every system call; `check` gets what `look` saw in the moment before.
fn kill_everywhere<T>(
    role: &str,
    name: &SegmentName,
    look: impl Fn() -> T,
    mut check: impl FnMut(T, u64),
) {
    for point in 0.. {
        let mut stepper = Stepper::attach(Child::spawn(role, &[name.as_str()]));
        let step = stepper.run_system_calls(point);
        let seen = look();
        stepper.kill();
        check(seen, point);
        if step == Step::AtEnd {
            assert!(point > 5, "no more than {point} kills");
            return;
        }
    }
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
    assert_eq!(
        changes(role, &name, || is_whole(&name)),
        1,
        "a segment that came and went"
    );
    remove(&name).unwrap();
    let (mut n_none, mut n_whole) = (0, 0);
    kill_everywhere(
        role,
        &name,
        || is_whole(&name),
        |published, point| {
            assert_eq!(is_whole(&name), published, "killed at {point}");
            if published {
                remove(&name).unwrap();
                n_whole += 1;
            } else {
                n_none += 1;
            }
        },
    );
    assert!(n_none > 0 && n_whole > 0);
}

#[test]
fn a_user_killed_anywhere_on_leaving_leaves_no_name_that_is_not_pruned() {
    let _watchdog = watchdog(PATIENCE);
    let name = name("left");
    let role = "publication::leaving_role";
    assert_eq!(
        changes(role, &name, || exists(&name)),
        1,
        "a name that came and went"
    );
    kill_everywhere(
        role,
        &name,
        || (),
        |(), _| {
            prune().unwrap();
            wait_until_gone(&name);
        },
    );
}

#[test]
fn a_user_killed_anywhere_on_leaving_takes_nothing_from_the_others() {
    let _watchdog = watchdog(PATIENCE);
    let name = name("shared");
    let segment = create(&name, Lifetime::LastUser, || ());
    let role = "publication::leaving_role";
    let look = || Segment::open(&name).map(|found| found.id());
    assert_eq!(changes(role, &name, look), 0);
    kill_everywhere(
        role,
        &name,
        || (),
        |(), point| {
            prune().unwrap();
            assert_eq!(look(), Ok(segment.id()), "killed at {point}");
        },
    );
    drop(segment);
    assert!(!exists(&name));
}

/// Also between system calls, where nothing of it should be seen, and for segments of every kind.
#[test]
fn a_creator_killed_at_or_after_any_system_call_leaves_nothing_behind() {
    let _watchdog = watchdog(2 * PATIENCE);
    let n_offsets = Scale::asked().pick(1, 4, 20) as usize;
    let offsets = [
        0, 1, 40, 400, 2, 3, 5, 8, 12, 17, 25, 60, 90, 130, 190, 270, 600, 900, 1500, 3000,
    ];
    let mut points = 0;
    for (kind, instructions) in ["anonymous", "named", "file"].into_iter().flat_map(|kind| {
        offsets[..n_offsets]
            .iter()
            .map(move |&offset| (kind, offset))
    }) {
        for boundary in 0.. {
            let (name, dir) = (name("killed"), Dir::new());
            let path = dir.at("array");
            let args = [kind, name.as_str(), path.to_str().unwrap()];
            let role = Child::spawn("publication::any_creating_role", &args);
            let mut stepper = Stepper::attach(role);
            let mut step = stepper.run_system_calls(boundary);
            if step == Step::Inside {
                step = stepper.run(instructions);
            }
            stepper.kill();
            points += 1;
            prune().unwrap();
            wait_until_gone(&name);
            match Segment::open_file(&path) {
                Ok(whole) => assert_eq!(filling(&whole), BYTE),
                Err(SegmentError::NotFound { .. }) => assert_eq!(dir.names(), 0),
                Err(error) => panic!("{kind} killed {instructions} after {boundary}: {error}"),
            }
            if step == Step::AtEnd {
                assert!(boundary > 8, "{kind}: no more than {boundary} system calls");
                break;
            }
        }
    }
    Row::new(10)
        .figure("crash points", points)
        .figure("names left", 0)
        .figure("halves seen", 0)
        .print();
}

#[test]
fn any_creating_role() {
    let Some(args) = child::args("publication::any_creating_role") else {
        return;
    };
    let layout = Layout::payload(5000);
    let fill = |new: &Segment| new.payload().fill(0, 5000, BYTE);
    // What a process does only once is not of interest.
    drop(Segment::anonymous(layout));
    step::begin();
    let created = match &*args[0] {
        "anonymous" => Segment::anonymous(layout),
        "named" => Segment::create(&args[1].parse().unwrap(), layout, Lifetime::LastUser, fill),
        _ => Segment::create_file(&args[2], layout, fill),
    };
    step::end();
    drop(created.unwrap());
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
