//! Room is checked and reserved: too much is an error with the figures, never a signal.

use std::fs;
use std::path::{Path, PathBuf};

use multiproc_segment::{Layout, Lifetime, Limit, Segment, SegmentError, SegmentName};
use multiproc_testkit::{child, open_fds, skip};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::named::{create, exists, filling, name};
use crate::sandbox::{mount_small_shm, runs};

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
    runs("room::small_mount_role", &[]);
}

#[test]
fn small_mount_role() {
    let Some(_) = child::args("room::small_mount_role") else {
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

    let anonymous = Segment::anonymous(Layout::payload(32 * MIB)).unwrap();
    anonymous.payload().fill(0, anonymous.len(), 1).unwrap();
    child::say("done");
}

#[test]
fn a_memory_cgroup_limits_a_segment_before_the_kernel_kills_for_it() {
    let Some(group) = MemoryCgroup::limited_to(24 * MIB) else {
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
        let (needed, available, hint) = refusal(|| create(64 * MIB));
        assert_eq!(needed, 64 * MIB as u64 + 4096);
        assert!(available <= 24 * MIB as u64);
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
fn the_limit_to_file_sizes_is_an_error_and_never_a_sigxfsz() {
    assert!(runs("room::file_size_role", &[]));
}

#[test]
fn file_size_role() {
    let Some(_) = child::args("room::file_size_role") else {
        return;
    };
    let limit = Some(MIB as u64);
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: limit,
            maximum: limit,
        },
    )
    .unwrap();
    for create in [|len| Segment::anonymous(Layout::payload(len)), named] {
        let expected = (2 * MIB as u64 + 4096, MIB as u64, Limit::FileSize);
        assert_eq!(refusal(|| create(2 * MIB)), expected);
        assert_eq!(refusal(|| create(MIB)).2, Limit::FileSize);
        assert!(create(MIB - 4096).is_ok());
    }
    child::say("done");
}

#[test]
fn a_failing_open_changes_nothing() {
    let name = name("address");
    let segment = create(&name, Lifetime::LastUser, 5);
    let big = crate::named::name("big");
    let layout = Layout::payload(256 * MIB);
    let big_segment: Result<_, SegmentError> =
        Segment::create(&big, layout, Lifetime::LastUser, |_| Ok(()));
    assert!(runs("room::address_space_role", &[big.as_str()]));
    assert!(exists(&big));
    assert!(Segment::open(&big).is_ok());
    assert_eq!(filling(&segment), 5);
    drop(big_segment);
    assert!(!exists(&big));
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
    let name = SegmentName::new(&*args[0]).unwrap();
    for attach in [
        (|name| Segment::open(name)) as fn(&SegmentName) -> Result<Segment, SegmentError>,
        |_| Segment::anonymous(Layout::payload(256 * MIB)),
    ] {
        let (needed, available, hint) = refusal(|| attach(&name));
        assert_eq!(
            (needed, hint),
            (256 * MIB as u64 + 4096, Limit::AddressSpace)
        );
        assert!(available <= 128 * MIB as u64);
    }
    child::say("done");
}
