//! numpy.random for Rust: the same bits, from the seed tree to the distributions.
