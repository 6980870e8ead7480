//! Shared bytes behave as a plain vector does, within their bounds.

use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use multiproc_segment::{Bytes, Layout, Segment, SegmentError};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Access {
    Write(usize, Vec<u8>),
    Fill(usize, usize, u8),
    Read(usize, usize),
}

fn access() -> impl Strategy<Value = Access> {
    let place = || 0..120_usize;
    prop_oneof![
        (place(), vec(any::<u8>(), 0..60)).prop_map(|(at, data)| Access::Write(at, data)),
        (place(), 0..60_usize, any::<u8>()).prop_map(|(at, len, byte)| Access::Fill(at, len, byte)),
        (place(), 0..60_usize).prop_map(|(at, len)| Access::Read(at, len)),
    ]
}

fn refused<T>(range: Option<T>, refusal: &Result<(), SegmentError>) -> bool {
    range.is_none() && matches!(refusal, Err(SegmentError::OutOfBounds { .. }))
}

proptest! {
    #[test]
    fn any_accesses_at_any_alignment_do_what_they_would_to_a_vector(
        start in 0..20_usize, len in 0..100_usize, accesses in vec(access(), 1..20),
    ) {
        let segment = Segment::anonymous(Layout::payload(120)).unwrap();
        let bytes = segment.payload().slice(start, len).unwrap();
        let mut model = vec![0; len];
        for access in accesses {
            match access {
                Access::Write(at, data) => {
                    let done = bytes.write(at, &data);
                    match model.get_mut(at..at + data.len()) {
                        Some(range) => { done.unwrap(); range.copy_from_slice(&data); }
                        none => prop_assert!(refused(none, &done)),
                    }
                }
                Access::Fill(at, len, byte) => {
                    let done = bytes.fill(at, len, byte);
                    match model.get_mut(at..at + len) {
                        Some(range) => { done.unwrap(); range.fill(byte); }
                        none => prop_assert!(refused(none, &done)),
                    }
                }
                Access::Read(at, len) => {
                    let mut read = vec![0xAA; len];
                    let done = bytes.read(at, &mut read);
                    match model.get(at..at + len) {
                        Some(range) => { done.unwrap(); prop_assert_eq!(read, range); }
                        none => prop_assert!(refused(none, &done)),
                    }
                }
            }
        }
        let mut outside = vec![0xAA; start];
        segment.payload().read(0, &mut outside).unwrap();
        prop_assert!(outside.iter().all(|&byte| byte == 0), "bytes before the range were written");
    }
}

#[test]
fn ranges_whose_end_overflows_are_refused() {
    let segment = Segment::anonymous(Layout::payload(16)).unwrap();
    let bytes = segment.payload();
    for (offset, len) in [
        (usize::MAX, 1),
        (1, usize::MAX),
        (usize::MAX, usize::MAX),
        (17, 0),
    ] {
        let expected = SegmentError::OutOfBounds {
            offset,
            len,
            available: 16,
        };
        assert_eq!(bytes.slice(offset, len).unwrap_err(), expected);
        assert_eq!(bytes.fill(offset, len, 1), Err(expected));
    }
    assert!(bytes.slice(16, 0).unwrap().is_empty());
}

#[test]
fn atomics_are_lent_only_where_they_fit() {
    let segment = Segment::anonymous(Layout::payload(16)).unwrap();
    let bytes = segment.payload();
    bytes.atomic_u64(8).unwrap().store(7, Relaxed);
    assert_eq!(
        bytes
            .slice(8, 8)
            .unwrap()
            .atomic_u32(0)
            .unwrap()
            .load(Relaxed),
        7
    );
    assert_eq!(
        bytes.atomic_u64(4).unwrap_err().to_string(),
        "offset 4 is no multiple of 8, which an atomic of that size needs"
    );
    // What counts is the address, not the offset within a slice.
    let odd = bytes.slice(2, 14).unwrap();
    assert!(matches!(
        odd.atomic_u32(0),
        Err(SegmentError::Misaligned { .. })
    ));
    assert!(odd.atomic_u32(2).is_ok());
    assert!(matches!(
        bytes.atomic_u32(13),
        Err(SegmentError::OutOfBounds { .. })
    ));
}

#[test]
fn one_range_is_used_from_many_threads() {
    let segment = Segment::anonymous(Layout::payload(64)).unwrap();
    let bytes: Bytes<'_> = segment.payload();
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..1000_u32 {
                    bytes.write(8 * thread, &round.to_le_bytes()).unwrap();
                    bytes.atomic_u32(60).unwrap().fetch_add(1, Relaxed);
                }
            });
        }
    });
    assert_eq!(bytes.atomic_u32(60).unwrap().load(Relaxed), 4000);
}
