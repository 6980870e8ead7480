//! Messages and segments between two ends that keep to the rules.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use multiproc_segment::transport::{MAX_SEGMENTS, Transport, TransportError};
use multiproc_segment::{Layout, Lifetime, Segment};
use multiproc_testkit::{Child, PATIENCE, child, open_fds, watchdog};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_getfd};

use crate::named::{create, filling, name, not_found};

pub(crate) fn pair() -> (Transport, Transport) {
    let (one, other) = UnixStream::pair().unwrap();
    (Transport::new(one), Transport::new(other))
}

pub(crate) fn segment(byte: u8) -> Segment {
    let segment = Segment::anonymous(Layout::payload(100)).unwrap();
    segment.payload().fill(0, 100, byte).unwrap();
    segment
}

pub(crate) fn is_readable(transport: &Transport) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(transport.as_fd(), PollFlags::IN)];
    poll(
        &mut polled,
        Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }),
    )
    .unwrap()
        == 1
}

#[test]
fn messages_of_any_length_arrive_whole_and_in_order() {
    let _watchdog = watchdog(PATIENCE);
    let (mut one, mut other) = pair();
    // The last is far larger than any socket's buffer.
    let lengths = [0, 1, 2, 4095, 65_536, 65_537, 0, 5 << 20];
    thread::scope(|scope| {
        scope.spawn(|| {
            for (i, len) in lengths.into_iter().enumerate() {
                one.send(&vec![i as u8; len], &[]).unwrap();
            }
        });
        for (i, len) in lengths.into_iter().enumerate() {
            let message = other.recv().unwrap().unwrap();
            assert_eq!(message.bytes.len(), len);
            assert!(message.bytes.iter().all(|&byte| byte == i as u8));
            assert!(message.segments.is_empty());
        }
    });
    drop(one);
    assert!(other.recv().unwrap().is_none());
    assert_eq!(other.send(b"too late", &[]), Err(TransportError::Closed));
}

#[test]
fn a_peer_that_leaves_without_reading_has_left_between_messages() {
    let (mut one, mut other) = pair();
    other.send(b"last words", &[]).unwrap();
    one.send(b"unread", &[]).unwrap();
    drop(other);
    assert_eq!(one.recv().unwrap().unwrap().bytes, b"last words");
    assert!(one.recv().unwrap().is_none());
    assert_eq!(one.send(b"too late", &[]), Err(TransportError::Closed));
}

#[test]
fn both_directions_at_once_do_not_wait_for_each_other() {
    let _watchdog = watchdog(PATIENCE);
    let (one, other) = pair();
    let message = vec![7; 3 << 20];
    thread::scope(|scope| {
        for (mut sender, mut receiver) in [one.into_split(), other.into_split()] {
            let message = &message;
            scope.spawn(move || (0..3).for_each(|_| sender.send(message, &[]).unwrap()));
            scope.spawn(move || {
                (0..3).for_each(|_| assert_eq!(receiver.recv().unwrap().unwrap().bytes, *message));
            });
        }
    });
}

#[test]
fn segments_of_every_kind_arrive_in_their_order() {
    let (mut one, mut other) = pair();
    let (first, second) = (segment(1), segment(2));
    let frozen = segment(3).freeze().unwrap();
    let named = create(&name("travelling"), Lifetime::LastUser, 4);
    let all = [&second, &named, &first, &frozen, &second];
    one.send(b"all", &all).unwrap();
    let received = other.recv().unwrap().unwrap().segments;
    let ids = |segments: &[Segment]| segments.iter().map(Segment::id).collect::<Vec<_>>();
    assert_eq!(ids(&received), ids(&all.map(Clone::clone)));
    assert_eq!(
        received.iter().map(filling).collect::<Vec<_>>(),
        [2, 4, 1, 3, 2]
    );
    assert!(received[3].is_frozen() && !received[0].is_frozen());
    assert_eq!(received[1].name(), named.name());

    // What was received is sent back as it came.
    other.send(b"back", &[&received[0], &received[1]]).unwrap();
    let back = one.recv().unwrap().unwrap().segments;
    assert_eq!(ids(&back), [second.id(), named.id()]);
}

#[test]
fn more_segments_than_one_call_takes_travel_in_one_message() {
    let (mut one, mut other) = pair();
    let segments: Vec<Segment> = (0..300).map(|i| segment(i as u8)).collect();
    one.send(&[9; 1000], &segments.iter().collect::<Vec<_>>())
        .unwrap();
    let message = other.recv().unwrap().unwrap();
    assert_eq!(message.bytes, [9; 1000]);
    assert_eq!(message.segments.len(), 300);
    for (i, received) in message.segments.iter().enumerate() {
        assert_eq!(
            (received.id(), filling(received)),
            (segments[i].id(), i as u8)
        );
    }
    one.send(b"", &segments.iter().take(2).collect::<Vec<_>>())
        .unwrap();
    assert_eq!(other.recv().unwrap().unwrap().segments.len(), 2);
}

