//! Named segments: created whole, found by name, gone with their last user.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use multiproc_segment::{
    Handle, Layout, Lifetime, Location, Segment, SegmentError, SegmentName, list, prune, remove,
};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, shm_names, unique_name, wait_until, watchdog};
use rustix::fs::{XattrFlags, setxattr};

use crate::file::{Dir, create_file};
use crate::sandbox::{figures, mount_small_shm, runs};

pub(crate) fn name(prefix: &str) -> SegmentName {
    SegmentName::new(unique_name(prefix)).unwrap()
}

pub(crate) fn path(name: &SegmentName) -> String {
    format!("/dev/shm/{name}")
}

pub(crate) fn exists(name: &SegmentName) -> bool {
    fs::symlink_metadata(path(name)).is_ok()
}

pub(crate) fn not_found(name: &SegmentName) -> SegmentError {
    let place = Location::Named(name.clone());
    SegmentError::NotFound { place }
}

pub(crate) fn already_exists(name: &SegmentName) -> SegmentError {
    let place = Location::Named(name.clone());
    SegmentError::AlreadyExists { place }
}

/// Waits for the end of a removal that another test may have begun.
pub(crate) fn wait_until_gone(name: &SegmentName) {
    wait_until("the name is gone", || !exists(name));
}

/// A new segment whose payload and lock area are filled with `byte`.
pub(crate) fn create(name: &SegmentName, lifetime: Lifetime, byte: u8) -> Segment {
    let layout = Layout {
        payload_len: 5000,
        control_len: 64,
        kind: 11,
    };
    Segment::create(name, layout, lifetime, |new| {
        new.control().fill(0, new.control_len(), byte)?;
        new.payload().fill(0, new.len(), byte)
    })
    .unwrap()
}

/// The byte that fills the payload.
pub(crate) fn filling(segment: &Segment) -> u8 {
    let mut bytes = vec![0; segment.len()];
    segment.payload().read(0, &mut bytes).unwrap();
    assert!(bytes.iter().all(|&byte| byte == bytes[0]), "a torn payload");
    bytes[0]
}

#[test]
fn an_opened_segment_is_the_same_memory_until_its_last_user_drops_it() {
    let name = name("last");
    let created = create(&name, Lifetime::LastUser, 5);
    let opened = Segment::open(&name).unwrap();
    assert_eq!(
        (opened.id(), opened.kind(), filling(&opened)),
        (created.id(), 11, 5)
    );
    assert_eq!(
        (opened.name(), opened.lifetime()),
        (Some(&name), Some(Lifetime::LastUser))
    );
    created.payload().fill(0, 5000, 6).unwrap();
    assert_eq!(filling(&opened), 6);
    drop(created);
    assert!(exists(&name));
    let again = Segment::open_handle(&opened.handle()).unwrap();
    drop(opened);
    assert_eq!(filling(&again), 6);
    drop(again);
    assert!(!exists(&name));
    assert_eq!(Segment::open(&name).unwrap_err(), not_found(&name));
}

#[test]
fn a_persistent_segment_stays_without_users_until_removed() {
    let name = name("persistent");
    let created = create(&name, Lifetime::Persistent, 5);
    assert_eq!(
        remove(&name),
        Err(SegmentError::InUse { name: name.clone() })
    );
    drop(created);
    prune().unwrap();
    let opened = Segment::open(&name).unwrap();
    assert_eq!(
        (filling(&opened), opened.lifetime()),
        (5, Some(Lifetime::Persistent))
    );
    drop(opened);
    let taken: Result<_, SegmentError> =
        Segment::create(&name, Layout::payload(1), Lifetime::LastUser, |_| Ok(()));
    assert_eq!(taken.unwrap_err(), already_exists(&name));
    assert_eq!(remove(&name), Ok(()));
    assert_eq!(remove(&name), Err(not_found(&name)));
}

#[test]
fn a_look_at_a_segment_is_no_use_of_it() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                list().unwrap();
                prune().unwrap();
            }
        });
        for _ in 0..200 {
            let name = name("looked-at");
            drop(create(&name, Lifetime::Persistent, 1));
            assert_eq!(remove(&name), Ok(()));
            let layout = Layout::payload(1);
            let created: Result<_, SegmentError> =
                Segment::create(&name, layout, Lifetime::LastUser, |_| Ok(()));
            drop(created.unwrap());
            assert!(!exists(&name));
        }
        done.store(true, Relaxed);
    });
}

