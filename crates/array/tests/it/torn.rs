//! Writers that die: what they left half-written is marked, told, and repaired.

use multiproc_array::{AccessError, ArrayError, SharedArray, Torn, WriteGuard};
use multiproc_segment::SegmentName;
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};
use ndarray::{Array2, Axis, Ix1, Ix2, s};

/// Takes rows 2..4 of the array named in the first argument, to read or to write, changes a row if
/// it may, and waits to be killed.
#[test]
fn dying_role() {
    let Some(args) = child::args("torn::dying_role") else {
        return;
    };
    let array = SharedArray::<f64, Ix2>::open(&args[0].parse().unwrap()).unwrap();
    let _reading = (args[1] == "read").then(|| array.read_part(2..4).unwrap());
    let mut writing = (args[1] == "write").then(|| array.part(2..4).unwrap());
    if let Some(part) = &mut writing {
        part.row_mut(0).fill(-1.0);
    }
    child::say("held");
    child::read_line();
}

fn array_with_a_dead(mode: &str, matrix: &Array2<f64>) -> SharedArray<f64, Ix2> {
    let name = SegmentName::new(unique_name("torn")).unwrap();
    let array = SharedArray::create_from_array(&name, matrix).unwrap();
    let mut child = Child::spawn("torn::dying_role", &[name.as_str(), mode]);
    child.expect_line("held");
    child.kill();
    array
}

fn torn(array: &SharedArray<f64, Ix2>) -> Torn<WriteGuard<'_, f64, Ix2>> {
    match array.write() {
        Err(AccessError::Torn(torn)) => torn,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dead_writers_rows_are_told_until_they_are_repaired() {
    let _watchdog = watchdog(PATIENCE);
    let array = array_with_a_dead("write", &Array2::ones((6, 3)));
    assert_eq!(array.read_part(0..2).unwrap().sum(), 6.0);
    assert!(matches!(array.read_copy(), Err(ArrayError::Torn { rows }) if rows == [2..4]));

    let mut told = torn(&array);
    assert_eq!(told.rows(), [2..4]);
    assert_eq!(told.guard()[[2, 0]], -1.0);
    told.guard_mut().row_mut(2).fill(1.0);
    drop(told);

    let told = torn(&array);
    assert_eq!(
        AccessError::Torn(told).to_string(),
        "a writer died or panicked in rows 2..4: write them anew, then mark them consistent"
    );
    let guard = torn(&array).mark_consistent();
    assert_eq!(guard.sum(), 18.0);
    drop(guard);
    drop(array.read().unwrap());
}

#[test]
fn only_the_torn_rows_are_zeroed() {
    let _watchdog = watchdog(PATIENCE);
    let fortran = Array2::ones((3, 6)).reversed_axes();
    for matrix in [Array2::ones((6, 3)), fortran] {
        let array = array_with_a_dead("write", &matrix);
        let guard = torn(&array).zero().unwrap();
        let mut expected = Array2::ones((6, 3));
        expected.slice_mut(s![2..4, ..]).fill(0.0);
        assert_eq!(*guard, expected);
        drop(guard);
        drop(array.write().unwrap());
    }
}

#[test]
fn a_part_repairs_its_own_rows_alone() {
    let _watchdog = watchdog(PATIENCE);
    let array = array_with_a_dead("write", &Array2::ones((6, 3)));
    let mut part = match array.part(3..6) {
        Err(AccessError::Torn(torn)) => {
            assert_eq!(torn.rows(), [3..4]);
            torn.zero().unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(part.sum_axis(Axis(1)).to_vec(), [0.0, 3.0, 3.0]);
    part.fill(1.0);
    drop(part);
    assert_eq!(torn(&array).rows(), [2..3]);
}

#[test]
fn a_slice_of_a_torn_row_is_told_and_zeroes_the_row() {
    let _watchdog = watchdog(PATIENCE);
    let array = array_with_a_dead("write", &Array2::ones((6, 3)));
    let column = array.sliced(s![.., 1]).unwrap();
    let guard = match column.write() {
        Err(AccessError::Torn(torn)) => torn.zero().unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(guard.to_vec(), [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    drop(guard);
    assert_eq!(array.read().unwrap().row(2).to_vec(), [0.0; 3]);
}

#[test]
fn a_dead_reader_leaves_nothing_behind() {
    let _watchdog = watchdog(PATIENCE);
    let array = array_with_a_dead("read", &Array2::ones((6, 3)));
    assert_eq!(array.write().unwrap().sum(), 18.0);
}

#[test]
fn a_panic_while_writing_is_as_a_death() {
    let array = SharedArray::<i64, Ix1>::zeros(5).unwrap();
    let panicked = std::panic::catch_unwind(|| {
        let mut guard = array.write().unwrap();
        guard[0] = 1;
        std::panic::resume_unwind(Box::new("half-way"));
    });
    assert!(panicked.is_err());
    assert!(matches!(array.read(), Err(AccessError::Torn(torn)) if torn.rows() == [0..5]));
}

#[test]
fn a_torn_array_is_not_frozen() {
    let array = SharedArray::<i64, Ix1>::zeros(5).unwrap();
    let clone = array.clone();
    let panicked = std::thread::spawn(move || {
        let _part = clone.part(1..2).unwrap();
        std::panic::resume_unwind(Box::new("half-way"));
    });
    assert!(panicked.join().is_err());
    let refused = array.freeze().unwrap_err();
    assert!(matches!(refused.error(), ArrayError::Torn { rows } if *rows == [1..2]));
    let array = refused.into_array();
    if let Err(AccessError::Torn(torn)) = array.write() {
        drop(torn.zero().unwrap());
    }
    assert_eq!(array.freeze().unwrap().sum(), 0);
}
