//! Normals and exponentials of [`RandomState`].

use crate::distributions::Variates;
use crate::math::{log, sqrt};
use crate::simd::{self, Kernel, vectorised};
use crate::{BitGenerator, RandomState};

impl<B: BitGenerator> Variates for RandomState<B> {
    type Bits = B;

    #[inline]
    fn bits(&mut self) -> &mut B {
        &mut self.bits
    }

    /// By Marsaglia's polar method: the second normal of a pair first, the other at the next call,
    /// whatever is drawn in between.
    #[inline]
    fn standard_normal(&mut self) -> f64 {
        if let Some(normal) = self.gauss.take() {
            return normal;
        }
        loop {
            let x1 = 2.0 * self.bits.next_double() - 1.0;
            let x2 = 2.0 * self.bits.next_double() - 1.0;
            let r2 = x1 * x1 + x2 * x2;
            if r2 >= 1.0 || r2 == 0.0 {
                continue;
            }
            let f = sqrt(-2.0 * log(r2) / r2);
            self.gauss = Some(f * x1);
            return f * x2;
        }
    }

    #[inline]
    fn standard_exponential(&mut self) -> f64 {
        -log(1.0 - self.bits.next_double())
    }

    /// In blocks of attempts: each is two uniforms and gives at most one pair, so a block of as
    /// many attempts as pairs are missing is never too long.
    fn fill_standard_normal(&mut self, out: &mut [f64]) {
        let n_waiting = usize::from(self.gauss.is_some()).min(out.len());
        let (waiting, out) = out.split_at_mut(n_waiting);
        waiting.fill_with(|| self.standard_normal());
        let (pairs, last) = out.as_chunks_mut();
        let mut n_filled = 0;
        let mut block = Block::new();
        while n_filled < pairs.len() {
            n_filled += block.fill(&mut self.bits, &mut pairs[n_filled..]);
        }
        last.fill_with(|| self.standard_normal());
    }
}

/// Attempts of a block.
const BLOCK: usize = 256;

/// Points inside of the unit circle, and their squared distances from its centre.
pub(crate) struct Points {
    pub(crate) x1: [f64; BLOCK],
    pub(crate) x2: [f64; BLOCK],
    pub(crate) r2: [f64; BLOCK],
}

/// Attempts, and what becomes of them.
///
/// In passes over the whole block: points are packed first, and become pairs in groups.
struct Block {
    uniforms: [f64; 2 * BLOCK],
    points: Points,
}

impl Block {
    fn new() -> Block {
        Block {
            uniforms: [0.0; 2 * BLOCK],
            points: Points {
                x1: [0.0; BLOCK],
                x2: [0.0; BLOCK],
                r2: [0.0; BLOCK],
            },
        }
    }

    /// Makes a block of attempts at `pairs` and returns how many succeeded.
    fn fill<B: BitGenerator + ?Sized>(&mut self, bits: &mut B, pairs: &mut [[f64; 2]]) -> usize {
        let n_inside = self.find_points(bits, pairs.len().min(BLOCK));
        let pairs = &mut pairs[..n_inside];
        let points = &self.points;
        let mut is_certain = [0; BLOCK / 8];
        let n_done = simd::polar_pairs(points, pairs, &mut is_certain);
        for (group, is_certain) in is_certain[..n_done / 8].iter().enumerate() {
            let mut rest = !is_certain;
            while rest != 0 {
                let i = 8 * group + rest.trailing_zeros() as usize;
                let r2 = points.r2[i];
                pairs[i] = pair(points.x1[i], points.x2[i], r2, log(r2));
                rest &= rest - 1;
            }
        }
        vectorised(MakePairs {
            points,
            first: n_done,
            pairs,
        });
        n_inside
    }

