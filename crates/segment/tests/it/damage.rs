//! Damaged files are refused, or the damage is harmless; never is the process harmed.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use multiproc_segment::{
    Corruption, Lifetime, Location, Segment, SegmentError, SegmentName, prune, remove,
};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, Signal, child, watchdog};

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

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
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
    let step = Scale::asked().pick(15, 1, 1) as usize;
    let (mut n_refused, mut n_harmless) = (0, 0);
    for (at, byte) in page.into_iter().enumerate() {
        let place = file_len - 4096 + at as u64;
        let is_read = at < 120;
        let changes = (1..=255).step_by(if is_read { step } else { 127 });
        for change in changes.filter(|_| is_read || at % 97 == 0) {
            file.write_all_at(&[byte ^ change], place).unwrap();
            if is_read {
                fault(&name);
                n_refused += 1;
            } else {
                let opened = Segment::open(&name).unwrap();
                assert_eq!((opened.id(), filling(&opened)), (id, 7));
                n_harmless += 1;
            }
        }
        file.write_all_at(&[byte], place).unwrap();
    }
    prune().unwrap();
    assert_eq!(Segment::open(&name).unwrap().id(), id);
    remove(&name).unwrap();
    Row::new(5)
        .figure("changes of the header", n_refused)
        .figure("refused", n_refused)
        .figure("changes behind it", n_harmless)
        .figure("of an effect", 0)
        .print();
}

#[test]
fn a_file_of_any_other_length_is_refused() {
    let (name, file, file_len) = persistent();
    let whole = fs::read(path(&name)).unwrap();
    let step = Scale::asked().pick(61, 3, 1);
    let boundaries = (0..=file_len / 4096 + 2).flat_map(|page| {
        let boundary = page * 4096;
        [boundary.saturating_sub(1), boundary, boundary + 1]
    });
    let lengths = (0..file_len + 9000)
        .step_by(step as usize)
        .chain(boundaries);
    let mut n_refused = 0;
    for len in lengths.filter(|&len| len != file_len) {
        file.set_len(len).unwrap();
        let fault = fault(&name);
        if len % 4096 == 0 && len > 0 {
            assert_eq!(fault, Corruption::Magic);
        } else {
            assert_eq!(fault, Corruption::Length { file_len: len });
        }
        n_refused += 1;
        file.set_len(file_len).unwrap();
        file.write_all_at(&whole, 0).unwrap();
    }
    assert_eq!(filling(&Segment::open(&name).unwrap()), 7);
    remove(&name).unwrap();
    Row::new(4)
        .figure("lengths", n_refused)
        .figure("refused", n_refused)
        .figure("signals", 0)
        .print();
}

/// Headers that are whole, with the checksum that they should have, but not this build's.
#[test]
fn a_header_of_another_build_or_kind_is_refused_by_what_it_says() {
    let (name, file, file_len) = persistent();
    let at = file_len - 4096;
    let mut whole = [0; 120];
    file.read_exact_at(&mut whole, at).unwrap();
    let forged = |offset: usize, bytes: &[u8]| {
        let mut header = whole;
        header[offset..offset + bytes.len()].copy_from_slice(bytes);
        let checksum = checksum(&header[..112]);
        header[112..].copy_from_slice(&checksum.to_le_bytes());
        file.write_all_at(&header, at).unwrap();
        fault(&name)
    };
    let mut n_refused = 0;
    let mut refused = |found: Corruption, expected: Corruption, says: &str| {
        assert_eq!(found, expected);
        assert!(found.to_string().contains(says), "{found}");
        n_refused += 1;
    };
    for magic in [*b"gesrpcom", *b"mprocSEG", [0; 8]] {
        refused(
            forged(0, &magic),
            Corruption::Magic,
            "another program's file",
        );
    }
    // Big-endian machines write the version so.
    for found in [0, 2, 3, 0x0100_0000, u32::MAX] {
        let fault = forged(8, &found.to_le_bytes());
        refused(
            fault,
            Corruption::Version { found },
            "rebuild both programs",
        );
    }
    for found in [0, 60, 119, 121, 4096, 0x7800_0000, u32::MAX] {
        refused(
            forged(12, &found.to_le_bytes()),
            Corruption::HeaderLen { found },
            "control page",
        );
    }
    for found in [0, 3, 0x0100_0000, u32::MAX] {
        refused(
            forged(56, &found.to_le_bytes()),
            Corruption::Lifetime { found },
            "lifetime",
        );
    }
    let control_len = 4096;
    for payload_len in [
        0,
        8193,
        u64::MAX,
        u64::MAX - 4095,
        5000_u64.swap_bytes(),
        1 << 63,
    ] {
        let expected = Corruption::Extents {
            payload_len,
            control_len,
            file_len,
        };
        refused(
            forged(40, &payload_len.to_le_bytes()),
            expected,
            "do not make up",
        );
    }
    let payload_len = 5000;
    for control_len in [0, 1, 64, 4095, 8192, u64::MAX, 1 << 63] {
        let expected = Corruption::Extents {
            payload_len,
            control_len,
            file_len,
        };
        refused(
            forged(48, &control_len.to_le_bytes()),
            expected,
            "do not make up",
        );
    }
    file.write_all_at(&whole, at).unwrap();
    assert_eq!(filling(&Segment::open(&name).unwrap()), 7);
    remove(&name).unwrap();
    Row::new(6)
        .figure("forged headers", n_refused)
        .figure("refused by name", n_refused)
        .print();
}

