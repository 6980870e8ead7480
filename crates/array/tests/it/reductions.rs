//! Reductions have NumPy's bits: literal cases, and thousands of random arrays against live NumPy.

use std::any::type_name;
use std::fmt::Write as _;
use std::fs;

use multiproc_array::npy::Header;
use multiproc_array::reductions::{self, Fraction, Numeric, NumpyReduce};
use multiproc_array::{Bool, Element};
use multiproc_testkit::{PATIENCE, unique_name, watchdog};
use ndarray::{
    Array1, Array2, ArrayD, ArrayRef, ArrayViewD, Dimension, IxDyn, ShapeBuilder, Slice, s,
};
use num_complex::Complex;

use crate::numpy;

/// A linear congruential generator: the cases are the same in every run.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0.rotate_left(32)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Numbers of many magnitudes, so that nearly every addition rounds.
    fn float(&mut self) -> f64 {
        let fraction = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
        fraction * f64::from(1_u32 << self.below(24))
    }
}

trait Arbitrary: Numeric {
    const NAME: &'static str;
    fn arbitrary(random: &mut Random) -> Self;
}

macro_rules! arbitrary {
    ($($number:ty: $name:literal, $random:ident => $value:expr;)*) => {$(
        impl Arbitrary for $number {
            const NAME: &'static str = $name;
            fn arbitrary($random: &mut Random) -> $number {
                $value
            }
        }
    )*};
}

arbitrary! {
    Bool: "int64", random => Bool::from(random.below(3) == 0);
    i8: "int64", random => random.bits() as i8;
    i16: "int64", random => random.bits() as i16;
    i32: "int64", random => random.bits() as i32;
    i64: "int64", random => random.bits() as i64;
    u8: "uint64", random => random.bits() as u8;
    u16: "uint64", random => random.bits() as u16;
    u32: "uint64", random => random.bits() as u32;
    u64: "uint64", random => random.bits();
    f32: "float32", random => random.float() as f32;
    f64: "float64", random => random.float();
    Complex<f32>: "complex64", random => Complex::new(random.float() as f32, random.float() as f32);
    Complex<f64>: "complex128", random => Complex::new(random.float(), random.float());
}

/// The bytes in hexadecimal, or `nan`, of which there are many.
trait Hexadecimal {
    fn hexadecimal(&self) -> String;
}

macro_rules! hexadecimal {
    ($($number:ty)*) => {$(
        impl Hexadecimal for $number {
            fn hexadecimal(&self) -> String {
                if self != self {
                    return "nan".to_owned();
                }
                self.to_le_bytes().iter().fold(String::new(), |mut text, byte| {
                    write!(text, "{byte:02x}").unwrap();
                    text
                })
            }
        }
    )*};
}

hexadecimal!(i64 u64 f32 f64);

impl<T: Hexadecimal> Hexadecimal for Complex<T> {
    fn hexadecimal(&self) -> String {
        format!("{}+{}", self.re.hexadecimal(), self.im.hexadecimal())
    }
}

struct Case {
    elements: &'static str,
    npy: Vec<u8>,
    view: String,
    ours: String,
}

fn case<T: Arbitrary>(random: &mut Random, shape: &[usize], contiguous: bool) -> Case
where
    T::Sum: Hexadecimal,
    T::Mean: Hexadecimal,
    <T::Mean as Fraction>::Real: Hexadecimal,
{
    let fortran_order = random.below(3) == 0;
    let len = shape.iter().product();
    let elements: Vec<T> = (0..len).map(|_| T::arbitrary(random)).collect();
    let mut npy = header_of::<T>(shape, fortran_order);
    npy.extend(bytemuck::cast_slice::<T, u8>(&elements));

    let order = IxDyn(shape).set_f(fortran_order);
    let array = ArrayD::from_shape_vec(order, elements.clone()).unwrap();
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    let mut slices = vec![(0, 0, 1); shape.len()];
    for (slice, &len) in slices.iter_mut().zip(shape) {
        *slice = if contiguous {
            (0, len, 1)
        } else {
            let start = random.below(len.min(3) + 1);
            let end = start + random.below(len - start + 1);
            let end = if random.below(3) > 0 { len } else { end };
            (start, end, [1, 1, 1, -1, 2, 3, -2][random.below(7)])
        };
    }
    for i in (1..axes.len()).rev().filter(|_| !contiguous) {
        axes.swap(i, random.below(i + 1));
    }
    let sliced = array.slice_each_axis(|axis| {
        let (start, end, step) = slices[axis.axis.index()];
        Slice::new(start as isize, Some(end as isize), step)
    });
    let view = sliced.permuted_axes(axes.clone());
    if shape.len() == 1 && contiguous {
        assert_slices_agree(&elements, &view);
    }
    Case {
        elements: type_name::<T>(),
        npy,
        view: format!(
            "{{\"slices\": {:?}, \"axes\": {axes:?}}}\n",
            slices
                .iter()
                .map(|&(start, end, step)| [start as isize, end as isize, step])
                .collect::<Vec<_>>()
        ),
        ours: format!(
            "{} {} {} {} {} {}",
            T::NAME,
            view.numpy_sum().hexadecimal(),
            view.numpy_mean().hexadecimal(),
            view.numpy_var(0).hexadecimal(),
            view.numpy_var(1).hexadecimal(),
            view.numpy_std(0).hexadecimal(),
        ),
    }
}

