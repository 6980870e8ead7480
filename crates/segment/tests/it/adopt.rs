//! Files of other programs that are taken over: by one process at a time, killed or not.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use multiproc_segment::{Corruption, Layout, Segment, SegmentError};
use multiproc_testkit::step::{self, Step, Stepper};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};
use rustix::fs::{FlockOperation, flock};

use crate::file::Dir;

/// No whole number of pages, and of another length than what is behind it.
const LEN: usize = 5000;
const LAYOUT: Layout = Layout {
    payload_len: LEN,
    control_len: 64,
    kind: 7,
};
/// The payload, the lock area and the control page, each in whole pages.
const FILE_LEN: usize = 4 * 4096;

fn contents() -> Vec<u8> {
    (0..LEN).map(|i| (i % 251) as u8 + 1).collect()
}

/// A file as another program writes it, which all may read.
fn foreign(path: &Path) {
    fs::write(path, contents()).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

fn payload(segment: &Segment) -> Vec<u8> {
    let mut bytes = vec![0; segment.len()];
    segment.payload().read(0, &mut bytes).unwrap();
    bytes
}

/// Whether the file is a segment, which must be whole then; otherwise it is what it was, followed by
/// zeros at most.
fn is_segment(path: &Path) -> bool {
    let bytes = fs::read(path).unwrap();
    assert_eq!(bytes[..LEN], contents());
    match Segment::open_file(path) {
        Ok(segment) => {
            assert_eq!((segment.kind(), payload(&segment)), (7, contents()));
            let mut locks = vec![1; segment.control_len()];
            segment.control().read(0, &mut locks).unwrap();
            assert!(locks.iter().all(|&byte| byte == 0));
            true
        }
        Err(_) => {
            assert!(bytes[LEN..].iter().all(|&byte| byte == 0));
            false
        }
    }
}

#[test]
fn adopting_role() {
    let Some(args) = child::args("adopt::adopting_role") else {
        return;
    };
    // What a process does only once is not of interest.
    drop(Segment::anonymous(LAYOUT));
    step::begin();
    let adopted = Segment::adopt_file(&args[0], LAYOUT);
    step::end();
    drop(adopted.unwrap());
}

#[test]
fn an_adopter_killed_at_any_system_call_leaves_the_file_or_a_segment() {
    let _watchdog = watchdog(PATIENCE);
    let dir = Dir::new();
    let path = dir.at("foreign");
    let (mut n_files, mut n_segments) = (0, 0);
    for point in 0.. {
        // The file system may give the new file the number of the last one.
        let _ = fs::remove_file(&path);
        foreign(&path);
        let role = Child::spawn("adopt::adopting_role", &[path.to_str().unwrap()]);
        let mut stepper = Stepper::attach(role);
        let step = stepper.run_system_calls(point);
        stepper.kill();
        match is_segment(&path) {
            true => n_segments += 1,
            false => n_files += 1,
        }
        let adopted = Segment::adopt_file(&path, LAYOUT);
        let adopted = adopted.unwrap_or_else(|error| panic!("killed at {point}: {error}"));
        assert_eq!(payload(&adopted), contents(), "killed at {point}");
        if step == Step::AtEnd {
            break;
        }
    }
    assert!(n_files > 5 && n_segments > 2, "{n_files}, {n_segments}");
    assert_eq!(dir.names(), 1);
}

#[test]
fn of_many_adopters_all_get_the_same_segment() {
    let _watchdog = watchdog(PATIENCE);
    let dir = Dir::new();
    let path = dir.at("foreign");
    foreign(&path);
    let adopt = || loop {
        match Segment::adopt_file(&path, LAYOUT) {
            Ok(segment) => return segment,
            Err(SegmentError::Busy { .. }) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    };
    let segments: Vec<Segment> = std::thread::scope(|scope| {
        let adopters: Vec<_> = (0..8).map(|_| scope.spawn(adopt)).collect();
        adopters
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect()
    });
    for segment in &segments {
        assert_eq!(segment.id(), segments[0].id());
        assert_eq!(payload(segment), contents());
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), FILE_LEN as u64);
}

#[test]
fn who_meets_another_adopter_is_told() {
    let dir = Dir::new();
    let path = dir.at("foreign");
    foreign(&path);
    let other = File::open(&path).unwrap();
    flock(&other, FlockOperation::LockExclusive).unwrap();
    let refused = Segment::adopt_file(&path, LAYOUT).unwrap_err();
    assert!(matches!(refused, SegmentError::Busy { .. }), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), contents());
    drop(other);
    Segment::adopt_file(&path, LAYOUT).unwrap();
}

#[test]
fn room_that_was_made_in_part_is_no_obstacle_and_anything_else_is() {
    let dir = Dir::new();
    let path = dir.at("foreign");
    for more in [1, 3192, 3193, FILE_LEN - LEN] {
        let begun = [contents(), vec![0; more]].concat();
        fs::write(&path, &begun).unwrap();
        let adopted = Segment::adopt_file(&path, LAYOUT).unwrap();
        assert_eq!(payload(&adopted), contents());
        fs::remove_file(&path).unwrap();

        let followed = [&*begun, &[1]].concat();
        let too_many = [contents(), vec![0; FILE_LEN - LEN + more]].concat();
        for longer in [followed, too_many] {
            fs::write(&path, &longer).unwrap();
            let refused = Segment::adopt_file(&path, LAYOUT).unwrap_err();
            assert!(
                matches!(
                    refused,
                    SegmentError::Corrupt {
                        fault: Corruption::Length { .. },
                        ..
                    }
                ),
                "{refused}"
            );
            assert_eq!(fs::read(&path).unwrap(), longer);
        }
        fs::remove_file(&path).unwrap();
    }
}
