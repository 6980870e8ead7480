//! The rows of `segment`.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
