//! Parameters that NumPy refuses are errors that say so, and draw nothing.

use multiproc_rng::distributions::{Factorization, UrnMethod};
use multiproc_rng::{Generator, Pcg64, RandomState, RngError, default_rng};

const NAN: f64 = f64::NAN;

/// The text of the error, after making sure that the stream is where it was.
#[track_caller]
fn generator<T: std::fmt::Debug>(
    draw: impl FnOnce(&mut Generator<Pcg64>) -> Result<T, RngError>,
    expected: &str,
) {
    let mut rng = default_rng(7);
    let refused = draw(&mut rng).expect_err("parameters that NumPy refuses");
    assert_eq!(refused.to_string(), expected);
    assert_eq!(rng.random(), default_rng(7).random());
}

#[track_caller]
fn random_state<T: std::fmt::Debug>(
    draw: impl FnOnce(&mut RandomState) -> Result<T, RngError>,
    expected: &str,
) {
    let mut rng = RandomState::new(7);
    let refused = draw(&mut rng).expect_err("parameters that NumPy refuses");
    assert_eq!(refused.to_string(), expected);
    assert_eq!(rng.random_sample(), RandomState::new(7).random_sample());
}

#[test]
#[rustfmt::skip]
fn generator_names_the_parameter_and_its_domain() {
    generator(|r| r.uniform(NAN, 1.0), "`high - low` of `uniform` must be finite, found NaN");
    generator(|r| r.uniform(-1e308, 1e308), "`high - low` of `uniform` must be finite, found inf");
    generator(|r| r.uniform(2.0, 1.0), "`high - low` of `uniform` must not be negative, found -1");
    generator(|r| r.normal(0.0, -0.0), "`scale` of `normal` must not be negative, found -0");
    generator(|r| r.lognormal(0.0, -1.0), "`sigma` of `lognormal` must not be negative, found -1");
    generator(|r| r.exponential(-1.0), "`scale` of `exponential` must not be negative, found -1");
    generator(|r| r.standard_gamma(-1.0), "`shape` of `standard_gamma` must not be negative, found -1");
    generator(|r| r.standard_gamma_f32(-0.5), "`shape` of `standard_gamma` must not be negative, found -0.5");
    generator(|r| r.gamma(1.0, -1.0), "`scale` of `gamma` must not be negative, found -1");
    generator(|r| r.beta(0.0, 1.0), "`a` of `beta` must be positive, found 0");
    generator(|r| r.beta(1.0, -3.0), "`b` of `beta` must be positive, found -3");
    generator(|r| r.chisquare(0.0), "`df` of `chisquare` must be positive, found 0");
    generator(|r| r.noncentral_chisquare(1.0, -1.0), "`nonc` of `noncentral_chisquare` must not be negative, found -1");
    generator(|r| r.f(1.0, 0.0), "`dfden` of `f` must be positive, found 0");
    generator(|r| r.noncentral_f(0.0, 1.0, 1.0), "`dfnum` of `noncentral_f` must be positive, found 0");
    generator(|r| r.standard_t(-2.5), "`df` of `standard_t` must be positive, found -2.5");
    generator(|r| r.pareto(0.0), "`a` of `pareto` must be positive, found 0");
    generator(|r| r.weibull(-1.0), "`a` of `weibull` must not be negative, found -1");
    generator(|r| r.power(0.0), "`a` of `power` must be positive, found 0");
    generator(|r| r.rayleigh(-1.0), "`scale` of `rayleigh` must not be negative, found -1");
    generator(|r| r.laplace(0.0, -1.0), "`scale` of `laplace` must not be negative, found -1");
    generator(|r| r.gumbel(0.0, -1.0), "`scale` of `gumbel` must not be negative, found -1");
    generator(|r| r.logistic(0.0, -1.0), "`scale` of `logistic` must not be negative, found -1");
    generator(|r| r.vonmises(0.0, -1.0), "`kappa` of `vonmises` must not be negative, found -1");
    generator(|r| r.wald(1.0, 0.0), "`scale` of `wald` must be positive, found 0");
    generator(|r| r.triangular(2.0, 1.0, 3.0), "`mode` of `triangular` must not be below `left`, found 1");
    generator(|r| r.triangular(0.0, 4.0, 3.0), "`mode` of `triangular` must not be above `right`, found 4");
    generator(|r| r.triangular(3.0, 3.0, 3.0), "`right` of `triangular` must differ from `left`, found 3");
    generator(|r| r.poisson(NAN), "`lam` of `poisson` must not be negative, found NaN");
    generator(|r| r.poisson(1e19), "`lam` of `poisson` must not exceed 9.223372006484771e18, found 10000000000000000000");
    generator(|r| r.binomial(-1, 0.5), "`n` of `binomial` must not be negative, found -1");
    generator(|r| r.binomial(1, NAN), "`p` of `binomial` must lie in [0, 1], found NaN");
    generator(|r| r.negative_binomial(NAN, 0.5), "`n` of `negative_binomial` must be positive, found NaN");
    generator(|r| r.negative_binomial(1.0, 0.0), "`p` of `negative_binomial` must lie in (0, 1], found 0");
    generator(|r| r.negative_binomial(1e18, 1e-9), "`(1 - p) / p * (n + 10 * sqrt(n))` of `negative_binomial` must not exceed 9.223372006484771e18, found 1000000009000000000000000000");
    generator(|r| r.geometric(0.0), "`p` of `geometric` must lie in (0, 1], found 0");
    generator(|r| r.hypergeometric(1_000_000_000, 1, 1), "`ngood` of `hypergeometric` must be less than 10^9, found 1000000000");
    generator(|r| r.hypergeometric(1, -1, 1), "`nbad` of `hypergeometric` must not be negative, found -1");
    generator(|r| r.hypergeometric(1, 1, 3), "`nsample` of `hypergeometric` must not exceed `ngood + nbad`, found 3");
    generator(|r| r.logseries(1.0), "`p` of `logseries` must lie in [0, 1), found 1");
    generator(|r| r.zipf(1.0), "`a` of `zipf` must be greater than 1, found 1");
}

