//! What is wrong with a job is told before it begins, or stays with its item.

use std::fmt;

use multiproc_array::{Frozen, PartMut, SharedArray};
use multiproc_pool::{Pool, PoolError, TaskError, task};
use multiproc_shared_rng::Stream;
use multiproc_testkit::{PATIENCE, watchdog};
use ndarray::{Array1, Array2, Ix1, Ix2};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pool;

#[task(crate = multiproc_pool)]
fn random(rng: &mut Stream, _: u64) -> f64 {
    rng.random()
}

#[task(crate = multiproc_pool)]
fn scaled(data: &Frozen<f64>, table: &SharedArray<i32, Ix2>, by: f64) -> f64 {
    data[0] * by * table.read().map_or(0.0, |table| f64::from(table[[0, 0]]))
}

#[task(crate = multiproc_pool)]
fn fill_from(part: &mut PartMut<f64>, from: &SharedArray<f64, Ix1>) {
    part.fill(from.read().map_or(0.0, |from| from[0]));
}

#[task(crate = multiproc_pool)]
fn ones(part: &mut PartMut<f64>) {
    part.fill(1.0);
}

#[task(crate = multiproc_pool)]
fn double(x: u64) -> u64 {
    2 * x
}

/// What stopped a job before it began.
fn refusal<R: fmt::Debug>(outcome: Result<Vec<R>, multiproc_pool::Failed<R>>) -> String {
    let failed = outcome.expect_err("a refused job");
    assert!(failed.stopped().is_some());
    assert!(failed.done().is_empty() && failed.failures().is_empty());
    failed.to_string()
}

fn assert_starts(message: &str, start: &str) {
    assert!(message.starts_with(start), "{message}");
}

#[test]
fn a_task_that_draws_needs_a_seed() {
    for pool in [pool(1), Pool::threads(1).unwrap(), Pool::serial()] {
        let message = refusal(pool.map(random, [1, 2]).run());
        assert_starts(&message, "task it::mistakes::random (line ");
        assert!(message.ends_with("draws random numbers, but the job has no seed: add .seed(..)"));
    }
}

#[test]
fn arguments_are_checked_before_anything_starts() {
    let pool = pool(1);
    let data = Frozen::from_array(&Array1::from_elem(1, 2.0)).unwrap();
    let table = SharedArray::from_array(&Array2::from_elem((1, 1), 3)).unwrap();
    let job = || pool.map(scaled, [5.0]);
    assert_eq!(job().arg(&data).arg(&table).run().unwrap(), [30.0]);

    let endings = [
        (
            refusal(job().run()),
            "takes a Frozen of dtype <f8 with 1 axis as `data`, but the job has no argument for it: add .arg(&array)",
        ),
        (
            refusal(job().arg(&data).run()),
            "takes a SharedArray of dtype <i4 with 2 axes as `table`, but the job has no argument for it: add .arg(&array)",
        ),
        (
            refusal(job().arg(&data).arg(&table).arg(&data).run()),
            "takes 2 arrays, but the job has 3 arguments",
        ),
        (
            refusal(job().arg(&table).arg(&data).run()),
            "takes a Frozen of dtype <f8 with 1 axis as `data`, but was given a SharedArray of dtype <i4 with 2 axes",
        ),
        (
            refusal(
                job()
                    .arg(&Frozen::from_array(&Array1::<f32>::ones(1)).unwrap())
                    .run(),
            ),
            "as `data`, but was given a Frozen of dtype <f4 with 1 axis",
        ),
        (
            refusal(
                job()
                    .arg(&Frozen::from_array(&Array2::<f64>::ones((1, 1))).unwrap())
                    .run(),
            ),
            "as `data`, but was given a Frozen of dtype <f8 with 2 axes",
        ),
    ];
    for (message, ending) in endings {
        assert!(message.ends_with(ending), "{message}");
    }
}

#[test]
fn nothing_may_be_zero() {
    let pool = pool(1);
    let array = SharedArray::<f64, Ix1>::zeros(3).unwrap();
    assert_eq!(
        refusal(pool.map(double, [1]).chunk(0).run()),
        "the chunk is 0: it must be at least 1"
    );
    assert_eq!(
        refusal(pool.fill(ones, &array).rows_per_item(0).run()),
        "the number of rows per item is 0: it must be at least 1"
    );
    assert_eq!(
        Pool::builder()
            .processes(0)
            .build()
            .unwrap_err()
            .to_string(),
        "the number of processes is 0: it must be at least 1"
    );
}

