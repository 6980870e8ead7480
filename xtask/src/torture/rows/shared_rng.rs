//! The rows of `shared-rng`.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
