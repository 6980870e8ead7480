//! Files that were copied or renamed behind the library's back.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};

use multiproc_segment::{Lifetime, Segment, SegmentError, prune, remove};

use crate::named::{create, exists, filling, name, path};

#[test]
fn a_copy_becomes_a_segment_of_its_own_with_a_free_lock_area() {
    for lifetime in [Lifetime::Persistent, Lifetime::LastUser] {
        let (name, copy_name) = (name("original"), name("copy"));
        let original = create(&name, lifetime, 8);
        fs::copy(path(&name), path(&copy_name)).unwrap();
        prune().unwrap();
        assert!(
            exists(&copy_name),
            "a copy that nobody has opened was removed"
        );

        let copy = Segment::open(&copy_name).unwrap();
        assert_eq!(
            (filling(&copy), copy.kind(), copy.lifetime()),
            (8, 11, Some(lifetime))
        );
        assert_ne!(copy.id(), original.id());
        let mut locks = vec![1; copy.control_len()];
        copy.control().read(0, &mut locks).unwrap();
        assert!(locks.iter().all(|&byte| byte == 0));

        let again = Segment::open(&copy_name).unwrap();
        assert_eq!(again.id(), copy.id(), "a copy was adopted twice");
        let mut byte = [0];
        original.control().read(0, &mut byte).unwrap();
        assert_eq!(byte, [8], "adopting the copy changed the original");
        drop((copy, again, original));
        assert_eq!(exists(&copy_name), lifetime == Lifetime::Persistent);
        if lifetime == Lifetime::Persistent {
            remove(&name).unwrap();
            remove(&copy_name).unwrap();
        }
    }
}

#[test]
fn a_copy_with_holes_is_filled_before_it_is_used() {
    let (name, copy_name) = (name("whole"), name("holes"));
    let original = create(&name, Lifetime::Persistent, 0);
    let bytes = fs::read(path(&name)).unwrap();
    fs::write(path(&copy_name), &bytes[..4096]).unwrap();
    let copy = fs::File::options()
        .write(true)
        .open(path(&copy_name))
        .unwrap();
    copy.set_permissions(fs::Permissions::from_mode(0o600))
        .unwrap();
    let last_page = bytes.len() as u64 - 4096;
    copy.write_all_at(&bytes[last_page as usize..], last_page)
        .unwrap();
    let allocated = || fs::metadata(path(&copy_name)).unwrap().blocks() * 512;
    assert!(allocated() < bytes.len() as u64);
    let opened = Segment::open(&copy_name).unwrap();
    assert!(allocated() >= bytes.len() as u64);
    drop((original, opened));
    remove(&name).unwrap();
    remove(&copy_name).unwrap();
}

#[test]
fn a_renamed_segment_is_found_under_its_new_name_only() {
    let (old, new) = (name("old"), name("new"));
    let segment = create(&old, Lifetime::Persistent, 4);
    fs::rename(path(&old), path(&new)).unwrap();
    assert!(matches!(
        Segment::open_handle(&segment.handle()),
        Err(SegmentError::NotFound { .. })
    ));
    assert_eq!(Segment::open(&new).unwrap().id(), segment.id());
    drop(segment);
    remove(&new).unwrap();
}
