//! Points of the polar method, and normals from them, eight at a time.
//!
//! The logarithm of a squared radius has to be the one that libm returns. Here it is computed to
//! some 60 bits, as a double and what is missing: where that lies well within half a unit of the
//! last place, every libm whose logarithm errs by little more than half a unit rounds it to the
//! same double. The one in sixteen that lies closer to the middle is left to libm itself.

use core::arch::x86_64::*;

use super::lanes::{doubles_array, load_doubles};
use crate::legacy::Points;

/// How far from the exact logarithm, in units of the last place, its double may be to be certain:
/// glibc's errs by less than 0.52 units, and the sum here by less than 0.01.
const CERTAIN: f64 = 0.47;

/// Factors that take a number of [3/4, 3/2) close to 1, by the upper four bits of its mantissa; and
/// minus their logarithms, to a multiple of 2⁻⁴² and the rest. Just below 1, where the logarithm
/// vanishes, the factor is 1.
const FACTORS: [f64; 16] = [
    0.96875,
    0.9140625,
    0.865234375,
    0.8203125,
    0.78125,
    0.744140625,
    0.7109375,
    0.681640625,
    1.306640625,
    1.255859375,
    1.20703125,
    1.1640625,
    1.123046875,
    1.083984375,
    1.048828125,
    1.0,
];
const LOGS_HIGH: [f64; 16] = [
    0.03174869831468641,
    0.08985632912185793,
    0.14475485499428942,
    0.19806991376208316,
    0.2468600779316148,
    0.29552524991277096,
    0.3411707574027787,
    0.383252702837126,
    -0.26745943508876735,
    -0.22782009919819757,
    -0.18816383241824042,
    -0.15191604202573217,
    -0.11604541575775329,
    -0.08064348870698268,
    -0.04767346946937323,
    0.0,
];
const LOGS_LOW: [f64; 16] = [
    -1.0610652735224087e-13,
    3.1218748807418837e-15,
    8.272973285564614e-14,
    1.0634128304268335e-14,
    -8.899851356560444e-14,
    3.586053092023274e-14,
    -1.156568624616423e-14,
    -4.5358739633308435e-14,
    4.6684676570510833e-14,
    8.596509314011835e-14,
    5.743078393200756e-14,
    -1.0980754099855238e-13,
    -8.936559926276793e-14,
    5.595440532347099e-14,
    1.6328004423783634e-14,
    0.0,
];
const LN_2_HIGH: f64 = 0.6931471805598903;
const LN_2_LOW: f64 = 5.497923018708371e-14;

/// Turns attempts, pairs of uniforms, into the points that lie inside of the unit circle, while
/// eight have room in `points`; returns how many attempts were looked at, and how many points made.
#[target_feature(enable = "avx512f,popcnt")]
pub(super) fn keep_points(uniforms: &[f64], points: &mut Points) -> (usize, usize) {
    let (mut n_seen, mut n_kept) = (0, 0);
    let one = _mm512_set1_pd(1.0);
    let centred = |u| _mm512_sub_pd(_mm512_add_pd(u, u), one);
    for group in uniforms.as_chunks::<16>().0 {
        let (Some(x1), Some(x2), Some(r2)) = (
            points.x1[n_kept..].first_chunk_mut(),
            points.x2[n_kept..].first_chunk_mut(),
            points.r2[n_kept..].first_chunk_mut(),
        ) else {
            break;
        };
        let [low, high] =
            [&group.as_chunks().0[0], &group.as_chunks().0[1]].map(|half| load_doubles(half));
        let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
        let odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
        let a = centred(_mm512_permutex2var_pd(low, even, high));
        let b = centred(_mm512_permutex2var_pd(low, odd, high));
        let square = _mm512_add_pd(_mm512_mul_pd(a, a), _mm512_mul_pd(b, b));
        let is_inside = _mm512_cmp_pd_mask::<_CMP_LT_OQ>(square, one)
            & _mm512_cmp_pd_mask::<_CMP_NEQ_OQ>(square, _mm512_setzero_pd());
        *x1 = doubles_array(_mm512_maskz_compress_pd(is_inside, a));
        *x2 = doubles_array(_mm512_maskz_compress_pd(is_inside, b));
        *r2 = doubles_array(_mm512_maskz_compress_pd(is_inside, square));
        n_kept += is_inside.count_ones() as usize;
        n_seen += 8;
    }
    (n_seen, n_kept)
}

