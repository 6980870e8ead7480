//! Peers that break off, lie, or run out of room: an error each, and no harm.

use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use multiproc_segment::transport::{Malformation, Transport, TransportError};
use multiproc_segment::{Lifetime, Segment, SegmentError};
use multiproc_testkit::{Child, PATIENCE, child, open_fds, unique_name, wait_until, watchdog};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::named::{create, exists, filling, name};
use crate::transport::{is_readable, pair, segment};

/// A transport, and the naked other end of its socket.
fn against_raw() -> (Transport, UnixStream) {
    let (one, other) = UnixStream::pair().unwrap();
    (Transport::new(one), other)
}

/// What a transport puts on the wire for a message.
fn frame(bytes: &[u8], segments: &[&Segment]) -> Vec<u8> {
    let (mut transport, mut raw) = against_raw();
    transport.send(bytes, segments).unwrap();
    drop(transport);
    let mut frame = Vec::new();
    raw.read_to_end(&mut frame).unwrap();
    frame
}

fn send_raw(raw: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
    let sent = sendmsg(
        raw,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::empty(),
    )
    .unwrap();
    assert_eq!(sent, bytes.len());
}

fn malformed(transport: &mut Transport) -> Malformation {
    match transport.recv() {
        Err(TransportError::Malformed { fault }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_that_ends_within_a_message_is_an_error_and_between_messages_is_not() {
    let segment = segment(1);
    let whole = frame(b"0123456789", &[&segment]);
    assert_eq!(whole.len(), 12 + 17 + 10);
    for len in 0..whole.len() {
        let (mut transport, raw) = against_raw();
        if len > 0 {
            send_raw(&raw, &whole[..len], &[segment.descriptor().unwrap()]);
        }
        drop(raw);
        match transport.recv() {
            Ok(None) => assert_eq!(len, 0),
            Err(TransportError::Cut { received }) => {
                assert_eq!(received, len);
                assert_eq!(transport.recv().unwrap_err(), TransportError::Broken);
            }
            other => panic!("{len} bytes: {other:?}"),
        }
    }
}

#[test]
fn a_message_is_put_together_from_whatever_pieces_it_comes_in() {
    let segment = segment(5);
    let whole = frame(b"0123456789", &[&segment]);
    let (mut transport, mut raw) = against_raw();
    send_raw(&raw, &whole[..1], &[segment.descriptor().unwrap()]);
    for at in 1..whole.len() {
        assert_eq!(
            transport.recv_timeout(Duration::ZERO).unwrap_err(),
            TransportError::TimedOut
        );
        raw.write_all(&whole[at..=at]).unwrap();
    }
    let message = transport.recv_timeout(Duration::ZERO).unwrap().unwrap();
    assert_eq!(
        (&*message.bytes, filling(&message.segments[0])),
        (&b"0123456789"[..], 5)
    );
}

#[test]
fn what_is_no_message_is_refused_before_anything_is_taken_for_it() {
    let whole = frame(b"0123456789", &[]);
    let with = |at: usize, bytes: &[u8]| {
        let mut frame = whole.clone();
        frame[at..at + bytes.len()].copy_from_slice(bytes);
        let (transport, mut raw) = against_raw();
        raw.write_all(&frame).unwrap();
        transport
    };
    let header = |found: [u8; 4]| Malformation::Header { found };
    assert_eq!(malformed(&mut with(0, b"GET ")), header(*b"GET "));
    assert_eq!(malformed(&mut with(2, b"\x02")), header(*b"mp\x02\x01"));
    assert_eq!(malformed(&mut with(3, b"\x04")), header(*b"mp\x01\x04"));
    assert_eq!(malformed(&mut with(4, &[0xFF; 4])), header(*b"mp\x01\x01"));
    let mut endless = with(8, &[0xFF; 4]);
    let max = 64 << 20;
    assert_eq!(
        endless.recv().unwrap_err(),
        TransportError::TooLong {
            len: u32::MAX.into(),
            max
        }
    );
    assert_eq!(endless.recv().unwrap_err(), TransportError::Broken);
    let table = [
        &whole[..4],
        &10_u32.to_le_bytes(),
        &0_u32.to_le_bytes(),
        b"0123456789",
    ]
    .concat();
    let (mut transport, mut raw) = against_raw();
    raw.write_all(&table).unwrap();
    assert_eq!(malformed(&mut transport), Malformation::Table);
}

#[test]
fn descriptors_that_are_not_what_the_message_says_are_refused() {
    let (segment, other) = (segment(1), segment(2));
    let whole = frame(b"", &[&segment]);
    let received = |descriptors: &[BorrowedFd<'_>]| {
        let before_frame = frame(b"first", &[]);
        let (mut transport, mut raw) = against_raw();
        raw.write_all(&before_frame).unwrap();
        match descriptors {
            [] => raw.write_all(&whole).unwrap(),
            _ => send_raw(&raw, &whole, descriptors),
        }
        raw.shutdown(Shutdown::Write).unwrap();
        assert_eq!(transport.recv().unwrap().unwrap().bytes, b"first");
        transport
    };
    let own = segment.descriptor().unwrap();
    let count = |received| Malformation::Descriptors {
        expected: 1,
        received,
    };
    assert_eq!(malformed(&mut received(&[])), count(0));
    assert_eq!(malformed(&mut received(&[own, own])), count(2));
    let swapped = Malformation::OtherSegment {
        expected: segment.id(),
        found: other.id(),
    };
    assert_eq!(
        malformed(&mut received(&[other.descriptor().unwrap()])),
        swapped
    );
    let socket = UnixStream::pair().unwrap().0;
    assert!(matches!(
        received(&[socket.as_fd()]).recv(),
        Err(TransportError::Segment(SegmentError::NotSealed { .. }))
    ));
    assert_eq!(
        filling(&received(&[own]).recv().unwrap().unwrap().segments[0]),
        1
    );

    // A reference to what never came.
    let (mut transport, mut raw) = against_raw();
    let mut unknown = whole.clone();
    unknown[12] = 2;
    raw.write_all(&unknown).unwrap();
    let refused = transport.recv().unwrap_err();
    assert_eq!(refused, TransportError::UnknownSegment { id: segment.id() });
}

#[test]
fn a_receiver_without_room_for_descriptors_loses_that_message_and_recovers() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("hostile_peer::descriptor_limit_role", &[]);
    assert!(child.wait().success());
}

#[test]
fn descriptor_limit_role() {
    let Some(_) = child::args("hostile_peer::descriptor_limit_role") else {
        return;
    };
    let (mut one, mut other) = pair();
    let segments: Vec<Segment> = (0..8).map(segment).collect();
    let segments: Vec<&Segment> = segments.iter().collect();
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    one.send(b"lost", &segments).unwrap();
    limit.current = Some(open_fds() as u64 + 4);
    setrlimit(Resource::Nofile, limit).unwrap();
    assert_eq!(other.recv().unwrap_err(), TransportError::DescriptorsLost);

    limit.current = before;
    setrlimit(Resource::Nofile, limit).unwrap();
    // What was lost is asked for again by the way.
    other.send(b"", &[]).unwrap();
    one.recv().unwrap().unwrap();
    one.send(b"complete", &segments).unwrap();
    let message = other.recv().unwrap().unwrap();
    assert_eq!(
        message.segments.iter().map(filling).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5, 6, 7]
    );
}

#[test]
fn a_peer_killed_in_the_middle_of_a_message_is_noticed() {
    let _watchdog = watchdog(PATIENCE);
    let path = std::env::temp_dir().join(unique_name("peer"));
    let listener = UnixListener::bind(&path).unwrap();
    let mut peer = Child::spawn("hostile_peer::peer_role", &[path.to_str().unwrap()]);
    let mut transport = Transport::new(listener.accept().unwrap().0);
    std::fs::remove_file(&path).unwrap();

    let segment = segment(0);
    transport.send(b"fill this", &[&segment]).unwrap();
    let answer = transport.recv().unwrap().unwrap();
    assert_eq!((&*answer.bytes, filling(&segment)), (&b"filled"[..], 8));
    assert_eq!(filling(&answer.segments[0]), 9);
    assert!(exists(answer.segments[1].name().unwrap()));

    // It now sends more than the socket holds, and cannot end while nobody reads.
    wait_until("the peer begins to send", || is_readable(&transport));
    peer.kill();
    assert!(matches!(transport.recv(), Err(TransportError::Cut { .. })));
    // What the dead peer sent stays usable.
    assert_eq!(filling(&answer.segments[0]), 9);
}

#[test]
fn peer_role() {
    let Some(args) = child::args("hostile_peer::peer_role") else {
        return;
    };
    let mut transport = Transport::new(UnixStream::connect(&args[0]).unwrap());
    let message = transport.recv().unwrap().unwrap();
    assert_eq!(message.bytes, b"fill this");
    message.segments[0].payload().fill(0, 100, 8).unwrap();
    let named = create(&name("peer"), Lifetime::LastUser, 1);
    transport.send(b"filled", &[&segment(9), &named]).unwrap();
    transport.send(&vec![1; 32 << 20], &[]).unwrap();
}