#[test]
fn a_handle_to_a_name_that_was_given_anew_is_stale() {
    let name = name("stale");
    let first = create(&name, Lifetime::LastUser, 1);
    let handle = Handle::from_bytes(&first.handle().to_bytes()).unwrap();
    drop(first);
    assert!(matches!(
        Segment::open_handle(&handle),
        Err(SegmentError::NotFound { .. })
    ));
    let second = create(&name, Lifetime::LastUser, 2);
    let refused = Segment::open_handle(&handle).unwrap_err();
    let (expected, found) = (handle.id, second.id());
    assert_eq!(
        refused,
        SegmentError::Stale {
            place: Location::Named(name.clone()),
            expected,
            found
        }
    );
    assert_eq!(
        refused.to_string(),
        format!(
            "the handle names segment {expected}, but {name} is now segment {found}: \
             ask its owner for a new handle"
        )
    );
    drop(second);
    assert!(!exists(&name));
}

#[test]
fn nobody_sees_a_segment_before_its_initialiser_has_returned() {
    let name = name("init");
    let layout = Layout::payload(10);
    let segment = Segment::create(&name, layout, Lifetime::LastUser, |new| {
        assert!(!exists(&name));
        assert!(matches!(
            Segment::open(&name),
            Err(SegmentError::NotFound { .. })
        ));
        new.payload().write(0, b"0123456789")
    });
    assert!(exists(&name));
    drop(segment);
}

