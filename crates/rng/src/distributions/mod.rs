//! Every distribution of NumPy's `Generator`, as a value: parameters checked once, then drawn from.
//!
//! A distribution is a [`Distribution`], or a [`Multivariate`] if a draw is a row of numbers. The
//! same values serve [`Generator`](crate::Generator) and [`RandomState`](crate::RandomState)
//! wherever NumPy's two classes share an algorithm; the few that differ are in
//! [`legacy`](crate::legacy). What makes the streams of the two classes differ otherwise is where
//! normals and exponentials come from: see [`Variates`].
//!
//! The methods named as in NumPy, such as [`Generator::gamma`](crate::Generator::gamma), are built
//! on these values. A program that draws many times from one distribution keeps the value.
//!
//! # Examples
//!
//! ```
//! use multiproc_rng::default_rng;
//! use multiproc_rng::distributions::Gamma;
//!
//! let waiting = Gamma::new(2.5, 0.1)?;
//! let mut rng = default_rng(1);
//! // numpy.random.default_rng(1).gamma(2.5, 0.1, size=3)
//! let mut times = [0.0; 3];
//! rng.fill(&waiting, &mut times);
//! assert_eq!(times, [0.271620079058762, 0.26903609275868806, 0.37912098148131657]);
//! # Ok::<(), multiproc_rng::RngError>(())
//! ```

mod distribution;
mod variates;

mod ziggurat;
mod ziggurat_fill;
mod ziggurat_steps;
mod ziggurat_tables;
mod ziggurat_tables_f32;

pub(crate) mod constraint;

mod exponential;
mod normal;
mod real;
mod uniform;

mod beta;
mod chisquare;
mod gamma;

mod inverse;
mod ratio;
mod triangular;
mod vonmises;
mod wald;

mod binomial;
mod btpe;
pub(crate) mod geometric;
pub(crate) mod hypergeometric;
mod log_factorial;
pub(crate) mod log_gamma;
pub(crate) mod logseries;
mod poisson;
pub(crate) mod zipf;

mod dirichlet;
mod linear_algebra;
mod multinomial;
mod multivariate_hypergeometric;
mod multivariate_normal;

mod generator_methods;
pub(crate) mod named_methods;

pub use beta::Beta;
pub use binomial::Binomial;
pub use chisquare::{Chisquare, F, NoncentralChisquare, NoncentralF};
pub use dirichlet::Dirichlet;
pub use distribution::{Distribution, Multivariate};
pub use exponential::{Exponential, InverseExponential, StandardExponential};
pub use gamma::{Gamma, StandardGamma};
pub use geometric::Geometric;
pub use hypergeometric::Hypergeometric;
pub use inverse::{Gumbel, Laplace, Logistic, Pareto, Power, Rayleigh, Weibull};
pub use logseries::Logseries;
pub use multinomial::Multinomial;
pub(crate) use multinomial::kahan_sum;
pub use multivariate_hypergeometric::{MultivariateHypergeometric, UrnMethod};
pub use multivariate_normal::{Factorization, MultivariateNormal};
pub use normal::{Lognormal, Normal, StandardNormal};
pub use poisson::{NegativeBinomial, Poisson};
pub use ratio::{StandardCauchy, StandardT};
pub use real::Real;
pub use triangular::Triangular;
pub use uniform::Uniform;
pub use variates::Variates;
pub use vonmises::Vonmises;
pub use wald::Wald;
pub use zipf::Zipf;
