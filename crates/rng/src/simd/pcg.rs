//! Sixteen lanes of a [`Pcg`] that leapfrog each other, in two vectors.
//!
//! A 128-bit state is held in limbs of 52, 52 and 24 bits, which the 52-bit multiply-add of AVX-512
//! IFMA takes. Bits above a limb's width may be dirty: the instruction reads the low 52 alone, and
//! the output shifts the rest away.

use core::arch::x86_64::*;

use super::lanes::{load, words};
use crate::pcg64::{Pcg, Permutation, steps};

type Limbs = [__m512i; 3];

/// Vectors in flight: two saturate the multipliers.
const VECTORS: usize = 2;

/// Lanes, and words of a round.
pub(super) const ROUND: usize = 8 * VECTORS;

const LOW_52: u64 = (1 << 52) - 1;

#[inline]
#[target_feature(enable = "avx512f")]
fn split(states: [u128; 8]) -> Limbs {
    [
        load(&states.map(|state| state as u64 & LOW_52)),
        load(&states.map(|state| (state >> 52) as u64 & LOW_52)),
        load(&states.map(|state| (state >> 104) as u64)),
    ]
}

/// `s * m + c` modulo 2¹²⁸, in eight lanes.
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
#[target_feature(enable = "avx512f,avx512dq,avx512ifma,avx512vbmi2")]
pub(super) fn fill<P: Permutation, T>(
    bits: &mut Pcg<P>,
    out: &mut [T],
    value: impl Fn(u64) -> T,
) -> usize {
    let (rounds, _) = out.as_chunks_mut::<ROUND>();
    let n = rounds.len() * ROUND;
    let (factor, sum) = const { steps(P::MULTIPLIER, ROUND as u128) };
    let multiplier = split([factor; 8]);
    let increment = split([bits.increment.wrapping_mul(sum); 8]);
    let mut starts = bits.lane_starts::<ROUND>().into_iter();
    let mut lanes: [Limbs; VECTORS] = core::array::from_fn(|_| {
        split(core::array::from_fn(|_| starts.next().unwrap_or_default()))
    });
    for round in rounds {
        for (eight, lane) in round.as_chunks_mut::<8>().0.iter_mut().zip(&mut lanes) {
            *eight = words(output::<P>(*lane)).map(&value);
            *lane = multiply_add(*lane, multiplier, increment);
        }
    }
    bits.skip(n as u128);
    n
}
