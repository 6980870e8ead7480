//! Laws that hold for any parameters at all.

use multiproc_rng::distributions::{Factorization, MultivariateNormal, UrnMethod};
use multiproc_rng::{RandomState, RngError, default_rng};
use proptest::prelude::*;

/// A real of any kind: NaN, infinite, subnormal, or close to where samplers change their method.
fn any_real() -> impl Strategy<Value = f64> {
    let special = prop::sample::select(vec![
        f64::NAN,
        f64::INFINITY,
        0.0,
        -0.0,
        5e-324,
        3e-103,
        1e-17,
        1e-8,
        0.1,
        0.5,
        1.0,
        10.0,
        1e6,
        1025.0,
        1e16,
        9.2e18,
    ]);
    prop_oneof![
        2 => any::<f64>().prop_map(f64::abs),
        1 => any::<f64>(),
        2 => (special, -1i32..2).prop_map(|(x, ulps)| {
            let steps: f64 = f64::from(ulps) * f64::EPSILON;
            x + x * steps
        }),
        3 => 0.0..100.0,
    ]
}

fn any_count() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        0i64..60,
        prop::sample::select(vec![0, 10, 11, 1_000_000_000])
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_parameters_draw_or_are_refused(
        a in any_real(), b in any_real(), c in any_real(),
        n in any_count(), m in any_count(), k in any_count(),
    ) {
        let mut rng = default_rng(1);
        let _: [Result<f64, RngError>; 24] = [
            rng.uniform(a, b), rng.normal(a, b), rng.lognormal(a, b), rng.exponential(a),
            rng.standard_gamma(a), rng.gamma(a, b), rng.beta(a, b), rng.chisquare(a),
            rng.noncentral_chisquare(a, b), rng.f(a, b), rng.noncentral_f(a, b, c),
            rng.standard_t(a), rng.pareto(a), rng.weibull(a), rng.power(a), rng.rayleigh(a),
            rng.laplace(a, b), rng.gumbel(a, b), rng.logistic(a, b), rng.vonmises(a, b),
            rng.wald(a, b), rng.triangular(a, b, c), rng.standard_gamma_f32(a as f32).map(f64::from),
            rng.vonmises(b, a),
        ];
        let _: [Result<i64, RngError>; 8] = [
            rng.poisson(a), rng.binomial(n, a), rng.negative_binomial(a, b), rng.geometric(a),
            rng.hypergeometric(n, m, k), rng.logseries(a), rng.zipf(a), rng.zipf(1.0 + a),
        ];
        let _ = rng.multinomial(n, &[a, b, c]);
        let _ = rng.dirichlet(&[a, b, c]);
        let _ = rng.multivariate_hypergeometric(&[n, m, k], m, UrnMethod::Marginals);
        let mut rng = RandomState::new(1);
        let _: [Result<f64, RngError>; 9] = [
            rng.beta(a, b), rng.noncentral_chisquare(a, b), rng.noncentral_f(a, b, c),
            rng.vonmises(a, b), rng.wald(a, b), rng.pareto(a), rng.power(a), rng.rayleigh(a),
            rng.uniform(a, b),
        ];
        let _: [Result<i64, RngError>; 6] = [
            rng.binomial(n, a), rng.negative_binomial(a, b), rng.geometric(a),
            rng.hypergeometric(n, m, k), rng.logseries(a), rng.poisson(a),
        ];
        let _ = rng.multinomial(n, &[a, b, c]);
    }

    #[test]
    fn any_covariance_draws_or_is_refused(
        entries in prop::collection::vec(any_real(), 9),
        signs in prop::collection::vec(prop::bool::ANY, 9),
    ) {
        let signed = entries.iter().zip(signs).map(|(x, minus)| if minus { -x } else { *x });
        let cov: Vec<f64> = signed.collect();
        for method in [Factorization::Svd, Factorization::Eigh, Factorization::Cholesky] {
            let normal = MultivariateNormal::with_tolerance(&[0.0; 3], &cov, method, f64::INFINITY);
            if let Ok(normal) = normal {
                default_rng(1).fill_rows(&normal, &mut [0.0; 3]).unwrap();
            }
        }
    }

    #[test]
    fn counts_of_a_draw_add_up(
        n in 0i64..5000, p in 0.0..0.5, q in 0.0..0.5, colors in prop::collection::vec(0i64..60, 1..6),
    ) {
        let mut rng = default_rng(n as u64);
        prop_assert_eq!(rng.multinomial(n, &[p, q, 1.0 - p - q]).unwrap().iter().sum::<i64>(), n);
        let nsample = n % (colors.iter().sum::<i64>() + 1);
        for method in [UrnMethod::Count, UrnMethod::Marginals] {
            let drawn = rng.multivariate_hypergeometric(&colors, nsample, method).unwrap();
            prop_assert_eq!(drawn.iter().sum::<i64>(), nsample);
            prop_assert!(drawn.iter().zip(&colors).all(|(n, most)| (0..=*most).contains(n)));
        }
    }
}
