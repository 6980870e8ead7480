//! One copy for all: what readers of an array take of the machine's memory together.

use std::fs;

use multiproc_array::SharedArray;
use multiproc_segment::SegmentName;
use multiproc_testkit::torture::Scale;
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};

const READERS: usize = 8;

/// The proportional share of this process in the memory behind `name`, in bytes.
fn share_of(name: &str) -> u64 {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let path = format!("/dev/shm/{name}");
    let mut is_ours = false;
    let mut bytes = 0;
    for line in smaps.lines() {
        // A mapping's first line ends with its path; the others begin with a word and a colon.
        if !line
            .split(' ')
            .next()
            .is_some_and(|word| word.ends_with(':'))
        {
            is_ours = line.ends_with(&path);
        } else if let Some(kib) = line.strip_prefix("Pss:").filter(|_| is_ours) {
            let kib = kib.trim().trim_end_matches(" kB");
            bytes += 1024 * kib.parse::<u64>().unwrap();
        }
    }
    bytes
}

/// Reads all of the array named in the first argument; once all have, tells what its share is.
#[test]
fn reading_role() {
    let Some(args) = child::args("memory::reading_role") else {
        return;
    };
    let array = SharedArray::<f64>::open(&args[0].parse().unwrap()).unwrap();
    child::say(array.read().unwrap().sum());
    child::read_line();
    child::say(share_of(&args[0]));
    child::read_line();
}

#[test]
fn eight_readers_take_the_memory_of_one_array() {
    let _watchdog = watchdog(PATIENCE);
    // 400 MB where there is time for it.
    let len = Scale::asked().pick(2_000_000, 50_000_000, 50_000_000) as usize;
    let name = SegmentName::new(unique_name("readers")).unwrap();
    let array = SharedArray::<f64>::create(&name, len).unwrap();
    array.write().unwrap().fill(0.5);
    let mut readers: Vec<Child> = (0..READERS)
        .map(|_| Child::spawn("memory::reading_role", &[name.as_str()]))
        .collect();
    for reader in &mut readers {
        reader.expect_line(&(0.5 * len as f64).to_string());
    }
    let mut together = share_of(name.as_str());
    for reader in &mut readers {
        reader.say("all have read");
        together += reader.read_line().unwrap().parse::<u64>().unwrap();
    }
    let one = (8 * len) as u64;
    println!("{READERS} readers of {one} bytes take {together}");
    assert!(
        together >= one / 2,
        "{together}: the mappings were not found"
    );
    assert!(together < one + one / 10, "{together} of {one}");
}
