//! Draws of dependent normals against literals of NumPy 2.4.6, whose factors are LAPACK's.

use multiproc_rng::distributions::Factorization;
use multiproc_rng::{RandomState, default_rng};

const LEN: usize = 7;

/// A covariance without structure, of numbers that are exact.
fn covariance() -> Vec<f64> {
    let factor = |i: usize, j: usize| ((7 * i + 11 * j + 3 * i * j) % 13) as f64 / 4.0 - 1.5;
    let entry = |i: usize, j: usize| {
        let product: f64 = (0..LEN).map(|k| factor(i, k) * factor(j, k)).sum();
        if i == j {
            product + (i % 4) as f64 / 2.0
        } else {
            product
        }
    };
    (0..LEN * LEN).map(|k| entry(k / LEN, k % LEN)).collect()
}

#[track_caller]
fn assert_close(found: &[f64], expected: [f64; LEN]) {
    for (x, y) in found.iter().zip(expected) {
        assert!(
            (x - y).abs() <= 1e-9 * y.abs(),
            "{found:?}, not {expected:?}"
        );
    }
}

#[test]
#[rustfmt::skip]
fn draws_have_the_signs_of_lapacks_vectors() {
    let mean: Vec<f64> = (0..LEN).map(|i| i as f64).collect();
    let cov = covariance();
    let draw = |method| default_rng(7).multivariate_normal(&mean, &cov, method).unwrap();
    assert_close(&draw(Factorization::Svd), [0.192830271741031, 1.4988137321672, 3.648061087433017, 3.519739570874272, 2.3924591106590523, 3.295244365200208, 5.644454294144656]);
    assert_close(&draw(Factorization::Eigh), [-2.5957326000886187, -1.1751165570901754, 1.0971054748436326, 5.153536769102273, 2.880939618361054, 4.365960556760898, 5.3172744166147226]);
    assert_close(&draw(Factorization::Cholesky), [0.003166300996333487, 1.850850191214806, 0.9303309125504948, 0.7675639611124256, 2.4172564942119807, 3.356347614290237, 5.742281723254211]);
    let legacy = RandomState::new(7).multivariate_normal(&mean, &cov).unwrap();
    assert_close(&legacy, [-0.5968123445642337, 5.091133128361408, -1.7480328779097918, 0.36976179972772716, 0.5576284637684181, 6.179891917282388, 6.600827334061018]);
}

#[test]
fn a_covariance_of_any_scale_has_its_roots() {
    for scale in [1e-300, 1.0, 1e300] {
        let cov = [2.0, 1.0, 1.0, 2.0].map(|entry| entry * scale);
        for method in [
            Factorization::Svd,
            Factorization::Eigh,
            Factorization::Cholesky,
        ] {
            let found = default_rng(3)
                .multivariate_normal(&[0.0; 2], &cov, method)
                .unwrap();
            let unscaled = default_rng(3)
                .multivariate_normal(&[0.0; 2], &[2.0, 1.0, 1.0, 2.0], method)
                .unwrap();
            for (x, y) in found.iter().zip(unscaled) {
                let expected = y * f64::sqrt(scale);
                assert!(
                    (x - expected).abs() <= 1e-12 * expected.abs(),
                    "{scale}, {method:?}"
                );
            }
        }
    }
}
