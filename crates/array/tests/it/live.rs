//! The same arrays in NumPy: opened in place both ways, saved and loaded both ways.

use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Command, Stdio};

use multiproc_array::{Bool, Element, SharedArray};
use multiproc_segment::SegmentName;
use multiproc_testkit::{PATIENCE, python_with_numpy, unique_name, wait_until, watchdog};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use num_complex::Complex;

use crate::numpy;

const SHAPES: [&[usize]; 9] = [
    &[],
    &[0],
    &[7],
    &[0, 3],
    &[3, 4],
    &[1000, 5],
    &[2, 1, 3, 2, 1, 2],
    &[3, 0, 2, 1, 5, 1],
    // So long that its header just reaches the next multiple of 64.
    &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100],
];

/// Bytes 0, 1, 2 and so on as elements.
fn counted<T: Element>(len: usize) -> Vec<T> {
    let modulus = if T::DESCR == "|b1" { 2 } else { 251 };
    let bytes: Vec<u8> = (0..len * size_of::<T>())
        .map(|i| (i % modulus) as u8)
        .collect();
    bytes
        .chunks_exact(size_of::<T>())
        .map(bytemuck::pod_read_unaligned)
        .collect()
}

fn counted_array<T: Element>(shape: &[usize], fortran_order: bool) -> ArrayD<T> {
    let order = IxDyn(shape).set_f(fortran_order);
    ArrayD::from_shape_vec(order, counted(shape.iter().product())).unwrap()
}

fn bytes<T: Element>(array: &ArrayD<T>) -> Vec<u8> {
    array
        .iter()
        .flat_map(|element| bytemuck::bytes_of(element).to_vec())
        .collect()
}

/// As NumPy tells the order of an array: several are both.
fn order(shape: &[usize], fortran_order: bool) -> &'static str {
    let n_long_axes = shape.iter().filter(|&&len| len > 1).count();
    let is_fortran = fortran_order && n_long_axes > 1 && !shape.contains(&0);
    if is_fortran { "F" } else { "C" }
}

/// Runs `live.py` with a file of `lines`.
fn live(command: &str, lines: &str) -> Option<String> {
    let path = std::env::temp_dir().join(unique_name("lines"));
    fs::write(&path, lines).unwrap();
    let output = numpy::run("live.py", &[command, path.to_str().unwrap()]);
    fs::remove_file(path).unwrap();
    output
}

fn cases() -> impl Iterator<Item = (&'static [usize], bool)> {
    SHAPES
        .iter()
        .flat_map(|&shape| [(shape, false), (shape, true)])
}

/// An array that NumPy opens in place.
struct Opened {
    path: String,
    before: String,
    after: Vec<u8>,
    read: Box<dyn Fn() -> Vec<u8>>,
}

fn opened<T: Element>(shape: &[usize], fortran_order: bool) -> Opened {
    let name = SegmentName::new(unique_name("live")).unwrap();
    let array = counted_array::<T>(shape, fortran_order);
    let shared = SharedArray::create_from_array(&name, &array).unwrap();
    let in_memory: &[u8] = bytemuck::cast_slice(array.as_slice_memory_order().unwrap());
    let hex = in_memory.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let mut reversed: Vec<T> = array.iter().copied().collect();
    reversed.reverse();
    Opened {
        path: format!("/dev/shm/{name}"),
        before: format!(
            "{} {shape:?} {} {hex}",
            T::DESCR,
            order(shape, fortran_order)
        ),
        after: bytemuck::cast_slice(&reversed).to_vec(),
        read: Box::new(move || bytes(&shared.read_copy().unwrap())),
    }
}

/// An array that NumPy saves.
struct Saved {
    path: String,
    spec: String,
    check: Box<dyn Fn(&str)>,
}

