//! The rows of `sync`.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
