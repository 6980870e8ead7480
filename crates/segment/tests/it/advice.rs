//! What is said to the kernel for speed: it is said, and it changes no byte.

use std::fs;
use std::process::id;

use multiproc_segment::{Advice, Layout, Lifetime, Segment, SegmentError};
use multiproc_testkit::{child, skip};
use rustix::fs::ftruncate;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::file::{Dir, create_file};
use crate::named::{create, filling, name, path};
use crate::sandbox::runs;

const MIB: usize = 1 << 20;

/// The lines of `/proc/self/smaps` about the mapping of `segment`.
pub(crate) fn smaps(segment: &Segment) -> Vec<String> {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let start = format!("{:x}-", segment.payload().as_ptr().addr());
    let own = smaps.lines().skip_while(|line| !line.starts_with(&start));
    let is_field = |line: &&str| {
        line.split(' ')
            .next()
            .is_some_and(|word| word.ends_with(':'))
    };
    own.skip(1)
        .take_while(is_field)
        .map(str::to_owned)
        .collect()
}

fn flags(segment: &Segment) -> Vec<String> {
    let lines = smaps(segment);
    let flags = lines.iter().find_map(|line| line.strip_prefix("VmFlags:"));
    flags
        .unwrap()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// Bytes of the segment that this process has pages of.
fn mapped(segment: &Segment) -> usize {
    let lines = smaps(segment);
    let rss = lines.iter().find_map(|line| line.strip_prefix("Rss:"));
    let kib: usize = rss
        .unwrap()
        .trim()
        .strip_suffix(" kB")
        .unwrap()
        .parse()
        .unwrap();
    kib << 10
}

#[test]
fn attaching_is_lazy_and_populating_brings_the_pages_of_a_range() {
    let segment = Segment::anonymous(Layout::payload(4 * MIB)).unwrap();
    segment.write_through(0, &vec![7; 4 * MIB]).unwrap();
    assert_eq!(mapped(&segment), 0);
    segment.populate(MIB..2 * MIB).unwrap();
    if mapped(&segment) == 0 {
        skip("madvise(MADV_POPULATE_WRITE) is not known here");
        return;
    }
    assert_eq!(mapped(&segment), MIB);
    // Whatever is too short to matter is left to page faults.
    segment.populate(3 * MIB..3 * MIB + 5000).unwrap();
    assert_eq!(mapped(&segment), MIB);
    segment.populate(0..4 * MIB).unwrap();
    assert_eq!(mapped(&segment), 4 * MIB);
    assert_eq!(filling(&segment), 7);
}

#[test]
fn populating_works_for_names_too_and_leaves_files_on_their_disk() {
    let named = create(&name("populated"), Lifetime::LastUser, 5);
    named.populate(0..5000).unwrap();
    assert_eq!(filling(&named), 5);
    let dir = Dir::new();
    drop(create_file(&dir.at("array"), 5));
    let opened = Segment::open_file(dir.at("array")).unwrap();
    opened.populate(0..5000).unwrap();
    assert_eq!(mapped(&opened), 0);
}

#[test]
fn a_range_outside_of_the_payload_and_a_frozen_segment_are_refused() {
    let segment = Segment::anonymous(Layout::payload(5000)).unwrap();
    let reversed = std::ops::Range { start: 10, end: 5 };
    for (range, offset, len) in [(0..5001, 0, 5001), (6000..6001, 6000, 1), (reversed, 10, 0)] {
        let refused = Err(SegmentError::OutOfBounds {
            offset,
            len,
            available: 5000,
        });
        assert_eq!(segment.populate(range.clone()), refused);
        assert_eq!(segment.advise(Advice::Random, range), refused);
    }
    assert!(segment.write_through(4998, b"abc").is_err());
    segment.write_through(4997, b"abc").unwrap();
    let frozen = segment.freeze().map_err(|(_, error)| error).unwrap();
    assert_eq!(frozen.populate(0..5000), Err(SegmentError::ReadOnly));
    assert_eq!(frozen.write_through(0, b"x"), Err(SegmentError::ReadOnly));
    frozen.advise(Advice::WillNeed, 0..5000).unwrap();
    let mut end = [0; 3];
    frozen.payload().read(4997, &mut end).unwrap();
    assert_eq!(&end, b"abc");
}

#[test]
fn advice_reaches_the_kernel() {
    let dir = Dir::new();
    let segment = create_file(&dir.at("array"), 5);
    for (advice, flag) in [
        (Advice::Sequential, Some("sr")),
        (Advice::Random, Some("rr")),
        (Advice::Normal, None),
    ] {
        segment.advise(advice, 0..5000).unwrap();
        let found = flags(&segment);
        let found = found
            .iter()
            .find(|flag| ["sr", "rr"].contains(&flag.as_str()));
        assert_eq!(found.map(String::as_str), flag);
    }
    segment.advise(Advice::WillNeed, 0..5000).unwrap();
    match segment.advise(Advice::HugePages, 0..5000) {
        Ok(())
        | Err(SegmentError::Unsupported {
            call: "madvise(MADV_HUGEPAGE)",
            ..
        }) => {}
        Err(error) => panic!("{error}"),
    }
    assert_eq!(filling(&segment), 5);
}

#[test]
fn what_was_cut_off_is_an_error_for_whoever_populates_first() {
    let name = name("cut");
    let layout = Layout::payload(MIB);
    let segment: Result<_, SegmentError> =
        Segment::create(&name, layout, Lifetime::LastUser, |_| Ok(()));
    let segment = segment.unwrap();
    let file = fs::File::options().write(true).open(path(&name)).unwrap();
    ftruncate(&file, 4096).unwrap();
    let missing = segment.populate(0..MIB);
    if missing.is_ok() {
        skip("madvise(MADV_POPULATE_WRITE) is not known here");
        return;
    }
    let call = "madvise(MADV_POPULATE_WRITE)";
    let errno = Errno::FAULT.raw_os_error();
    assert_eq!(missing, Err(SegmentError::System { call, errno }));
}

#[test]
fn a_limit_to_file_sizes_set_later_is_no_sigxfsz() {
    assert!(runs("advice::later_limit_role", &[]));
}

#[test]
fn later_limit_role() {
    let Some(_) = child::args("advice::later_limit_role") else {
        return;
    };
    let dir = Dir::new();
    let segment = Segment::anonymous(Layout::payload(MIB)).unwrap();
    drop(create_file(&dir.at("original"), 5));
    fs::copy(dir.at("original"), dir.at("copy")).unwrap();
    let limit = Some(5000);
    let limit = Rlimit {
        current: limit,
        maximum: limit,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
    segment.write_through(0, &vec![5; MIB]).unwrap();
    assert_eq!(filling(&segment), 5);
    // Adopting a copy writes a control page behind the limit.
    let refused = Segment::open_file(dir.at("copy")).unwrap_err();
    assert!(
        refused.to_string().contains("ulimit -f"),
        "{refused} in {}",
        id()
    );
    child::say("done");
}
