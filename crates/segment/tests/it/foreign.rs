//! What has a segment's name without being one of this user's segments is never used nor changed.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use multiproc_segment::{
    Corruption, Foreign, Layout, Lifetime, Location, Segment, SegmentError, SegmentName, list,
    prune, remove,
};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, skip, watchdog};
use rustix::fs::{CWD, Mode, mkfifoat};

use crate::named::{already_exists, create, exists, filling, name, path};

thread_local! {
    /// What this test has planted.
    static PLANTED: Cell<u64> = const { Cell::new(0) };
}

/// Plants something, tries everything that could hurt it, and checks that it is as it was.
fn refuses(plant: impl FnOnce(&SegmentName), expected: impl FnOnce(&SegmentError) -> bool) {
    let _watchdog = watchdog(PATIENCE);
    let name = name("foreign");
    plant(&name);
    PLANTED.set(PLANTED.get() + 1);
    let before = fs::symlink_metadata(path(&name)).unwrap();

    let refused = Segment::open(&name).unwrap_err();
    assert!(expected(&refused), "{refused:?}");
    assert!(refused.to_string().contains(name.as_str()), "{refused}");
    assert_eq!(remove(&name), Err(refused.clone()));
    let layout = Layout::payload(1);
    let taken: Result<_, SegmentError> =
        Segment::create(&name, layout, Lifetime::LastUser, |_| Ok(()));
    assert_eq!(taken.unwrap_err(), already_exists(&name));
    let either: Result<_, SegmentError> =
        Segment::open_or_create(&name, layout, Lifetime::LastUser, |_| Ok(()));
    assert_eq!(either.unwrap_err(), refused);
    assert!(!prune().unwrap().removed.contains(&name));
    assert!(list().unwrap().iter().all(|listed| listed.name != name));

    let after = fs::symlink_metadata(path(&name)).unwrap();
    let seen = |file: &fs::Metadata| {
        (
            file.ino(),
            file.mode(),
            file.uid(),
            file.len(),
            file.mtime_nsec(),
        )
    };
    assert_eq!(seen(&after), seen(&before));
    if before.is_dir() {
        fs::remove_dir(path(&name)).unwrap();
    } else {
        fs::remove_file(path(&name)).unwrap();
    }
}

fn refuses_as(plant: impl FnOnce(&SegmentName), expected: Foreign) {
    refuses(
        plant,
        |error| matches!(error, SegmentError::Refused { found, .. } if *found == expected),
    );
}

#[test]
fn a_symbolic_link_is_not_followed_not_even_to_a_segment() {
    let target = name("target");
    let segment = create(&target, Lifetime::LastUser, 1);
    refuses_as(
        |name| symlink(path(&target), path(name)).unwrap(),
        Foreign::Symlink,
    );
    refuses_as(
        |name| symlink("/dev/shm/nowhere", path(name)).unwrap(),
        Foreign::Symlink,
    );
    drop(segment);
}

#[test]
fn a_fifo_a_directory_and_a_socket_are_refused_without_a_wait() {
    let no_file = |file_type| Foreign::NotAFile { file_type };
    let fifo = |name: &SegmentName| mkfifoat(CWD, path(name), Mode::RUSR | Mode::WUSR).unwrap();
    refuses_as(fifo, no_file(0o010_000));
    refuses_as(
        |name| fs::create_dir(path(name)).unwrap(),
        no_file(0o040_000),
    );
    refuses_as(
        |name| drop(UnixListener::bind(path(name)).unwrap()),
        no_file(0o140_000),
    );
}

#[test]
fn a_file_that_others_may_use_is_refused() {
    for mode in [0o644, 0o660, 0o666, 0o400, 0o4600, 0o000] {
        refuses_as(
            |name| {
                drop(create(name, Lifetime::Persistent, 1));
                fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
            },
            Foreign::Mode { mode },
        );
    }
}

#[test]
fn a_segment_with_a_second_name_is_refused_under_both() {
    let first = name("first");
    drop(create(&first, Lifetime::Persistent, 1));
    refuses_as(
        |name| fs::hard_link(path(&first), path(name)).unwrap(),
        Foreign::Links { links: 2 },
    );
    assert!(Segment::open(&first).is_ok());
    remove(&first).unwrap();
}