#[test]
fn a_job_on_an_array_that_the_caller_holds_would_wait_for_ever() {
    let _watchdog = watchdog(PATIENCE);
    for pool in [pool(1), Pool::threads(1).unwrap(), Pool::serial()] {
        let array = SharedArray::<f64, Ix1>::zeros(3).unwrap();
        let other = SharedArray::<f64, Ix1>::zeros(3).unwrap();
        let told = |message: String| {
            assert!(message.contains("this thread holds a guard"), "{message}");
        };
        let reading = array.read().unwrap();
        told(refusal(pool.fill(ones, &array).run()));
        pool.fill(fill_from, &other).arg(&array).run().unwrap();
        drop(reading);
        let part = array.part(2..3).unwrap();
        told(refusal(pool.update(ones, &array).run()));
        told(refusal(pool.fill(fill_from, &other).arg(&array).run()));
        drop(part);
        pool.fill(ones, &array).run().unwrap();
    }
}

#[test]
fn a_job_does_not_read_as_an_argument_what_it_writes() {
    let array = SharedArray::<f64, Ix1>::zeros(3).unwrap();
    let message = refusal(pool(1).fill(fill_from, &array).arg(&array).run());
    assert_starts(&message, "argument 0 of task it::mistakes::fill_from");
}

/// Refuses to be written or read, or panics, in the parent or in a worker.
#[derive(Debug, PartialEq)]
struct Stubborn(&'static str);

const MOODS: [&str; 5] = [
    "meek",
    "no item",
    "panics as an item",
    "no result",
    "panics as a result",
];

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Stubborn, D::Error> {
        let mood = String::deserialize(deserializer)?;
        let in_worker = std::env::args()
            .next()
            .is_some_and(|name| name.contains("[worker"));
        match (mood.as_str(), in_worker) {
            ("no item", true) | ("no result", false) => {
                Err(D::Error::custom("it does not want to"))
            }
            ("panics as an item", true) | ("panics as a result", false) => panic!("it shouts"),
            _ => Ok(Stubborn(
                MOODS
                    .into_iter()
                    .find(|other| *other == mood)
                    .expect("a mood"),
            )),
        }
    }
}

#[task(crate = multiproc_pool)]
fn same(stubborn: Stubborn) -> Stubborn {
    stubborn
}

#[test]
fn what_cannot_be_decoded_fails_alone() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let each = pool.map(same, MOODS.map(Stubborn)).each().unwrap();
    assert_eq!(each[0], Ok(Stubborn("meek")));
    assert!(
        matches!(&each[1], Err(TaskError::BadItem { item: 1, .. })),
        "{:?}",
        each[1]
    );
    assert!(
        matches!(&each[2], Err(TaskError::Panicked { item: 2, message, .. }) if message == "it shouts")
    );
    assert!(
        matches!(&each[3], Err(TaskError::BadResult { item: 3, .. })),
        "{:?}",
        each[3]
    );
    assert!(
        matches!(&each[4], Err(TaskError::BadResult { item: 4, message }) if message == "it shouts")
    );
    assert_eq!(pool.map(double, [4]).run().unwrap(), [8]);
}

/// Refuses to be encoded, as an item when it is odd, as a result when it is even.
#[derive(Debug)]
struct Unwritable(u32);

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        match self.0 {
            7 | 100 => Err(S::Error::custom("not this one")),
            n => serializer.serialize_u32(n),
        }
    }
}

impl<'de> Deserialize<'de> for Unwritable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unwritable, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = u32;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_u32<E>(self, n: u32) -> Result<u32, E> {
                Ok(n)
            }
        }
        deserializer.deserialize_u32(Number).map(Unwritable)
    }
}

#[task(crate = multiproc_pool)]
fn hundredfold(n: Unwritable) -> Unwritable {
    Unwritable(n.0 * 100)
}

#[test]
fn what_cannot_be_encoded_fails_alone() {
    for pool in [pool(2), Pool::threads(2).unwrap(), Pool::serial()] {
        let each = pool
            .map(hundredfold, [2, 7, 1].map(Unwritable))
            .each()
            .unwrap();
        assert!(matches!(&each[0], Ok(Unwritable(200))));
        assert!(
            matches!(&each[1], Err(TaskError::BadItem { item: 1, .. })),
            "{:?}",
            each[1]
        );
        assert!(
            matches!(&each[2], Err(TaskError::BadResult { item: 2, .. })),
            "{:?}",
            each[2]
        );
    }
}

#[test]
fn a_failing_job_names_the_first_failure_and_the_count() {
    #[task(crate = multiproc_pool)]
    fn even(x: u64) -> Result<u64, PoolError> {
        if x.is_multiple_of(2) {
            Ok(x)
        } else {
            Err(PoolError::Zero {
                option: "the remainder",
            })
        }
    }
    let failed = pool(2).map(even, 0..5).run().unwrap_err();
    assert_eq!(
        failed.to_string(),
        "2 of 5 items failed; the first: item 1 failed: the remainder is 0: it must be at least 1"
    );
    assert_eq!(failed.into_done(), [Some(0), None, Some(2), None, Some(4)]);
}
