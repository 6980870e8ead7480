//! Frozen arrays in the hands of others: arrow and bytes take them without a copy.

use std::thread;

use arrow_buffer::{Buffer, ScalarBuffer};
use bytes::Bytes;
use multiproc_array::Frozen;
use ndarray::{Array1, s};

#[test]
fn bytes_takes_a_frozen_array_without_a_copy() {
    let frozen = Frozen::from_array(&Array1::from_iter(0..1000_u32)).unwrap();
    let first = frozen.as_ptr().cast::<u8>();
    let bytes = Bytes::from_owner(frozen);
    assert_eq!(bytes.as_ptr(), first);
    assert_eq!(bytes.len(), 4000);
    let tail = bytes.slice(3996..);
    drop(bytes);
    let sent = thread::spawn(move || tail.to_vec()).join().unwrap();
    assert_eq!(sent, 999_u32.to_le_bytes());
}

#[test]
fn arrow_takes_a_frozen_array_without_a_copy() {
    let frozen = Frozen::from_array(&Array1::from_iter((0..1000).map(f64::from))).unwrap();
    let half = frozen.sliced(s![500..]).unwrap();
    let first = half.as_ptr();
    drop(frozen);
    let buffer = Buffer::from(Bytes::from_owner(half));
    let numbers = ScalarBuffer::<f64>::from(buffer);
    assert_eq!(numbers.as_ptr(), first);
    assert_eq!(
        (numbers.len(), numbers[0], numbers[499]),
        (500, 500.0, 999.0)
    );
}