/// Makes the pairs of normals of the first points, group by group of eight, and sets a bit for each
/// that is certain; returns how many pairs that are.
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn pairs(points: &Points, pairs: &mut [[f64; 2]], is_certain: &mut [u8]) -> usize {
    let (groups, _) = pairs.as_chunks_mut::<8>();
    let places = points.x1.as_chunks().0.iter().zip(points.x2.as_chunks().0);
    let places = places.zip(points.r2.as_chunks().0);
    let mut n = 0;
    for ((group, is_certain), ((x1, x2), r2)) in groups.iter_mut().zip(is_certain).zip(places) {
        let r2 = load_doubles(r2);
        let (log, mask) = log(r2);
        *is_certain = mask;
        let f = _mm512_div_pd(_mm512_mul_pd(_mm512_set1_pd(-2.0), log), r2);
        let f = _mm512_sqrt_pd(f);
        let first = _mm512_mul_pd(f, load_doubles(x2));
        let second = _mm512_mul_pd(f, load_doubles(x1));
        let low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
        let high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
        let halves = group.as_flattened_mut().as_chunks_mut().0;
        halves[0] = doubles_array(_mm512_permutex2var_pd(first, low, second));
        halves[1] = doubles_array(_mm512_permutex2var_pd(first, high, second));
        n += 8;
    }
    n
}

/// The logarithms of eight numbers of (2⁻¹²⁷, 1), and a bit for each that is certain.
///
/// With x = 2ᵏ·m and a factor c, it is k·ln 2 − ln c + ln(1 + r), where r = c·m − 1. What is large
/// is added without error: what a sum loses goes into the rest.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn log(x: __m512d) -> (__m512d, __mmask8) {
    let splat = |value: f64| _mm512_set1_pd(value);
    let bits = _mm512_castpd_si512(x);
    let entry = |table: &[f64; 16]| {
        let [low, high] = [&table.as_chunks().0[0], &table.as_chunks().0[1]];
        let index = _mm512_srli_epi64::<48>(bits);
        _mm512_permutex2var_pd(load_doubles(low), index, load_doubles(high))
    };
    let m = _mm512_getmant_pd::<_MM_MANT_NORM_P75_1P5, _MM_MANT_SIGN_SRC>(x);
    let exponent = _mm512_getexp_pd(x);
    let is_below_one = _mm512_test_epi64_mask(bits, _mm512_set1_epi64(1 << 51));
    let k = _mm512_mask_add_pd(exponent, is_below_one, exponent, splat(1.0));

    let factor = entry(&FACTORS);
    let product = _mm512_mul_pd(m, factor);
    let r_low = _mm512_fmsub_pd(m, factor, product);
    let r = _mm512_sub_pd(product, splat(1.0));
    let base = _mm512_fmadd_pd(k, splat(LN_2_HIGH), entry(&LOGS_HIGH));
    let base_low = _mm512_fmadd_pd(k, splat(LN_2_LOW), entry(&LOGS_LOW));

    let (sum, lost) = add(base, r);
    let half = _mm512_mul_pd(r, splat(-0.5));
    let square = _mm512_mul_pd(r, half);
    let square_low = _mm512_fmsub_pd(r, half, square);
    let (sum, lost_too) = add(sum, square);
    let mut series = splat(-1.0 / 12.0);
    for term in [11.0, -10.0, 9.0, -8.0, 7.0, -6.0, 5.0, -4.0, 3.0] {
        series = _mm512_fmadd_pd(series, r, splat(1.0 / term));
    }
    let cube = _mm512_mul_pd(_mm512_mul_pd(r, r), r);
    let rest = _mm512_add_pd(_mm512_add_pd(lost, lost_too), square_low);
    let rest = _mm512_add_pd(rest, _mm512_fnmadd_pd(r_low, r, r_low));
    let rest = _mm512_fmadd_pd(series, cube, _mm512_add_pd(rest, base_low));

    let (log, missing) = add(sum, rest);
    let log_bits = _mm512_castpd_si512(log);
    let power = _mm512_and_si512(log_bits, _mm512_set1_epi64(0x7ff << 52));
    let unit = _mm512_mul_pd(_mm512_castsi512_pd(power), splat(CERTAIN * f64::EPSILON));
    let is_certain = _mm512_cmp_pd_mask::<_CMP_LT_OQ>(_mm512_abs_pd(missing), unit);
    // Below a power of two the units are half as large.
    let is_no_power = _mm512_test_epi64_mask(log_bits, _mm512_set1_epi64((1 << 52) - 1));
    (log, is_certain & is_no_power)
}

/// The sum of a number and a smaller one, or of zero and a number, and what it loses.
#[inline]
#[target_feature(enable = "avx512f")]
fn add(large: __m512d, small: __m512d) -> (__m512d, __m512d) {
    let sum = _mm512_add_pd(large, small);
    (sum, _mm512_sub_pd(small, _mm512_sub_pd(sum, large)))
}
