//! Reductions have the bits that NumPy 2.4.6 once printed, where there is no NumPy too.

use multiproc_array::Bool;
use multiproc_array::reductions::{self, Fraction, NumpyReduce};
use ndarray::{Array1, Array2, ArrayRef, Dimension, s};
use num_complex::Complex;

use crate::reductions::{Arbitrary, Hexadecimal};

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
