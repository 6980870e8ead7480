//! Anonymous segments: fixed in size, checked when received, frozen for good.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use memmap2::MmapOptions;
use multiproc_segment::{
    Access, Corruption, Handle, Layout, Limit, Location, Obstacle, Segment, SegmentError,
};
use multiproc_testkit::torture::{Row, Scale};
use rustix::fs::{
    FallocateFlags, MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, ftruncate,
    memfd_create,
};
use rustix::io::{Errno, pread, pwrite};

fn descriptor(segment: &Segment) -> OwnedFd {
    segment.descriptor().unwrap().try_clone_to_owned().unwrap()
}

/// A memfd that holds `bytes`, with these seals.
fn memfd(bytes: &[u8], seals: SealFlags) -> OwnedFd {
    let fd = memfd_create("forged", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    assert_eq!(pwrite(&fd, bytes, 0).unwrap(), bytes.len());
    fcntl_add_seals(&fd, seals).unwrap();
    fd
}

fn contents(segment: &Segment) -> Vec<u8> {
    let fd = descriptor(segment);
    let mut bytes = vec![0; rustix::fs::fstat(&fd).unwrap().st_size as usize];
    assert_eq!(pread(&fd, &mut bytes, 0).unwrap(), bytes.len());
    bytes
}

const FIXED: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

#[test]
fn a_new_segment_has_the_parts_it_was_asked_for_all_zero() {
    for (payload_len, control_len) in [(0, 0), (1, 1), (4096, 64), (4097, 4097), (100_000, 8192)] {
        let layout = Layout {
            payload_len,
            control_len,
            kind: 42,
        };
        let segment = Segment::anonymous(layout).unwrap();
        assert_eq!(segment.len(), payload_len);
        assert_eq!(segment.payload().len(), payload_len);
        assert_eq!(segment.control_len(), control_len.next_multiple_of(4096));
        assert_eq!(segment.kind(), 42);
        assert_eq!((segment.name(), segment.lifetime()), (None, None));
        assert_eq!(segment.access(), Access::ReadWrite);
        assert!(segment.check_pid_namespace().is_ok());
        assert_eq!(segment.control().as_ptr().addr() % 4096, 0);
        for part in [segment.payload(), segment.control()] {
            let mut bytes = vec![1; part.len()];
            part.read(0, &mut bytes).unwrap();
            assert!(bytes.iter().all(|&byte| byte == 0));
        }
    }
}

#[test]
fn a_received_segment_is_the_same_memory() {
    let segment = Segment::anonymous(Layout {
        payload_len: 100,
        control_len: 64,
        kind: 3,
    })
    .unwrap();
    let received = Segment::from_fd(descriptor(&segment)).unwrap();
    assert_eq!(received.id(), segment.id());
    assert_eq!(
        (received.len(), received.control_len(), received.kind()),
        (100, 4096, 3)
    );
    received.payload().write(50, b"there").unwrap();
    received.control().write(0, b"lock").unwrap();
    let mut bytes = [0; 5];
    segment.payload().read(50, &mut bytes).unwrap();
    assert_eq!(&bytes, b"there");
    assert_eq!(
        received.handle(),
        Handle {
            id: segment.id(),
            place: Location::Anonymous
        }
    );
}

#[test]
fn nobody_can_change_the_size_of_a_segment() {
    let segment = Segment::anonymous(Layout::payload(10_000)).unwrap();
    let own = segment.descriptor().unwrap();
    let reopened = format!("/proc/self/fd/{}", own.as_raw_fd());
    let reopened = File::options()
        .read(true)
        .write(true)
        .open(reopened)
        .unwrap();
    let attempts = Scale::asked().pick(1_000, 100_000, 1_000_000);
    for attempt in 0..attempts {
        let len = attempt * 61 % (1 << 20);
        // As long as it is, or shorter, or longer: by any descriptor, it stays as it is.
        let fd = if attempt % 2 == 0 {
            own
        } else {
            reopened.as_fd()
        };
        assert_eq!(ftruncate(fd, len), Err(Errno::PERM));
        let longer = rustix::fs::fallocate(fd, FallocateFlags::empty(), 16384 + len, 1);
        assert_eq!(longer, Err(Errno::PERM));
    }
    assert!(fcntl_get_seals(own).unwrap().contains(FIXED));
    assert_eq!(rustix::fs::fstat(own).unwrap().st_size, 16384);
    Row::new(3)
        .figure("attempts", 2 * attempts)
        .figure("changes", 0)
        .print();
}

#[test]
fn a_descriptor_whose_size_could_change_is_refused() {
    let whole = contents(&Segment::anonymous(Layout::payload(10)).unwrap());
    for (seals, missing) in [
        (SealFlags::empty(), "F_SEAL_SHRINK and F_SEAL_GROW"),
        (SealFlags::SHRINK, "F_SEAL_GROW"),
        (SealFlags::GROW | SealFlags::WRITE, "F_SEAL_SHRINK"),
    ] {
        let refused = Segment::from_fd(memfd(&whole, seals)).unwrap_err();
        assert_eq!(refused, SegmentError::NotSealed { missing });
    }
    let (pipe, _writer) = std::io::pipe().unwrap();
    for fd in [OwnedFd::from(File::open("/dev/null").unwrap()), pipe.into()] {
        assert!(matches!(
            Segment::from_fd(fd),
            Err(SegmentError::NotSealed { .. })
        ));
    }
}

#[test]
fn a_sealed_file_of_any_other_length_or_content_is_refused() {
    let whole = contents(
        &Segment::anonymous(Layout {
            payload_len: 5000,
            control_len: 64,
            kind: 0,
        })
        .unwrap(),
    );
    assert_eq!(whole.len(), 16384);
    let refused = |bytes: &[u8]| match Segment::from_fd(memfd(bytes, FIXED)) {
        Err(SegmentError::Corrupt {
            place: Location::Anonymous,
            fault,
        }) => fault,
        other => panic!("{} bytes: {other:?}", bytes.len()),
    };
    for page in 0..=5 {
        for len in [
            (page * 4096_usize).saturating_sub(1),
            page * 4096,
            page * 4096 + 1,
        ] {
            let mut bytes = whole.clone();
            bytes.resize(len, 0);
            let fault = refused(&bytes);
            match (len, len % 4096) {
                // The bytes of another segment, though whole: its locks are not this file's.
                (16384, _) => assert_eq!(fault, Corruption::Copied),
                (0, _) | (_, 1..) => assert_eq!(
                    fault,
                    Corruption::Length {
                        file_len: len as u64
                    }
                ),
                _ => assert_eq!(fault, Corruption::Magic),
            }
        }
    }
    let mut shifted = whole[4096..].to_vec();
    assert!(matches!(
        refused(&shifted),
        Corruption::Extents {
            file_len: 12288,
            ..
        }
    ));
    shifted.fill(0);
    assert_eq!(refused(&shifted), Corruption::Magic);
}

#[test]
fn a_file_with_holes_is_refused() {
    let segment = Segment::anonymous(Layout::payload(1 << 20)).unwrap();
    let fd = descriptor(&segment);
    let hole = rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(&fd, hole, 8192, 4096).unwrap();
    let Err(SegmentError::Corrupt { fault, .. }) = Segment::from_fd(fd) else {
        panic!("a segment with a hole was attached");
    };
    let file_len = (1 << 20) + 4096;
    assert_eq!(
        fault,
        Corruption::Sparse {
            allocated: file_len - 4096,
            file_len
        }
    );
}

#[test]
fn a_frozen_segment_cannot_be_written_by_anybody_by_any_means() {
    let segment = Segment::anonymous(Layout {
        payload_len: 8,
        control_len: 64,
        kind: 0,
    })
    .unwrap();
    segment.payload().write(0, b"constant").unwrap();
    let early = descriptor(&segment);
    let frozen = segment.freeze().map_err(|(_, error)| error).unwrap();
    assert!(frozen.is_frozen());

    let again = format!("/proc/self/fd/{}", early.as_raw_fd());
    let reopened = File::options().read(true).write(true).open(again).unwrap();
    let own = format!("/proc/self/fd/{}", frozen.descriptor().unwrap().as_raw_fd());
    let from_read_only = File::options().write(true).open(own).unwrap();
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let rounds = Scale::asked().pick(100, 10_000, 100_000);
    let mut refused = 0;
    for round in 0..rounds {
        for fd in [early.as_fd(), reopened.as_fd(), from_read_only.as_fd()] {
            let attempts = [
                pwrite(fd, b"x", round % 8).map(drop),
                rustix::fs::fallocate(fd, hole, 0, 4096),
                ftruncate(fd, round),
                MmapOptions::new()
                    .len(4096)
                    .map_raw(fd.as_raw_fd())
                    .map(drop)
                    .map_err(|_| Errno::PERM),
            ];
            assert_eq!(attempts, [Err(Errno::PERM); 4]);
            refused += attempts.len();
        }
    }

    for received in [descriptor(&frozen), early] {
        let received = Segment::from_fd(received).unwrap();
        assert!(received.is_frozen());
        assert_eq!(
            received.payload().write(0, b"x"),
            Err(SegmentError::ReadOnly)
        );
        assert_eq!(
            received.payload().fill(0, 1, 1),
            Err(SegmentError::ReadOnly)
        );
        assert_eq!(
            received.payload().atomic_u64(0).unwrap_err(),
            SegmentError::ReadOnly
        );
        assert_eq!(
            received.control().write(0, b"x"),
            Err(SegmentError::ReadOnly)
        );
        let mut bytes = [0; 8];
        received.payload().read(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"constant");
    }
    assert!(frozen.freeze().is_ok());
    Row::new(14)
        .figure("attempts", refused)
        .figure("writes", 0)
        .print();
}

#[test]
fn a_segment_that_others_may_write_is_given_back_unfrozen() {
    let segment = Segment::anonymous(Layout::payload(8)).unwrap();
    let id = segment.id();
    let refused = |segment: Segment, obstacle| {
        let (segment, error) = segment.freeze().unwrap_err();
        assert_eq!(error, SegmentError::NotFreezable { id, obstacle });
        segment.payload().write(0, b"writable").unwrap();
        segment
    };
    let clone = segment.clone();
    let segment = refused(segment, Obstacle::Cloned { clones: 2 });
    drop(clone);
    let received = Segment::from_fd(descriptor(&segment)).unwrap();
    let segment = refused(segment, Obstacle::StillWritable);
    let mut bytes = [0; 8];
    received.payload().read(0, &mut bytes).unwrap();
    assert_eq!(&bytes, b"writable");
    drop(received);
    assert!(segment.freeze().is_ok());
}

#[test]
fn drop_order_never_matters() {
    let orders = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 0, 3, 2],
        [2, 3, 0, 1],
        [3, 0, 2, 1],
        [1, 3, 0, 2],
    ];
    for order in orders {
        let segment = Segment::anonymous(Layout::payload(8)).unwrap();
        segment.payload().write(0, b"the same").unwrap();
        let clone = segment.clone();
        let received = Segment::from_fd(descriptor(&segment)).unwrap();
        let again = Segment::from_fd(descriptor(&received)).unwrap();
        let mut all = [Some(segment), Some(clone), Some(received), Some(again)];
        for last in order {
            all[last] = None;
            for left in all.iter().flatten() {
                let mut bytes = [0; 8];
                left.payload().read(0, &mut bytes).unwrap();
                assert_eq!(&bytes, b"the same");
            }
        }
    }
}

#[test]
fn what_no_machine_has_is_refused_at_once() {
    for payload_len in [
        1 << 50,
        1 << 62,
        isize::MAX as usize,
        usize::MAX - 4096,
        usize::MAX,
    ] {
        for layout in [
            Layout::payload(payload_len),
            Layout {
                payload_len: 1,
                control_len: payload_len,
                kind: 0,
            },
        ] {
            match Segment::anonymous(layout) {
                Err(SegmentError::NoSpace {
                    needed,
                    available,
                    hint,
                }) => {
                    assert!(needed >= payload_len as u64 && needed > available);
                    assert!(matches!(
                        hint,
                        Limit::Memory | Limit::Cgroup { .. } | Limit::AddressSpace
                    ));
                }
                other => panic!("{payload_len} bytes were given: {other:?}"),
            }
        }
    }
}

#[test]
fn a_large_segment_is_reserved_in_steps() {
    let segment = Segment::anonymous(Layout::payload(150 << 20)).unwrap();
    let fd = segment.descriptor().unwrap();
    assert!(rustix::fs::fstat(fd.as_fd()).unwrap().st_blocks * 512 >= 150 << 20);
    segment.payload().write((150 << 20) - 4, b"last").unwrap();
}
