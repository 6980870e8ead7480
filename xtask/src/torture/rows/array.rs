//! The rows of `array`.

use super::{CaughtBy, Edit, Plant, Row};

pub(super) const ROWS: &[Row] = &[Row {
    number: 8,
    promise: "an array is opened as no other type or rank",
    layer: "array",
    test: "dtypes::an_array_is_opened_as_no_other_type_or_rank",
    counts: ("wrong types", 1_500),
    plant: Plant {
        fault: "types of one size are taken for each other",
        net: &[],
        edits: &[Edit {
            file: "crates/array/src/dtype.rs",
            from: "if found == T::DESCR ||",
            to: "if found.get(2..) == T::DESCR.get(2..) ||",
        }],
        caught_by: CaughtBy::TheRow,
    },
}];