fn saved<T: Element>(shape: &'static [usize], fortran_order: bool) -> Saved {
    let path = std::env::temp_dir().join(unique_name("numpys") + ".npy");
    let path = path.to_str().unwrap().to_owned();
    let order = if fortran_order { "F" } else { "C" };
    Saved {
        spec: format!("[{path:?}, {:?}, {shape:?}, {order:?}]\n", T::DESCR),
        path,
        check: Box::new(move |path| {
            let array = counted_array::<T>(shape, fortran_order);
            let loaded = SharedArray::<T, IxDyn>::load(path).unwrap();
            assert_eq!(bytes(&loaded.read_copy().unwrap()), bytes(&array));
            let ours = format!("{path}.ours");
            loaded.save(&ours).unwrap();
            assert_eq!(fs::read(&ours).unwrap(), fs::read(path).unwrap());
            fs::remove_file(ours).unwrap();
        }),
    }
}

macro_rules! of_every_element {
    ($array:ident) => {
        cases().flat_map(|(shape, fortran_order)| {
            [
                $array::<Bool>(shape, fortran_order),
                $array::<i8>(shape, fortran_order),
                $array::<i16>(shape, fortran_order),
                $array::<i32>(shape, fortran_order),
                $array::<i64>(shape, fortran_order),
                $array::<u8>(shape, fortran_order),
                $array::<u16>(shape, fortran_order),
                $array::<u32>(shape, fortran_order),
                $array::<u64>(shape, fortran_order),
                $array::<f32>(shape, fortran_order),
                $array::<f64>(shape, fortran_order),
                $array::<Complex<f32>>(shape, fortran_order),
                $array::<Complex<f64>>(shape, fortran_order),
            ]
        })
    };
}

#[test]
fn numpy_opens_arrays_in_place_and_writes_to_them() {
    let _watchdog = watchdog(PATIENCE);
    let arrays: Vec<Opened> = of_every_element!(opened).collect();
    let paths: String = arrays
        .iter()
        .map(|array| array.path.clone() + "\n")
        .collect();
    let Some(seen) = live("reverse", &paths) else {
        return;
    };
    assert_eq!(seen.lines().count(), arrays.len());
    for (array, seen) in arrays.iter().zip(seen.lines()) {
        assert_eq!(seen.trim_end(), array.before.trim_end());
        assert_eq!((array.read)(), array.after, "{}", array.before);
    }
}

#[test]
fn files_are_numpys_to_the_byte() {
    let _watchdog = watchdog(PATIENCE);
    let arrays: Vec<Saved> = of_every_element!(saved).collect();
    let specs: String = arrays.iter().map(|array| &*array.spec).collect();
    if live("save", &specs).is_none() {
        return;
    }
    for array in &arrays {
        (array.check)(&array.path);
        fs::remove_file(&array.path).unwrap();
    }
}

/// Killed on drop.
struct Flipper(Child);

impl Drop for Flipper {
    fn drop(&mut self) {
        // It only ends when it is killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn copies_whole_elements<T: Element + PartialEq + std::fmt::Debug>(least: T, greatest: T) {
    let Some(python) = python_with_numpy() else {
        eprintln!("skipped, as there is no Python with NumPy");
        return;
    };
    let _watchdog = watchdog(PATIENCE);
    let name = SegmentName::new(unique_name("flip")).unwrap();
    // Few, so that the last ones, which share a word with nothing, are read often.
    let shared = SharedArray::<T, IxDyn>::create(&name, IxDyn(&[3])).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/live.py");
    let flipper = Command::new(python)
        .args([script, "flip", &format!("/dev/shm/{name}")])
        .stdin(Stdio::null())
        .spawn();
    let _flipper = Flipper(flipper.unwrap());
    let mut seen = (0, 0);
    wait_until("both values were seen often", || {
        for _ in 0..1000 {
            for element in shared.read_copy().unwrap() {
                assert!(element == least || element == greatest, "{element:?}");
                seen.0 += u32::from(element == least);
                seen.1 += u32::from(element == greatest);
            }
        }
        seen.0.min(seen.1) > 20_000
    });
}

#[test]
fn a_copy_beside_a_program_that_takes_no_guards_has_no_torn_elements() {
    copies_whole_elements::<i64>(0, i64::MAX);
    copies_whole_elements::<u32>(0, u32::MAX);
    copies_whole_elements::<u16>(0, u16::MAX);
}
