//! The rows of `segment`: what becomes of memory and names.

use super::{CaughtBy, Edit, Plant, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        number: 1,
        promise: "a full mount is an error at creation, never a SIGBUS at a touch",
        layer: "segment",
        test: "room::a_full_dev_shm_is_an_error_and_never_a_sigbus",
        counts: ("sizes", 200),
        plant: Plant {
            fault: "memory is promised and not reserved",
            net: &[],
            edits: &[
                Edit {
                    file: "crates/segment/src/room.rs",
                    from: "if room.available < wanted {",
                    to: "if false {",
                },
                Edit {
                    file: "crates/segment/src/room.rs",
                    from: "match fallocate(file, FallocateFlags::empty(), taken, step)",
                    to: "match rustix::fs::ftruncate(file, taken + step)",
                },
            ],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 2,
        promise: "a limit of the process is an error, never a signal",
        layer: "segment",
        test: "room::limits_of_a_process_are_errors_and_never_signals",
        counts: ("refused", 2_000),
        plant: Plant {
            fault: "the limit to file sizes is not looked at",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/room.rs",
                from: "let rooms = [Some(Room { available, limit }), memory, file_size];",
                to: "let _ = file_size;\n    let rooms = [Some(Room { available, limit }), memory];",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 3,
        promise: "no peer changes the size of a segment",
        layer: "segment",
        test: "anonymous::nobody_can_change_the_size_of_a_segment",
        counts: ("attempts", 200_000),
        plant: Plant {
            fault: "the size is sealed against shrinking alone",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/anonymous.rs",
                from: "fcntl_add_seals(&fd, FIXED_SIZE)",
                to: "fcntl_add_seals(&fd, SealFlags::SHRINK)",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 4,
        promise: "a file that was cut or extended is refused",
        layer: "segment",
        test: "damage::a_file_of_any_other_length_is_refused",
        counts: ("lengths", 8_000),
        plant: Plant {
            fault: "a length that is no number of pages is taken",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/control.rs",
                from: "if file_len == 0 || !file_len.is_multiple_of(PAGE) {",
                to: "if file_len < PAGE {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 5,
        promise: "a changed byte of the header is refused or harmless",
        layer: "segment",
        test: "damage::a_changed_byte_of_the_control_page_is_refused_or_harmless",
        counts: ("changes of the header", 30_000),
        plant: Plant {
            fault: "the checksum is not compared",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/control.rs",
                from: "if recorded != computed {",
                to: "if false {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 6,
        promise: "a header of another version or machine is refused by name",
        layer: "segment",
        test: "damage::a_header_of_another_build_or_kind_is_refused_by_what_it_says",
        counts: ("forged headers", 32),
        plant: Plant {
            fault: "older versions are taken for this one",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/control.rs",
                from: "if version != VERSION {",
                to: "if version > VERSION {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 7,
        promise: "a header that changes while it is read has no effect",
        layer: "segment",
        test: "damage::a_header_that_changes_while_it_is_read_gives_the_old_segment_or_an_error",
        counts: ("attaches", 30_000),
        plant: Plant {
            fault: "lengths are believed as they were read",
            net: &[],
            edits: &[
                Edit {
                    file: "crates/segment/src/control.rs",
                    from: "if recorded != computed {",
                    to: "if false {",
                },
                Edit {
                    file: "crates/segment/src/control.rs",
                    from: "extents.file_len == file_len && ",
                    to: "",
                },
            ],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 9,
        promise: "segments that come and go leave nothing",
        layer: "segment",
        test: "leaks::segments_that_come_and_go_leave_nothing",
        counts: ("cycles", 10_000),
        plant: Plant {
            fault: "a descriptor of each is forgotten",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/anonymous.rs",
                from: "let fd = create_memfd()?;",
                to: "let fd = create_memfd()?;\n        std::mem::forget(fd.try_clone());",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 10,
        promise: "a creator killed at any point leaves nothing, or what is pruned",
        layer: "segment",
        test: "publication::a_creator_killed_at_or_after_any_system_call_leaves_nothing_behind",
        counts: ("crash points", 400),
        plant: Plant {
            fault: "a name is given before the segment is whole",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/entry.rs",
                from: "    let segment = prepare(site, layout, lifetime, init)?;\n    repeat(site, || publish(&segment, site))?;",
                to: "    let segment = prepare(site, layout, lifetime, |_| Ok::<(), E>(()))?;\n    repeat(site, || publish(&segment, site))?;\n    init(&segment)?;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 11,
        promise: "of many that remove a name, one does",
        layer: "segment",
        test: "crowds::of_many_that_remove_a_name_one_does",
        counts: ("rounds", 400),
        plant: Plant {
            fault: "who comes too late says that it removed the name",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/prune.rs",
                from: "Departure::Gone => return Err(site.not_found()),",
                to: "Departure::Gone => return Ok(()),",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 12,
        promise: "links, pipes and others' files under a name are refused and left alone",
        layer: "segment",
        test: "foreign::nothing_planted_is_used_or_changed",
        counts: ("planted", 300),
        plant: Plant {
            fault: "the mode of a file is not looked at",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/foreign.rs",
                from: "if mode == MODE {",
                to: "if !mode.is_empty() {",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 13,
        promise: "a segment is its user's alone, whatever the umask",
        layer: "segment",
        test: "named::a_segment_belongs_to_its_user_alone_whatever_the_umask",
        counts: ("masks and lists", 512),
        plant: Plant {
            fault: "the umask has the last word on the mode",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/tenancy.rs",
                from: "fchmod(&file, MODE).map_err(SegmentError::system(\"fchmod\"))?;",
                to: "let _ = fchmod::<&OwnedFd>;",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 14,
        promise: "nobody writes to a frozen segment, by any descriptor",
        layer: "segment",
        test: "anonymous::a_frozen_segment_cannot_be_written_by_anybody_by_any_means",
        counts: ("attempts", 120_000),
        plant: Plant {
            fault: "a frozen segment is not sealed against writing",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/anonymous.rs",
                from: "SealFlags::WRITE | SealFlags::SEAL",
                to: "SealFlags::SEAL",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 15,
        promise: "of many that open or create, one creates, though some are killed",
        layer: "segment",
        test: "crowds::of_many_that_open_or_create_one_creates_and_all_get_the_same",
        counts: ("rounds", 250),
        plant: Plant {
            fault: "who creates takes the name from whoever has it",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/tenancy.rs",
                from: "Err(Errno::EXIST) => Err(site.already_exists()),",
                to: "Err(Errno::EXIST) => {\n            let _ = unlink(site.path());\n            publish(file, site)\n        }",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 16,
        promise: "those who prune and leave harm nobody that lives",
        layer: "segment",
        test: "stress::under_random_kills_no_living_name_is_lost_and_no_dead_one_is_left",
        counts: ("kills", 500),
        plant: Plant {
            fault: "who creates a segment holds no flock",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/tenancy.rs",
                from: "        flock(&file, FlockOperation::NonBlockingLockShared)\n            .map_err(SegmentError::system(\"flock\"))?;\n",
                to: "",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
        number: 17,
        promise: "no descriptor is inherited by accident",
        layer: "segment",
        test: "forks::no_descriptor_is_inherited_by_accident",
        counts: ("descriptors", 1_000),
        plant: Plant {
            fault: "descriptors of anonymous segments survive an exec",
            net: &[],
            edits: &[Edit {
                file: "crates/segment/src/anonymous.rs",
                from: "MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING",
                to: "MemfdFlags::ALLOW_SEALING",
            }],
            caught_by: CaughtBy::TheRow,
        },
    },
    Row {
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
    },
];