fn header_of<T: Element>(shape: &[usize], fortran_order: bool) -> Vec<u8> {
    let header = Header {
        descr: T::DESCR.to_owned(),
        fortran_order,
        shape: shape.to_vec(),
        data_offset: 0,
    };
    header.to_bytes().unwrap()
}

/// The functions on slices, and those on numbers that are nowhere in a row, give the arrays' bits.
fn assert_slices_agree<T: Arbitrary>(elements: &[T], view: &ArrayViewD<'_, T>)
where
    T::Sum: Hexadecimal,
    T::Mean: Hexadecimal,
    <T::Mean as Fraction>::Real: Hexadecimal,
{
    let sum = view.numpy_sum().hexadecimal();
    assert_eq!(reductions::sum(elements).hexadecimal(), sum);
    assert_eq!(
        reductions::sum_of(elements.len(), |i| elements[i]).hexadecimal(),
        sum
    );
    let mean = view.numpy_mean().hexadecimal();
    assert_eq!(reductions::mean(elements).hexadecimal(), mean);
    let indices: Vec<i64> = (0..elements.len() as i64).collect();
    let indexed = reductions::mean_indexed(elements, &indices).unwrap();
    assert_eq!(indexed.hexadecimal(), mean);
    assert_eq!(
        reductions::var(elements, 1).hexadecimal(),
        view.numpy_var(1).hexadecimal()
    );
    assert_eq!(
        reductions::std(elements, 0).hexadecimal(),
        view.numpy_std(0).hexadecimal()
    );
}

/// Lengths on both sides of every length at which NumPy changes its ways.
fn shape(random: &mut Random) -> Vec<usize> {
    let near = |random: &mut Random, len: usize| len + random.below(20) - 10;
    match random.below(14) {
        0 => vec![random.below(20)],
        1 => vec![near(random, 128)],
        2 => vec![random.below(5000)],
        3 => vec![near(random, 8192) * (1 + random.below(2))],
        4 => vec![1 + random.below(3), near(random, 8192), 1 + random.below(2)],
        5 => vec![1 + random.below(9), near(random, 2000), 1 + random.below(3)],
        6 => vec![near(random, 4096), 1 + random.below(4)],
        _ => {
            let longest = [1, 40, 30, 12, 8, 5][random.below(6)];
            (0..random.below(6))
                .map(|_| 1 + random.below(longest))
                .collect()
        }
    }
}

fn random_cases<T: Arbitrary>(n_cases: usize) -> impl Iterator<Item = Case>
where
    T::Sum: Hexadecimal,
    T::Mean: Hexadecimal,
    <T::Mean as Fraction>::Real: Hexadecimal,
{
    let seed = T::DESCR
        .bytes()
        .fold(0, |seed, byte| seed * 31 + u64::from(byte));
    let mut random = Random(seed);
    (0..n_cases).map(move |i| {
        let shape = shape(&mut random);
        case::<T>(&mut random, &shape, i % 2 == 0)
    })
}

/// `(numpy.arange(n, dtype="u8") * 2654435761) % 2**32`
fn scattered(n: u64) -> impl Iterator<Item = u64> {
    (0..n).map(|i| i * 2_654_435_761 % (1 << 32))
}

/// `1 / (1 + scattered(n).astype("f8") % 1009)`
fn inverses(n: u64) -> Vec<f64> {
    scattered(n)
        .map(|i| 1.0 / (1.0 + (i as f64) % 1009.0))
        .collect()
}

/// `(scattered(n) << 20).astype("i8")`, whose sums are beyond what an `f64` holds exactly.
fn wide(n: u64) -> Vec<i64> {
    scattered(n).map(|i| (i << 20) as i64).collect()
}

/// Sum, mean, variance, and sample deviation.
fn bits<T: Arbitrary, D: Dimension>(array: &ArrayRef<T, D>) -> [String; 4]
where
    T::Sum: Hexadecimal,
    T::Mean: Hexadecimal,
    <T::Mean as Fraction>::Real: Hexadecimal,
{
    [
        array.numpy_sum().hexadecimal(),
        array.numpy_mean().hexadecimal(),
        array.numpy_var(0).hexadecimal(),
        array.numpy_std(1).hexadecimal(),
    ]
}

/// Every expected value was printed by NumPy 2.4.6.
#[test]
fn reductions_have_the_bits_that_numpy_printed() {
    let cases = [
        (0, ["0000000000000000", "nan", "nan", "nan"]),
        (
            1,
            [
                "000000000000f03f",
                "000000000000f03f",
                "0000000000000000",
                "nan",
            ],
        ),
        (
            7,
            [
                "8e15838bc72bf03f",
                "c761ba312d7bc23f",
                "e063da7b443cbf3f",
                "9211df7c8b25d83f",
            ],
        ),
        (
            8,
            [
                "271bf6ddd92ff03f",
                "271bf6ddd92fc03f",
                "53b212f71ce8bb3f",
                "c05ac27df596d63f",
            ],
        ),
        (
            127,
            [
                "9f914b6dfe250140",
                "545a648c8f48913f",
                "51fb8969d7f3813f",
                "e1353f893010b83f",
            ],
        ),
        (
            128,
            [
                "21c4bc127a290140",
                "21c4bc127a29913f",
                "e436ed64dfd0813f",
                "789d67cf84f8b73f",
            ],
        ),
        (
            129,
            [
                "154521b0a5380140",
                "1bfda3be7816913f",
                "a029d4a8dead813f",
                "7f23813dbde0b73f",
            ],
        ),
        (
            1000,
            [
                "5558e03871701f40",
                "f020fe6ccd18803f",
                "0305f005a1f2623f",
                "86c5baf8d4a2a83f",
            ],
        ),
        (
            20000,
            [
                "3e0f5dbd30de6240",
                "8485e7afc8e97e3f",
                "7939a2b44a215b3f",
                "31b78cc4cad5a43f",
            ],
        ),
    ];
    for (len, expected) in cases {
        assert_eq!(bits(&Array1::from_vec(inverses(len))), expected, "{len}");
    }

    let singles: Vec<f32> = inverses(20_000).iter().map(|&x| x as f32).collect();
    assert_eq!(
        bits(&Array1::from_vec(singles)),
        ["86f11643", "464ef73b", "560ad93a", "56ae263d"]
    );
    assert_eq!(
        bits(&Array1::from_vec(wide(20_000))),
        [
            "000000ff183bf070",
            "2f6e834f31ff1f43",
            "0eb5c40fc4553546",
            "092a597df5791243"
        ]
    );
    let thirds: Vec<Bool> = scattered(20_000).map(|i| (i % 3 == 0).into()).collect();
    assert_eq!(
        bits(&Array1::from_vec(thirds)),
        [
            "091a000000000000",
            "8716d9cef753d53f",
            "e6323509de70cc3f",
            "3e3d87af332bde3f"
        ]
    );

    let rows = Array2::from_shape_vec((20, 3000), inverses(60_000)).unwrap();
    assert_eq!(
        bits(&rows.slice(s![..;-2, 1..;3]).t()),
        [
            "8b6c4f905de75140",
            "188167d162557d3f",
            "f1ab8be6e867563f",
            "c4c5c73755efa23f"
        ]
    );
    let rows = Array2::from_shape_vec((20, 3000), wide(60_000)).unwrap();
    assert_eq!(
        bits(&rows.slice(s![..;-2, 1..;3]).t()),
        [
            "000080fbfb9b8a38",
            "6f12f30e8b002043",
            "14b7f9556f553546",
            "74346513ef791243"
        ]
    );
    let short_rows = Array2::from_shape_vec((600, 100), inverses(60_000)).unwrap();
    assert_eq!(
        bits(&short_rows.slice(s![..;2, 1..71])),
        [
            "a9fca627d6f66140",
            "2b9591dbef077c3f",
            "d432acc3f47a503f",
            "017aaf591f3da03f"
        ]
    );

    let (re, im) = (inverses(1001), inverses(2002));
    let complex = re
        .iter()
        .zip(&im[1001..])
        .map(|(&re, &im)| Complex::new(re, im));
    let complex: Vec<Complex<f64>> = complex.collect();
    let singles = complex
        .iter()
        .map(|z| Complex::new(z.re as f32, z.im as f32));
    assert_eq!(
        bits(&singles.collect::<Array1<_>>()),
        [
            "0c42fc40+81cd0f41",
            "ee06013c+5e1b133c",
            "9ec6a73b",
            "299e923d"
        ]
    );
    assert_eq!(
        bits(&Array1::from_vec(complex)),
        [
            "5cd5219841881f40+80b44524b0f92140",
            "0ed94ac7dd20803f+dfd832d06b63823f",
            "635e11bad3f8743f",
            "517cfe22c553b23f"
        ]
    );
}

#[test]
fn a_resample_has_the_mean_that_numpy_printed() {
    let drawn: Vec<i64> = scattered(20_000)
        .map(|i| (i % 5000) as i64 - 2500)
        .collect();
    let mean = reductions::mean_indexed(&inverses(5000), &drawn).unwrap();
    assert_eq!(mean.to_bits(), 0x3f80_36ab_a109_435f);
    let mean = reductions::mean_indexed(&wide(5000), &drawn).unwrap();
    assert_eq!(mean.to_bits(), 0x4320_00e5_c584_f0d8);
}

#[test]
fn an_index_out_of_bounds_is_named() {
    for (indices, position, index) in [
        (&[0, 2, 3, 4][..], 2, 3),
        (&[-3, -4], 1, -4),
        (&[i64::MIN], 0, i64::MIN),
        (&[i64::MAX], 0, i64::MAX),
    ] {
        let error = reductions::mean_indexed(&[1.0, 2.0, 3.0], indices).unwrap_err();
        assert_eq!(
            (error.position, error.index, error.len),
            (position, index, 3)
        );
    }
    assert!(reductions::mean_indexed::<f64>(&[], &[]).unwrap().is_nan());
}

#[test]
fn random_arrays_of_any_layout_reduce_to_numpys_bits() {
    let _watchdog = watchdog(5 * PATIENCE);
    let cases: Vec<Case> = random_cases::<Bool>(60)
        .chain(random_cases::<i8>(60))
        .chain(random_cases::<i16>(60))
        .chain(random_cases::<i32>(60))
        .chain(random_cases::<i64>(200))
        .chain(random_cases::<u8>(60))
        .chain(random_cases::<u16>(60))
        .chain(random_cases::<u32>(60))
        .chain(random_cases::<u64>(200))
        .chain(random_cases::<f32>(500))
        .chain(random_cases::<f64>(500))
        .chain(random_cases::<Complex<f32>>(200))
        .chain(random_cases::<Complex<f64>>(200))
        .collect();
    let arrays: Vec<&[u8]> = cases.iter().map(|case| &*case.npy).collect();
    let views: String = cases.iter().map(|case| &*case.view).collect();
    let path = |prefix| std::env::temp_dir().join(unique_name(prefix));
    let (arrays_path, views_path) = (path("arrays"), path("views"));
    fs::write(&arrays_path, arrays.concat()).unwrap();
    fs::write(&views_path, views).unwrap();
    let args = [arrays_path.to_str().unwrap(), views_path.to_str().unwrap()];
    let output = numpy::run("reductions.py", &args);
    fs::remove_file(&arrays_path).unwrap();
    fs::remove_file(&views_path).unwrap();
    let Some(output) = output else { return };
    assert_eq!(output.lines().count(), cases.len());
    for (case, numpys) in cases.iter().zip(output.lines()) {
        assert_eq!(case.ours, numpys, "{} {}", case.elements, case.view);
    }
}
