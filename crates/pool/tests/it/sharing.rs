//! Arrays as arguments and as targets.

use multiproc_array::{Frozen, PartMut, SharedArray};
use multiproc_pool::{Pool, task};
use multiproc_segment::SegmentName;
use multiproc_testkit::{PATIENCE, unique_name, watchdog};
use ndarray::{Array2, ArrayD, Ix1, Ix2, Ix3, IxDyn, s};

use crate::pool;

#[task(crate = multiproc_pool)]
fn weighted(
    data: &Frozen<f64, Ix2>,
    weights: &Frozen<f64>,
    extra: &SharedArray<f64, IxDyn>,
    row: usize,
) -> f64 {
    let extra: f64 = extra.read().map_or(f64::NAN, |extra| extra.iter().sum());
    data.row(row).dot(&weights.view()) + extra
}

#[test]
fn arguments_come_in_the_order_in_which_they_are_passed() {
    let data = Array2::from_shape_fn((4, 3), |(i, j)| (10 * i + j) as f64);
    let frozen = Frozen::from_array(&data).unwrap();
    let weights = Frozen::from_array(&ndarray::array![1.0, 0.5, 0.25]).unwrap();
    let extra = SharedArray::from_array(&ArrayD::from_elem(IxDyn(&[2, 1, 2]), 0.125)).unwrap();
    for pool in [pool(2), Pool::threads(2).unwrap(), Pool::serial()] {
        let job = pool
            .map(weighted, 0..4)
            .arg(&frozen)
            .arg(&weights)
            .arg(&extra);
        let expected: Vec<f64> = (0..4)
            .map(|i| data.row(i).dot(&weights.view()) + 0.5)
            .collect();
        assert_eq!(job.run().unwrap(), expected);
    }
}

#[test]
fn a_slice_is_passed_as_a_slice() {
    let data = Array2::from_shape_fn((4, 6), |(i, j)| (10 * i + j) as f64);
    let frozen = Frozen::from_array(&data)
        .unwrap()
        .sliced(s![..;-1, ..3])
        .unwrap();
    let weights = Frozen::from_array(&ndarray::array![1.0, 0.5, 0.25]).unwrap();
    let extra = SharedArray::from_array(&ArrayD::<f64>::zeros(IxDyn(&[1]))).unwrap();
    let job = pool(1)
        .map(weighted, 0..4)
        .arg(&frozen)
        .arg(&weights)
        .arg(&extra)
        .run()
        .unwrap();
    let slice = data.slice(s![..;-1, ..3]);
    let expected: Vec<f64> = (0..4).map(|i| slice.row(i).dot(&weights.view())).collect();
    assert_eq!(job, expected);
}

#[task(crate = multiproc_pool)]
fn coordinates(part: &mut PartMut<i64, Ix3>) -> (usize, usize) {
    let place = (part.start(), part.len());
    for (i, mut plane) in part.rows_mut() {
        for ((j, k), x) in plane.indexed_iter_mut() {
            *x = (100 * i + 10 * j + k) as i64;
        }
    }
    place
}

#[test]
fn a_part_knows_its_place() {
    let array = SharedArray::<i64, Ix3>::zeros((7, 2, 3)).unwrap();
    let places = pool(2)
        .fill(coordinates, &array)
        .rows_per_item(3)
        .run()
        .unwrap();
    assert_eq!(places, [(0, 3), (3, 3), (6, 1)]);
    let filled = array.read().unwrap();
    assert!(
        filled
            .indexed_iter()
            .all(|((i, j, k), &x)| x == (100 * i + 10 * j + k) as i64)
    );
}

#[task(crate = multiproc_pool)]
fn double(part: &mut PartMut<i64, Ix2>) {
    part.iter_mut().for_each(|x| *x *= 2);
}

#[test]
fn a_slice_of_a_named_array_is_updated_and_the_rest_is_not() {
    let _watchdog = watchdog(PATIENCE);
    let name = SegmentName::new(unique_name("slice")).unwrap();
    let array = SharedArray::<i64, Ix2>::create(&name, (6, 5)).unwrap();
    array.write().unwrap().fill(1);
    let slice = array.sliced(s![1..5;2, 1..4]).unwrap();
    for (round, pool) in [pool(3), Pool::threads(3).unwrap(), Pool::serial()]
        .into_iter()
        .enumerate()
    {
        pool.update(double, &slice).run().unwrap();
        let expected = Array2::from_shape_fn((6, 5), |(i, j)| {
            if [1, 3].contains(&i) && (1..4).contains(&j) {
                2 << round
            } else {
                1
            }
        });
        assert_eq!(*array.read().unwrap(), *expected);
    }
}

#[task(crate = multiproc_pool)]
fn tally(counts: &SharedArray<u64, Ix1>, place: usize) -> Result<(), String> {
    let mut counts = counts.write().map_err(|error| error.to_string())?;
    counts[place] += 1;
    Ok(())
}

#[test]
fn tasks_may_write_a_shared_argument_under_its_guard() {
    let _watchdog = watchdog(PATIENCE);
    let counts = SharedArray::<u64, Ix1>::zeros(3).unwrap();
    pool(3)
        .map(tally, (0..300).map(|k| k % 3))
        .arg(&counts)
        .run()
        .unwrap();
    assert_eq!(counts.read().unwrap().to_vec(), [100, 100, 100]);
}

#[task(crate = multiproc_pool)]
fn address(data: &Frozen<f64>, _: ()) -> (u32, f64) {
    (std::process::id(), data[data.len() - 1])
}

#[test]
fn a_large_argument_is_not_copied() {
    let _watchdog = watchdog(PATIENCE);
    let data = SharedArray::<f64, Ix1>::zeros(8 << 20).unwrap();
    data.write().unwrap()[(8 << 20) - 1] = 7.0;
    let data = data.freeze().unwrap();
    let pool = pool(2);
    pool.map(address, [(); 4])
        .arg(&data)
        .chunk(1)
        .run()
        .unwrap();
    for pid in pool.worker_pids() {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let field = |name: &str| -> u64 {
            let line = status
                .lines()
                .find(|line| line.starts_with(name))
                .expect("a field");
            line.split_whitespace()
                .nth(1)
                .and_then(|kb| kb.parse().ok())
                .expect("a number")
        };
        // A copy would be 65,536 kB.
        assert!(field("VmHWM:") < 40_000, "{status}");
    }
}
