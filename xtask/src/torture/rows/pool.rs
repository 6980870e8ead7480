//! The rows of `pool`, and of whole jobs.

use super::{CaughtBy, Edit, Plant, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        number: 46,
        promise: "an item whose worker dies at any stage, in any way, ends once and alone",
        layer: "pool",
        test: "stages::an_item_whose_worker_dies_at_any_stage_ends_once_and_alone",
        counts: ("deaths", 100),
        plant: Plant {
            fault: "the item that a dead worker was in is forgotten",
            net: &[],
            edits: &[Edit {
                file: "crates/pool/src/active.rs",
                from: "false => self.judge(slot, item, verdict, death),",
                to: "false => drop(verdict),",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 47,
        promise: "a part that is written again has the same bits",
        layer: "examples",
        test: "half_written::a_half_written_part_is_written_again_to_the_same_bits",
        counts: ("kills", 100),
        plant: Plant {
            fault: "another attempt draws from another stream",
            net: &[],
            edits: &[Edit {
                file: "crates/pool/src/call.rs",
                from: "split.stream(call.item as u64)",
                to: "split.stream(call.item as u64 + u64::from(call.attempt) - 1)",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 48,
        promise: "a task that always kills its worker ends its job, not the pool",
        layer: "pool",
        test: "deaths::a_job_in_which_every_worker_dies_at_once_is_given_up",
        counts: ("jobs", 20),
        plant: Plant {
            fault: "workers are replaced without end",
            net: &[],
            edits: &[Edit {
                file: "crates/pool/src/coordinator.rs",
                from: "self.slots[slot].fruitless_deaths < FRUITLESS_DEATHS + self.attempts",
                to: "self.slots[slot].fruitless_deaths < u32::MAX",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 49,
        promise: "a killed parent leaves no worker and no name",
        layer: "pool",
        test: "parents::a_parent_killed_at_any_moment_leaves_no_worker_and_no_name",
        counts: ("kills", 60),
        plant: Plant {
            fault: "a worker whose parent is gone waits for another",
            net: &[],
            edits: &[Edit {
                file: "crates/pool/src/lifeline.rs",
                from: "            startup::exit_now(1);\n",
                to: "            thread::sleep(Duration::MAX);\n",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
];
