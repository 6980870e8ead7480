//! Structures, text and half floats: NumPy sees the same fields, in both directions.

use std::fs;

use half::f16;
use multiproc_array::{Bool, Element, FixedBytes, FixedText, Frozen, SharedArray, npy::Header};
use multiproc_segment::SegmentName;
use multiproc_testkit::{PATIENCE, unique_name, watchdog};
use ndarray::{Array1, Array2, Ix2, array};
use num_complex::Complex;

use crate::numpy;

#[derive(Clone, Copy, Debug, PartialEq, Element)]
#[repr(C)]
#[element(crate = multiproc_array)]
struct Point {
    x: f32,
    y: f32,
}

/// As NumPy lays it out with `align=True`.
#[derive(Clone, Copy, Debug, PartialEq, Element)]
#[repr(C)]
#[element(crate = multiproc_array)]
struct Aligned {
    kind: u8,
    is_alive: Bool,
    #[element(padding)]
    _to_four: [u8; 2],
    corners: [Point; 2],
    #[element(padding)]
    _to_eight: [u8; 4],
    matrix: [[f64; 3]; 2],
    #[element(name = "name of it")]
    name: FixedBytes<5>,
    #[element(padding)]
    _to_end: [u8; 3],
}

/// As NumPy lays it out by default.
#[derive(Clone, Copy, Element)]
#[repr(C, packed)]
#[element(crate = multiproc_array)]
struct Packed {
    kind: u8,
    weight: f64,
    spin: Complex<f32>,
    half: f16,
    title: FixedText<3>,
}

fn aligned(i: u8) -> Aligned {
    let point = |k: u8| Point {
        x: f32::from(i) + f32::from(k),
        y: -f32::from(k),
    };
    let row = |k: u8| [0.5, 1.5, 2.5].map(|x| x * f64::from(i) + f64::from(k));
    Aligned {
        kind: i,
        is_alive: Bool::from(i.is_multiple_of(2)),
        _to_four: [0; 2],
        corners: [point(1), point(2)],
        _to_eight: [0; 4],
        matrix: [row(0), row(10)],
        name: FixedBytes::new(format!("n{i}")).unwrap(),
        _to_end: [0; 3],
    }
}

fn packed(i: u8) -> Packed {
    Packed {
        kind: i,
        weight: f64::from(i) / 4.0,
        spin: Complex::new(f32::from(i), 0.25),
        half: f16::from_f32(f32::from(i) + 0.5),
        title: FixedText::new(["\u{e9}t\u{e9}", "\u{3b1}", ""][usize::from(i) % 3]).unwrap(),
    }
}

#[test]
fn a_structures_dtype_names_its_fields_and_padding() {
    assert_eq!(
        Aligned::DESCR,
        "[('kind', '|u1'), ('is_alive', '|b1'), ('', '|V2'), \
         ('corners', [('x', '<f4'), ('y', '<f4')], (2,)), ('', '|V4'), \
         ('matrix', '<f8', (2, 3)), ('name of it', '|S5'), ('', '|V3')]"
    );
    assert_eq!(
        Packed::DESCR,
        "[('kind', '|u1'), ('weight', '<f8'), ('spin', '<c8'), ('half', '<f2'), ('title', '<U3')]"
    );
    let other = SharedArray::<Aligned>::zeros(3).unwrap();
    let error = SharedArray::<Packed>::from_segment(other.segment().clone()).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(Packed::DESCR) && message.contains(Aligned::DESCR));
}

