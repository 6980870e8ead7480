//! The rows of `sync`: what becomes of locks, and of those who wait.

use super::{CaughtBy, Edit, Plant, Row};

/// A sleeper looks for itself each second, so that a wake-up that got lost would only be late.
#[expect(dead_code, reason = "the rows of the mutex come with it")]
const BACK_STOP_OFF: &[Edit] = &[Edit {
    file: "crates/sync/src/deadline.rs",
    from: "BACK_STOP: Duration = Duration::from_secs(1);",
    to: "BACK_STOP: Duration = Duration::from_secs(1_000_000);",
}];

pub(super) const ROWS: &[Row] = &[
    Row {
        number: 31,
        promise: "no notification is lost, whoever is killed",
        layer: "sync",
        test: "condvar_steps::no_notification_is_lost_whoever_is_killed",
        counts: ("points", 60),
        plant: Plant {
            fault: "a notifier wakes nobody",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/waitlist.rs",
                from: "self.wake(count, moved_on(before));",
                to: "let _ = count;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 32,
        promise: "permits are neither lost nor made by kills",
        layer: "sync",
        test: "permits::permits_are_neither_lost_nor_made_by_random_kills",
        counts: ("kills", 250),
        plant: Plant {
            fault: "a permit that somebody has is given again",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/permit_protocol.rs",
                from: "        if let Some(home) = self.home(me)\n            && self.seats[home].owner.lock_if_untouched(me)\n        {",
                to: "        if let Some(home) = self.home(me) {\n            let _ = self.seats[home].owner.lock_if_untouched(me);",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 33,
        promise: "readers see whole values, and the dead are in nobody's way",
        layer: "sync",
        test: "rw_stress::readers_see_whole_values_through_random_kills",
        counts: ("kills", 150),
        plant: Plant {
            fault: "a reader does not look for writers",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/rw_protocol.rs",
                from: "if word::owner(self.turnstile.load()) == 0 {",
                to: "if true {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 34,
        promise: "a dead party breaks the barrier for all others",
        layer: "sync",
        test: "barrier_steps::a_dead_party_breaks_the_barrier_for_all_others",
        counts: ("points", 60),
        plant: Plant {
            fault: "nobody looks for dead parties",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/barrier_protocol.rs",
                from: "Sitter::Dead(who) => Some(who),",
                to: "Sitter::Dead(_) => None,",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 55,
        promise: "an arena whose user is killed anywhere loses no block and no room",
        layer: "sync",
        test: "arena_steps::an_arena_whose_user_is_killed_anywhere_loses_no_block_and_no_room",
        counts: ("points", 40),
        plant: Plant {
            fault: "what a dead user was at is not finished",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/arena.rs",
                from: "let ready = if is_sound { Ok(()) } else { blocks.rebuild() };",
                to: "let _ = is_sound;\n            let ready = Ok(());",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 56,
        promise: "an arena outlives random kills, and gets the blocks of the dead back",
        layer: "sync",
        test: "arena_crowd::processes_killed_at_random_leave_an_arena_for_the_others",
        counts: ("kills", 300),
        plant: Plant {
            fault: "a block is live before its owner is known",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/arena/blocks.rs",
                from: "        made.set_owner(owner.to_word());\n",
                to: "        made.set_owner(0);\n",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
];
