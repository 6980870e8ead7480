//! A fill by a distribution writes what single draws would, and leaves the stream where they would.

use std::fmt::Debug;

use multiproc_rng::distributions::*;
use multiproc_rng::{
    BitGenerator, Generator, Mt19937, Pcg64, RandomState, SeedSequence, StreamVersion, legacy,
};

const LENGTHS: [usize; 6] = [0, 1, 2, 7, 64, 1003];

fn same<T: Debug + Default + Copy>(distribution: &impl Distribution<T>, name: &str) {
    for len in LENGTHS {
        same_from(
            Generator::new(Pcg64::seed_from(len as u64)),
            distribution,
            name,
            len,
        );
        let mt = Mt19937::new(&SeedSequence::new(len as u64));
        same_from(Generator::new(mt), distribution, name, len);
        let mut one_by_one = RandomState::new(len as u32);
        // A waiting normal belongs to the stream too.
        one_by_one.standard_normal();
        let mut filled = one_by_one.clone();
        let mut out = vec![T::default(); len];
        filled.fill(distribution, &mut out);
        let expected: Vec<T> = (0..len).map(|_| one_by_one.sample(distribution)).collect();
        assert_eq!(
            format!("{out:?}"),
            format!("{expected:?}"),
            "RandomState, {name}"
        );
        assert_eq!(
            filled.standard_normal(),
            one_by_one.standard_normal(),
            "RandomState, {name}"
        );
    }
}

fn same_from<B: BitGenerator + Clone, T: Debug + Default + Copy>(
    mut one_by_one: Generator<B>,
    distribution: &impl Distribution<T>,
    name: &str,
    len: usize,
) {
    let mut filled = one_by_one.clone();
    let mut out = vec![T::default(); len];
    filled.fill(distribution, &mut out);
    let expected: Vec<T> = (0..len).map(|_| one_by_one.sample(distribution)).collect();
    assert_eq!(format!("{out:?}"), format!("{expected:?}"), "{name}");
    assert_eq!(
        filled.bits_mut().next_u32(),
        one_by_one.bits_mut().next_u32(),
        "{name}"
    );
}

#[test]
fn every_fill_is_its_single_draws() {
    same::<f64>(&StandardNormal, "StandardNormal");
    same::<f32>(&StandardNormal, "StandardNormal, f32");
    same::<f64>(&StandardExponential, "StandardExponential");
    same::<f32>(&StandardExponential, "StandardExponential, f32");
    same::<f64>(&InverseExponential, "InverseExponential");
    same::<f32>(&InverseExponential, "InverseExponential, f32");
    same(&Uniform::new(-1.5, 7.25).unwrap(), "Uniform");
    same(&Normal::new(-0.37, 12.6).unwrap(), "Normal");
    same(&Lognormal::new(0.2, 0.9).unwrap(), "Lognormal");
    same(&Exponential::new(3.5).unwrap(), "Exponential");
    same(&StandardGamma::new(2.5f32).unwrap(), "StandardGamma, f32");
    same(&Gamma::new(0.3, 2.0).unwrap(), "Gamma");
    same(&Poisson::new(11.5).unwrap(), "Poisson");
    same(
        &Binomial::new(900, 0.4, StreamVersion::Numpy2_4).unwrap(),
        "Binomial",
    );
    same(&legacy::Wald::new(2.0, 0.5).unwrap(), "legacy::Wald");
}

#[test]
fn a_fill_of_rows_is_its_single_rows() {
    let mut one_by_one = Generator::new(Pcg64::seed_from(3));
    let mut filled = one_by_one.clone();
    let mut out = [0; 12];
    filled
        .fill_multinomial(50, &[0.2, 0.3, 0.5], &mut out)
        .unwrap();
    for row in out.chunks(3) {
        assert_eq!(row, one_by_one.multinomial(50, &[0.2, 0.3, 0.5]).unwrap());
    }
    let mut out = [0.0; 9];
    filled.fill_dirichlet(&[0.4, 2.0, 5.0], &mut out).unwrap();
    for row in out.chunks(3) {
        assert_eq!(row, one_by_one.dirichlet(&[0.4, 2.0, 5.0]).unwrap());
    }
}

#[test]
fn draws_of_no_values_fill_nothing() {
    let mut rng = RandomState::new(1);
    assert!(rng.multinomial(5, &[]).unwrap().is_empty());
    assert!(rng.dirichlet(&[]).unwrap().is_empty());
    let refused = rng.fill_dirichlet(&[], &mut [0.0]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "length of `out` must be a multiple of the length of a draw (0), found 1"
    );
}
