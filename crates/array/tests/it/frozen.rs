//! Frozen arrays: nobody writes them, anybody may have them.

use std::os::unix::net::{UnixListener, UnixStream};

use multiproc_array::{ArrayError, ArrayHandle, Frozen, SharedArray};
use multiproc_segment::SegmentName;
use multiproc_segment::transport::Transport;
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};
use ndarray::{Array1, Array2, Axis, Ix1, Ix2, array, s};

/// Receives arrays over the socket at the path in the first argument, as many as the second says,
/// each as a handle and a segment, and tells what they are.
#[test]
fn receiving_role() {
    let Some(args) = child::args("frozen::receiving_role") else {
        return;
    };
    let mut transport = Transport::new(UnixStream::connect(&args[0]).unwrap());
    for _ in 0..args[1].parse().unwrap() {
        let message = transport.recv().unwrap().unwrap();
        let handle = ArrayHandle::from_bytes(&message.bytes).unwrap();
        let segment = message.segments[0].clone();
        match Frozen::<f64, Ix2>::attach(segment.clone(), &handle) {
            Ok(frozen) => child::say(format!("frozen {frozen:?}").replace('\n', "")),
            Err(ArrayError::NotFrozen { .. }) => {
                let array = SharedArray::<f64, Ix2>::attach(segment, &handle).unwrap();
                *array.write().unwrap() *= 2.0;
                child::say("doubled");
            }
            Err(error) => child::say(error),
        }
    }
    child::read_line();
}

struct Receiver {
    child: Child,
    transport: Transport,
}

fn receiver(n_arrays: usize) -> Receiver {
    let path = std::env::temp_dir().join(unique_name("socket"));
    let listener = UnixListener::bind(&path).unwrap();
    let args = [path.to_str().unwrap(), &n_arrays.to_string()];
    let child = Child::spawn("frozen::receiving_role", &args);
    let transport = Transport::new(listener.accept().unwrap().0);
    std::fs::remove_file(path).unwrap();
    Receiver { child, transport }
}

#[test]
fn an_array_arrives_in_another_process_as_a_handle() {
    let _watchdog = watchdog(PATIENCE);
    let mut receiver = receiver(3);
    let frozen = Frozen::from_array(&array![[1.0, 2.0], [3.0, 4.0]]).unwrap();
    let reversed = frozen.sliced(s![..;-1, 1..]).unwrap();
    let shared = SharedArray::from_array(&array![[0.25, 0.5]]).unwrap();
    for (bytes, segment) in [
        (frozen.handle().to_bytes(), frozen.segment()),
        (reversed.handle().to_bytes(), reversed.segment()),
        (shared.handle().to_bytes(), shared.segment()),
    ] {
        assert!(bytes.len() < 256);
        receiver.transport.send(&bytes, &[segment]).unwrap();
    }
    let line = receiver.child.read_line().unwrap();
    assert!(
        line.starts_with("frozen [[1.0, 2.0], [3.0, 4.0]]"),
        "{line}"
    );
    let line = receiver.child.read_line().unwrap();
    assert!(line.starts_with("frozen [[4.0], [2.0]]"), "{line}");
    receiver.child.expect_line("doubled");
    assert_eq!(*shared.read().unwrap(), array![[0.5, 1.0]]);
}

#[test]
fn what_another_process_may_write_is_not_frozen() {
    let _watchdog = watchdog(PATIENCE);
    let mut receiver = receiver(1);
    let shared = SharedArray::from_array(&array![[1.0, 2.0]]).unwrap();
    let id = shared.segment().id();
    receiver
        .transport
        .send(&shared.handle().to_bytes(), &[shared.segment()])
        .unwrap();
    receiver.child.expect_line("doubled");
    drop(receiver.transport);

    let refused = shared.freeze().unwrap_err();
    assert!(
        matches!(refused.error(), ArrayError::Segment(_)),
        "{refused}"
    );
    let shared = refused.into_array();
    assert_eq!(shared.segment().id(), id);
    assert_eq!(*shared.read().unwrap(), array![[2.0, 4.0]]);
    shared.write().unwrap()[[0, 0]] = 5.0;

    receiver.child.kill();
    assert_eq!(*shared.freeze().unwrap(), array![[5.0, 4.0]]);
}

#[test]
fn what_somebody_holds_is_not_frozen() {
    let shared = SharedArray::from_array(&array![1, 2]).unwrap();
    let clone = shared.clone();
    let guard = clone.write().unwrap();
    let refused = shared.freeze().unwrap_err();
    assert!(
        matches!(refused.error(), ArrayError::WouldDeadlock { .. }),
        "{refused}"
    );
    drop(guard);
    let refused = refused.into_array().freeze().unwrap_err();
    assert!(
        matches!(refused.error(), ArrayError::Segment(_)),
        "{refused}"
    );
    drop(clone);
    refused.into_array().freeze().unwrap();
}

