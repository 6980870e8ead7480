//! Doubles written past the caches: what is far larger than they are would only be read in, to be
//! overwritten, and push all else out.
#![expect(unsafe_code, reason = "streaming stores go through pointers")]

use core::arch::x86_64::*;

use super::lanes::load_doubles;

/// Doubles that are made in the cache before they are written.
const PART: usize = 4096;

/// Orders the streaming stores before all that this thread does after it is dropped.
struct Fence;

impl Drop for Fence {
    fn drop(&mut self) {
        // SAFETY: `_mm_sfence` needs SSE, which every x86-64 processor has.
        unsafe { _mm_sfence() };
    }
}

/// How many doubles lie before the first cache line that `out` has to itself.
fn n_unaligned(out: &[f64]) -> usize {
    out.as_ptr().align_offset(64).min(out.len())
}

/// Writes `made` to `slots`, of the same length, which begin with a cache line; then comes the fence.
#[inline]
#[target_feature(enable = "avx512f")]
fn write(slots: &mut [f64], made: &[f64], _then: &Fence) {
    let (groups, rest) = slots.as_chunks_mut::<8>();
    let (made, made_rest) = made.as_chunks::<8>();
    for (group, made) in groups.iter_mut().zip(made) {
        let doubles = load_doubles(made);
        assert!(group.as_ptr().cast::<__m512d>().is_aligned());
        // SAFETY: `_mm512_stream_pd` needs 64 writable bytes that begin at a multiple of 64: the
        // group's, as was just seen. Its store becomes ordered by the fence, before `slots` are lent
        // to anyone else.
        unsafe { _mm512_stream_pd(group.as_mut_ptr(), doubles) };
    }
    rest.copy_from_slice(made_rest);
}

/// Fills `out` part by part; `fill` fills each part, one after the other.
#[target_feature(enable = "avx512f")]
pub(super) fn fill_streaming(out: &mut [f64], mut fill: impl FnMut(&mut [f64])) {
    let (head, out) = out.split_at_mut(n_unaligned(out));
    fill(head);
    let mut part = [0.0; PART];
    let fence = Fence;
    for slots in out.chunks_mut(PART) {
        let part = &mut part[..slots.len()];
        fill(part);
        write(slots, part, &fence);
    }
}

/// Copies `made` to `out`, of the same length.
#[target_feature(enable = "avx512f")]
pub(super) fn copy_streaming(made: &[f64], out: &mut [f64]) {
    let (head, out) = out.split_at_mut(n_unaligned(out));
    let (made_head, made) = made.split_at(head.len());
    head.copy_from_slice(made_head);
    write(out, made, &Fence);
}
