//! Python's `Value`, `Array` and `ShareableList`, between real processes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use multiproc_array::python::{Array, RawArray, RawValue, ShareableItem, ShareableList, Value};
use multiproc_array::{ArrayError, SharedArray};
use multiproc_segment::SegmentName;
use multiproc_testkit::{Child, PATIENCE, child, die, unique_name, watchdog};
use ndarray::Ix0;
use proptest::prelude::*;

const COUNTING: &str = "sharedctypes::counting_role";
const REPLACING: &str = "sharedctypes::replacing_role";

fn named_value() -> (SegmentName, Value<i64>) {
    let name = SegmentName::new(unique_name("value")).unwrap();
    let array = SharedArray::<i64, Ix0>::create(&name, ()).unwrap();
    (name, Value::synchronized(RawValue::from(array)))
}

fn opened(name: &str) -> Value<i64> {
    let name = SegmentName::new(name).unwrap();
    Value::synchronized(RawValue::from(SharedArray::open(&name).unwrap()))
}

/// Python without the lock counts about half of them.
#[test]
fn four_processes_that_add_under_the_lock_lose_nothing() {
    let _watchdog = watchdog(PATIENCE);
    let (name, value) = named_value();
    let children: Vec<Child> = (0..4)
        .map(|_| Child::spawn(COUNTING, &[&name.to_string(), "20000"]))
        .collect();
    for mut child in children {
        assert!(child.wait().success());
    }
    assert_eq!(value.value().unwrap(), 80_000);
}

#[test]
fn counting_role() {
    let Some(args) = child::args(COUNTING) else {
        return;
    };
    let value = opened(&args[0]);
    for _ in 0..args[1].parse().unwrap() {
        *value.get_lock().unwrap() += 1;
    }
    if args.len() > 2 {
        let _held = value.get_lock().unwrap();
        die();
    }
}

#[test]
fn who_dies_with_the_lock_blocks_nobody_and_the_value_is_made_whole_by_setting_it() {
    let _watchdog = watchdog(PATIENCE);
    let (name, value) = named_value();
    let mut child = Child::spawn(COUNTING, &[&name.to_string(), "3", "die"]);
    assert!(!child.wait().success());
    assert!(matches!(value.value(), Err(ArrayError::Torn { .. })));
    assert!(matches!(value.get_lock(), Err(ArrayError::Torn { .. })));
    value.set_value(7).unwrap();
    *value.get_lock().unwrap() += 1;
    assert_eq!(value.value().unwrap(), 8);
}

#[test]
fn asking_for_the_lock_twice_is_told_and_not_waited_for() {
    let value = Value::new(1u8).unwrap();
    let _held = value.get_lock().unwrap();
    assert!(matches!(
        value.get_lock(),
        Err(ArrayError::WouldDeadlock { .. })
    ));
}

#[test]
fn rows_are_read_and_written_by_element_and_by_slice() {
    let array = Array::<f64>::new(5).unwrap();
    assert_eq!((array.len(), array.is_empty()), (5, false));
    array.set_slice(1..4, &[1.0, 2.0, 3.0]).unwrap();
    array.set(4, 9.0).unwrap();
    assert_eq!(array.slice(0..5).unwrap(), [0.0, 1.0, 2.0, 3.0, 9.0]);
    assert_eq!(array.get(2).unwrap(), 2.0);

    let refused = |error: ArrayError| error.to_string();
    assert_eq!(
        refused(array.get(5).unwrap_err()),
        "elements 5..6 were asked for, and there are 5: ask for less"
    );
    assert!(array.slice(3..7).is_err());
    assert!(array.slice(usize::MAX..usize::MAX).is_err());
    assert_eq!(
        refused(array.set_slice(0..2, &[1.0; 3]).unwrap_err()),
        "3 values were given for 2 elements: give as many as there are"
    );
    assert!(RawArray::<i32>::new(0).unwrap().is_empty());
}

