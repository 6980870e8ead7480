//! Room is checked and reserved: too much is an error with the figures, never a signal.

use std::fs;
use std::path::{Path, PathBuf};

use multiproc_segment::{Layout, Lifetime, Limit, Segment, SegmentError, SegmentName};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, child, open_fds, shm_names, skip, unique_name};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::file::Dir;
use crate::named::{exists, name};
use crate::sandbox::{figures, ignore_sigxfsz, mount_small_shm, runs};

const MIB: usize = 1 << 20;

fn named(payload_len: usize) -> Result<Segment, SegmentError> {
    let layout = Layout::payload(payload_len);
    Segment::create(&name("room"), layout, Lifetime::LastUser, |_| Ok(()))
}

/// The figures of a refusal, which leaves no descriptor behind.
fn refusal(create: impl FnOnce() -> Result<Segment, SegmentError>) -> (u64, u64, Limit) {
    let before = open_fds();
    match create() {
        Err(SegmentError::NoSpace {
            needed,
            available,
            hint,
        }) => {
            assert_eq!(open_fds(), before);
            assert!(
                available < needed,
                "{needed} bytes refused though {available} are available"
            );
            (needed, available, hint)
        }
        other => panic!("room was given: {other:?}"),
    }
}

#[test]
fn a_full_dev_shm_is_an_error_and_never_a_sigbus() {
    let sizes = Scale::asked().pick(24, 200, 1500).to_string();
    let Some(figures) = figures("room::small_mount_role", &[&sizes]) else {
        return;
    };
    Row::new(1)
        .figure("sizes", figures[0])
        .figure("too large", figures[1])
        .figure("SIGBUS", 0)
        .print();
}

#[test]
fn small_mount_role() {
    let Some(args) = child::args("room::small_mount_role") else {
        return;
    };
    if let Err(error) = mount_small_shm() {
        child::say(format!("no mount namespace: {error}"));
        return;
    }
    let mount = Limit::Mount {
        path: PathBuf::from("/dev/shm"),
    };
    let (needed, available, hint) = refusal(|| named(32 * MIB));
    assert_eq!(
        (needed, available, hint),
        (32 * MIB as u64 + 4096, 8 * MIB as u64, mount.clone())
    );

    // All of it can be had, and touched, but not one page more.
    assert_eq!(refusal(|| named(8 * MIB)).2, mount);
    let all = named(8 * MIB - 4096).unwrap();
    all.payload().fill(0, all.len(), 1).unwrap();
    assert_eq!(refusal(|| named(1)), (8192, 0, mount.clone()));
    let message = named(1).unwrap_err().to_string();
    assert!(
        message.starts_with("the segment takes 8192 bytes, but 0 are available: enlarge /dev/shm")
    );
    drop(all);
    assert!(named(4 * MIB).is_ok());

    // The dead make room for the living, also when they have just died.
    let mut user = Child::spawn("room::using_role", &[]);
    user.expect_line("in use");
    assert_eq!(refusal(|| named(4 * MIB)).2, mount);
    user.kill();
    assert!(named(4 * MIB).is_ok());

    let anonymous = Segment::anonymous(Layout::payload(32 * MIB)).unwrap();
    anonymous.payload().fill(0, anonymous.len(), 1).unwrap();

    // Around the limit, with a name and with a path: all of what is given can be touched.
    let in_file = |payload_len| {
        let layout = Layout::payload(payload_len);
        Segment::create_file("/dev/shm/in-file", layout, |_| Ok::<(), SegmentError>(()))
    };
    let n_sizes: usize = args[0].parse().unwrap();
    let mut n_refused = 0;
    for i in 0..n_sizes {
        let payload_len = 8 * MIB + 24 * 4096 - (i * 48 / n_sizes) * 4096 - i;
        match [named, in_file][i % 2](payload_len) {
            Ok(given) => given.payload().fill(0, given.len(), 1).unwrap(),
            Err(SegmentError::NoSpace { .. }) => n_refused += 1,
            Err(error) => panic!("{payload_len} bytes: {error}"),
        }
        let _ = fs::remove_file("/dev/shm/in-file");
    }
    assert!(n_refused > 0 && n_refused < n_sizes);
    child::say(format!("done {n_sizes} {n_refused}"));
}

#[test]
fn using_role() {
    let Some(_) = child::args("room::using_role") else {
        return;
    };
    let segment = named(6 * MIB).unwrap();
    child::say("in use");
    child::read_line();
    drop(segment);
}

#[test]
fn a_memory_cgroup_limits_a_segment_before_the_kernel_kills_for_it() {
    let Some(group) = MemoryCgroup::limited_to(64 * MIB) else {
        skip("memory cgroups of version 1 or 2 cannot be made here");
        return;
    };
    runs("room::cgroup_role", &[group.path.to_str().unwrap()]);
}

