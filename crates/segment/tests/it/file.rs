//! Segments in files: whole or not there, local, and with locks of their own after a copy or a reboot.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use multiproc_segment::{
    Foreign, Handle, Layout, Lifetime, Limit, Location, Segment, SegmentError,
};
use multiproc_testkit::step::{Step, Stepper};
use multiproc_testkit::{Child, PATIENCE, child, skip, step, unique_name, watchdog};
use rustix::fs::{CWD, Mode, mkfifoat};

use crate::named::{create, filling, name, path as shm_path};
use crate::sandbox::{mount, mount_fuse, private_mounts, runs};
use crate::transport::pair;

const LAYOUT: Layout = Layout {
    payload_len: 5000,
    control_len: 64,
    kind: 11,
};

/// A directory of its own, removed with all that is in it.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(unique_name("segment"));
        fs::create_dir(&path).unwrap();
        Self(fs::canonicalize(path).unwrap())
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn names(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn filled(segment: &Segment, byte: u8) -> Result<(), SegmentError> {
    segment.control().fill(0, segment.control_len(), byte)?;
    segment.payload().fill(0, segment.len(), byte)
}

pub(crate) fn create_file(path: &Path, byte: u8) -> Segment {
    Segment::create_file(path, LAYOUT, |new| filled(new, byte)).unwrap()
}

fn lock_byte(segment: &Segment) -> u8 {
    let mut locks = vec![1; segment.control_len()];
    segment.control().read(0, &mut locks).unwrap();
    assert!(locks.iter().all(|&byte| byte == locks[0]));
    locks[0]
}

/// Makes the page say that the machine was started since it was written.
fn age(path: &Path) {
    let file = fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let page_at = file.metadata().unwrap().len() - 4096;
    let mut header = [0; 112];
    file.read_exact_at(&mut header, page_at).unwrap();
    header[96..].iter_mut().for_each(|byte| *byte ^= 0x55);
    let checksum = header
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    file.write_all_at(&header, page_at).unwrap();
    file.write_all_at(&checksum.to_le_bytes(), page_at + 112)
        .unwrap();
}

#[test]
fn a_segment_in_a_file_stays_with_its_bytes_until_the_file_is_deleted() {
    let dir = Dir::new();
    let path = dir.at("array");
    let created = create_file(&path, 5);
    assert_eq!((created.name(), created.path()), (None, Some(&*path)));
    assert_eq!(created.lifetime(), Some(Lifetime::Persistent));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    let opened = Segment::open_file(&path).unwrap();
    assert_eq!(
        (opened.id(), opened.kind(), filling(&opened)),
        (created.id(), 11, 5)
    );
    created.payload().fill(0, 5000, 6).unwrap();
    assert_eq!(filling(&opened), 6);
    created.flush().unwrap();
    drop((created, opened));
    assert_eq!(dir.names(), 1);
    let again = Segment::open_file(&path).unwrap();
    assert_eq!((filling(&again), lock_byte(&again)), (6, 5));

    let taken = Segment::create_file(&path, LAYOUT, |new| filled(new, 1)).unwrap_err();
    let place = Location::File(path.clone());
    assert_eq!(
        taken,
        SegmentError::AlreadyExists {
            place: place.clone()
        }
    );
    fs::remove_file(&path).unwrap();
    assert_eq!(
        Segment::open_file(&path).unwrap_err(),
        SegmentError::NotFound { place }
    );
    assert_eq!(filling(&again), 6);
}

#[test]
fn a_path_is_the_same_segment_however_it_is_spelt() {
    let dir = Dir::new();
    fs::create_dir(dir.at("real")).unwrap();
    symlink(dir.at("real"), dir.at("link")).unwrap();
    let created = create_file(&dir.at("link/array"), 5);
    assert_eq!(created.path(), Some(&*dir.at("real/array")));
    let opened = Segment::open_file(dir.at("real/../link/./array")).unwrap();
    assert_eq!((opened.id(), opened.path()), (created.id(), created.path()));
}

#[test]
fn a_handle_leads_to_the_file_from_anywhere_and_to_no_other_segment() {
    let dir = Dir::new();
    let path = dir.at("array");
    let first = create_file(&path, 5);
    let handle = Handle::from_bytes(&first.handle().to_bytes()).unwrap();
    assert_eq!(handle.place, Location::File(path.clone()));
    assert_eq!(Segment::open_handle(&handle).unwrap().id(), first.id());

    let (mut one, mut other) = pair();
    one.send(b"here", &[&first]).unwrap();
    let received = other.recv().unwrap().unwrap().segments.remove(0);
    assert_eq!((received.id(), received.path()), (first.id(), first.path()));

    fs::remove_file(&path).unwrap();
    let second = create_file(&path, 6);
    let stale = SegmentError::Stale {
        place: handle.place.clone(),
        expected: first.id(),
        found: second.id(),
    };
    assert_eq!(Segment::open_handle(&handle).unwrap_err(), stale);
}

#[test]
fn a_copied_file_is_a_segment_of_its_own_and_stays() {
    let dir = Dir::new();
    let name = name("origin");
    let named = create(&name, Lifetime::LastUser, 8);
    let original = create_file(&dir.at("original"), 8);
    for (from, source) in [
        (PathBuf::from(shm_path(&name)), &named),
        (dir.at("original"), &original),
    ] {
        let to = dir.at("copy");
        fs::copy(from, &to).unwrap();
        let copy = Segment::open_file(&to).unwrap();
        assert_ne!(copy.id(), source.id());
        assert_eq!(
            (filling(&copy), lock_byte(&copy), lock_byte(source)),
            (8, 0, 8)
        );
        assert_eq!(copy.lifetime(), Some(Lifetime::Persistent));
        let again = Segment::open_file(&to).unwrap();
        assert_eq!(again.id(), copy.id(), "a copy was adopted twice");
        drop((copy, again));
        assert_eq!(filling(&Segment::open_file(&to).unwrap()), 8);
        fs::remove_file(&to).unwrap();
    }
}

#[test]
fn a_file_from_before_a_reboot_gets_new_locks_from_its_first_user_alone() {
    let _watchdog = watchdog(PATIENCE);
    let dir = Dir::new();
    let path = dir.at("old");
    let before = create_file(&path, 8);
    let id = before.id();
    age(&path);
    // While anybody has it, whoever comes has nothing to take over.
    let place = Location::File(path.clone());
    let refused = Segment::open_file(&path).unwrap_err();
    assert_eq!(
        refused,
        SegmentError::Busy {
            place,
            attempts: 1000
        }
    );
    assert_eq!(lock_byte(&before), 8);
    drop(before);

    let first = Segment::open_file(&path).unwrap();
    assert_ne!(first.id(), id);
    assert_eq!((filling(&first), lock_byte(&first)), (8, 0));
    first.control().fill(0, first.control_len(), 3).unwrap();
    let second = Segment::open_file(&path).unwrap();
    assert_eq!((second.id(), lock_byte(&second)), (first.id(), 3));
}

/// What lies at `path` is refused, as it is, and as what `expected` says.
fn refuses(path: &Path, expected: impl FnOnce(&SegmentError) -> bool) {
    let seen = || {
        let file = fs::symlink_metadata(path).unwrap();
        (
            file.ino(),
            file.mode(),
            file.uid(),
            file.len(),
            file.mtime_nsec(),
        )
    };
    let before = seen();
    let refused = Segment::open_file(path).unwrap_err();
    assert!(expected(&refused), "{refused:?}");
    assert!(
        refused.to_string().contains(path.to_str().unwrap()),
        "{refused}"
    );
    let either = Segment::open_or_create_file(path, LAYOUT, |new| filled(new, 1));
    assert_eq!(either.unwrap_err(), refused);
    let place = Location::File(path.to_owned());
    let taken = Segment::create_file(path, LAYOUT, |new| filled(new, 1));
    assert_eq!(taken.unwrap_err(), SegmentError::AlreadyExists { place });
    assert_eq!(seen(), before);
}

#[test]
fn what_is_no_segment_file_of_this_user_is_refused_and_left_as_it_is() {
    let _watchdog = watchdog(PATIENCE);
    let dir = Dir::new();
    let is = |expected: Foreign| move |error: &SegmentError| matches!(error, SegmentError::Refused { found, .. } if *found == expected);
    let plant = |name: &str, act: &dyn Fn(&Path)| {
        let path = dir.at(name);
        act(&path);
        path
    };
    let target = plant("target", &|path| drop(create_file(path, 1)));
    let link = plant("symlink", &|path| symlink(&target, path).unwrap());
    refuses(&link, is(Foreign::Symlink));
    let fifo = plant("fifo", &|path| {
        mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap()
    });
    refuses(
        &fifo,
        is(Foreign::NotAFile {
            file_type: 0o010_000,
        }),
    );
    let directory = plant("directory", &|path| fs::create_dir(path).unwrap());
    refuses(
        &directory,
        is(Foreign::NotAFile {
            file_type: 0o040_000,
        }),
    );
    let open_to_all = plant("mode", &|path| {
        drop(create_file(path, 1));
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    });
    refuses(&open_to_all, is(Foreign::Mode { mode: 0o666 }));
    let twice = plant("hard-link", &|path| fs::hard_link(&target, path).unwrap());
    refuses(&twice, is(Foreign::Links { links: 2 }));
    let notes = plant("notes", &|path| {
        fs::write(path, b"notes").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    });
    refuses(&notes, |error| {
        matches!(error, SegmentError::Corrupt { .. })
    });

    for (path, errno) in [(dir.at("nowhere/array"), 2), (dir.at("notes/array"), 20)] {
        let refused = Segment::create_file(&path, LAYOUT, |new| filled(new, 1)).unwrap_err();
        let path = path.parent().unwrap().to_owned();
        assert_eq!(refused, SegmentError::NoDirectory { path, errno });
    }
}

#[test]
fn a_creator_of_a_file_killed_anywhere_leaves_a_whole_one_or_none() {
    let _watchdog = watchdog(PATIENCE);
    let dir = Dir::new();
    let (mut n_none, mut n_whole) = (0, 0);
    for point in 0.. {
        let path = dir.at(&format!("array-{point}"));
        let role = Child::spawn("file::creating_role", &[path.to_str().unwrap()]);
        let mut stepper = Stepper::attach(role);
        let step = stepper.run_system_calls(point);
        stepper.kill();
        match Segment::open_file(&path) {
            Ok(whole) => {
                assert_eq!((whole.len(), filling(&whole)), (5000, 9));
                n_whole += 1;
            }
            Err(SegmentError::NotFound { .. }) => n_none += 1,
            Err(error) => panic!("killed at {point}: {error}"),
        }
        assert_eq!(dir.names(), n_whole, "killed at {point}");
        if step == Step::AtEnd {
            break;
        }
    }
    assert!(n_none > 10 && n_whole > 0, "{n_none} and {n_whole}");
}

#[test]
fn creating_role() {
    let Some(args) = child::args("file::creating_role") else {
        return;
    };
    step::begin();
    let created = create_file(Path::new(&args[0]), 9);
    step::end();
    drop(created);
}

#[test]
fn of_many_that_open_or_create_a_file_one_creates() {
    let _watchdog = watchdog(PATIENCE);
    let dir = Dir::new();
    for round in 0..3 {
        let path = dir.at(&format!("race-{round}"));
        let mut children: Vec<Child> = (0..8)
            .map(|_| Child::spawn("file::racing_role", &[path.to_str().unwrap()]))
            .collect();
        children.iter_mut().for_each(|child| child.say("go"));
        let mut ids: Vec<String> = children
            .iter_mut()
            .map(|child| child.read_line().expect("an id"))
            .collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(dir.names(), round + 1);
    }
}

#[test]
fn racing_role() {
    let Some(args) = child::args("file::racing_role") else {
        return;
    };
    child::read_line();
    let segment = Segment::open_or_create_file(&args[0], LAYOUT, |new| filled(new, 9)).unwrap();
    assert_eq!(filling(&segment), 9);
    child::say(segment.id());
    child::read_line();
}

#[test]
fn a_file_may_be_larger_than_memory() {
    let dir = Dir::new();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"));
    let kib: usize = total
        .unwrap()
        .trim()
        .strip_suffix(" kB")
        .unwrap()
        .parse()
        .unwrap();
    let payload_len = (kib << 10) + (1 << 30);
    let created = Segment::create_file(dir.at("large"), Layout::payload(payload_len), |_| Ok(()));
    let segment = match created {
        Err(error @ SegmentError::NoSpace { .. }) => {
            assert!(matches!(
                &error,
                SegmentError::NoSpace {
                    hint: Limit::Disk { .. } | Limit::Mount { .. },
                    ..
                }
            ));
            skip(error);
            return;
        }
        created => created.unwrap(),
    };
    for at in [0, payload_len / 2, payload_len - 4] {
        segment.payload().write(at, b"here").unwrap();
    }
    let opened = Segment::open_file(dir.at("large")).unwrap();
    let mut bytes = [0; 4];
    opened.payload().read(payload_len - 4, &mut bytes).unwrap();
    assert_eq!(&bytes, b"here");
}

#[test]
fn a_full_disk_is_an_error_and_never_a_sigbus() {
    runs("file::full_disk_role", &[]);
}

#[test]
fn full_disk_role() {
    let Some(_) = child::args("file::full_disk_role") else {
        return;
    };
    let dir = Dir::new();
    let (image, mounted) = (dir.at("image"), dir.at("mounted"));
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    fs::create_dir(&mounted).unwrap();
    if let Err(why) = private_mounts()
        .map_err(|error| error.to_string())
        .and_then(|()| mount(&image, &mounted))
    {
        child::say(format!("no ext4 in a file can be mounted: {why}"));
        return;
    }
    let directory = fs::canonicalize(&mounted).unwrap();
    let refused =
        Segment::create_file(mounted.join("array"), Layout::payload(32 << 20), |_| Ok(()));
    let Err(SegmentError::NoSpace {
        needed,
        available,
        hint,
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (needed, hint),
        ((32 << 20) + 4096, Limit::Disk { path: directory })
    );
    let payload_len = available as usize - 4096;
    // Whatever of it the file system's own blocks leave can be had and written.
    let sizes = (0..).map(|steps| payload_len - steps * (64 << 10));
    let all = sizes
        .map(|len| {
            Segment::create_file(mounted.join("array"), Layout::payload(len), |_| {
                Ok::<(), SegmentError>(())
            })
        })
        .find_map(Result::ok)
        .unwrap();
    all.payload().fill(0, all.len(), 1).unwrap();
    all.flush().unwrap();
    let more: Result<_, SegmentError> =
        Segment::create_file(mounted.join("more"), Layout::payload(4 << 20), |_| Ok(()));
    assert!(matches!(more, Err(SegmentError::NoSpace { .. })));
    assert_eq!(
        fs::read_dir(&mounted)
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name() == "more")
            .count(),
        0
    );
    drop(all);
    child::say("done");
}

#[test]
fn a_file_system_that_other_machines_may_have_is_refused_by_name() {
    runs("file::fuse_role", &[]);
}

#[test]
fn fuse_role() {
    let Some(_) = child::args("file::fuse_role") else {
        return;
    };
    let dir = Dir::new();
    if let Err(error) = private_mounts().and_then(|()| mount_fuse(&dir.0)) {
        child::say(format!("no FUSE can be mounted: {error}"));
        return;
    }
    let path = dir.at("array");
    for refused in [
        Segment::create_file(&path, LAYOUT, |new| filled(new, 1)),
        Segment::open_file(&path),
    ] {
        let refused = refused.unwrap_err();
        let expected = SegmentError::NotLocal {
            path: path.clone(),
            file_system: "fuse",
        };
        assert_eq!(refused, expected);
        assert!(refused.to_string().contains("lies on fuse"), "{refused}");
    }
    child::say("done");
}
