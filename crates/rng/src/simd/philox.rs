//! Sixteen blocks of [`Philox`](crate::Philox) at a time, in two groups of eight lanes.
//!
//! A product of 64-bit words is made of 52-bit multiply-adds: the word is cut at bit 52, as the
//! multiplier is.

use core::arch::x86_64::*;

use super::lanes::words;
use crate::philox::{BLOCK, MULTIPLIERS, ROUNDS, WEYL};

/// Blocks of a group.
const LANES: usize = 8;
/// Groups in flight: they hide each other's latency.
const GROUPS: usize = 2;
/// Words of a round of groups.
pub(super) const ROUND: usize = LANES * GROUPS * BLOCK;

const LOW_52: u64 = (1 << 52) - 1;

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word as i64)
}

/// The high and the low word of `x * multiplier`, in eight lanes.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn multiply(x: __m512i, multiplier: u64) -> (__m512i, __m512i) {
    let (low, high) = (_mm512_madd52lo_epu64, _mm512_madd52hi_epu64);
    let (m0, m1) = (splat(multiplier & LOW_52), splat(multiplier >> 52));
    let zero = _mm512_setzero_si512();
    let x1 = _mm512_srli_epi64::<52>(x);
    let l0 = low(zero, x, m0);
    let l1 = low(low(high(zero, x, m0), x, m1), x1, m0);
    let l2 = low(high(high(zero, x, m1), x1, m0), x1, m1);
    (
        _mm512_add_epi64(_mm512_srli_epi64::<12>(l1), _mm512_slli_epi64::<40>(l2)),
        _mm512_add_epi64(l0, _mm512_slli_epi64::<52>(l1)),
    )
}

/// The words of eight blocks, one word of all blocks after the other.
type Group = [__m512i; BLOCK];

/// The eight blocks of a group in the order of the stream: the transpose of `group`.
#[inline]
#[target_feature(enable = "avx512f")]
fn in_order(group: Group) -> [__m512i; BLOCK] {
    // In 128-bit lane i, the even ones have the first or last half of block 2i, the odd ones of
    // block 2i + 1.
    let even = [
        _mm512_unpacklo_epi64(group[0], group[1]),
        _mm512_unpacklo_epi64(group[2], group[3]),
    ];
    let odd = [
        _mm512_unpackhi_epi64(group[0], group[1]),
        _mm512_unpackhi_epi64(group[2], group[3]),
    ];
    core::array::from_fn(|i| {
        let first = 2 * i as i64;
        let (a, b) = (first, first + 1);
        let index = _mm512_setr_epi64(a, b, a + 8, b + 8, a, b, a + 8, b + 8);
        let low = _mm512_permutex2var_epi64(even[0], index, even[1]);
        let high = _mm512_permutex2var_epi64(odd[0], index, odd[1]);
        _mm512_mask_blend_epi64(0xf0, low, high)
    })
}

/// Fills whole rounds with `value` of each word, from the block after `counter` on, and returns
/// their length in words.
///
/// The low word of the counter does not wrap: the caller sees to that.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn fill<T>(
    counter: &[u64; BLOCK],
    key: [u64; 2],
    out: &mut [T],
    value: impl Fn(u64) -> T,
) -> usize {
    let (rounds, _) = out.as_chunks_mut::<ROUND>();
    let n = rounds.len() * ROUND;
    let lane = _mm512_setr_epi64(1, 2, 3, 4, 5, 6, 7, 8);
    let mut low = _mm512_add_epi64(splat(counter[0]), lane);
    for round in rounds {
        let mut groups: [Group; GROUPS] = core::array::from_fn(|_| {
            let group = [low, splat(counter[1]), splat(counter[2]), splat(counter[3])];
            low = _mm512_add_epi64(low, splat(LANES as u64));
            group
        });
        let mut key = key;
        for _ in 0..ROUNDS {
            for group in &mut groups {
                let (a_high, a_low) = multiply(group[0], MULTIPLIERS[0]);
                let (b_high, b_low) = multiply(group[2], MULTIPLIERS[1]);
                *group = [
                    _mm512_xor_si512(_mm512_xor_si512(b_high, group[1]), splat(key[0])),
                    b_low,
                    _mm512_xor_si512(_mm512_xor_si512(a_high, group[3]), splat(key[1])),
                    a_low,
                ];
            }
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        let vectors = groups.into_iter().flat_map(|group| in_order(group));
        for (slots, vector) in round.as_chunks_mut::<8>().0.iter_mut().zip(vectors) {
            *slots = words(vector).map(&value);
        }
    }
    n
}
