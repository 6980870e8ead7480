//! The rows of `array`.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
