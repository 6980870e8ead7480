//! What a handle may say, tried at scale: bounds, overlaps, dtypes, bit patterns, and writers that
//! take no guards.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::Ordering::Relaxed;

use half::f16;
use multiproc_array::{
    ArrayError, ArrayHandle, AtomicElement, Bool, Element, LayoutError, SharedArray,
};
use multiproc_segment::SegmentName;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};
use ndarray::{ArrayViewMut, IxDyn, ShapeBuilder};
use num_complex::Complex;

use crate::numpy;
use crate::reductions::Random;

/// How many elements the array has of which all handles below are.
const LEN: usize = 24;

/// A handle of some elements of `whole`, most of them not far from possible.
fn any_handle(random: &mut Random, whole: &ArrayHandle) -> ArrayHandle {
    let huge = [1 << 31, 1 << 62, 1 << 63, usize::MAX, usize::MAX / 8];
    let n_axes = if random.below(20) == 0 {
        random.below(34)
    } else {
        random.below(5)
    };
    let shape = (0..n_axes).map(|_| match random.below(40) {
        0 => huge[random.below(huge.len())],
        _ => random.below(5),
    });
    let shape: Vec<usize> = shape.collect();
    // Half of them step as a whole array does, so that many are possible.
    let mut step = 1_isize;
    let mut strides: Vec<isize> = (shape.iter().rev())
        .map(|&len| {
            let stride = match random.below(40) {
                0 => huge[random.below(huge.len())] as isize,
                1..12 => random.below(26) as isize - 12,
                12..16 => step.saturating_neg(),
                _ => step,
            };
            step = step.saturating_mul(len.max(1) as isize);
            stride
        })
        .collect();
    strides.reverse();
    let offset = match random.below(30) {
        0 => huge[random.below(huge.len())],
        1 => whole.offset + random.below(200),
        2 => random.below(whole.offset),
        _ => whole.offset + 8 * random.below(LEN),
    };
    ArrayHandle {
        offset,
        shape,
        strides,
        ..whole.clone()
    }
}

/// The positions that a handle names, each as often as it does; `None` if one is not there.
fn positions(handle: &ArrayHandle, data_offset: usize) -> Option<Vec<usize>> {
    if handle.shape.contains(&0) {
        return Some(Vec::new());
    }
    let from_data = handle.offset.checked_sub(data_offset)?;
    if !from_data.is_multiple_of(8) {
        return None;
    }
    let (mut low, mut high) = ((from_data / 8) as i128, (from_data / 8) as i128);
    for (&len, &stride) in handle.shape.iter().zip(&handle.strides) {
        let distance = (len as i128 - 1).checked_mul(stride as i128)?;
        low += distance.min(0);
        high += distance.max(0);
    }
    if low < 0 || high >= LEN as i128 {
        return None;
    }
    let mut positions = vec![from_data as i128 / 8];
    for (&len, &stride) in handle.shape.iter().zip(&handle.strides) {
        // Who steps nowhere and yet is long names one element many times: twice is enough.
        let len = if stride == 0 { len.min(2) } else { len };
        let axis = |position: &i128| {
            let position = *position;
            (0..len as i128).map(move |i| position + i * stride as i128)
        };
        positions = positions.iter().flat_map(axis).take(1 << 12).collect();
    }
    Some(positions.into_iter().map(|p| p as usize).collect())
}

/// Every handle is refused, or names elements that are there, none of them twice.
#[test]
fn handles_stay_within_their_array_or_are_refused() {
    let _watchdog = watchdog(5 * PATIENCE);
    let array = SharedArray::<u64>::zeros(LEN).unwrap();
    let numbers = array.write().map(|mut guard| {
        for (i, element) in guard.iter_mut().enumerate() {
            *element = i as u64;
        }
    });
    numbers.unwrap();
    let whole = array.handle();
    let cases = Scale::asked().pick(20_000, 60_000, 600_000);
    let mut random = Random::new(42);
    let (mut attached, mut refused, mut wary) = (0, 0, 0);
    for _ in 0..cases {
        let handle = any_handle(&mut random, &whole);
        let expected = positions(&handle, whole.offset);
        match SharedArray::<u64, IxDyn>::attach(array.segment().clone(), &handle) {
            Ok(view) => {
                let guard = view.read().unwrap();
                let seen: Vec<usize> = guard.iter().map(|&element| element as usize).collect();
                let distinct: BTreeSet<usize> = seen.iter().copied().collect();
                assert_eq!(distinct.len(), seen.len(), "{handle:?}");
                assert_eq!(Some(seen), expected, "{handle:?}");
                attached += 1;
            }
            Err(ArrayError::Layout(LayoutError::Overlapping { .. })) => {
                let named = expected.expect("only what is there overlaps");
                let distinct: BTreeSet<usize> = named.iter().copied().collect();
                wary += u32::from(distinct.len() == named.len());
                refused += 1;
            }
            Err(ArrayError::Layout(LayoutError::TooLarge { .. })) => {
                let lens = handle.shape.iter().filter(|&&len| len > 0);
                let bytes: f64 = lens.map(|&len| len as f64).product::<f64>() * 8.0;
                assert!(bytes >= isize::MAX as f64, "{handle:?}");
                refused += 1;
            }
            Err(ArrayError::Layout(_)) => {
                let is_empty = handle.shape.contains(&0);
                assert!(expected.is_none() || is_empty, "{handle:?}");
                refused += 1;
            }
            Err(error) => panic!("{handle:?}: {error}"),
        }
    }
    assert!(
        attached > cases / 20 && refused > cases / 20,
        "{attached} {refused}"
    );
    Row::new(42)
        .figure("handles", cases)
        .figure("attached", attached)
        .figure("refused", refused)
        .figure("refused though no element is named twice", wary)
        .figure("out of bounds or aliasing", 0)
        .print();
}