/// Python prints what it sees, writes each array backwards, and saves one of its own for us.
#[test]
fn numpy_reads_and_writes_the_fields_of_structures() {
    let _watchdog = watchdog(PATIENCE);
    let names = [(); 2].map(|()| SegmentName::new(unique_name("fields")).unwrap());
    let own = Array1::from_iter((0..7).map(aligned));
    let shared = SharedArray::create_from_array(&names[0], &own).unwrap();
    let square = Array2::from_shape_fn((2, 3), |(i, j)| packed((3 * i + j) as u8));
    let loose = SharedArray::create_from_array(&names[1], &square).unwrap();
    let saved = std::env::temp_dir().join(unique_name("fields") + ".npy");
    let args = [
        names[0].as_str(),
        names[1].as_str(),
        saved.to_str().unwrap(),
    ];
    let Some(seen) = numpy::run("structures.py", &args) else {
        return;
    };
    let expected = "\
        aligned 80 [0 1 2 3 4 5 6] [True, False, True, False, True, False, True] \
        [1.0, -1.0, 2.0, -2.0] [[1.5, 4.5, 7.5], [11.5, 14.5, 17.5]] [b'n0', b'n6']\n\
        packed 31 [[0.0, 0.25, 0.5], [0.75, 1.0, 1.25]] (5+0.25j) 1.5 ['\u{e9}t\u{e9}', '\u{3b1}', '']\n";
    assert_eq!(seen, expected);

    let mut backwards = own.to_vec();
    backwards.reverse();
    assert_eq!(shared.read().unwrap().to_vec(), backwards);
    let changed = loose.read_copy().unwrap();
    assert_eq!({ changed[[1, 2]].weight }, 100.0);
    assert_eq!({ changed[[0, 0]].title }.to_string(), "new");
    assert_eq!({ changed[[0, 1]].half }, f16::from_f32(-2.5));

    // What NumPy saved is the same dtype, and is saved to the same bytes.
    let loaded = SharedArray::<Packed, Ix2>::load(&saved).unwrap();
    assert_eq!({ loaded.read().unwrap()[[1, 1]].weight }, 2.5);
    let again = saved.with_extension("again");
    loaded.save(&again).unwrap();
    assert_eq!(fs::read(&again).unwrap(), fs::read(&saved).unwrap());
    fs::remove_file(again).unwrap();
    fs::remove_file(saved).unwrap();
}

#[test]
fn half_floats_and_text_are_elements() {
    let halves = [0.5, -2.0, 65504.0].map(f16::from_f64);
    let shared = SharedArray::from_array(&Array1::from_vec(halves.to_vec())).unwrap();
    assert_eq!(shared.handle().descr, "<f2");
    assert_eq!(shared.read().unwrap()[2], f16::MAX);

    let words = array![["caf\u{e9}", "a"], ["", "\u{1f980}"]];
    let words = words.map(|word| FixedText::<4>::new(word).unwrap());
    let frozen = Frozen::from_array(&words).unwrap();
    assert_eq!(frozen.handle().descr, "<U4");
    assert_eq!(frozen[[1, 1]].to_string(), "\u{1f980}");
    assert_eq!(format!("{:?}", frozen[[0, 0]]), "\"caf\u{e9}\"");

    let stored_by_others: FixedText<2> = bytemuck::cast([0xd800_u32, 0]);
    assert_eq!(stored_by_others.to_string(), "\u{fffd}");
    let bytes = FixedBytes::<4>::new([0, 1, 0]).unwrap();
    assert_eq!(bytes.as_bytes(), [0, 1]);
    assert_eq!(FixedBytes::<4>::new("abcde"), None);
}

#[test]
fn a_field_of_other_byte_order_is_told() {
    let header = Header {
        descr: "[('a', '<i4'), ('b', '>f8')]".to_owned(),
        fortran_order: false,
        shape: vec![0],
        data_offset: 0,
    };
    let path = std::env::temp_dir().join(unique_name("swapped") + ".npy");
    fs::write(&path, header.to_bytes().unwrap()).unwrap();
    let error = SharedArray::<Point>::load(&path).unwrap_err().to_string();
    fs::remove_file(path).unwrap();
    assert!(
        error.ends_with("is big-endian: save it with a.astype(a.dtype.newbyteorder('<')) in NumPy")
    );
}
