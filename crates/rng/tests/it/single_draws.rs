//! Draws one by one, which do not take the paths of fills, against digests of NumPy 2.4.6.

use multiproc_rng::{BitGenerator, Generator, Mt19937, Pcg64, RandomState};
use sha2::{Digest, Sha256};

const LEN: usize = 300_000;

/// SHA-256 of many draws as NumPy lays them out in memory.
fn digest<const SIZE: usize>(draw: impl FnMut() -> [u8; SIZE]) -> String {
    let bytes: Vec<u8> = std::iter::repeat_with(draw).take(LEN).flatten().collect();
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex(&Sha256::digest(bytes))
}

fn ziggurats<B: BitGenerator>(bits: impl Fn() -> B) -> [String; 4] {
    let rng = || Generator::new(bits());
    let (mut a, mut b, mut c, mut d) = (rng(), rng(), rng(), rng());
    [
        digest(|| a.standard_normal().to_le_bytes()),
        digest(|| b.standard_exponential().to_le_bytes()),
        digest(|| c.standard_normal_f32().to_le_bytes()),
        digest(|| d.standard_exponential_f32().to_le_bytes()),
    ]
}

#[test]
fn normals_and_exponentials_drawn_singly_are_numpys() {
    assert_eq!(
        ziggurats(|| Pcg64::seed_from(123)),
        [
            "3cee9dbb37a72f34248ce84683600e235bb9c93f0f0d8896db8784ff93195ed0",
            "dab8fe0b78d4b891ee0781142f7a6cad73c9cf25323bdd6017f4db52a323e98d",
            "b8818ee2fbfa7bb64a0adfbfeb906794bfbad733813ff2bb42803e9794d035a0",
            "ca7fb313a50d33297abea1acc3b32070b905ddca9d66d38354bbe1d1d4d38bae",
        ]
    );
    assert_eq!(
        ziggurats(|| Mt19937::seed_from(123)),
        [
            "0da2046f9513700bbfbdae76a2d4359beb2e04f3237853e1cf434e781e12bdb1",
            "ac08d22b5fc50586799628782cf846eee35c8c82a6ba389e5516b752b497fdce",
            "c5bd194cd0edd96ae2e5f9e91f8b63a488496a5d586ca1b8489df915b6f1401d",
            "766955dfb9daa09f7749ffe032f2e7e2705c0b5895ecaf6a504479ba18007535",
        ]
    );
}

#[test]
fn legacy_normals_drawn_singly_are_numpys() {
    let mut rng = RandomState::new(123);
    assert_eq!(
        digest(|| rng.standard_normal().to_le_bytes()),
        "8ccd4c2d60847c242e5f616c9dd396f82cde59027325a5717ba39491f436bb0e"
    );
}