#[test]
fn a_failing_initialiser_creates_nothing_and_its_error_is_returned() {
    #[derive(Debug, PartialEq)]
    struct Refused(&'static str);
    impl From<SegmentError> for Refused {
        fn from(error: SegmentError) -> Self {
            panic!("{error}");
        }
    }
    let name = name("failing");
    let mut kept = None;
    let failed = Segment::create(&name, Layout::payload(1), Lifetime::LastUser, |new| {
        kept = Some(new.clone());
        Err(Refused("no"))
    });
    assert_eq!(failed.unwrap_err(), Refused("no"));
    let other = create(&name, Lifetime::LastUser, 1);
    drop(kept);
    assert!(
        exists(&name),
        "the drop of a segment that was never published took another's name"
    );
    drop(other);

    let panicked = catch_unwind(AssertUnwindSafe(|| {
        Segment::create(
            &name,
            Layout::payload(1),
            Lifetime::LastUser,
            |_| -> Result<(), SegmentError> { panic!("in the initialiser") },
        )
    }));
    assert!(panicked.is_err());
    assert!(!exists(&name));
}

#[test]
fn a_segment_whose_users_were_killed_is_gone_for_whoever_comes_next() {
    runs("named::next_role", &[]);
}

#[test]
fn next_role() {
    let Some(_) = child::args("named::next_role") else {
        return;
    };
    // Where that is not permitted, another test may come first now and then.
    let _ = mount_small_shm();
    let kill_users_of = |name: &SegmentName| {
        let mut creator = Child::spawn("named::using_role", &[name.as_str()]);
        creator.expect_line("in use");
        let mut user = Child::spawn("named::using_role", &[name.as_str()]);
        user.expect_line("in use");
        creator.kill();
        assert!(exists(name));
        assert!(Segment::open(name).is_ok());
        user.kill();
    };

    let opened = name("dead-open");
    kill_users_of(&opened);
    assert_eq!(Segment::open(&opened).unwrap_err(), not_found(&opened));
    assert!(!exists(&opened));

    let created = name("dead-create");
    kill_users_of(&created);
    let beside = create(&name("beside"), Lifetime::LastUser, 1);
    wait_until_gone(&created);
    kill_users_of(&created);
    assert_eq!(filling(&create(&created, Lifetime::LastUser, 7)), 7);

    let either = name("dead-either");
    kill_users_of(&either);
    let layout = Layout::payload(1);
    let fresh: Result<_, SegmentError> =
        Segment::open_or_create(&either, layout, Lifetime::LastUser, |_| Ok(()));
    assert_eq!(fresh.unwrap().len(), 1);

    for look in [|| drop(prune()), || drop(list())] {
        let pruned = name("dead-prune");
        kill_users_of(&pruned);
        look();
        wait_until_gone(&pruned);
    }
    drop(beside);
    child::say("done");
}

#[test]
fn using_role() {
    let Some(args) = child::args("named::using_role") else {
        return;
    };
    let name = SegmentName::new(&*args[0]).unwrap();
    let layout = Layout {
        payload_len: 5000,
        control_len: 64,
        kind: 11,
    };
    let segment: Result<_, SegmentError> =
        Segment::open_or_create(&name, layout, Lifetime::LastUser, |_| Ok(()));
    child::say("in use");
    child::read_line();
    drop(segment);
}

#[test]
fn attaching_and_exiting_never_removes_anothers_segment() {
    let _watchdog = watchdog(PATIENCE);
    let name = name("attach");
    let owner = create(&name, Lifetime::LastUser, 3);
    for round in 0..20 {
        let mut user = Child::spawn("named::using_role", &[name.as_str()]);
        user.expect_line("in use");
        if round % 2 == 0 {
            user.kill();
        } else {
            user.say("leave");
            assert!(user.wait().success());
        }
        assert_eq!(filling(&Segment::open(&name).unwrap()), 3);
    }
    drop(owner);
    assert!(!exists(&name));
}

#[test]
fn a_listing_tells_what_each_segment_is() {
    let prefix = unique_name("listed");
    let names: Vec<SegmentName> = ["a", "b"]
        .iter()
        .map(|end| SegmentName::new(format!("{prefix}{end}")).unwrap())
        .collect();
    let a = create(&names[0], Lifetime::LastUser, 1);
    let b = create(&names[1], Lifetime::Persistent, 1);
    let id = b.id();
    drop(b);
    let listed: Vec<_> = list()
        .unwrap()
        .into_iter()
        .filter(|listed| listed.name.as_str().starts_with(&prefix))
        .collect();
    assert_eq!(
        listed.iter().map(|listed| &listed.name).collect::<Vec<_>>(),
        [&names[0], &names[1]]
    );
    assert_eq!((listed[0].id, listed[0].in_use), (a.id(), true));
    assert_eq!((listed[1].id, listed[1].in_use), (id, false));
    assert_eq!(
        (listed[1].len, listed[1].kind, listed[1].lifetime),
        (5000, 11, Lifetime::Persistent)
    );
    remove(&names[1]).unwrap();
}

#[test]
fn a_segment_belongs_to_its_user_alone_whatever_the_umask() {
    let masks = Scale::asked().pick(32, 512, 512).to_string();
    let figures = figures("named::umask_role", &[&masks]).unwrap();
    Row::new(13)
        .figure("masks and lists", figures[0])
        .figure("of them access lists", figures[1])
        .figure("modes other than 0600", 0)
        .print();
}

#[test]
fn umask_role() {
    let Some(args) = child::args("named::umask_role") else {
        return;
    };
    let n_masks: u32 = args[0].parse().unwrap();
    let dir = Dir::new();
    let check = |path: &str| {
        let found = fs::metadata(path).unwrap();
        assert_eq!(found.permissions().mode() & 0o7777, 0o600);
        assert_eq!(found.nlink(), 1);
    };
    let check_both = || {
        let name = name("umask");
        let segment = create(&name, Lifetime::LastUser, 1);
        check(&path(&name));
        assert_eq!(filling(&Segment::open(&name).unwrap()), 1);
        drop(segment);
        let file = dir.at("array");
        drop(create_file(&file, 1));
        check(file.to_str().unwrap());
        fs::remove_file(file).unwrap();
    };
    for i in 0..n_masks {
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(
            0o777 - i * 511 / (n_masks - 1),
        ));
        check_both();
    }
    // A default access control list of the directory takes the place of the mask.
    let all = [1_u16, 4, 0x20]
        .map(|whom| [whom, 7, 0xFFFF, 0xFFFF])
        .concat();
    let list: Vec<u8> = [2, 0]
        .iter()
        .chain(&all)
        .flat_map(|part| part.to_le_bytes())
        .collect();
    let directory = dir.at("");
    let (key, flags) = ("system.posix_acl_default", XattrFlags::empty());
    let mut n_lists = 0;
    if setxattr(&directory, key, &list, flags).is_ok() {
        check_both();
        n_lists += 1;
    }
    child::say(format!("done {} {n_lists}", 2 * (n_masks + n_lists)));
}

#[test]
fn eight_users_of_one_process_count_one_by_one() {
    let name = name("many");
    let mut users = vec![create(&name, Lifetime::LastUser, 1)];
    users.extend((0..7).map(|_| Segment::open(&name).unwrap()));
    while users.pop().is_some() {
        assert_eq!(exists(&name), !users.is_empty());
    }
    assert_eq!(shm_names(name.as_str()), [""; 0]);
}
