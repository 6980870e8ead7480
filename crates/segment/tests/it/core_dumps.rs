//! Crashes of processes that have much attached: the core stays small, and the death is known soon.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process;
use std::time::{Duration, Instant};

use multiproc_segment::{Layout, Segment};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, skip, watchdog};
use rustix::process::{Resource, Rlimit, Signal, getpid, kill_process, setrlimit};

use crate::advice::smaps;
use crate::file::Dir;

const MIB: u64 = 1 << 20;

#[test]
fn mappings_stay_out_of_core_dumps_unless_asked_for() {
    let segment = Segment::anonymous(Layout::payload(3 << 20)).unwrap();
    let is_dumped = || {
        let lines = smaps(&segment);
        let flags = lines
            .iter()
            .find(|line| line.starts_with("VmFlags:"))
            .unwrap();
        !flags.split(' ').any(|flag| flag == "dd")
    };
    assert!(!is_dumped());
    segment.include_in_core_dumps().unwrap();
    assert!(is_dumped());
}

/// A segment of `len` bytes, all of them written.
fn written(len: u64) -> Segment {
    let segment = Segment::anonymous(Layout::payload(len.try_into().unwrap())).unwrap();
    let piece = [1; 1 << 20];
    for at in (0..segment.len()).step_by(piece.len()) {
        segment.write_through(at, &piece).unwrap();
    }
    segment
}

/// Lets a process that has `segment` attached die of SIGSEGV in `dir`. The bytes of its core, if the
/// kernel writes one there, and how long the death took to be known.
fn crash(dir: &Path, segment: &Segment, asked: &str) -> Option<(u64, Duration)> {
    let descriptor = segment.descriptor().unwrap().as_raw_fd();
    let args = [&*format!("/proc/{}/fd/{descriptor}", process::id()), asked];
    let mut role = Child::spawn_with("core_dumps::crashing_role", &args, |command| {
        command.current_dir(dir);
    });
    if role.read_line().as_deref() != Some("attached") {
        return None;
    }
    role.say("crash");
    let start = Instant::now();
    let status = role.wait();
    let known = start.elapsed();
    assert_eq!(status.signal(), Some(Signal::SEGV.as_raw()));
    let entry = fs::read_dir(dir).unwrap().next()?.unwrap();
    let core = entry.metadata().unwrap();
    fs::remove_file(entry.path()).unwrap();
    status.core_dumped().then_some((core.blocks() * 512, known))
}

#[test]
fn a_crash_with_much_attached_leaves_a_small_core_and_is_known_soon() {
    let _watchdog = watchdog(PATIENCE);
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    if pattern.starts_with('|') || pattern.contains('/') {
        skip(format!("cores go elsewhere here: {}", pattern.trim()));
        return;
    }
    let dir = Dir::new();
    let asked = crash(&dir.at(""), &written(64 * MIB), "included");
    let Some((asked, _)) = asked else {
        skip("no core can be had here");
        return;
    };
    assert!(
        asked >= 64 * MIB,
        "a core of {asked} bytes, with the segment asked for"
    );

    let attached = Scale::asked().pick(256, 1024, 1024) * MIB;
    let segment = written(attached);
    let rounds = Scale::asked().pick(1, 3, 10);
    let (mut largest, mut slowest) = (0, Duration::ZERO);
    for _ in 0..rounds {
        let (core, known) = crash(&dir.at(""), &segment, "left out").expect("a core, as before");
        largest = largest.max(core);
        slowest = slowest.max(known);
    }
    assert!(largest < 32 * MIB, "a core of {largest} bytes");
    Row::new(57)
        .figure("crashes", rounds)
        .figure("attached MiB", attached / MIB)
        .figure("largest core KiB", largest >> 10)
        .figure("core if asked for KiB", asked >> 10)
        .figure("slowest death known ms", slowest.as_millis())
        .print();
}

#[test]
fn crashing_role() {
    let Some(args) = child::args("core_dumps::crashing_role") else {
        return;
    };
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    if setrlimit(Resource::Core, unlimited).is_err() {
        child::say("cores are limited");
        return;
    }
    let descriptor = File::options()
        .read(true)
        .write(true)
        .open(&args[0])
        .unwrap();
    let segment = Segment::from_fd(descriptor.into()).unwrap();
    segment.populate(0..segment.len()).unwrap();
    if args[1] == "included" {
        segment.include_in_core_dumps().unwrap();
    }
    child::say("attached");
    child::read_line();
    // The first one only takes away the handler that looks for overflown stacks.
    loop {
        kill_process(getpid(), Signal::SEGV).unwrap();
    }
}