#[test]
#[rustfmt::skip]
fn rows_of_numbers_are_refused_likewise() {
    generator(|r| r.multinomial(1, &[]), "length of `pvals` must be at least (1), found 0");
    generator(|r| r.multinomial(-1, &[1.0]), "`n` of `multinomial` must not be negative, found -1");
    generator(|r| r.multinomial(1, &[0.5, 1.5]), "`pvals` of `multinomial` must lie in [0, 1], found 1.5");
    generator(|r| r.multinomial(1, &[0.5, 0.75, 0.0]), "`sum(pvals[:-1])` of `multinomial` must not exceed 1, found 1.25");
    generator(|r| r.fill_multinomial(1, &[0.5, 0.5], &mut [0; 3]), "length of `out` must be a multiple of the length of a draw (2), found 3");
    generator(|r| r.multivariate_hypergeometric(&[1, -2], 1, UrnMethod::Count), "`colors` of `multivariate_hypergeometric` must not be negative, found -2");
    generator(|r| r.multivariate_hypergeometric(&[i64::MAX, 1], 1, UrnMethod::Count), "`sum(colors)` of `multivariate_hypergeometric` must fit a 64-bit integer, found 9223372036854775808");
    generator(|r| r.multivariate_hypergeometric(&[i64::MAX], 1, UrnMethod::Count), "`sum(colors)` of `multivariate_hypergeometric` must fit in memory for `method=\"count\"`, eight bytes an item, found 9223372036854775807");
    generator(|r| r.multivariate_hypergeometric(&[999_999_999, 1], 1, UrnMethod::Marginals), "`sum(colors)` of `multivariate_hypergeometric` must be less than 10^9 for `method=\"marginals\"`, found 1000000000");
    generator(|r| r.dirichlet(&[1.0, -1.0]), "`alpha` of `dirichlet` must not be negative, found -1");
    generator(|r| r.multivariate_normal(&[0.0; 2], &[1.0; 3], Factorization::Svd), "length of `cov` must be the square of that of `mean` (4), found 3");
    generator(|r| r.multivariate_normal(&[0.0], &[NAN], Factorization::Svd), "`cov` of `multivariate_normal` must be finite, found NaN");
    generator(|r| r.multivariate_normal(&[0.0; 2], &[1.0, 2.0, 2.0, 1.0], Factorization::Cholesky), "`cov` of `multivariate_normal` must be positive definite for a triangular root, so have positive pivots, found -3");
    generator(|r| r.multivariate_normal(&[0.0; 2], &[0.0, 1.0, 1.0, 0.0], Factorization::Eigh), "`cov` of `multivariate_normal` must have no eigenvalue below minus the tolerance, found -1");
    generator(|r| r.multivariate_normal(&[0.0], &[-2.0], Factorization::Svd), "`cov` of `multivariate_normal` must be symmetric and positive semidefinite, and so have equal singular vectors on both sides, found -2");
}

#[test]
#[rustfmt::skip]
fn random_state_has_domains_of_its_own() {
    random_state(|r| r.negative_binomial(1.0, 1.5), "`p` of `negative_binomial` must lie in [0, 1], found 1.5");
    random_state(|r| r.hypergeometric(1, 1, 0), "`nsample` of `hypergeometric` must be at least 1, found 0");
    random_state(|r| r.hypergeometric(i64::MAX, i64::MAX, 3), "`ngood + nbad` of `hypergeometric` must not exceed 9223372036854775805, found 18446744073709551614");
    random_state(|r| r.dirichlet(&[1.0, 0.0]), "`alpha` of `dirichlet` must be positive, found 0");
    random_state(|r| r.multivariate_normal(&[0.0], &[-2.0]), "`cov` of `multivariate_normal` must be symmetric and positive semidefinite, and so have equal singular vectors on both sides, found -2");
}

/// NumPy does not return from these.
#[test]
#[rustfmt::skip]
fn draws_that_would_never_end_are_refused() {
    for kappa in [3e16, 1e20, f64::INFINITY] {
        random_state(|r| r.vonmises(1.0, kappa), &format!("`kappa` of `vonmises` must leave a draw possible, so be below some 1e16, found {kappa}"));
    }
    for a in [1.0 + 1e-15, 1025.0, f64::INFINITY] {
        random_state(|r| r.zipf(a), &format!("`a` of `zipf` must leave a draw possible, so lie in [1 + 1e-9, 1025), found {a}"));
    }
}
