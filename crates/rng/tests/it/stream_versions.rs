//! What NumPy 2.5.0 changed, and what it left.

use multiproc_rng::{
    BitGenerator, Generator, Pcg64, Pcg64Dxsm, RandomState, RngError, StreamVersion,
};
use sha2::{Digest, Sha256};

const OLD: StreamVersion = StreamVersion::Numpy2_4;
const NEW: StreamVersion = StreamVersion::Numpy2_5;

/// SHA-256 of `len` counts as NumPy lays them out in memory.
fn digest<B: BitGenerator>(
    bits: B,
    version: StreamVersion,
    len: usize,
    fill: impl FnOnce(&mut Generator<B>, &mut [i64]) -> Result<(), RngError>,
) -> String {
    let mut counts = vec![0; len];
    fill(
        &mut Generator::with_stream_version(bits, version),
        &mut counts,
    )
    .expect("parameters that NumPy takes");
    let bytes: Vec<u8> = counts
        .iter()
        .flat_map(|count| count.to_le_bytes())
        .collect();
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex(&Sha256::digest(bytes))
}

/// The digests are those of NumPy 2.4.6 and of the samplers that NumPy 2.5.5 ships.
#[test]
fn binomials_and_multinomials_are_those_of_either_version() {
    let binomial = |version| {
        let bits = Pcg64::seed_from(6_864_277_207_830);
        digest(bits, version, 200_000, |rng, out| {
            rng.fill_binomial(977, 0.42, out)
        })
    };
    assert_eq!(
        binomial(OLD),
        "955c03864e8fccd0b331ffe4bee45ad25fb8eb1a094fb34d3442850c3e5f6805"
    );
    assert_eq!(
        binomial(NEW),
        "57522a58b15142162a4fe2ed648b4fc53d4a87d58e029e9d45ebe69725417185"
    );

    let multinomial = |version| {
        let bits = Pcg64Dxsm::seed_from(10_349_524_567_942);
        let pvals = [0.31, 0.29, 0.4];
        digest(bits, version, 90_000, |rng, out| {
            rng.fill_multinomial(5003, &pvals, out)
        })
    };
    assert_eq!(
        multinomial(OLD),
        "fa1e5996961a107f0740222cde78204bb362f362ad11462745eba115403237f0"
    );
    assert_eq!(
        multinomial(NEW),
        "a789da10fc70241375a3e4d44c829821f918a344b6fda49b340300070a4b5088"
    );
}

#[test]
fn rare_successes_are_counted_alike() {
    let rare = |version| {
        let bits = Pcg64::seed_from(9);
        digest(bits, version, 10_000, |rng, out| {
            rng.fill_binomial(977, 0.03, out)
        })
    };
    assert_eq!(rare(OLD), rare(NEW));
}

#[test]
fn an_impossible_outcome_takes_a_word_of_random_state_since_2_5() {
    let counts = |version| {
        let mut rng = RandomState::new(9).with_stream_version(version);
        rng.multinomial(8, &[0.0, 0.4, 0.6]).unwrap()
    };
    let after = |n_words| {
        let mut rng = RandomState::new(9);
        rng.fill_random_sample(&mut vec![0.0; n_words]);
        let count = rng.binomial(8, 0.4).unwrap();
        [0, count, 8 - count]
    };
    assert_eq!(counts(OLD), after(0));
    assert_eq!(counts(NEW), after(1));
}
