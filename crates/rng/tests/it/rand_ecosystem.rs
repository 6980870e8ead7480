//! `rand` and `rand_distr` draw from every generator.

use multiproc_rng::{BitGenerator, Mt19937, Pcg64, Pcg64Dxsm, Philox, SeedSequence, Sfc64};
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

fn draws_through_rand<B: Rng + SeedableRng<Seed = [u8; 32]> + BitGenerator + Clone>(name: &str) {
    let mut rng = B::seed_from_u64(7);
    let mut words = rng.clone();
    assert_eq!(
        Rng::next_u64(&mut rng),
        BitGenerator::next_u64(&mut words),
        "{name}"
    );
    let mut bytes = [0; 12];
    rng.fill_bytes(&mut bytes);
    let word = BitGenerator::next_u64(&mut words).to_le_bytes();
    assert_eq!(bytes[..8], word, "{name}");

    let n = 20_000;
    let mean = (0..n).map(|_| rng.random::<f64>()).sum::<f64>() / f64::from(n);
    assert!(
        (mean - 0.5).abs() < 0.02,
        "{name}: mean of uniforms is {mean}"
    );
    let normal: f64 = StandardNormal.sample(&mut rng);
    assert!(normal.abs() < 8.0, "{name}");
    assert_ne!(
        Rng::next_u64(&mut B::from_seed([1; 32])),
        Rng::next_u64(&mut B::from_seed([2; 32])),
        "{name}"
    );
}

#[test]
fn rand_and_rand_distr_draw_from_every_generator() {
    draws_through_rand::<Mt19937>("MT19937");
    draws_through_rand::<Pcg64>("PCG64");
    draws_through_rand::<Pcg64Dxsm>("PCG64DXSM");
    draws_through_rand::<Philox>("Philox");
    draws_through_rand::<Sfc64>("SFC64");
    #[cfg(feature = "chacha")]
    {
        draws_through_rand::<multiproc_rng::ChaCha8>("ChaCha8");
        draws_through_rand::<multiproc_rng::ChaCha12>("ChaCha12");
        draws_through_rand::<multiproc_rng::ChaCha20>("ChaCha20");
    }
}

#[test]
fn seeding_through_rand_is_numpys_seeding() {
    assert_eq!(
        Pcg64::seed_from_u64(42),
        Pcg64::new(&SeedSequence::new(42u64))
    );
}
