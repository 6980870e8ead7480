//! Nothing is left of segments that are gone.

use std::fs;

use multiproc_segment::{Layout, Lifetime, Segment};
use multiproc_testkit::{Child, PATIENCE, child, open_fds, shm_names, unique_name, watchdog};

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
            .filter(|line| line.contains("memfd:") || line.contains("/dev/shm/"))
            .count(),
        names: shm_names(prefix),
    }
}

#[test]
fn ten_thousand_segments_leave_nothing() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("leaks::cycling_role", &[]);
    assert!(child.wait().success());
}

#[test]
fn cycling_role() {
    let Some(_) = child::args("leaks::cycling_role") else {
        return;
    };
    let prefix = unique_name("cycle");
    let before = held(&prefix);
    let layout = Layout {
        payload_len: 10_000,
        control_len: 64,
        kind: 0,
    };
    for cycle in 0..10_000 {
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
    }
    assert_eq!(held(&prefix), before);
}