    /// Makes attempts and returns how many points they gave.
    fn find_points<B: BitGenerator + ?Sized>(&mut self, bits: &mut B, n_attempts: usize) -> usize {
        let Block {
            uniforms, points, ..
        } = self;
        let uniforms = &mut uniforms[..2 * n_attempts];
        bits.fill_double(uniforms);
        let (n_seen, mut n_inside) = simd::keep_points(uniforms, points);
        for attempt in &uniforms.as_chunks::<2>().0[n_seen..] {
            let [x1, x2] = attempt.map(|u| 2.0 * u - 1.0);
            let r2 = x1 * x1 + x2 * x2;
            points.x1[n_inside] = x1;
            points.x2[n_inside] = x2;
            points.r2[n_inside] = r2;
            n_inside += usize::from((r2 < 1.0) & (r2 != 0.0));
        }
        n_inside
    }
}

/// The normals of a point inside of the unit circle, the second one first.
#[inline(always)]
fn pair(x1: f64, x2: f64, r2: f64, log_r2: f64) -> [f64; 2] {
    let f = sqrt(-2.0 * log_r2 / r2);
    [f * x2, f * x1]
}

/// Makes the pairs from the `first` on.
struct MakePairs<'a> {
    points: &'a Points,
    first: usize,
    pairs: &'a mut [[f64; 2]],
}

impl Kernel for MakePairs<'_> {
    type Output = ();

    /// Four at a time: libm takes one number, all else takes vectors; and the processor divides
    /// and takes roots while the next logarithms are computed.
    #[inline(always)]
    fn run(self) {
        let Points { x1, x2, r2 } = self.points;
        let (x1, x2, r2) = (&x1[self.first..], &x2[self.first..], &r2[self.first..]);
        let (groups, last) = self.pairs[self.first..].as_chunks_mut::<4>();
        let n_grouped = 4 * groups.len();
        let points = x1.as_chunks::<4>().0.iter().zip(x2.as_chunks::<4>().0);
        let points = points.zip(r2.as_chunks::<4>().0);
        for (group, ((x1, x2), r2)) in groups.iter_mut().zip(points) {
            let logs = r2.map(log);
            *group = core::array::from_fn(|i| pair(x1[i], x2[i], r2[i], logs[i]));
        }
        for (i, slot) in (n_grouped..).zip(last) {
            *slot = pair(x1[i], x2[i], r2[i], log(r2[i]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Squared radii where a logarithm could go wrong: beside powers of two, beside the edges of
    /// the tables, next to 1 and next to 0, and many between.
    fn radii() -> impl Iterator<Item = f64> {
        let edges = (1..=16_u64).map(|i| 0x3fe0_0000_0000_0000 + (i << 48));
        let exponents = (1..106).map(|i| (1023 - i) << 52);
        let beside = edges.chain(exponents).flat_map(|bits| bits - 40..bits + 40);
        let between = (1..200_000_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12);
        let between = between.map(|bits| (0x3fe0_0000_0000_0000 - ((bits % 7) << 52)) | bits);
        let radii = beside.chain(between).map(f64::from_bits);
        radii.filter(|&r2| 0.0 < r2 && r2 < 1.0)
    }

    #[test]
    fn a_certain_logarithm_is_the_one_of_libm() {
        let mut block = Block::new();
        let (mut n_tried, mut n_certain) = (0, 0);
        let mut radii = radii().peekable();
        while radii.peek().is_some() {
            let mut n = 0;
            for r2 in radii.by_ref().take(BLOCK) {
                (block.points.x1[n], block.points.x2[n]) = (0.5, -1.0);
                block.points.r2[n] = r2;
                n += 1;
            }
            let mut pairs = [[0.0; 2]; BLOCK];
            let mut is_certain = [0; BLOCK / 8];
            let n_done = simd::polar_pairs(&block.points, &mut pairs[..n], &mut is_certain);
            for i in (0..n_done).filter(|i| is_certain[i / 8] >> (i % 8) & 1 == 1) {
                let r2 = block.points.r2[i];
                assert_eq!(pairs[i], pair(0.5, -1.0, r2, log(r2)), "of {r2:e}");
                n_certain += 1;
            }
            n_tried += n_done;
        }
        assert!(n_certain * 10 >= n_tried * 9, "{n_certain} of {n_tried}");
        assert!(n_certain < n_tried || n_tried == 0, "libm was never asked");
    }
}
