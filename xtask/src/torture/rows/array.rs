//! The rows of `array`: what a handle may say, and what is seen of writers without guards.

use super::{CaughtBy, Edit, Plant, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
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
    },
    Row {
        number: 42,
        promise: "any shape, strides and offset are within the array and name no element twice, or are refused",
        layer: "array",
        test: "layouts::handles_stay_within_their_array_or_are_refused",
        counts: ("handles", 20_000),
        plant: Plant {
            fault: "one element too many is allowed",
            net: &[],
            edits: &[Edit {
                file: "crates/array/src/layout.rs",
                from: "filter(|span| span.end <= grid.len)",
                to: "filter(|span| span.end <= grid.len + 1)",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 43,
        promise: "layouts are judged as ndarray and NumPy judge them",
        layer: "array",
        test: "layouts::handles_are_judged_as_ndarray_and_numpy_do",
        counts: ("handles", 3_000),
        plant: Plant {
            fault: "an axis may step onto the last element of another",
            net: &[],
            edits: &[Edit {
                file: "crates/array/src/layout/reach.rs",
                from: "reach.stride.unsigned_abs() > reached;",
                to: "reach.stride.unsigned_abs() >= reached;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 44,
        promise: "every byte is a value of every type that can be viewed",
        layer: "array",
        test: "layouts::any_byte_is_a_bool",
        counts: ("bytes", 256),
        plant: Plant {
            fault: "only one of the true bytes is true",
            net: &[],
            edits: &[Edit {
                file: "crates/array/src/bool.rs",
                from: "self.0 != 0",
                to: "self.0 == 1",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 45,
        promise: "what others write without a guard is seen whole, element by element",
        layer: "array",
        test: "layouts::what_others_write_meanwhile_is_seen_whole",
        counts: ("elements read", 200_000),
        plant: Plant {
            fault: "elements are copied a byte at a time",
            net: &[],
            edits: &[Edit {
                file: "crates/array/src/copy.rs",
                from: "payload.read(start, &mut bytes)?;",
                to: "for (i, byte) in bytes.iter_mut().enumerate() {\n            payload.read(start + i, std::slice::from_mut(byte))?;\n        }",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
];