#[test]
fn too_much_is_refused_before_any_of_it_is_sent() {
    let (one, other) = UnixStream::pair().unwrap();
    let (mut one, mut other) = (Transport::with_max_len(one, 10), Transport::new(other));
    assert_eq!(
        one.send(&[0; 11], &[]),
        Err(TransportError::TooLong { len: 11, max: 10 })
    );
    let segment = segment(1);
    let count = MAX_SEGMENTS + 1;
    assert_eq!(
        one.send(&[], &vec![&segment; count]),
        Err(TransportError::TooManySegments { count })
    );
    one.send(&[1; 10], &vec![&segment; MAX_SEGMENTS]).unwrap();
    let message = other.recv().unwrap().unwrap();
    assert_eq!(
        (message.bytes, message.segments.len()),
        (vec![1; 10], MAX_SEGMENTS)
    );
}

#[test]
fn a_segment_sent_ten_thousand_times_costs_one_descriptor_on_each_side() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("transport::repeating_role", &[]);
    assert!(child.wait().success());
}

#[test]
fn repeating_role() {
    let Some(_) = child::args("transport::repeating_role") else {
        return;
    };
    let (mut one, mut other) = pair();
    let segment = segment(1);
    let before = open_fds();
    let mut received = Vec::new();
    for _ in 0..10_000 {
        one.send(b"again", &[&segment]).unwrap();
        received.extend(other.recv().unwrap().unwrap().segments);
    }
    assert!(received.iter().all(|segment| filling(segment) == 1));
    // The sender has its own, counted before; the receiver has one.
    assert_eq!(open_fds(), before + 1);
    drop(received);
    one.forget(segment.id()).unwrap();
    one.send(b"", &[]).unwrap();
    other.recv().unwrap().unwrap();
    assert_eq!(open_fds(), before);
    one.send(b"as if for the first time", &[&segment]).unwrap();
    assert_eq!(filling(&other.recv().unwrap().unwrap().segments[0]), 1);
    assert_eq!(open_fds(), before + 1);

    // The receiver asks, the sender confirms, and then it is let go.
    one.send(b"under way", &[&segment]).unwrap();
    other.forget(segment.id()).unwrap();
    assert_eq!(filling(&other.recv().unwrap().unwrap().segments[0]), 1);
    assert_eq!(
        one.recv_timeout(Duration::ZERO).unwrap_err(),
        TransportError::TimedOut
    );
    one.send(b"confirmed", &[]).unwrap();
    other.recv().unwrap().unwrap();
    assert_eq!(open_fds(), before);
    one.send(b"", &[&segment]).unwrap();
    assert_eq!(filling(&other.recv().unwrap().unwrap().segments[0]), 1);
    drop((one, other));
    assert_eq!(open_fds(), before - 2);
}

#[test]
fn received_descriptors_are_not_inherited() {
    let (mut one, mut other) = pair();
    one.send(b"", &[&segment(1)]).unwrap();
    let received = other.recv().unwrap().unwrap().segments.remove(0);
    assert!(
        fcntl_getfd(received.descriptor().unwrap())
            .unwrap()
            .contains(FdFlags::CLOEXEC)
    );
}

#[test]
fn a_message_whose_segment_is_gone_is_lost_alone() {
    let (mut one, mut other) = pair();
    let name = name("gone");
    let gone = create(&name, Lifetime::LastUser, 1);
    let fresh = segment(2);
    one.send(b"lost", &[&gone, &fresh]).unwrap();
    one.send(b"kept", &[&fresh]).unwrap();
    drop(gone);
    let lost = other.recv().unwrap_err();
    assert_eq!(lost, TransportError::Segment(not_found(&name)));
    // The other segment of the lost message is known all the same.
    let kept = other.recv().unwrap().unwrap();
    assert_eq!(
        (&*kept.bytes, filling(&kept.segments[0])),
        (&b"kept"[..], 2)
    );
}

#[test]
fn a_send_to_a_peer_that_does_not_read_ends_in_time() {
    let _watchdog = watchdog(PATIENCE);
    let (mut one, mut other) = pair();
    let message = vec![1; 1 << 20];
    let send = |one: &mut Transport, len: usize| {
        one.send_timeout(&message[..len], &[], Duration::from_millis(1))
    };
    // Small messages fill the buffer, whole ones only: the last is not begun.
    let mut n_sent = 0;
    while send(&mut one, 16).is_ok() {
        n_sent += 1;
    }
    assert_eq!(send(&mut one, 16), Err(TransportError::TimedOut));
    for _ in 0..n_sent {
        assert_eq!(other.recv().unwrap().unwrap().bytes.len(), 16);
    }
    assert_eq!(
        other.recv_timeout(Duration::ZERO).unwrap_err(),
        TransportError::TimedOut
    );
    // A large one is begun and given up in the middle.
    assert_eq!(send(&mut one, 1 << 20), Err(TransportError::TimedOut));
    assert_eq!(send(&mut one, 16), Err(TransportError::Broken));
    drop(one);
    assert!(matches!(other.recv(), Err(TransportError::Cut { .. })));
}

#[test]
fn the_socket_is_readable_exactly_while_there_is_a_message() {
    let (mut one, mut other) = pair();
    assert!(!is_readable(&other));
    let segment = segment(1);
    for _ in 0..2 {
        one.send(b"message", &[&segment]).unwrap();
    }
    for left in [true, false] {
        assert!(is_readable(&other));
        other.recv().unwrap().unwrap();
        assert_eq!(is_readable(&other), left);
    }
}
