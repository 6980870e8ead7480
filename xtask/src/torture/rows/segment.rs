//! The rows of `segment`.

use super::{CaughtBy, Edit, Plant, Row};

pub(super) const ROWS: &[Row] = &[Row {
    number: 57,
    promise: "a crash with a segment attached leaves a small core",
    layer: "segment",
    test: "core_dumps::a_crash_with_much_attached_leaves_a_small_core_and_is_known_soon",
    counts: ("crashes", 3),
    plant: Plant {
        fault: "mappings are dumped",
        net: &[],
        edits: &[Edit {
            file: "crates/segment/src/mapping.rs",
            from: "Advice::DontDump",
            to: "Advice::DoDump",
        }],
        caught_by: CaughtBy::TheRow,
    },
}];
