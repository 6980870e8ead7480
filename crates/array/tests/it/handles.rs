//! Handles: whatever one says, attaching it is an error or gives the elements it names, no two of
//! them one.

use std::collections::BTreeSet;

use multiproc_array::{ArrayError, ArrayHandle, LayoutError, SharedArray};
use multiproc_segment::{Layout, Segment};
use ndarray::{Array, Array2, ArrayD, Ix1, Ix2, IxDyn, ShapeBuilder, s};
use proptest::prelude::*;

/// An array whose every element is its own position in memory.
fn numbered(shape: &[usize], fortran_order: bool) -> SharedArray<i32, IxDyn> {
    let len: usize = shape.iter().product();
    let order = IxDyn(shape).set_f(fortran_order);
    let array = ArrayD::from_shape_vec(order, (0..len as i32).collect()).unwrap();
    SharedArray::from_array(&array).unwrap()
}

/// The positions that a handle names, one by one, if they can be counted and are all there.
fn positions(handle: &ArrayHandle, data_offset: usize, len: usize) -> Option<Vec<i32>> {
    if handle.shape.len() != handle.strides.len() || handle.offset < data_offset {
        return None;
    }
    let from_data = handle.offset - data_offset;
    if !from_data.is_multiple_of(4) {
        return None;
    }
    let mut positions = vec![(from_data / 4) as i128];
    for (&axis_len, &stride) in handle.shape.iter().zip(&handle.strides) {
        if axis_len > 100 && !handle.shape.contains(&0) {
            return None;
        }
        positions = positions
            .iter()
            .flat_map(|&position| {
                (0..axis_len.min(101)).map(move |i| position + i as i128 * stride as i128)
            })
            .collect();
    }
    let positions: Option<Vec<i32>> = positions
        .into_iter()
        .map(|position| {
            i32::try_from(position)
                .ok()
                .filter(|&p| (0..len as i32).contains(&p))
        })
        .collect();
    positions
}

fn lens() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0_usize..6,
        1 => Just(1),
        1 => prop::sample::select(vec![100, 1 << 31, 1 << 62, 1 << 63, usize::MAX, usize::MAX / 4]),
    ]
}

