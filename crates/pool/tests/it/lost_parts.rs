//! Every way to die in an array: what becomes of the rows that the dead worker was at.

use multiproc_array::{AccessError, Frozen, PartMut, SharedArray};
use multiproc_pool::{Context, TaskError, task};
use multiproc_shared_rng::Stream;
use multiproc_testkit::{PATIENCE, watchdog};
use ndarray::{Array1, Ix1, Ix2};

use crate::pool;
use crate::ways::{WAYS, assert_told, end, is_lost};

/// What each row does, and in how many attempts.
fn ends(way: &str) -> Frozen<u8> {
    let position = WAYS
        .iter()
        .position(|&other| other == way)
        .unwrap_or(WAYS.len());
    Frozen::from_array(&Array1::from_elem(1, position as u8)).unwrap()
}

#[task(crate = multiproc_pool)]
fn half_a_row(
    part: &mut PartMut<f64, Ix2>,
    rng: &mut Stream,
    context: &mut Context,
    way: &Frozen<u8>,
) -> Result<(), String> {
    let dies = context.item() == 5 && context.attempt() == 1;
    let mut elements = part.iter_mut();
    elements.by_ref().take(4).for_each(|x| *x += rng.random());
    if dies {
        end(WAYS.get(usize::from(way[0])).unwrap_or(&"live"))?;
    }
    elements.for_each(|x| *x += rng.random());
    Ok(())
}

#[task(crate = multiproc_pool)]
fn half_a_row_always(
    part: &mut PartMut<f64, Ix2>,
    context: &mut Context,
    way: &Frozen<u8>,
) -> Result<(), String> {
    part.iter_mut().take(4).for_each(|x| *x += 1.0);
    if context.item() == 5 {
        end(WAYS[usize::from(way[0])])?;
    }
    part.iter_mut().skip(4).for_each(|x| *x += 1.0);
    Ok(())
}

fn matrix() -> SharedArray<f64, Ix2> {
    SharedArray::zeros((12, 8)).unwrap()
}

fn elements(array: &SharedArray<f64, Ix2>) -> Vec<f64> {
    array
        .read()
        .expect("nothing is torn")
        .iter()
        .copied()
        .collect()
}

#[test]
fn a_lost_part_of_a_fill_is_zeroed_and_tried_again() {
    let _watchdog = watchdog(PATIENCE);
    for pool in [pool(1), pool(3)] {
        let quiet = matrix();
        pool.fill(half_a_row, &quiet)
            .seed(1)
            .arg(&ends("live"))
            .run()
            .unwrap();
        for way in WAYS.into_iter().filter(|way| is_lost(way)) {
            for chunk in [1, 5, 12] {
                let array = matrix();
                let fill = pool
                    .fill(half_a_row, &array)
                    .seed(1)
                    .arg(&ends(way))
                    .chunk(chunk);
                fill.run()
                    .unwrap_or_else(|failed| panic!("{way}: {failed}"));
                assert_eq!(elements(&array), elements(&quiet), "{way}, chunk {chunk}");
            }
        }
    }
}

#[test]
fn the_rows_of_a_fill_that_cannot_be_done_are_zeros() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for way in WAYS {
        let array = matrix();
        let fill = pool
            .fill(half_a_row_always, &array)
            .arg(&ends(way))
            .retries(1);
        let failed = fill.run().unwrap_err();
        let [failure] = failed.failures() else {
            panic!("{way}: {failed}")
        };
        assert_told(failure, 5, way);
        let expected: Vec<f64> = (0..12 * 8)
            .map(|x| if x / 8 == 5 { 0.0 } else { 1.0 })
            .collect();
        assert_eq!(elements(&array), expected, "{way}");
    }
}

