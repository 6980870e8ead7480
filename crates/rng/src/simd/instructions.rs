//! [`Instructions`]: which vector instructions the fills of a thread may use.

/// Sets of vector instructions, each with those before it. The numbers are the same with any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// Those that every processor of the target has.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 as server processors have it since Ice Lake: F, BW, DQ, VL, IFMA, VBMI and VBMI2.
    Avx512,
}
