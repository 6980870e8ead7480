//! The samplers of `RandomState` that are not `Generator`'s.
//!
//! NumPy froze them in 2019, flaws included. All other methods of
//! [`RandomState`](crate::RandomState) draw from [`distributions`](crate::distributions), with
//! normals and exponentials of its own: see [`Variates`](crate::distributions::Variates). Where
//! only the treatment of parameters differs, such a distribution has a constructor `legacy`.
//!
//! Source: `numpy/random/src/legacy/legacy-distributions.c`.
//!
//! # Examples
//!
//! ```
//! use multiproc_rng::RandomState;
//! use multiproc_rng::legacy::Wald;
//!
//! // numpy.random.RandomState(1).wald(3, 2)
//! let mut rng = RandomState::new(1);
//! assert_eq!(rng.sample(&Wald::new(3.0, 2.0)?), 0.5185930805051737);
//! # Ok::<(), multiproc_rng::RngError>(())
//! ```

mod variates;

mod beta;
mod geometric;
mod hypergeometric;
mod inverse;
mod logseries;
mod wald;
mod zipf;

mod methods;

pub(crate) use variates::Points;

pub use beta::Beta;
pub use geometric::Geometric;
pub use hypergeometric::Hypergeometric;
pub use inverse::{Pareto, Power, Rayleigh};
pub use logseries::Logseries;
pub use wald::Wald;
pub use zipf::Zipf;
