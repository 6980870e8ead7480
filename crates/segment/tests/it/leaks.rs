//! Nothing is left of segments that are gone.

use std::fs;

use multiproc_segment::{Layout, Lifetime, Segment};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{child, open_fds, shm_names, unique_name};

use crate::file::{Dir, create_file};
use crate::sandbox::runs;

#[derive(Debug, PartialEq)]
struct Held {
    fds: usize,
    mappings: usize,
    names: Vec<String>,
}

fn held(prefix: &str) -> Held {
    Held {
        fds: open_fds(),
        mappings: fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .filter(|line| {
                ["memfd:", "/dev/shm/", "/cycle"]
                    .iter()
                    .any(|of| line.contains(of))
            })
            .count(),
        names: shm_names(prefix),
    }
}

#[test]
fn segments_that_come_and_go_leave_nothing() {
    let cycles = Scale::asked().pick(2_000, 10_000, 50_000);
    assert!(runs("leaks::cycling_role", &[&cycles.to_string()]));
    Row::new(9)
        .figure("cycles", cycles)
        .figure("descriptors left", 0)
        .figure("mappings left", 0)
        .figure("names left", 0)
        .print();
}

#[test]
fn cycling_role() {
    let Some(args) = child::args("leaks::cycling_role") else {
        return;
    };
    let prefix = unique_name("cycle");
    let before = held(&prefix);
    let layout = Layout {
        payload_len: 10_000,
        control_len: 64,
        kind: 0,
    };
    let dir = Dir::new();
    let n_cycles: u64 = args[0].parse().unwrap();
    for cycle in 0..n_cycles {
        let anonymous = Segment::anonymous(layout).unwrap();
        anonymous.payload().write(0, b"x").unwrap();
        match cycle % 3 {
            0 => drop(Segment::from_fd(
                anonymous
                    .descriptor()
                    .unwrap()
                    .try_clone_to_owned()
                    .unwrap(),
            )),
            1 => drop(anonymous.freeze()),
            _ => drop(anonymous),
        }
        let name = format!("{prefix}-{}", cycle % 7).parse().unwrap();
        let created = Segment::create(&name, layout, Lifetime::LastUser, |new| {
            new.payload().write(0, b"x")
        });
        drop((Segment::open(&name).unwrap(), created));
        assert!(Segment::open(&name).is_err());
        if cycle % 8 == 0 {
            drop(create_file(&dir.at("cycle"), 1));
            fs::remove_file(dir.at("cycle")).unwrap();
        }
    }
    assert_eq!(held(&prefix), before);
    child::say("done");
}
