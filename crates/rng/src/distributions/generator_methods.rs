//! The distributions of [`Generator`], under NumPy's names.

use alloc::vec;
use alloc::vec::Vec;

use super::named_methods::{named_methods, named_row_methods};
use super::{
    Beta, Binomial, Chisquare, Dirichlet, Distribution, Exponential, F, Factorization, Gamma,
    Geometric, Gumbel, Hypergeometric, Laplace, Logistic, Lognormal, Logseries, Multinomial,
    Multivariate, MultivariateHypergeometric, MultivariateNormal, NegativeBinomial,
    NoncentralChisquare, NoncentralF, Normal, Pareto, Poisson, Power, Rayleigh, StandardCauchy,
    StandardExponential, StandardGamma, StandardNormal, StandardT, Triangular, Uniform, UrnMethod,
    Vonmises, Wald, Weibull, Zipf,
};
use crate::{BitGenerator, Generator, RngError};

impl<B: BitGenerator> Generator<B> {
    /// Draws from a distribution whose parameters are already checked.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::distributions::Poisson;
    ///
    /// let arrivals = Poisson::new(2.5)?;
    /// let mut rng = multiproc_rng::default_rng(3);
    /// let days: Vec<i64> = (0..7).map(|_| rng.sample(&arrivals)).collect();
    /// // numpy.random.default_rng(3).poisson(2.5, 7)
    /// assert_eq!(days, [1, 2, 2, 2, 5, 3, 3]);
    /// # Ok::<(), multiproc_rng::RngError>(())
    /// ```
    #[inline]
    pub fn sample<T>(&mut self, distribution: &impl Distribution<T>) -> T {
        distribution.sample(&mut self.bits)
    }

    /// Fills `out` as repeated [`sample`](Self::sample) would.
    pub fn fill<T>(&mut self, distribution: &impl Distribution<T>, out: &mut [T]) {
        distribution.fill(&mut self.bits, out);
    }

    /// Fills `out` with draws of a distribution of rows, one after the other.
    ///
    /// # Errors
    ///
    /// Those of [`Multivariate::fill_rows`].
    pub fn fill_rows<T>(
        &mut self,
        distribution: &impl Multivariate<T>,
        out: &mut [T],
    ) -> Result<(), RngError> {
        distribution.fill_rows(&mut self.bits, out)
    }

    /// Draws a [`StandardNormal`] number.
    ///
    /// # Examples
    ///
    /// ```
    /// // numpy.random.default_rng(42).standard_normal()
    /// assert_eq!(multiproc_rng::default_rng(42).standard_normal(), 0.30471707975443135);
    /// ```
    #[inline]
    pub fn standard_normal(&mut self) -> f64 {
        self.sample(&StandardNormal)
    }

    /// Fills `out` with [`StandardNormal`] numbers.
    pub fn fill_standard_normal(&mut self, out: &mut [f64]) {
        self.fill(&StandardNormal, out);
    }

    /// Draws a [`StandardNormal`] number: NumPy's `standard_normal(dtype=float32)`.
    #[inline]
    pub fn standard_normal_f32(&mut self) -> f32 {
        self.sample(&StandardNormal)
    }

    /// Fills `out` with [`StandardNormal`] numbers.
    pub fn fill_standard_normal_f32(&mut self, out: &mut [f32]) {
        self.fill(&StandardNormal, out);
    }

    /// Draws a [`StandardExponential`] number; [`InverseExponential`](super::InverseExponential)
    /// is NumPy's `method="inv"`.
    #[inline]
    pub fn standard_exponential(&mut self) -> f64 {
        self.sample(&StandardExponential)
    }

    /// Fills `out` with [`StandardExponential`] numbers.
    pub fn fill_standard_exponential(&mut self, out: &mut [f64]) {
        self.fill(&StandardExponential, out);
    }

    /// Draws a [`StandardExponential`] number: NumPy's `standard_exponential(dtype=float32)`.
    #[inline]
    pub fn standard_exponential_f32(&mut self) -> f32 {
        self.sample(&StandardExponential)
    }

    /// Fills `out` with [`StandardExponential`] numbers.
    pub fn fill_standard_exponential_f32(&mut self, out: &mut [f32]) {
        self.fill(&StandardExponential, out);
    }

    /// Draws a [`StandardCauchy`] number.
    #[inline]
    pub fn standard_cauchy(&mut self) -> f64 {
        self.sample(&StandardCauchy)
    }

    /// Fills `out` with [`StandardCauchy`] numbers.
    pub fn fill_standard_cauchy(&mut self, out: &mut [f64]) {
        self.fill(&StandardCauchy, out);
    }

