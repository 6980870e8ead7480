//! [`StreamVersion`]: which NumPy's numbers the distributions give.

/// The releases of NumPy whose `Generator` methods draw other numbers than the one before.
///
/// NumPy keeps words, [`integers`](crate::Generator::integers) and
/// [`random`](crate::Generator::random) the same for ever, but may change a distribution in a
/// feature release. [`RandomState`](crate::RandomState) is frozen, but for its
/// [`multinomial`](crate::RandomState::multinomial).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum StreamVersion {
    /// NumPy 2.4.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "numpy-2.4"))]
    Numpy2_4,
    /// NumPy 2.5, which changed the acceptance test of `binomial` and `multinomial` where
    /// n·min(p, 1 − p) exceeds 30 (gh-31238), and gave `RandomState.multinomial` the binomials of
    /// `RandomState.binomial`, which draw even where nothing can succeed.
    #[cfg_attr(feature = "serde", serde(rename = "numpy-2.5"))]
    Numpy2_5,
}