#[test]
fn another_users_segment_is_refused_and_left_alone() {
    let ours = rustix::process::geteuid().as_raw();
    if ours != 0 {
        skip("only root can give a file away");
        return;
    }
    refuses_as(
        |name| {
            // Dead for whoever does not look at its owner.
            drop(create(name, Lifetime::Persistent, 1));
            chown(path(name), Some(65534), None).unwrap();
        },
        Foreign::OtherUser { uid: 65534, ours },
    );
}

#[test]
fn another_programs_file_is_refused_and_left_alone() {
    let file = |name: &SegmentName, bytes: &[u8]| {
        fs::write(path(name), bytes).unwrap();
        fs::set_permissions(path(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    let corrupt = |expected| move |error: &SegmentError| matches!(error, SegmentError::Corrupt { fault, .. } if *fault == expected);
    refuses(
        |name| file(name, b""),
        corrupt(Corruption::Length { file_len: 0 }),
    );
    refuses(
        |name| file(name, b"notes"),
        corrupt(Corruption::Length { file_len: 5 }),
    );
    refuses(|name| file(name, &[0; 8192]), corrupt(Corruption::Magic));
}

/// A user who is not the owner gets nothing of a segment, and cannot harm it.
#[test]
fn a_stranger_is_refused_by_name() {
    if !rustix::process::geteuid().is_root() {
        skip("only root can become a stranger");
        return;
    }
    let _watchdog = watchdog(PATIENCE);
    let name = name("stranger");
    let segment = create(&name, Lifetime::Persistent, 5);
    let mut probe = Command::new("/proc/self/exe");
    if probe
        .arg("--list")
        .stdout(Stdio::null())
        .uid(65534)
        .gid(65534)
        .status()
        .is_err()
    {
        skip("a stranger may not run this program");
        return;
    }
    let mut stranger = Child::spawn_with("foreign::stranger_role", &[name.as_str()], |command| {
        command.uid(65534).gid(65534);
    });
    stranger.expect_line("refused");
    assert!(stranger.wait().success());
    PLANTED.set(PLANTED.get() + 1);
    assert_eq!(filling(&segment), 5);
    drop(segment);
    assert_eq!(filling(&Segment::open(&name).unwrap()), 5);
    remove(&name).unwrap();
}

#[test]
fn stranger_role() {
    let Some(args) = child::args("foreign::stranger_role") else {
        return;
    };
    let name = SegmentName::new(&*args[0]).unwrap();
    let expected = SegmentError::Refused {
        place: Location::Named(name.clone()),
        found: Foreign::OtherUser {
            uid: 0,
            ours: 65534,
        },
    };
    assert_eq!(Segment::open(&name).unwrap_err(), expected);
    assert_eq!(remove(&name), Err(expected));
    let layout = Layout::payload(1);
    let taken: Result<_, SegmentError> =
        Segment::create(&name, layout, Lifetime::LastUser, |_| Ok(()));
    assert_eq!(taken.unwrap_err(), already_exists(&name));
    assert!(!prune().unwrap().removed.contains(&name));
    assert!(list().unwrap().iter().all(|listed| listed.name != name));
    child::say("refused");
}

#[test]
fn nothing_planted_is_used_or_changed() {
    let rounds = Scale::asked().pick(1, 20, 200);
    for _ in 0..rounds {
        a_symbolic_link_is_not_followed_not_even_to_a_segment();
        a_fifo_a_directory_and_a_socket_are_refused_without_a_wait();
        a_file_that_others_may_use_is_refused();
        a_segment_with_a_second_name_is_refused_under_both();
        another_users_segment_is_refused_and_left_alone();
        another_programs_file_is_refused_and_left_alone();
    }
    a_stranger_is_refused_by_name();
    Row::new(12)
        .figure("planted", PLANTED.get())
        .figure("refused", PLANTED.get())
        .figure("victims changed", 0)
        .print();
}

#[test]
fn a_name_that_was_squatted_is_free_again_afterwards() {
    let name = name("squat");
    symlink("/dev/shm/nowhere", path(&name)).unwrap();
    assert!(Segment::open(&name).is_err());
    fs::remove_file(path(&name)).unwrap();
    drop(create(&name, Lifetime::LastUser, 1));
    assert!(!exists(&name));
}
