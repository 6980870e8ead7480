//! Many processes create, open, leave and prune the same few names, and are killed at it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, prune};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{child, shm_names, unique_name, wait_until};

use crate::named::filling;
use crate::sandbox::{figures, kill, reap, start};

/// A generator of its own, so that victims and names follow a seed.
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
/// What the processes do, over and over again; one of them is a process each.
const PARTS: [fn(&SegmentName, &mut Xorshift, &Counts<'_>); 6] =
    [using, using, using, opening, pruning, pruning];

/// What all processes have done together, whoever of them was killed since.
struct Counts<'a> {
    created: &'a AtomicU64,
    opened: &'a AtomicU64,
    pruned: &'a AtomicU64,
    violations: &'a AtomicU64,
}

impl<'a> Counts<'a> {
    fn of(segment: &'a Segment) -> Self {
        let word = |i: usize| segment.payload().atomic_u64(8 * i).unwrap();
        Self {
            created: word(0),
            opened: word(1),
            pruned: word(2),
            violations: word(3),
        }
    }
}

#[test]
fn under_random_kills_no_living_name_is_lost_and_no_dead_one_is_left() {
    let kills = Scale::asked().pick(250, 500, 10_000);
    let figures = figures("stress::driving_role", &[&kills.to_string()]).unwrap();
    assert!(figures.iter().all(|&figure| figure > 0), "{figures:?}");
    Row::new(16)
        .figure("kills", figures[0])
        .figure("creations", figures[1])
        .figure("openings", figures[2])
        .figure("prunings", figures[3])
        .figure("living names lost", 0)
        .figure("foreign names lost", 0)
        .figure("names left", 0)
        .print();
}

/// Its children are forked rather than started anew, for ten times as many kills in a second.
#[test]
fn driving_role() {
    let Some(args) = child::args("stress::driving_role") else {
        return;
    };
    let n_kills: u64 = args[0].parse().unwrap();
    let prefix = unique_name("stress");
    let foreign = plant(&prefix);
    let shared = Segment::anonymous(Layout::payload(32)).unwrap();
    let counts = Counts::of(&shared);
    // Counted at once: a process that saw something can be killed before it has said so.
    let witness = shared.clone();
    std::panic::set_hook(Box::new(move |panic| {
        Counts::of(&witness).violations.fetch_add(1, Relaxed);
        eprintln!("{panic}");
    }));
    let play = |part: usize, seed: u64| {
        start(|| {
            let mut random = Xorshift(0x9E37_79B9_7F4A_7C15 ^ (seed << 20));
            loop {
                let name = format!("{prefix}-{}", random.below(N_NAMES));
                PARTS[part](&name.parse().unwrap(), &mut random, &counts);
            }
        })
    };
    let mut children: Vec<i32> = (0..PARTS.len())
        .map(|part| play(part, part as u64 + 1))
        .collect();
    let mut random = Xorshift(0x2545_F491_4F6C_DD1D);
    let mut killed = 0;
    while killed < n_kills {
        // The instants are the scheduler's; only the victims follow the seed.
        std::thread::sleep(Duration::from_micros(random.below(1_500)));
        let victims: Vec<usize> = (0..PARTS.len()).filter(|_| random.below(2) == 0).collect();
        victims.iter().for_each(|&victim| kill(children[victim]));
        for victim in victims {
            reap(children[victim]);
            killed += 1;
            children[victim] = play(victim, killed + 100);
        }
        assert_eq!(counts.violations.load(Relaxed), 0);
    }
    children.iter().for_each(|&child| kill(child));
    children.into_iter().for_each(reap);
    assert_eq!(counts.violations.load(Relaxed), 0);
    prune().unwrap();
    let mut expected: Vec<String> = foreign.clone();
    expected.sort();
    wait_until("only foreign names are left", || {
        shm_names(&prefix) == expected
    });
    for name in foreign {
        fs::remove_file(format!("/dev/shm/{name}")).unwrap();
    }
    let figures = [counts.created, counts.opened, counts.pruned].map(|count| count.load(Relaxed));
    child::say(format!(
        "done {killed} {} {} {}",
        figures[0], figures[1], figures[2]
    ));
}

/// Files that are no segments of this user, beside the names in use.
fn plant(prefix: &str) -> Vec<String> {
    let names = ["notes", "array.npy", "link", "open"].map(|suffix| format!("{prefix}-{suffix}"));
    let path = |i: usize| format!("/dev/shm/{}", names[i]);
    fs::write(path(0), b"notes").unwrap();
    fs::write(path(1), b"\x93NUMPY and so on").unwrap();
    symlink(format!("/dev/shm/{prefix}-0"), path(2)).unwrap();
    fs::write(path(3), [0; 8192]).unwrap();
    for (i, mode) in [(0, 0o600), (1, 0o600), (3, 0o644)] {
        fs::set_permissions(path(i), fs::Permissions::from_mode(mode)).unwrap();
    }
    names.to_vec()
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

fn using(name: &SegmentName, random: &mut Xorshift, counts: &Counts<'_>) {
    let layout = Layout {
        payload_len: 300,
        control_len: 64,
        kind: 1,
    };
    let segment = Segment::open_or_create(name, layout, Lifetime::LastUser, |new| {
        counts.created.fetch_add(1, Relaxed);
        new.payload().fill(0, 300, 7)
    });
    let segment: Segment = segment.unwrap_or_else(|error: SegmentError| panic!("{error}"));
    for _ in 0..random.below(3) {
        check_living(&segment, name);
    }
}

fn opening(name: &SegmentName, _: &mut Xorshift, counts: &Counts<'_>) {
    match Segment::open(name) {
        Ok(segment) => {
            counts.opened.fetch_add(1, Relaxed);
            check_living(&segment, name);
        }
        Err(SegmentError::NotFound { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

fn pruning(_: &SegmentName, _: &mut Xorshift, counts: &Counts<'_>) {
    prune().unwrap();
    counts.pruned.fetch_add(1, Relaxed);
}
