//! Many processes create, open, leave and prune the same few names, and are killed at it.

use std::time::Duration;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, prune};
use multiproc_testkit::{Child, PATIENCE, child, shm_names, unique_name, wait_until, watchdog};

use crate::named::filling;

/// A generator of its own, so that a round can be repeated by its seed.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

const N_NAMES: u64 = 2;
const N_KILLS: u64 = 120;
const ROLES: [&str; 5] = [
    "stress::using_role",
    "stress::using_role",
    "stress::using_role",
    "stress::opening_role",
    "stress::pruning_role",
];

fn spawn(role: usize, prefix: &str, seed: u64) -> Child {
    Child::spawn(ROLES[role], &[prefix, &seed.to_string()])
}

#[test]
fn under_random_kills_no_living_name_is_lost_and_no_dead_one_is_left() {
    let _watchdog = watchdog(2 * PATIENCE);
    let prefix = unique_name("stress");
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    let mut children: Vec<Child> = (0..ROLES.len())
        .map(|role| spawn(role, &prefix, role as u64 + 1))
        .collect();
    for kill in 0..N_KILLS {
        // The instants are the scheduler's; only the victims follow the seed.
        let victim = random.below(ROLES.len() as u64) as usize;
        std::thread::sleep(Duration::from_micros(random.below(4000)));
        let status = children[victim].kill();
        assert!(
            !status.success() && status.code().is_none(),
            "`{}` ended by itself",
            ROLES[victim]
        );
        children[victim] = spawn(victim, &prefix, kill + 100);
    }
    for (role, child) in children.iter_mut().enumerate() {
        child.say("stop");
        assert!(
            child.wait().success(),
            "`{}` saw what it must not",
            ROLES[role]
        );
    }
    prune().unwrap();
    wait_until("all names are gone", || shm_names(&prefix).is_empty());
}

/// Runs `round` until the parent speaks.
fn until_told(args: &[String], mut round: impl FnMut(&SegmentName, &mut Xorshift)) {
    let told = std::thread::spawn(child::read_line);
    let mut random = Xorshift(args[1].parse().unwrap());
    while !told.is_finished() {
        let name = format!("{}-{}", args[0], random.below(N_NAMES));
        round(&name.parse().unwrap(), &mut random);
    }
}

/// A user finds its segment under its name for as long as it has it.
fn check_living(segment: &Segment, name: &SegmentName) {
    let named =
        Segment::open(name).unwrap_or_else(|error| panic!("a living name was lost: {error}"));
    assert_eq!(
        named.id(),
        segment.id(),
        "the name went to another while it was used"
    );
    assert_eq!(
        filling(segment),
        7,
        "somebody saw a segment before it was whole"
    );
}

#[test]
fn using_role() {
    let Some(args) = child::args("stress::using_role") else {
        return;
    };
    until_told(&args, |name, random| {
        let layout = Layout {
            payload_len: 300,
            control_len: 64,
            kind: 1,
        };
        let segment = Segment::open_or_create(name, layout, Lifetime::LastUser, |new| {
            new.payload().fill(0, 300, 7)
        });
        let segment: Segment = segment.unwrap_or_else(|error: SegmentError| panic!("{error}"));
        for _ in 0..random.below(3) {
            check_living(&segment, name);
        }
    });
}

#[test]
fn opening_role() {
    let Some(args) = child::args("stress::opening_role") else {
        return;
    };
    until_told(&args, |name, _| match Segment::open(name) {
        Ok(segment) => check_living(&segment, name),
        Err(SegmentError::NotFound { .. }) => {}
        Err(error) => panic!("{error}"),
    });
}

#[test]
fn pruning_role() {
    let Some(args) = child::args("stress::pruning_role") else {
        return;
    };
    until_told(&args, |_, _| drop(prune().unwrap()));
}
