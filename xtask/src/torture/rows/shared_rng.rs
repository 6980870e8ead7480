//! The rows of `shared-rng`.

use super::{CaughtBy, Edit, Plant, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        number: 37,
        promise: "a draw from a shared stream is whole or has not happened",
        layer: "shared-rng",
        test: "steps::a_draw_killed_after_any_instruction_is_whole_or_has_not_happened",
        counts: ("points", 40),
        plant: Plant {
            fault: "a new state counts before it is written",
            net: &[],
            edits: &[Edit {
                file: "crates/shared-rng/src/state_slots.rs",
                from: "        let slot = self.slot(next.number)?;\n",
                to: "        let slot = self.slot(next.number)?;\n        self.bytes.atomic_u64(0)?.store(commit_word(next.number), Release);\n",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 38,
        promise: "a long draw ends between two blocks, and the block that is lost is reported",
        layer: "shared-rng",
        test: "blocks::a_long_draw_killed_anywhere_ends_between_two_blocks_and_reports_the_one_lost",
        counts: ("crashes", 25),
        plant: Plant {
            fault: "a block is taken for delivered when it is drawn",
            net: &[],
            edits: &[Edit {
                file: "crates/shared-rng/src/shared.rs",
                from: "let _undelivered = self.draw_block(values, &mut draw)?;",
                to: "drop(self.draw_block(values, &mut draw)?);",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 39,
        promise: "a flipped bit of a shared state is noticed, and the other state is there",
        layer: "shared-rng",
        test: "corruption::a_flipped_bit_of_a_state_is_noticed_and_the_other_state_is_there",
        counts: ("flips", 2_000),
        plant: Plant {
            fault: "the checksum is not looked at",
            net: &[],
            edits: &[Edit {
                file: "crates/shared-rng/src/state_slots.rs",
                from: "let is_whole = u64::from(checksum(&scratch[1..])) == scratch[0];",
                to: "let is_whole = u64::from(checksum(&scratch[1..])) == scratch[0] || self.n_words > 0;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 40,
        promise: "no value of a shared stream is handed out twice, whoever is killed",
        layer: "shared-rng",
        test: "kills::no_value_is_handed_out_twice_whoever_is_killed",
        counts: ("draws", 1_000_000),
        plant: Plant {
            fault: "a lease's last draw stays in the stream",
            net: &[],
            edits: &[Edit {
                file: "crates/shared-rng/src/shared.rs",
                from: "after.bits_mut().try_skip_u64(n)?;",
                to: "after.bits_mut().try_skip_u64(n.saturating_sub(1))?;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 41,
        promise: "streams of items never overlap, whoever dies and begins again",
        layer: "shared-rng",
        test: "split::streams_of_items_never_overlap_whoever_dies_and_begins_again",
        counts: ("streams", 100_000),
        plant: Plant {
            fault: "the tree within an item is that of the whole job",
            net: &[],
            edits: &[Edit {
                file: "crates/shared-rng/src/split.rs",
                from: "            root: self.root.child(index),\n",
                to: "            root: Some(index).map(|_| self.root.clone()).unwrap_or_else(|| unreachable!()),\n",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
];
