//! Reductions have the bits of live NumPy's, on random arrays of any layout.

use std::any::type_name;
use std::fmt::Write as _;
use std::fs;

use multiproc_array::npy::Header;
use multiproc_array::reductions::{self, Fraction, Numeric, NumpyReduce, NumpyReduceAxis};
use multiproc_array::{Bool, Element};
use multiproc_testkit::{PATIENCE, unique_name, watchdog};
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, ShapeBuilder, Slice};
use num_complex::Complex;

use crate::numpy;

/// A linear congruential generator: the cases are the same in every run.
pub(crate) struct Random {
    state: u64,
    /// Whether some floats are no ordinary numbers.
    has_specials: bool,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random {
            state: seed,
            has_specials: false,
        }
    }

    fn bits(&mut self) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.state.rotate_left(32)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Numbers of many magnitudes, so that nearly every addition rounds.
    fn float(&mut self) -> f64 {
        if self.has_specials && self.below(40) == 0 {
            return [f64::NAN, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY][self.below(5)];
        }
        let fraction = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
        fraction * f64::from(1_u32 << self.below(24))
    }
}

pub(crate) trait Arbitrary: Numeric + Parts {
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
pub(crate) trait Hexadecimal {
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

/// Adler's checksum, which zlib has too.
pub(crate) struct Checksum {
    sum: u64,
    sums: u64,
}

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.sum += u64::from(byte);
            self.sums += self.sum;
        }
        self.sum %= 65_521;
        self.sums %= 65_521;
    }
}

/// A number whose bytes can be compared, if all NaNs are one, and so are the zeros.
pub(crate) trait Parts {
    fn add_to(&self, checksum: &mut Checksum);
}

macro_rules! parts {
    ($($number:ty)*) => {$(
        impl Parts for $number {
            fn add_to(&self, checksum: &mut Checksum) {
                if self == self {
                    checksum.add(&(*self + (0 as $number)).to_le_bytes());
                } else {
                    checksum.add(&[0xff; size_of::<$number>()]);
                }
            }
        }
    )*};
}

parts!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

impl Parts for Bool {
    fn add_to(&self, checksum: &mut Checksum) {
        checksum.add(&[u8::from(self.is_true())]);
    }
}

impl<T: Parts> Parts for Complex<T> {
    fn add_to(&self, checksum: &mut Checksum) {
        self.re.add_to(checksum);
        self.im.add_to(checksum);
    }
}

fn checksum<'a, T: Parts + 'a>(numbers: impl IntoIterator<Item = &'a T>) -> String {
    let mut checksum = Checksum { sum: 1, sums: 0 };
    for number in numbers {
        number.add_to(&mut checksum);
    }
    format!("{:08x}", checksum.sums << 16 | checksum.sum)
}

/// Checksums of what has many numbers, and of the extremes, of whose zeros the sign is open.
fn checksums<T: Arbitrary>(view: &ArrayViewD<'_, T>) -> Vec<String>
where
    T::Sum: Parts,
    T::Mean: Parts,
    <T::Mean as Fraction>::Real: Parts,
{
    let none = || "none".to_owned();
    let mut sums = vec![
        view.numpy_min().map_or_else(none, |min| checksum(&[min])),
        view.numpy_max().map_or_else(none, |max| checksum(&[max])),
        checksum(&view.numpy_cumsum()),
    ];
    for axis in (0..view.ndim()).map(Axis) {
        sums.extend([
            checksum(&view.numpy_sum_axis(axis)),
            checksum(&view.numpy_mean_axis(axis)),
            checksum(&view.numpy_var_axis(axis, 0)),
            checksum(&view.numpy_std_axis(axis, 1)),
            view.numpy_min_axis(axis)
                .map_or_else(none, |min| checksum(&min)),
            view.numpy_max_axis(axis)
                .map_or_else(none, |max| checksum(&max)),
            checksum(&view.numpy_cumsum_axis(axis)),
        ]);
    }
    sums
}

struct Case {
    elements: &'static str,
    npy: Vec<u8>,
    view: String,
    ours: String,
}

fn case<T: Arbitrary>(random: &mut Random, shape: &[usize], contiguous: bool) -> Case
where
    T::Sum: Hexadecimal + Parts,
    T::Mean: Hexadecimal + Parts,
    <T::Mean as Fraction>::Real: Hexadecimal + Parts,
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
            "{} {} {} {} {} {} {}",
            T::NAME,
            view.numpy_sum().hexadecimal(),
            view.numpy_mean().hexadecimal(),
            view.numpy_var(0).hexadecimal(),
            view.numpy_var(1).hexadecimal(),
            view.numpy_std(0).hexadecimal(),
            checksums(&view).join(" "),
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
    match random.below(30) {
        0 => vec![random.below(20)],
        1 => vec![near(random, 128)],
        2 => vec![random.below(5000)],
        3 => vec![near(random, 8192) * (1 + random.below(2))],
        4 => vec![1 + random.below(3), near(random, 8192), 1 + random.below(2)],
        5 => vec![1 + random.below(9), near(random, 2000), 1 + random.below(3)],
        6 => vec![near(random, 4096), 1 + random.below(4)],
        _ => {
            let n_axes = random.below(6);
            let longest = [1, 300, 50, 14, 8, 5][n_axes];
            (0..n_axes).map(|_| 1 + random.below(longest)).collect()
        }
    }
}

fn random_cases<T: Arbitrary>(n_cases: usize) -> impl Iterator<Item = Case>
where
    T::Sum: Hexadecimal + Parts,
    T::Mean: Hexadecimal + Parts,
    <T::Mean as Fraction>::Real: Hexadecimal + Parts,
{
    let seed = T::DESCR
        .bytes()
        .fold(0, |seed, byte| seed * 31 + u64::from(byte));
    let mut random = Random::new(seed);
    (0..n_cases).map(move |i| {
        let shape = shape(&mut random);
        random.has_specials = i % 6 < 2;
        case::<T>(&mut random, &shape, i % 2 == 0)
    })
}

#[test]
fn random_arrays_of_any_layout_reduce_to_numpys_bits() {
    let _watchdog = watchdog(5 * PATIENCE);
    let cases: Vec<Case> = random_cases::<Bool>(60)
        .chain(random_cases::<i8>(60))
        .chain(random_cases::<i16>(60))
        .chain(random_cases::<i32>(60))
        .chain(random_cases::<i64>(250))
        .chain(random_cases::<u8>(60))
        .chain(random_cases::<u16>(60))
        .chain(random_cases::<u32>(60))
        .chain(random_cases::<u64>(250))
        .chain(random_cases::<f32>(800))
        .chain(random_cases::<f64>(800))
        .chain(random_cases::<Complex<f32>>(250))
        .chain(random_cases::<Complex<f64>>(250))
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
