//! Anonymous segments: fixed in size, checked when received, frozen for good.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use multiproc_segment::{
    Access, Corruption, Handle, Layout, Limit, Location, Obstacle, Segment, SegmentError,
};
use rustix::fs::{
    MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, ftruncate, memfd_create,
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
    let fd = segment.descriptor().unwrap();
    for len in [0, 4096, 10_000, 1 << 20] {
        assert_eq!(ftruncate(fd, len), Err(Errno::PERM));
    }
    assert!(fcntl_get_seals(fd).unwrap().contains(FIXED));
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

    assert_eq!(pwrite(&early, b"x", 0), Err(Errno::PERM));
    let again = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&early));
    let reopened = File::options().read(true).write(true).open(again);
    assert!(reopened.is_err() || pwrite(reopened.unwrap(), b"x", 0) == Err(Errno::PERM));

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