/// ndarray and NumPy judge the same handles: we allow nothing that either refuses, and refuse nothing
/// that both allow, but for views in which an element may have two names.
#[test]
fn handles_are_judged_as_ndarray_and_numpy_do() {
    let _watchdog = watchdog(5 * PATIENCE);
    let array = SharedArray::<u64>::zeros(LEN).unwrap();
    let whole = array.handle();
    let mut memory = [0_u64; LEN];
    let cases = Scale::asked().pick(3_000, 10_000, 100_000);
    let mut random = Random::new(43);
    let (mut lines, mut ours) = (String::new(), Vec::new());
    let (mut with_ndarray, mut reversed) = (0, 0);
    for _ in 0..cases {
        let mut handle = any_handle(&mut random, &whole);
        handle.offset = whole.offset + 8 * random.below(LEN);
        let verdict = SharedArray::<u64, IxDyn>::attach(array.segment().clone(), &handle);
        let first = (handle.offset - whole.offset) / 8;
        let strides: Option<Vec<usize>> = (handle.strides.iter().zip(&handle.shape))
            .map(|(&stride, &len)| {
                if len == 1 {
                    Some(0)
                } else {
                    usize::try_from(stride).ok()
                }
            })
            .collect();
        match strides.filter(|_| !handle.shape.contains(&0)) {
            None => reversed += 1,
            Some(strides) => {
                let shape = IxDyn(&handle.shape).strides(IxDyn(&strides));
                let theirs = ArrayViewMut::from_shape(shape, &mut memory[first..]);
                assert_eq!(verdict.is_ok(), theirs.is_ok(), "{handle:?}: {theirs:?}");
                with_ndarray += 1;
            }
        }
        // What exceeds its own numbers NumPy refuses in many ways.
        let is_moderate = handle.shape.iter().all(|&len| len < 1 << 31)
            && handle
                .strides
                .iter()
                .all(|stride| stride.unsigned_abs() < 1 << 31);
        if is_moderate && !handle.shape.contains(&0) {
            writeln!(
                lines,
                "[{:?}, {:?}, {}]",
                handle.shape,
                handle.strides,
                8 * first
            )
            .unwrap();
            ours.push((handle, verdict));
        }
    }
    let path = std::env::temp_dir().join(unique_name("verdicts"));
    fs::write(&path, lines).unwrap();
    let theirs = numpy::run(
        "verdicts.py",
        &[path.to_str().unwrap(), &(8 * LEN).to_string()],
    );
    fs::remove_file(path).unwrap();
    let (mut with_numpy, mut stricter) = (0, 0);
    for ((handle, verdict), theirs) in ours.iter().zip(theirs.as_deref().unwrap_or("").lines()) {
        let overlapping = matches!(
            verdict,
            Err(ArrayError::Layout(LayoutError::Overlapping { .. }))
        );
        match theirs {
            "refused" => assert!(verdict.is_err() && !overlapping, "{handle:?}"),
            "overlapping" => assert!(overlapping, "{handle:?}"),
            "distinct" => {
                assert!(verdict.is_ok() || overlapping, "{handle:?}");
                stricter += u32::from(overlapping);
            }
            other => panic!("{other}"),
        }
        with_numpy += 1;
    }
    Row::new(43)
        .figure("handles", cases)
        .figure("judged by ndarray as well", with_ndarray)
        .figure(
            "empty or reversed, which ndarray's slices are not",
            reversed,
        )
        .figure("judged by NumPy as well", with_numpy)
        .figure(
            "refused as perhaps overlapping, which NumPy knows not to",
            stricter,
        )
        .figure("other disagreements", 0)
        .print();
}

