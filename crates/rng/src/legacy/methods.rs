//! The distributions of [`RandomState`], under NumPy's names.

use alloc::vec;
use alloc::vec::Vec;

use super::{Beta, Geometric, Hypergeometric, Logseries, Pareto, Power, Rayleigh, Wald, Zipf};
use crate::distributions::named_methods::{named_methods, named_row_methods};
use crate::distributions::{
    Binomial, Chisquare, Dirichlet, Distribution, Exponential, F, Gamma, Gumbel, Laplace, Logistic,
    Lognormal, Multinomial, Multivariate, MultivariateNormal, NegativeBinomial,
    NoncentralChisquare, NoncentralF, Normal, Poisson, StandardCauchy, StandardExponential,
    StandardGamma, StandardNormal, StandardT, Triangular, Uniform, Vonmises, Weibull,
};
use crate::{BitGenerator, RandomState, RngError};

impl<B: BitGenerator> RandomState<B> {
    /// Draws from a distribution whose parameters are already checked.
    ///
    /// Of the distributions that NumPy's two classes draw differently, `RandomState`'s are those
    /// of [`legacy`](crate::legacy), and those with a constructor of that name, such as
    /// [`Binomial::legacy`].
    #[inline]
    pub fn sample<T>(&mut self, distribution: &impl Distribution<T>) -> T {
        distribution.sample(self)
    }

    /// Fills `out` as repeated [`sample`](Self::sample) would.
    pub fn fill<T>(&mut self, distribution: &impl Distribution<T>, out: &mut [T]) {
        distribution.fill(self, out);
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
        distribution.fill_rows(self, out)
    }

    /// Draws a [`StandardNormal`] number.
    ///
    /// # Examples
    ///
    /// ```
    /// // numpy.random.seed(0); numpy.random.randn()
    /// assert_eq!(multiproc_rng::RandomState::new(0).standard_normal(), 1.764052345967664);
    /// ```
    #[doc(alias = "randn")]
    #[inline]
    pub fn standard_normal(&mut self) -> f64 {
        self.sample(&StandardNormal)
    }

    /// Fills `out` with [`StandardNormal`] numbers.
    #[doc(alias = "randn")]
    pub fn fill_standard_normal(&mut self, out: &mut [f64]) {
        self.fill(&StandardNormal, out);
    }

    /// Draws a [`StandardExponential`] number.
    #[inline]
    pub fn standard_exponential(&mut self) -> f64 {
        self.sample(&StandardExponential)
    }

    /// Fills `out` with [`StandardExponential`] numbers.
    pub fn fill_standard_exponential(&mut self, out: &mut [f64]) {
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
        /// Draws a double between `low` and `high`, in either order; see [`Uniform`].
        uniform, fill_uniform(self, low: f64, high: f64) -> f64 = Uniform::legacy(low, high);
        /// Draws a [`Normal`] number.
        normal, fill_normal(self, loc: f64, scale: f64) -> f64 = Normal::new(loc, scale);
        /// Draws a [`Lognormal`] number.
        lognormal, fill_lognormal(self, mean: f64, sigma: f64) -> f64 = Lognormal::new(mean, sigma);
        /// Draws an [`Exponential`] number.
        exponential, fill_exponential(self, scale: f64) -> f64 = Exponential::new(scale);
        /// Draws a [`StandardGamma`] number.
        standard_gamma, fill_standard_gamma(self, shape: f64) -> f64 = StandardGamma::new(shape);
        /// Draws a [`Gamma`] number.
        gamma, fill_gamma(self, shape: f64, scale: f64) -> f64 = Gamma::new(shape, scale);
        /// Draws a [`Beta`] number.
        beta, fill_beta(self, a: f64, b: f64) -> f64 = Beta::new(a, b);
        /// Draws a [`Chisquare`] number.
        chisquare, fill_chisquare(self, df: f64) -> f64 = Chisquare::new(df);
        /// Draws a [`NoncentralChisquare`] number.
        noncentral_chisquare, fill_noncentral_chisquare(self, df: f64, nonc: f64) -> f64
            = NoncentralChisquare::legacy(df, nonc);
        /// Draws an [`F`] number.
        f, fill_f(self, dfnum: f64, dfden: f64) -> f64 = F::new(dfnum, dfden);
        /// Draws a [`NoncentralF`] number.
        noncentral_f, fill_noncentral_f(self, dfnum: f64, dfden: f64, nonc: f64) -> f64
            = NoncentralF::legacy(dfnum, dfden, nonc);
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
        /// Draws a [`Vonmises`] angle. A `kappa` above some 1e16 is refused, where NumPy would try
        /// for ever.
        vonmises, fill_vonmises(self, mu: f64, kappa: f64) -> f64 = Vonmises::legacy(mu, kappa);
        /// Draws a [`Wald`] number.
        wald, fill_wald(self, mean: f64, scale: f64) -> f64 = Wald::new(mean, scale);
        /// Draws a [`Triangular`] number.
        triangular, fill_triangular(self, left: f64, mode: f64, right: f64) -> f64
            = Triangular::new(left, mode, right);
        /// Draws a [`Poisson`] number.
        poisson, fill_poisson(self, lam: f64) -> i64 = Poisson::new(lam);
        /// Draws a [`Binomial`] number.
        binomial, fill_binomial(self, n: i64, p: f64) -> i64 = Binomial::legacy(n, p);
        /// Draws a [`NegativeBinomial`] number.
        negative_binomial, fill_negative_binomial(self, n: f64, p: f64) -> i64
            = NegativeBinomial::legacy(n, p);
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
            = Multinomial::legacy(n, pvals, self.version);
        /// Draws a share for each parameter; see [`Dirichlet`].
        dirichlet, fill_dirichlet(self, alpha: &[f64]) -> [f64] = Dirichlet::legacy(alpha);
        /// Draws a vector of dependent normals; see [`MultivariateNormal`].
        multivariate_normal, fill_multivariate_normal(self, mean: &[f64], cov: &[f64]) -> [f64]
            = MultivariateNormal::legacy(mean, cov);
    }
}
