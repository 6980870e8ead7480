//! The rows of `sync`: what becomes of locks, and of those who wait.

use super::{CaughtBy, Edit, Plant, Row};

/// A sleeper looks for itself each second, so that a wake-up that got lost would only be late.
const BACK_STOP_OFF: &[Edit] = &[Edit {
    file: "crates/sync/src/deadline.rs",
    from: "BACK_STOP: Duration = Duration::from_secs(1);",
    to: "BACK_STOP: Duration = Duration::from_secs(1_000_000);",
}];

pub(super) const ROWS: &[Row] = &[
    Row {
        number: 18,
        promise: "a mutex whose owner is killed anywhere is free, with the right verdict",
        layer: "sync",
        test: "mutex_steps::a_user_killed_anywhere_leaves_the_lock_free_and_the_right_verdict",
        counts: ("points", 80),
        plant: Plant {
            fault: "an owner's death is not told",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "return Ok(if word::owner_died(seen) {",
                to: "return Ok(if false {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 19,
        promise: "a release that is killed anywhere wakes the sleepers",
        layer: "sync",
        test: "mutex_steps::a_release_killed_anywhere_wakes_the_sleepers",
        counts: ("points", 30),
        plant: Plant {
            fault: "a release under way is not announced to the kernel",
            net: BACK_STOP_OFF,
            edits: &[Edit {
                file: "crates/sync/src/robust_list.rs",
                from: "self.head().pending.store(address, Ordering::Relaxed);",
                to: "self.head().pending.store(address & 0, Ordering::Relaxed);",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 20,
        promise: "a woken sleeper that is killed while another barges in takes no wake-up with it",
        layer: "sync",
        test: "barge::a_killed_sleepers_wake_up_reaches_the_next_sleeper",
        counts: ("rounds", 20),
        plant: Plant {
            fault: "a release clears the waiters bit",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "        if word::has_waiters(seen) {\n            self.wake_next",
                to: "        if word::has_waiters(seen) {\n            self.futex.fetch_and(!WAITERS, Relaxed);\n            self.wake_next",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 21,
        promise: "an invariant under a mutex outlives random kills",
        layer: "sync",
        test: "mutex_stress::the_robust_mutex_keeps_the_invariant_through_random_kills",
        counts: ("operations", 1_000_000),
        plant: Plant {
            fault: "who finds the lock busy goes in",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "Step::Sleep => wait.pause(self, seen)?,",
                to: "Step::Sleep => return Ok(Acquired::Clean),",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 22,
        promise: "a sleeper has a dead owner's lock at once",
        layer: "sync",
        test: "recovery::a_sleeper_has_the_dead_owners_lock_at_once",
        counts: ("deaths", 60),
        plant: Plant {
            fault: "who falls asleep does not mark the word",
            net: BACK_STOP_OFF,
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "let watched = seen | WAITERS;",
                to: "let watched = seen;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 23,
        promise: "what a dead owner left and nobody repaired is given up, what was repaired is not",
        layer: "sync",
        test: "conformance::robust::a_repaired_value_is_whole_and_an_unrepaired_one_given_up",
        counts: ("verdicts", 2),
        plant: Plant {
            fault: "what nobody repaired is taken for whole",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/poison.rs",
                from: "if self.state.load(Ordering::Relaxed) == INCONSISTENT {",
                to: "if false {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 24,
        promise: "whichever way an owner ends, its lock is free",
        layer: "sync",
        test: "conformance::robust::every_way_to_die_is_a_death",
        counts: ("ways to die", 7),
        plant: Plant {
            fault: "a sleeper never looks whether the owner lives",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "&& !thread_lives(owner)",
                to: "&& false",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 25,
        promise: "a forked child neither owns nor frees its parent's lock",
        layer: "sync",
        test: "fork::a_forked_child_neither_owns_nor_frees",
        counts: ("ways to fork", 3),
        plant: Plant {
            fault: "a fork goes unnoticed",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/fork_page.rs",
                from: "libc::MADV_WIPEONFORK",
                to: "libc::MADV_NORMAL",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 26,
        promise: "a stopped owner is not a dead one",
        layer: "sync",
        test: "conformance::robust::a_stopped_owner_is_not_dead",
        counts: ("stops", 2),
        plant: Plant {
            fault: "an owner that does not go on is taken for dead",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "&& !thread_lives(owner)",
                to: "&& thread_lives(owner)",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 27,
        promise: "a process id that is used again revives and kills no lock",
        layer: "sync",
        test: "namespaces::a_reused_process_id_revives_and_kills_nothing",
        counts: ("ids reused", 400),
        plant: Plant {
            fault: "a forked child takes its parent's thread for its own",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/fork_page.rs",
                from: "libc::MADV_WIPEONFORK",
                to: "libc::MADV_NORMAL",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 28,
        promise: "locks of another pid namespace are refused",
        layer: "sync",
        test: "namespaces::locks_of_another_pid_namespace_are_refused",
        counts: ("ways to use a lock", 3),
        plant: Plant {
            fault: "the namespace is not compared",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/segment.rs",
                from: "if segment == here {",
                to: "if segment == here || !cfg!(loom) {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 29,
        promise: "links in a lock that a peer overwrites are never followed",
        layer: "sync",
        test: "hostile::links_overwritten_while_held_are_never_followed",
        counts: ("overwrites", 20_000),
        plant: Plant {
            fault: "a release follows the back link that lies in the segment",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/robust_list.rs",
                from: "        self.unlink_at(index, newest);\n        true",
                to: "        if index < newest {\n            let back = node.prev.load(Ordering::Relaxed) as *const AtomicU64;\n            unsafe { &*back }.store(0, Ordering::Relaxed);\n        }\n        self.unlink_at(index, newest);\n        true",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 30,
        promise: "the kernel writes nowhere once a lock's memory is another's",
        layer: "sync",
        test: "leaks::the_kernel_writes_nowhere_once_a_locks_memory_is_another_s",
        counts: ("rounds", 40),
        plant: Plant {
            fault: "a forgotten guard keeps nothing mapped",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/anchored.rs",
                from: "std::mem::forget(self.segment.clone());",
                to: "let _ = &self.segment;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
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
            fault: "who waits for a reader does not mark its slot",
            net: BACK_STOP_OFF,
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "let watched = seen | WAITERS;",
                to: "let watched = seen;",
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
        number: 35,
        promise: "no schedule of an algorithm loses a wake-up or lets two in, whoever dies",
        layer: "sync",
        test: "model::the_algorithms_are_as_simple_as_they_can_be",
        counts: ("states", 1_000_000),
        plant: Plant {
            fault: "a release orders nothing",
            net: &[],
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "self.futex.fetch_sub(tid.into(), Release)",
                to: "self.futex.fetch_sub(tid.into(), Relaxed)",
            }],
            caught_by: CaughtBy::Loom(
                "lock::three_threads_exclude_each_other_and_all_get_their_turn",
            ),
        },
    },
    Row {
        number: 36,
        promise: "an owner that seldom runs is waited for, and not for ever",
        layer: "sync",
        test: "barge::an_idle_owner_lets_a_real_time_waiter_wait_and_not_for_ever",
        counts: ("waits", 10),
        plant: Plant {
            fault: "a release wakes nobody",
            net: BACK_STOP_OFF,
            edits: &[Edit {
                file: "crates/sync/src/robust_word.rs",
                from: "if self.futex.wake(1) == 0 {",
                to: "if false {",
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
        counts: ("kills", 200),
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