fn strides() -> impl Strategy<Value = isize> {
    prop_oneof![
        8 => -25_isize..25,
        1 => prop::sample::select(vec![1 << 31, 1 << 61, isize::MAX, isize::MIN, isize::MIN / 4]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_handle_names_elements_that_are_there_or_is_refused(
        file_shape in prop::collection::vec(1_usize..6, 0..4),
        fortran_order: bool,
        axes in prop::collection::vec((lens(), strides()), 0..4),
        first in 0_usize..30,
        shift in prop_oneof![8 => Just(0_isize), 1 => -5000_isize..5000],
    ) {
        let array = numbered(&file_shape, fortran_order);
        let whole = array.handle();
        let (shape, strides): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
        let offset = (whole.offset + 4 * first).saturating_add_signed(shift);
        let handle = ArrayHandle { shape, strides, offset, ..whole.clone() };
        let expected = positions(&handle, whole.offset, array.len());
        match SharedArray::<i32, IxDyn>::attach(array.segment().clone(), &handle) {
            Ok(attached) => {
                let guard = attached.read().unwrap();
                let elements: Vec<i32> = guard.iter().copied().collect();
                prop_assert_eq!(guard.shape(), &*handle.shape);
                prop_assert_eq!(&elements, &expected.unwrap_or_default());
                prop_assert_eq!(&attached.read_copy().unwrap(), &*guard);
                let distinct: BTreeSet<i32> = elements.iter().copied().collect();
                prop_assert_eq!(distinct.len(), elements.len());
            }
            Err(ArrayError::Layout(LayoutError::Overlapping { .. })) => {
                // A rule that is quick to check refuses some more; what is too long to count has to
                // step nowhere to be in bounds.
                let steps_nowhere = |(&len, &stride): (&usize, &isize)| len > 100 && stride == 0;
                let mut axes = handle.shape.iter().zip(&handle.strides);
                prop_assert!(expected.is_some() || axes.any(steps_nowhere));
            }
            Err(ArrayError::Layout(LayoutError::OutOfBounds { .. })) => {
                prop_assert!(expected.is_none());
            }
            Err(ArrayError::Layout(LayoutError::OffGrid { .. } | LayoutError::TooLarge { .. })) => {
                prop_assert!(expected.is_none() || handle.shape.contains(&0));
            }
            Err(error) => prop_assert!(false, "{error:?}"),
        }
    }

    #[test]
    fn slices_are_those_of_ndarray(
        shape in prop::collection::vec(0_usize..6, 2),
        fortran_order: bool,
        transposed: bool,
        starts in prop::collection::vec(-7_isize..7, 2),
        ends in prop::collection::vec(prop::option::of(-7_isize..7), 2),
        steps in prop::collection::vec(prop::sample::select(vec![-3_isize, -2, -1, 1, 2, 3]), 2),
    ) {
        let shared = numbered(&shape, fortran_order);
        let shared = if transposed { shared.transposed() } else { shared };
        let guard = shared.read().unwrap();
        let slices: Vec<_> = (0..2).map(|axis| ndarray::Slice::new(starts[axis], ends[axis], steps[axis])).collect();
        let on_axis = |axis: usize, index: isize| index.unsigned_abs() <= guard.shape()[axis];
        let is_possible = (0..2).all(|axis| {
            on_axis(axis, starts[axis]) && ends[axis].is_none_or(|end| on_axis(axis, end))
        });
        let info: Vec<ndarray::SliceInfoElem> = slices.iter().map(|&slice| slice.into()).collect();
        match shared.sliced(&*info) {
            Ok(sliced) => {
                prop_assert!(is_possible);
                let expected = guard.slice_each_axis(|axis| slices[axis.axis.index()]);
                prop_assert_eq!(&*sliced.read().unwrap(), &*expected);
                let attached =
                    SharedArray::<i32, IxDyn>::attach(sliced.segment().clone(), &sliced.handle())
                        .unwrap();
                prop_assert_eq!(&*attached.read().unwrap(), &*expected);
            }
            Err(ArrayError::Layout(LayoutError::Index { .. })) => prop_assert!(!is_possible),
            Err(error) => prop_assert!(false, "{error:?}"),
        }
    }
}

#[test]
fn an_index_takes_its_axis_away_and_a_new_axis_adds_one() {
    let array =
        SharedArray::from_array(&Array2::from_shape_fn((3, 4), |(i, j)| (10 * i + j) as i16))
            .unwrap();
    let row = array.sliced(s![1, ..]).unwrap();
    assert_eq!(row.read().unwrap().to_vec(), [10, 11, 12, 13]);
    let deep = array.sliced(s![.., ndarray::NewAxis, -1]).unwrap();
    assert_eq!(deep.read().unwrap().shape(), [3, 1]);
    assert_eq!(deep.read().unwrap()[(2, 0)], 23);
    assert_eq!(
        array.sliced(s![3, ..]).unwrap_err().to_string(),
        "index 3 is not on axis 0, which has length 3"
    );
}

#[test]
fn a_handle_is_for_its_segment_its_type_and_its_dimensions_alone() {
    let array = SharedArray::<f64, Ix2>::zeros((2, 3)).unwrap();
    let (segment, handle) = (array.segment().clone(), array.handle());

    let other = SharedArray::<f64, Ix2>::zeros((2, 3)).unwrap();
    assert!(matches!(
        SharedArray::<f64, Ix2>::attach(other.segment().clone(), &handle),
        Err(ArrayError::OtherSegment { .. })
    ));
    assert!(matches!(
        SharedArray::<f32, Ix2>::attach(segment.clone(), &handle),
        Err(ArrayError::DtypeMismatch { asked: "<f4", .. })
    ));
    let lying = ArrayHandle {
        descr: "<f4".to_owned(),
        ..handle.clone()
    };
    assert!(matches!(
        SharedArray::<f32, Ix2>::attach(segment.clone(), &lying),
        Err(ArrayError::DtypeMismatch { asked: "<f4", found }) if found == "<f8"
    ));
    let error = SharedArray::<f64, Ix1>::attach(segment, &handle).unwrap_err();
    assert_eq!(
        error.to_string(),
        "asked for 1 dimensions, but the array has 2, of shape [2, 3]"
    );
}

#[test]
fn a_segment_that_holds_no_array_is_refused() {
    let segment = Segment::anonymous(Layout::payload(100)).unwrap();
    let error = SharedArray::<f64, Ix1>::from_segment(segment).unwrap_err();
    assert!(matches!(error, ArrayError::NotAnArray { .. }), "{error}");
}

#[test]
fn a_damaged_header_is_an_error() {
    let array = SharedArray::<f64, Ix1>::zeros(1000).unwrap();
    let reopened = || SharedArray::<f64, Ix1>::from_segment(array.segment().clone());
    let text = b"'shape': (1000,)";
    let mut payload = vec![0; 4096];
    array.segment().payload().read(0, &mut payload).unwrap();
    let at = payload
        .windows(text.len())
        .position(|window| window == text)
        .unwrap();
    let shape_at = at + b"'shape': (".len();

    array.segment().payload().write(shape_at, b"2000").unwrap();
    assert_eq!(
        reopened().unwrap_err().to_string(),
        "the array takes 20096 bytes with its header, but there are 12096"
    );
    array.segment().payload().write(shape_at, b"x").unwrap();
    assert!(matches!(reopened(), Err(ArrayError::Npy(_))));
    array.segment().payload().write(0, b"x").unwrap();
    assert!(
        reopened()
            .unwrap_err()
            .to_string()
            .starts_with("not a .npy file: ")
    );
}

#[test]
fn an_array_beyond_any_address_space_is_refused() {
    let error = SharedArray::<f64, Ix2>::zeros((usize::MAX, 2)).unwrap_err();
    assert!(
        error.to_string().ends_with("exceeds any address space"),
        "{error}"
    );
    let error = SharedArray::<f64, Ix2>::zeros((0, usize::MAX)).unwrap_err();
    assert!(matches!(
        error,
        ArrayError::Layout(LayoutError::TooLarge { .. })
    ));
    let error = SharedArray::<u8, Ix1>::zeros(1 << 60).unwrap_err();
    assert!(matches!(error, ArrayError::Segment(_)), "{error:?}");
}

#[test]
fn a_handle_is_small_whatever_the_array() {
    let array = SharedArray::<u8, IxDyn>::zeros(IxDyn(&[1; 6])).unwrap();
    assert!(array.handle().to_bytes().len() < 256);
    let array: SharedArray<f64, Ix2> = SharedArray::from_array(&Array::zeros((2, 2))).unwrap();
    assert!(array.handle().to_bytes().len() < 100);
}