#[test]
fn a_plain_npy_file_is_refused_with_a_word_on_how_to_load_it() {
    let name = name("plain");
    for len in [200, 8192] {
        let mut npy = b"\x93NUMPY\x01\0v\0{'descr': '<f8', ".to_vec();
        npy.resize(len, b' ');
        fs::write(path(&name), npy).unwrap();
        fs::set_permissions(path(&name), fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(fault(&name), Corruption::PlainNpy);
    }
    let refused = Segment::open(&name).unwrap_err().to_string();
    let expected = format!(
        "segment {name} is a .npy file without a control page, as numpy.save writes it, or cut: \
         load it into a new segment instead of opening it"
    );
    assert_eq!(refused, expected);
    fs::remove_file(path(&name)).unwrap();
}

/// What is promised of a file that another process of the same user cuts short: it is refused to
/// whoever comes, and of those who have it mapped, who touches what is gone is killed by the kernel.
#[test]
fn a_segment_that_is_cut_while_it_is_used_is_refused_and_cannot_be_relied_on() {
    let _watchdog = watchdog(PATIENCE);
    let (name, file, file_len) = persistent();
    let mut user = Child::spawn("damage::using_role", &[name.as_str()]);
    user.expect_line("mapped");
    file.set_len(4096).unwrap();
    assert!(matches!(fault(&name), Corruption::Magic));
    user.say("touch what is left");
    user.expect_line("7");
    user.say("touch what is gone");
    assert_eq!(user.wait().signal(), Some(Signal::BUS.as_raw()));
    drop(file);
    assert!(matches!(remove(&name), Err(SegmentError::Corrupt { .. })));
    assert!(file_len > 8192);
    fs::remove_file(path(&name)).unwrap();
}

#[test]
fn using_role() {
    let Some(args) = child::args("damage::using_role") else {
        return;
    };
    let segment = Segment::open(&args[0].parse().unwrap()).unwrap();
    child::say("mapped");
    let mut byte = [0];
    for at in [0, 4999] {
        child::read_line();
        segment.payload().read(at, &mut byte).unwrap();
        child::say(byte[0]);
    }
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
        let attaches = Scale::asked().pick(2_000, 30_000, 300_000);
        let (mut n_opened, mut n_refused) = (0, 0);
        let mut wrong = None;
        while n_opened < attaches && wrong.is_none() {
            match Segment::open(&name) {
                Ok(segment) if (segment.id(), segment.len()) == (id, 5000) => n_opened += 1,
                Err(SegmentError::Corrupt {
                    fault: Corruption::Checksum { .. },
                    ..
                }) => n_refused += 1,
                other => wrong = Some(other),
            }
        }
        done.store(true, Relaxed);
        assert!(wrong.is_none(), "{wrong:?}");
        Row::new(7)
            .figure("attaches", n_opened)
            .figure("refused meanwhile", n_refused)
            .figure("views out of range", 0)
            .print();
    });
    file.write_all_at(&lengths, lengths_at).unwrap();
    remove(&name).unwrap();
}
