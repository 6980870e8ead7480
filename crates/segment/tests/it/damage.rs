//! Damaged files are refused, or the damage is harmless; never is the process harmed.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use multiproc_segment::{
    Corruption, Lifetime, Location, Segment, SegmentError, SegmentName, prune, remove,
};
use multiproc_testkit::{PATIENCE, watchdog};

use crate::named::{create, exists, filling, name, path};

fn persistent() -> (SegmentName, File, u64) {
    let name = name("damaged");
    drop(create(&name, Lifetime::Persistent, 7));
    let file = File::options()
        .read(true)
        .write(true)
        .open(path(&name))
        .unwrap();
    let file_len = file.metadata().unwrap().len();
    (name, file, file_len)
}

fn fault(name: &SegmentName) -> Corruption {
    match Segment::open(name) {
        Err(SegmentError::Corrupt {
            place: Location::Named(found),
            fault,
        }) if found == *name => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_changed_byte_of_the_control_page_is_refused_or_harmless() {
    let (name, file, file_len) = persistent();
    let id = Segment::open(&name).unwrap().id();
    let mut page = [0; 4096];
    file.read_exact_at(&mut page, file_len - 4096).unwrap();
    for (at, byte) in page.into_iter().enumerate() {
        for change in [0x01, 0x80, 0xFF, byte | 0x10] {
            let place = file_len - 4096 + at as u64;
            file.write_all_at(&[byte ^ change], place).unwrap();
            if at < 120 {
                fault(&name);
            } else if at % 97 == 0 {
                let opened = Segment::open(&name).unwrap();
                assert_eq!((opened.id(), filling(&opened)), (id, 7));
            }
            file.write_all_at(&[byte], place).unwrap();
        }
    }
    prune().unwrap();
    assert_eq!(Segment::open(&name).unwrap().id(), id);
    remove(&name).unwrap();
}

#[test]
fn a_file_cut_or_extended_anywhere_is_refused() {
    let (name, file, file_len) = persistent();
    let whole = fs::read(path(&name)).unwrap();
    for page in 0..=file_len / 4096 + 2 {
        let boundary = page * 4096;
        for len in [boundary.saturating_sub(1), boundary, boundary + 1] {
            if len == file_len {
                continue;
            }
            file.set_len(len).unwrap();
            let fault = fault(&name);
            if len % 4096 == 0 && len > 0 {
                assert_eq!(fault, Corruption::Magic);
            } else {
                assert_eq!(fault, Corruption::Length { file_len: len });
            }
            file.set_len(file_len).unwrap();
            file.write_all_at(&whole, 0).unwrap();
        }
    }
    assert_eq!(filling(&Segment::open(&name).unwrap()), 7);
    remove(&name).unwrap();
}

#[test]
fn a_segment_with_a_hole_is_refused() {
    let (name, file, file_len) = persistent();
    let hole = rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(&file, hole, 0, 4096).unwrap();
    assert_eq!(
        fault(&name),
        Corruption::Sparse {
            allocated: file_len - 4096,
            file_len
        }
    );
    assert!(exists(&name));
    remove(&name).unwrap();
}

/// A header that is read once cannot be one thing when it is checked and another when it is used.
#[test]
fn a_header_that_changes_while_it_is_read_gives_the_old_segment_or_an_error() {
    let _watchdog = watchdog(PATIENCE);
    let (name, file, file_len) = persistent();
    let id = Segment::open(&name).unwrap().id();
    let lengths_at = file_len - 4096 + 40;
    let mut lengths = [0; 16];
    file.read_exact_at(&mut lengths, lengths_at).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                file.write_all_at(&[0xFF; 16], lengths_at).unwrap();
                file.write_all_at(&lengths, lengths_at).unwrap();
            }
        });
        let mut n_opened = 0;
        while n_opened < 2000 {
            match Segment::open(&name) {
                Ok(segment) => {
                    assert_eq!((segment.id(), segment.len()), (id, 5000));
                    n_opened += 1;
                }
                Err(SegmentError::Corrupt {
                    fault: Corruption::Checksum { .. },
                    ..
                }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        done.store(true, Relaxed);
    });
    file.write_all_at(&lengths, lengths_at).unwrap();
    remove(&name).unwrap();
}