#[test]
fn cgroup_role() {
    let Some(args) = child::args("room::cgroup_role") else {
        return;
    };
    let group = Path::new(&args[0]);
    fs::write(group.join("cgroup.procs"), std::process::id().to_string()).unwrap();
    for create in [|len| Segment::anonymous(Layout::payload(len)), named] {
        let (needed, available, hint) = refusal(|| create(96 * MIB));
        assert_eq!(needed, 96 * MIB as u64 + 4096);
        assert!(available <= 64 * MIB as u64);
        assert_eq!(
            hint,
            Limit::Cgroup {
                path: group.to_owned()
            }
        );
        let fits = create(8 * MIB).unwrap();
        fits.payload().fill(0, fits.len(), 1).unwrap();
    }
    child::say("done");
}

/// A memory cgroup of its own, removed on drop.
struct MemoryCgroup {
    path: PathBuf,
}

impl MemoryCgroup {
    fn limited_to(len: usize) -> Option<Self> {
        let parents = [
            ("/sys/fs/cgroup", "memory.max"),
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        ];
        parents.iter().find_map(|(parent, limit)| {
            let path = Path::new(parent).join(multiproc_testkit::unique_name("segment"));
            // Only in a cgroup file system do the files come with the directory.
            fs::create_dir(&path).ok()?;
            let made = Self { path };
            let limit = made.path.join(limit);
            (limit.exists() && fs::write(limit, len.to_string()).is_ok()).then_some(made)
        })
    }
}

impl Drop for MemoryCgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.path);
    }
}

#[test]
fn limits_of_a_process_are_errors_and_never_signals() {
    let name = name("address");
    let layout = Layout::payload(256 * MIB);
    let segment: Result<_, SegmentError> =
        Segment::create(&name, layout, Lifetime::LastUser, |_| Ok(()));
    let sizes = Scale::asked().pick(20, 300, 3000).to_string();
    let file_sizes =
        ["default", "ignored"].map(|xfsz| figures("room::file_size_role", &[&sizes, xfsz]));
    let address_space = figures("room::address_space_role", &[&sizes, name.as_str()]);
    // No role depends on what a machine permits.
    let refused: u64 = file_sizes
        .into_iter()
        .chain([address_space])
        .map(|figures| figures.unwrap()[0])
        .sum();
    assert!(exists(&name));
    drop(segment);
    Row::new(2)
        .figure("refused", refused)
        .figure("signals", 0)
        .figure("descriptors left", 0)
        .figure("names left", 0)
        .print();
}

#[test]
fn file_size_role() {
    let Some(args) = child::args("room::file_size_role") else {
        return;
    };
    if args[1] == "ignored" {
        ignore_sigxfsz();
    }
    let limit = Some(MIB as u64);
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: limit,
            maximum: limit,
        },
    )
    .unwrap();
    let prefix = unique_name("limited");
    let dir = Dir::new();
    let named = |len| {
        let name = format!("{prefix}-{len}").parse().unwrap();
        Segment::create(&name, Layout::payload(len), Lifetime::LastUser, |_| Ok(()))
    };
    let in_file = |len| Segment::create_file(dir.at("array"), Layout::payload(len), |_| Ok(()));
    let anonymous = |len| Segment::anonymous(Layout::payload(len));
    let creators: [&dyn Fn(usize) -> Result<Segment, SegmentError>; 3] =
        [&anonymous, &named, &in_file];
    let n_sizes: usize = args[0].parse().unwrap();
    for create in creators {
        let expected = (2 * MIB as u64 + 4096, MIB as u64, Limit::FileSize);
        assert_eq!(refusal(|| create(2 * MIB)), expected);
        for i in 0..n_sizes {
            assert_eq!(refusal(|| create(MIB - 4095 + i * 997)).2, Limit::FileSize);
        }
        assert!(create(MIB - 4096).is_ok());
    }
    assert_eq!(shm_names(&prefix), [""; 0]);
    child::say(format!("done {}", 3 * (n_sizes + 1)));
}

#[test]
fn address_space_role() {
    let Some(args) = child::args("room::address_space_role") else {
        return;
    };
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))
        .unwrap();
    let used: u64 = kib.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    let limit = Some(used * 1024 + 128 * MIB as u64);
    setrlimit(
        Resource::As,
        Rlimit {
            current: limit,
            maximum: limit,
        },
    )
    .unwrap();
    let n_rounds: usize = args[0].parse().unwrap();
    let name = SegmentName::new(&*args[1]).unwrap();
    for round in 0..n_rounds {
        let (needed, available, hint) = refusal(|| match round % 20 {
            // Only now and then, as its memory is taken before it is mapped.
            0 => Segment::anonymous(Layout::payload(256 * MIB)),
            _ => Segment::open(&name),
        });
        assert_eq!(
            (needed, hint),
            (256 * MIB as u64 + 4096, Limit::AddressSpace)
        );
        // A thread of the harness may have ended meanwhile, and left its stack to us.
        assert!(available < needed, "{available}");
    }
    child::say(format!("done {n_rounds}"));
}