#[test]
fn a_row_that_a_panic_left_is_made_whole_by_setting_all_of_it() {
    let array = Array::from_slice(&[1i32, 2, 3]).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        array.get_lock().unwrap()[0] = 9;
        let _held = array.get_lock().unwrap();
        panic!("with the lock");
    }));
    assert!(panicked.is_err());
    assert!(matches!(array.get(0), Err(ArrayError::Torn { .. })));
    assert!(matches!(
        array.set_slice(0..2, &[0; 2]),
        Err(ArrayError::Torn { .. })
    ));
    array.set_slice(0..3, &[4, 5, 6]).unwrap();
    assert_eq!(array.slice(0..3).unwrap(), [4, 5, 6]);
}

#[test]
fn a_list_keeps_its_room_and_not_its_types() {
    let name = SegmentName::new(unique_name("list")).unwrap();
    let items = [
        "ab\0".into(),
        7.into(),
        ().into(),
        true.into(),
        (&b"x\0\0"[..]).into(),
    ];
    let list = ShareableList::create(&name, &items).unwrap();
    let same = ShareableList::open(&name).unwrap();
    assert_eq!(same.to_vec().unwrap(), items);
    same.set(2, "12345678").unwrap();
    list.set(0, -0.5).unwrap();
    assert_eq!(same.get(0).unwrap(), ShareableItem::Float(-0.5));
    assert_eq!(
        list.get(2).unwrap(),
        ShareableItem::Str("12345678".to_owned())
    );
    assert_eq!(list.count(&7.into()).unwrap(), 1);
    assert_eq!(list.index(&8.into()).unwrap(), None);
    assert!(matches!(
        list.set(1, vec![0u8; 9]),
        Err(ArrayError::ItemTooLong {
            index: 1,
            needed: 9,
            room: 8
        })
    ));
    assert!(matches!(
        list.get(5),
        Err(ArrayError::OutOfBounds { len: 5, .. })
    ));
    let array = SharedArray::<i64, Ix0>::zeros(()).unwrap();
    assert!(matches!(
        ShareableList::attach(array.segment().clone()),
        Err(ArrayError::NotAList { .. })
    ));
}

#[test]
fn a_killed_writer_of_a_list_harms_at_most_the_item_that_it_was_at() {
    let _watchdog = watchdog(PATIENCE);
    let name = SegmentName::new(unique_name("list")).unwrap();
    let long = "a".repeat(1 << 20);
    let list = ShareableList::create(&name, &[long.as_str().into(), 5.into()]).unwrap();
    for _ in 0..20 {
        let mut child = Child::spawn(REPLACING, &[&name.to_string()]);
        child.read_line();
        child.kill();
        child.wait();
        match list.get(0) {
            Ok(ShareableItem::Str(text)) => {
                let first = &text[..1];
                assert!(text.len() == 1 << 20 && text.bytes().all(|b| b == first.as_bytes()[0]));
            }
            Err(ArrayError::Torn { rows }) => assert_eq!(rows, [0..1]),
            other => panic!("{other:?}"),
        }
        assert_eq!(list.get(1).unwrap(), ShareableItem::Int(5));
        list.set(0, long.as_str()).unwrap();
    }
}

#[test]
fn replacing_role() {
    let Some(args) = child::args(REPLACING) else {
        return;
    };
    let list = ShareableList::open(&SegmentName::new(&args[0]).unwrap()).unwrap();
    child::say("replacing");
    for letter in ["b", "c"].into_iter().cycle() {
        list.set(0, letter.repeat(1 << 20)).unwrap();
    }
}

fn item() -> impl Strategy<Value = ShareableItem> {
    prop_oneof![
        Just(ShareableItem::None),
        any::<i64>().prop_map(ShareableItem::Int),
        any::<u64>().prop_map(|bits| ShareableItem::Float(f64::from_bits(bits & !(1 << 62)))),
        any::<bool>().prop_map(ShareableItem::Bool),
        any::<String>().prop_map(ShareableItem::Str),
        any::<Vec<u8>>().prop_map(ShareableItem::Bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_items_come_back_exactly(items in proptest::collection::vec(item(), 0..12)) {
        let list = ShareableList::new(&items).unwrap();
        prop_assert_eq!(list.len(), items.len());
        prop_assert_eq!(list.to_vec().unwrap(), items);
    }
}