#[test]
fn any_byte_is_a_bool() {
    let array = SharedArray::<Bool>::zeros(256).unwrap();
    let (offset, bytes) = (array.handle().offset, Vec::from_iter(0..=255));
    array.segment().payload().write(offset, &bytes).unwrap();
    let guard = array.read().unwrap();
    for (byte, &element) in bytes.iter().zip(&*guard) {
        assert_eq!(element.is_true(), *byte != 0);
        assert_eq!(bool::from(element), *byte != 0);
        assert_eq!(element == Bool::TRUE, *byte != 0);
    }
    assert_eq!(guard.sum(), 255);
    let frozen = array.to_frozen_copy().unwrap();
    assert_eq!(
        frozen.iter().filter(|element| element.is_true()).count(),
        255
    );
    Row::new(44)
        .figure("bytes", bytes.len())
        .figure("that are no value", 0)
        .print();
}

macro_rules! pairs {
    ($($stored:ty)*) => {
        fn every_pair() -> (u64, u64) {
            let (mut tried, mut refused) = (0, 0);
            $(
                let array = SharedArray::<$stored>::zeros(4).unwrap();
                pairs!(@asked array, tried, refused,
                    Bool i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 Complex<f32> Complex<f64>);
            )*
            (tried, refused)
        }
    };
    (@asked $array:ident, $tried:ident, $refused:ident, $($asked:ty)*) => {$(
        let (stored, asked) = ($array.handle().descr, <$asked as Element>::DESCR);
        if stored != asked {
            $tried += 1;
            let (segment, handle) = ($array.segment(), $array.handle());
            let lying = ArrayHandle { descr: asked.to_owned(), ..handle.clone() };
            let attempts = [
                SharedArray::<$asked>::from_segment(segment.clone()),
                SharedArray::<$asked>::attach(segment.clone(), &handle),
                SharedArray::<$asked>::attach(segment.clone(), &lying),
            ];
            let is_named = |attempt: &Result<_, _>| matches!(
                attempt,
                Err(ArrayError::DtypeMismatch { asked: named, found })
                    if *named == asked && *found == stored
            );
            $refused += u64::from(attempts.iter().all(is_named));
        }
    )*};
}

pairs!(Bool i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 Complex<f32> Complex<f64>);

/// Also where the handle lies about it.
#[test]
fn every_other_dtype_is_refused() {
    let (tried, refused) = every_pair();
    assert_eq!((tried, refused), (14 * 13, 14 * 13));
}

/// Writes one of two values over all elements of the array named in the first argument, by turns,
/// beside all guards, until it is killed.
#[test]
fn unguarded_role() {
    let Some(args) = child::args("layouts::unguarded_role") else {
        return;
    };
    let array = SharedArray::<u64>::open(&args[0].parse().unwrap()).unwrap();
    let offset = array.handle().offset;
    let payload = array.segment().payload();
    for round in 0_u64.. {
        let value = if round % 2 == 0 { 0 } else { u64::MAX };
        let bytes = value.to_le_bytes().repeat(array.len());
        payload.write(offset, &bytes).unwrap();
        if round == 2 {
            child::say("writing");
        }
    }
}

/// The only ways to elements that others write meanwhile are atomics and copies of whole elements:
/// nothing is torn, whoever writes.
#[test]
fn what_others_write_meanwhile_is_seen_whole() {
    let _watchdog = watchdog(5 * PATIENCE);
    let name = SegmentName::new(unique_name("unguarded")).unwrap();
    let array = SharedArray::<u64>::create(&name, 64).unwrap();
    let mut writer = Child::spawn("layouts::unguarded_role", &[name.as_str()]);
    writer.expect_line("writing");
    let wanted = Scale::asked().pick(200_000, 2_000_000, 20_000_000);
    let (mut seen, mut torn) = ([0_u64; 2], 0_u64);
    let mut count = |element: u64| match element {
        0 => seen[0] += 1,
        u64::MAX => seen[1] += 1,
        _ => torn += 1,
    };
    let mut reads = 0;
    while reads < wanted {
        array.read_copy().unwrap().into_iter().for_each(&mut count);
        let atomic = array.atomic().unwrap();
        atomic
            .iter()
            .for_each(|element| count(element.load(Relaxed)));
        reads += 2 * array.len() as u64;
    }
    writer.kill();
    assert_eq!(torn, 0);
    assert!(seen.iter().all(|&times| times > 0), "{seen:?}");
    Row::new(45)
        .figure("elements read", reads)
        .figure("torn", torn)
        .print();
}

/// Atomics are the elements themselves: of their size, alignment and bytes.
#[test]
fn atomics_are_the_elements_in_place() {
    fn fits<T: AtomicElement>() -> bool {
        size_of::<T::Atomic>() == size_of::<T>() && align_of::<T::Atomic>() <= align_of::<T>()
    }
    assert!(fits::<i8>() && fits::<u16>() && fits::<i32>() && fits::<u64>());
    assert!(fits::<f32>() && fits::<f64>());
}
