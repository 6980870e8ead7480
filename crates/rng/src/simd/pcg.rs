//! Sixteen lanes of a [`Pcg`] that leapfrog each other, in two vectors.
//!
//! A 128-bit state is held in limbs of 52, 52 and 24 bits, which the 52-bit multiply-add of AVX-512
//! IFMA takes. Bits above a limb's width may be dirty: the instruction reads the low 52 of a factor
//! alone, and the output shifts the rest away.

use core::arch::x86_64::*;

use super::lanes::{load, words};
use crate::pcg64::{Pcg, Permutation, steps};

type Limbs = [__m512i; 3];

/// The limbs of eight numbers, before they are in vectors.
type LimbArrays = [[u64; 8]; 3];

/// Vectors in flight: two saturate the multipliers.
const VECTORS: usize = 2;

/// Lanes, and words of a round.
pub(super) const ROUND: usize = 8 * VECTORS;

const LOW_52: u64 = (1 << 52) - 1;

/// For each lane, what takes the state before a fill to the state whose output is its first word:
/// the factor of the state, and the factor of the increment.
struct Starts([(LimbArrays, LimbArrays); VECTORS]);

impl Starts {
    const fn new(multiplier: u128, output_step: u128) -> Starts {
        let mut starts = [([[0; 8]; 3], [[0; 8]; 3]); VECTORS];
        let mut lane = 0;
        while lane < ROUND {
            let (factor, sum) = steps(multiplier, lane as u128 + output_step);
            let start = &mut starts[lane / 8];
            put(&mut start.0, lane % 8, factor);
            put(&mut start.1, lane % 8, sum);
            lane += 1;
        }
        Starts(starts)
    }
}

const fn put(limbs: &mut LimbArrays, lane: usize, number: u128) {
    limbs[0][lane] = number as u64 & LOW_52;
    limbs[1][lane] = (number >> 52) as u64 & LOW_52;
    limbs[2][lane] = (number >> 104) as u64;
}

#[inline]
#[target_feature(enable = "avx512f")]
fn vectors(limbs: &LimbArrays) -> Limbs {
    [load(&limbs[0]), load(&limbs[1]), load(&limbs[2])]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(number: u128) -> Limbs {
    [
        _mm512_set1_epi64((number as u64 & LOW_52) as i64),
        _mm512_set1_epi64(((number >> 52) as u64 & LOW_52) as i64),
        _mm512_set1_epi64((number >> 104) as i64),
    ]
}

/// The number in the first lane.
#[inline]
#[target_feature(enable = "avx512f")]
fn first(limbs: Limbs) -> u128 {
    let [low, middle, high] = limbs.map(|limb| u128::from(words(limb)[0]));
    let low_52 = u128::from(LOW_52);
    low & low_52 | (middle & low_52) << 52 | high << 104
}

/// `s * m + c` modulo 2¹²⁸, in eight lanes; `c` must be clean.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn multiply_add(s: Limbs, m: Limbs, c: Limbs) -> Limbs {
    let (low, high) = (_mm512_madd52lo_epu64, _mm512_madd52hi_epu64);
    let l0 = low(c[0], s[0], m[0]);
    let l1 = low(low(high(c[1], s[0], m[0]), s[0], m[1]), s[1], m[0]);
    let l2 = high(high(c[2], s[0], m[1]), s[1], m[0]);
    let l2 = low(low(low(l2, s[0], m[2]), s[1], m[1]), s[2], m[0]);
    let l1 = _mm512_add_epi64(l1, _mm512_srli_epi64::<52>(l0));
    [l0, l1, _mm512_add_epi64(l2, _mm512_srli_epi64::<52>(l1))]
}

/// The outputs of eight states.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vbmi2")]
fn output<P: Permutation>(s: Limbs) -> __m512i {
    let low = _mm512_shrdi_epi64::<12>(_mm512_slli_epi64::<12>(s[0]), s[1]);
    let high = _mm512_shrdi_epi64::<24>(_mm512_slli_epi64::<12>(s[1]), s[2]);
    if P::OUTPUT_STEP == 1 {
        let rotation = _mm512_srli_epi64::<58>(high);
        return _mm512_rorv_epi64(_mm512_xor_si512(low, high), rotation);
    }
    let high = _mm512_xor_si512(high, _mm512_srli_epi64::<32>(high));
    let high = _mm512_mullo_epi64(high, _mm512_set1_epi64(P::MULTIPLIER as i64));
    let high = _mm512_xor_si512(high, _mm512_srli_epi64::<48>(high));
    _mm512_mullo_epi64(high, _mm512_or_si512(low, _mm512_set1_epi64(1)))
}

/// Fills whole rounds with `value` of each word and returns their length; `bits` goes on after them.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
pub(super) fn fill<P: Permutation, T>(
    bits: &mut Pcg<P>,
    out: &mut [T],
    value: impl Fn(u64) -> T,
) -> usize {
    let (rounds, _) = out.as_chunks_mut::<ROUND>();
    let n = rounds.len() * ROUND;
    let (factor, sum) = const { steps(P::MULTIPLIER, ROUND as u128) };
    let multiplier = splat(factor);
    let increment = splat(bits.increment.wrapping_mul(sum));
    let (state, step) = (splat(bits.state), splat(bits.increment));
    let Starts(starts) = const { &Starts::new(P::MULTIPLIER, P::OUTPUT_STEP) };
    let mut lanes = starts.each_ref().map(|(factor, sum)| {
        let low_52 = _mm512_set1_epi64(LOW_52 as i64);
        let clean = |limb| _mm512_and_si512(limb, low_52);
        let moved = multiply_add(state, vectors(factor), [_mm512_setzero_si512(); 3]);
        multiply_add(step, vectors(sum), moved.map(clean))
    });
    for round in rounds {
        for (eight, lane) in round.as_chunks_mut::<8>().0.iter_mut().zip(&mut lanes) {
            *eight = words(output::<P>(*lane)).map(&value);
            *lane = multiply_add(*lane, multiplier, increment);
        }
    }
    bits.go_on_with(first(lanes[0]));
    n
}
