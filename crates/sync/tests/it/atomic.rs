//! Numbers without a lock: nothing is lost, nothing wraps.

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{AtomicNumber, Event, Overflow, Place, SharedAtomic, SyncError};
use multiproc_testkit::{PATIENCE, child, step, watchdog};

use crate::ground::{Ground, stride};

const ADDING: &str = "atomic::adding_role";
const STEPPED: &str = "atomic::stepped_role";

#[test]
fn four_processes_that_add_lose_nothing() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, sum) = Ground::with_atomic(0);
    let start = ground.event();
    let mut adding: Vec<_> = (0..4).map(|_| ground.spawn(ADDING, &[])).collect();
    start.set().unwrap();
    for child in &mut adding {
        assert!(child.wait().success());
    }
    assert_eq!(sum.load(), 80_000);
}

#[test]
fn adding_role() {
    let Some(args) = child::args(ADDING) else {
        return;
    };
    let ground = Ground::of(&args);
    let sum = ground.atomic();
    ground.event().wait().unwrap();
    for _ in 0..20_000 {
        sum.fetch_add(1).unwrap();
    }
}

fn refuses_what_does_not_fit<T: AtomicNumber>(low: T, high: T, one: T) {
    let segment = Segment::anonymous(Layout::payload(64)).unwrap();
    let number = SharedAtomic::init(&segment, Place::Payload(0), high).unwrap();
    let refused: Overflow<T> = number.fetch_add(one).unwrap_err();
    assert_eq!((refused.value, refused.operand), (high, one));
    assert_eq!(number.load(), high);
    assert_eq!(number.swap(low), high);
    assert!(number.fetch_sub(one).is_err());
    assert_eq!(number.load(), low);
    assert_eq!(number.fetch_add(one), Ok(low));
    assert_eq!(number.fetch_sub(one).map(|_| number.load()), Ok(low));
}

#[test]
fn a_sum_that_does_not_fit_is_an_error_and_changes_nothing() {
    refuses_what_does_not_fit(i32::MIN, i32::MAX, 1);
    refuses_what_does_not_fit(u32::MIN, u32::MAX, 1);
    refuses_what_does_not_fit(i64::MIN, i64::MAX, 1);
    refuses_what_does_not_fit(u64::MIN, u64::MAX, 1);
    refuses_what_does_not_fit(f64::MIN, f64::MAX, f64::MAX / 2.0);
}

#[test]
fn floats_that_are_not_finite_stay_what_they_are() {
    let segment = Segment::anonymous(Layout::payload(64)).unwrap();
    let number = SharedAtomic::init(&segment, Place::Payload(0), 0.5).unwrap();
    assert_eq!(number.fetch_add(0.25), Ok(0.5));
    assert_eq!(number.fetch_add(f64::INFINITY), Ok(0.75));
    assert_eq!(number.fetch_sub(f64::INFINITY), Ok(f64::INFINITY));
    assert!(number.load().is_nan());
}

#[test]
fn a_bool_is_exchanged_and_never_anything_else() {
    let segment = Segment::anonymous(Layout::payload(64)).unwrap();
    let flag = SharedAtomic::init(&segment, Place::Payload(0), false).unwrap();
    assert_eq!(flag.compare_exchange(true, true), Err(false));
    assert_eq!(flag.compare_exchange(false, true), Ok(false));
    assert!(flag.swap(false));
    segment.payload().write(16, &[0xa6]).unwrap();
    assert!(flag.load(), "any byte but 0 is true");
}

#[test]
fn an_atomic_is_not_attached_as_something_else() {
    let segment = Segment::anonymous(Layout::payload(256)).unwrap();
    SharedAtomic::init(&segment, Place::Payload(0), 1_i64).unwrap();
    let mismatches = [
        SharedAtomic::<u64>::attach(&segment, Place::Payload(0)).err(),
        SharedAtomic::<i64>::attach(&segment, Place::Payload(64)).err(),
        Event::attach(&segment, Place::Payload(0)).err(),
    ];
    for mismatch in mismatches {
        assert!(
            matches!(mismatch, Some(SyncError::Mismatch { .. })),
            "{mismatch:?}"
        );
    }
    let misaligned = SharedAtomic::init(&segment, Place::Payload(8), 0_u32);
    assert!(matches!(misaligned, Err(SyncError::Misaligned { .. })));
}

#[test]
fn a_process_killed_while_it_adds_has_added_or_has_not() {
    let (mut before, mut after) = (0, 0);
    let points = step::kill_at_every_nth_instruction(
        stride(1),
        STEPPED,
        || {
            let (ground, _) = Ground::with_atomic(41);
            (ground.args(&[]), ground)
        },
        |point, ground| match ground.atomic().fetch_add(100) {
            Ok(41) => before += 1,
            Ok(42) => after += 1,
            other => panic!("after {point} instructions: {other:?}"),
        },
    );
    assert!(
        before > 0,
        "{points} points: {before} before, {after} after"
    );
}

#[test]
fn stepped_role() {
    let Some(args) = child::args(STEPPED) else {
        return;
    };
    let number = Ground::of(&args).atomic();
    step::begin();
    number.fetch_add(1).unwrap();
    step::end();
}