#[test]
fn a_named_array_is_copied_instead() {
    let name = SegmentName::new(unique_name("named")).unwrap();
    let shared = SharedArray::create_from_array(&name, &array![1.5, 2.5]).unwrap();
    let refused = shared.freeze().unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "the array {name} has a name, under which others may write to it at any time: \
             take to_frozen_copy()"
        )
    );
    let shared = refused.into_array();
    let frozen = shared.to_frozen_copy().unwrap();
    shared.write().unwrap().fill(0.0);
    assert_eq!(*frozen, array![1.5, 2.5]);
}

#[test]
fn frozen_and_shared_segments_are_not_taken_for_each_other() {
    let frozen = Frozen::from_array(&array![1.0]).unwrap();
    let error = SharedArray::<f64, Ix1>::from_segment(frozen.segment().clone()).unwrap_err();
    assert!(matches!(error, ArrayError::Frozen { .. }), "{error}");
    let shared = SharedArray::from_array(&array![1.0]).unwrap();
    let error = Frozen::<f64>::from_segment(shared.segment().clone()).unwrap_err();
    assert!(matches!(error, ArrayError::NotFrozen { .. }), "{error}");
    assert!(shared.freeze().is_ok());
}

#[test]
fn a_frozen_array_is_slices_bytes_and_views_in_any_thread() {
    fn assert_sendable<T: Send + Sync + Clone + 'static>(_: &T) {}
    let frozen = Frozen::from_array(&Array1::from_iter(0..1000_u16)).unwrap();
    assert_sendable(&frozen);
    assert_eq!(frozen.as_slice().unwrap()[999], 999);
    let bytes: &[u8] = frozen.as_ref();
    assert_eq!(bytes.len(), 2000);
    assert_eq!(bytes[2..4], [1, 0]);
    let odd = frozen.sliced(s![1..;2]).unwrap();
    assert_eq!(AsRef::<[u8]>::as_ref(&odd).len(), 1998);
    assert_eq!(odd.as_slice(), None);
    assert_eq!((odd[0], odd.len()), (1, 500));
    let sum = std::thread::spawn(move || odd.sum()).join().unwrap();
    assert_eq!(sum, 250_000);
    drop(frozen);
}

/// Views count the mapping: whatever is dropped first, what is left is whole.
#[test]
fn a_clone_keeps_its_elements_when_everything_else_is_dropped() {
    let array = SharedArray::from_array(&Array2::from_elem((100, 100), 0.5)).unwrap();
    let segment = array.segment().clone();
    drop(array);
    let array = SharedArray::<f64, Ix2>::from_segment(segment).unwrap();
    let frozen = array.freeze().unwrap();
    let (clone, column) = (frozen.clone(), frozen.sliced(s![.., 3..4]).unwrap());
    drop(frozen);
    assert_eq!(column.transposed().sum(), 50.0);
    drop(column);
    assert_eq!(clone.index_axis(Axis(0), 99).sum(), 50.0);
}

/// Four users of one segment, each of which reads the same sum.
fn users(frozen: bool) -> Vec<Box<dyn Fn() -> f64>> {
    let array = SharedArray::from_array(&Array2::from_elem((10, 10), 0.25)).unwrap();
    if frozen {
        let frozen = array.freeze().unwrap();
        let (clone, half) = (frozen.clone(), frozen.sliced(s![..5, ..]).unwrap());
        let again = Frozen::<f64, Ix2>::from_segment(frozen.segment().clone()).unwrap();
        vec![
            Box::new(move || frozen.sum()),
            Box::new(move || clone.t().sum()),
            Box::new(move || 2.0 * half.sum()),
            Box::new(move || again.as_slice().unwrap().iter().sum()),
        ]
    } else {
        let (clone, half) = (array.clone(), array.sliced(s![..5, ..]).unwrap());
        let again = SharedArray::<f64, Ix2>::from_segment(array.segment().clone()).unwrap();
        vec![
            Box::new(move || array.read().unwrap().sum()),
            Box::new(move || clone.transposed().write().unwrap().sum()),
            Box::new(move || 2.0 * half.read().unwrap().sum()),
            Box::new(move || again.read_copy().unwrap().sum()),
        ]
    }
}

#[test]
fn the_order_in_which_users_are_dropped_does_not_matter() {
    for frozen in [false, true] {
        // 4 users can be dropped in 4 * 3 * 2 orders.
        for order in 0..24 {
            let mut users = users(frozen);
            for choice in [order % 4, order / 4 % 3, order / 12, 0] {
                assert!(users.iter().all(|sum| sum() == 25.0));
                drop(users.remove(choice));
            }
        }
    }
}

#[test]
fn nothing_can_be_written_to_a_frozen_segment() {
    let frozen = Frozen::from_array(&array![1, 2, 3]).unwrap();
    let error = frozen.segment().payload().write(4096, &[9]).unwrap_err();
    assert_eq!(error, multiproc_segment::SegmentError::ReadOnly);
    assert_eq!(frozen.to_vec(), [1, 2, 3]);
}