    named_methods! {
        /// Draws a double of `[low, high)`; see [`Uniform`].
        uniform, fill_uniform(self, low: f64, high: f64) -> f64 = Uniform::new(low, high);
        /// Draws a [`Normal`] number.
        normal, fill_normal(self, loc: f64, scale: f64) -> f64 = Normal::new(loc, scale);
        /// Draws a [`Lognormal`] number.
        lognormal, fill_lognormal(self, mean: f64, sigma: f64) -> f64 = Lognormal::new(mean, sigma);
        /// Draws an [`Exponential`] number.
        exponential, fill_exponential(self, scale: f64) -> f64 = Exponential::new(scale);
        /// Draws a [`StandardGamma`] number.
        standard_gamma, fill_standard_gamma(self, shape: f64) -> f64 = StandardGamma::new(shape);
        /// Draws a [`StandardGamma`] number: NumPy's `standard_gamma(shape, dtype=float32)`.
        standard_gamma_f32, fill_standard_gamma_f32(self, shape: f32) -> f32
            = StandardGamma::new(shape);
        /// Draws a [`Gamma`] number.
        gamma, fill_gamma(self, shape: f64, scale: f64) -> f64 = Gamma::new(shape, scale);
        /// Draws a [`Beta`] number.
        beta, fill_beta(self, a: f64, b: f64) -> f64 = Beta::new(a, b);
        /// Draws a [`Chisquare`] number.
        chisquare, fill_chisquare(self, df: f64) -> f64 = Chisquare::new(df);
        /// Draws a [`NoncentralChisquare`] number.
        noncentral_chisquare, fill_noncentral_chisquare(self, df: f64, nonc: f64) -> f64
            = NoncentralChisquare::new(df, nonc);
        /// Draws an [`F`] number.
        f, fill_f(self, dfnum: f64, dfden: f64) -> f64 = F::new(dfnum, dfden);
        /// Draws a [`NoncentralF`] number.
        noncentral_f, fill_noncentral_f(self, dfnum: f64, dfden: f64, nonc: f64) -> f64
            = NoncentralF::new(dfnum, dfden, nonc);
        /// Draws a [`StandardT`] number.
        standard_t, fill_standard_t(self, df: f64) -> f64 = StandardT::new(df);
        /// Draws a [`Pareto`] number.
        pareto, fill_pareto(self, a: f64) -> f64 = Pareto::new(a);
        /// Draws a [`Weibull`] number.
        weibull, fill_weibull(self, a: f64) -> f64 = Weibull::new(a);
        /// Draws a [`Power`] number.
        power, fill_power(self, a: f64) -> f64 = Power::new(a);
        /// Draws a [`Rayleigh`] number.
        rayleigh, fill_rayleigh(self, scale: f64) -> f64 = Rayleigh::new(scale);
        /// Draws a [`Laplace`] number.
        laplace, fill_laplace(self, loc: f64, scale: f64) -> f64 = Laplace::new(loc, scale);
        /// Draws a [`Gumbel`] number.
        gumbel, fill_gumbel(self, loc: f64, scale: f64) -> f64 = Gumbel::new(loc, scale);
        /// Draws a [`Logistic`] number.
        logistic, fill_logistic(self, loc: f64, scale: f64) -> f64 = Logistic::new(loc, scale);
        /// Draws a [`Vonmises`] angle.
        vonmises, fill_vonmises(self, mu: f64, kappa: f64) -> f64 = Vonmises::new(mu, kappa);
        /// Draws a [`Wald`] number.
        wald, fill_wald(self, mean: f64, scale: f64) -> f64 = Wald::new(mean, scale);
        /// Draws a [`Triangular`] number.
        triangular, fill_triangular(self, left: f64, mode: f64, right: f64) -> f64
            = Triangular::new(left, mode, right);
        /// Draws a [`Poisson`] number.
        poisson, fill_poisson(self, lam: f64) -> i64 = Poisson::new(lam);
        /// Draws a [`Binomial`] number.
        binomial, fill_binomial(self, n: i64, p: f64) -> i64 = Binomial::new(n, p, self.version);
        /// Draws a [`NegativeBinomial`] number.
        negative_binomial, fill_negative_binomial(self, n: f64, p: f64) -> i64
            = NegativeBinomial::new(n, p);
        /// Draws a [`Geometric`] number.
        geometric, fill_geometric(self, p: f64) -> i64 = Geometric::new(p);
        /// Draws a [`Hypergeometric`] number.
        hypergeometric, fill_hypergeometric(self, ngood: i64, nbad: i64, nsample: i64) -> i64
            = Hypergeometric::new(ngood, nbad, nsample);
        /// Draws a [`Logseries`] number.
        logseries, fill_logseries(self, p: f64) -> i64 = Logseries::new(p);
        /// Draws a [`Zipf`] number.
        zipf, fill_zipf(self, a: f64) -> i64 = Zipf::new(a);
    }

    named_row_methods! {
        /// Draws a count for each outcome; see [`Multinomial`].
        multinomial, fill_multinomial(self, n: i64, pvals: &[f64]) -> [i64]
            = Multinomial::new(n, pvals, self.version);
        /// Draws a count for each colour; see [`MultivariateHypergeometric`].
        multivariate_hypergeometric, fill_multivariate_hypergeometric(
            self, colors: &[i64], nsample: i64, method: UrnMethod
        ) -> [i64] = MultivariateHypergeometric::new(colors, nsample, method);
        /// Draws a share for each parameter; see [`Dirichlet`].
        dirichlet, fill_dirichlet(self, alpha: &[f64]) -> [f64] = Dirichlet::new(alpha);
        /// Draws a vector of dependent normals; see [`MultivariateNormal`].
        multivariate_normal, fill_multivariate_normal(
            self, mean: &[f64], cov: &[f64], method: Factorization
        ) -> [f64] = MultivariateNormal::new(mean, cov, method);
    }
}