#[test]
fn a_lost_part_of_an_update_is_reported_and_marked() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for way in WAYS.into_iter().filter(|way| is_lost(way)) {
        for chunk in [1, 4, 12] {
            let array = matrix();
            let update = pool
                .update(half_a_row_always, &array)
                .arg(&ends(way))
                .chunk(chunk);
            let failed = update.run().unwrap_err();
            let [failure] = failed.failures() else {
                panic!("{way}: {failed}")
            };
            assert_told(failure, 5, way);
            assert!(
                matches!(failure, TaskError::PartTorn { rows, .. } if *rows == (5..6)),
                "{way}"
            );

            let guard = match array.write() {
                Err(AccessError::Torn(torn)) => {
                    assert!(
                        matches!(torn.rows(), [rows] if *rows == (5..6)),
                        "{way}, chunk {chunk}"
                    );
                    torn.mark_consistent()
                }
                other => panic!("{way}, chunk {chunk}: {other:?}"),
            };
            let ones = guard
                .outer_iter()
                .filter(|row| row.iter().all(|&x| x == 1.0))
                .count();
            assert_eq!(ones, 11, "{way}, chunk {chunk}");
        }
    }
}

#[test]
fn a_lost_part_of_an_update_with_a_snapshot_is_restored_and_tried_again() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let start = |array: &SharedArray<f64, Ix2>| array.write().unwrap().fill(0.25);
    let quiet = matrix();
    start(&quiet);
    pool.update(half_a_row, &quiet)
        .seed(1)
        .arg(&ends("live"))
        .run()
        .unwrap();
    for way in WAYS.into_iter().filter(|way| is_lost(way)) {
        let array = matrix();
        start(&array);
        let update = pool
            .update(half_a_row, &array)
            .seed(1)
            .arg(&ends(way))
            .snapshot()
            .chunk(4);
        update
            .run()
            .unwrap_or_else(|failed| panic!("{way}: {failed}"));
        assert_eq!(elements(&array), elements(&quiet), "{way}");
    }
}

#[test]
fn an_update_with_a_snapshot_that_cannot_be_done_leaves_its_rows_as_they_were() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for way in WAYS {
        let array = matrix();
        array.write().unwrap().fill(0.25);
        let update = pool
            .update(half_a_row_always, &array)
            .arg(&ends(way))
            .snapshot();
        let failed = update.run().unwrap_err();
        let [failure] = failed.failures() else {
            panic!("{way}: {failed}")
        };
        assert_told(failure, 5, way);
        let expected: Vec<f64> = (0..12 * 8)
            .map(|x| if x / 8 == 5 { 0.25 } else { 1.25 })
            .collect();
        assert_eq!(elements(&array), expected, "{way}");
    }
}

#[test]
fn a_snapshot_of_a_transposed_array_is_put_back_in_its_place() {
    let array = SharedArray::<f64, Ix2>::zeros((8, 12)).unwrap();
    for (k, x) in array.write().unwrap().iter_mut().enumerate() {
        *x = k as f64;
    }
    let before: Vec<f64> = elements(&array);
    let transposed = array.transposed();
    let pool = pool(1);
    let update = pool
        .update(half_a_row_always, &transposed)
        .arg(&ends("kill"))
        .snapshot();
    assert_eq!(update.run().unwrap_err().failures().len(), 1);
    for (k, (x, before)) in elements(&array).into_iter().zip(before).enumerate() {
        assert_eq!(
            x - before,
            if k % 12 == 5 { 0.0 } else { 1.0 },
            "element {k}"
        );
    }
}

#[test]
fn an_array_that_another_program_tore_is_not_updated_unnoticed() {
    let array = SharedArray::<f64, Ix1>::zeros(6).unwrap();
    let torn = std::thread::scope(|scope| {
        let half_way = || {
            let _part = array.part(2..4).unwrap();
            std::panic::resume_unwind(Box::new(()));
        };
        scope.spawn(half_way).join().is_err()
    });
    assert!(torn);

    #[task(crate = multiproc_pool)]
    fn one(part: &mut PartMut<f64>) {
        part.fill(1.0);
    }
    let pool = pool(1);
    let failed = pool.update(one, &array).chunk(1).run().unwrap_err();
    let found = |item| TaskError::FoundTorn {
        item,
        rows: std::iter::once(2..4).collect(),
    };
    assert_eq!(failed.failures(), [2, 3].map(found));
    // What is output only is made whole by writing it.
    pool.fill(one, &array).run().unwrap();
    assert!(array.read().unwrap().iter().all(|&x| x == 1.0));
}
