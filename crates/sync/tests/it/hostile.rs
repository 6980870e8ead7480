//! A process that writes nonsense over the locks: it may block others, it cannot make them write anywhere.

use std::sync::atomic::Ordering;

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{Deadline, MUTEX_LEN, Place, RawMutex, RobustMutex};
use multiproc_testkit::torture::{Row, Scale};

const LOCK_WORD: usize = 40;
const LINKS: usize = 64;

#[test]
fn links_overwritten_while_held_are_never_followed() {
    const N_LOCKS: usize = 5;
    let layout = Layout {
        payload_len: N_LOCKS * MUTEX_LEN,
        control_len: 0,
        kind: 0,
    };
    let segment = Segment::anonymous(layout).unwrap();
    let bytes = segment.payload();
    let mutexes: Vec<RobustMutex> = (0..N_LOCKS)
        .map(|index| RobustMutex::init(&segment, Place::Payload(index * MUTEX_LEN)).unwrap())
        .collect();
    // What a hostile peer would like to have overwritten.
    let canary = Box::new([0x5a5a_5a5a_5a5a_5a5a_u64; 16]);
    let target = &raw const canary[8] as u64;
    let own = {
        mutexes[0].lock(Deadline::Never).unwrap();
        let word = bytes.atomic_u32(LOCK_WORD).unwrap().load(Ordering::SeqCst);
        mutexes[0].unlock();
        word
    };
    let rounds = Scale::asked().pick(1_000, 20_000, 1_000_000) as usize;
    for round in 0..rounds {
        for mutex in &mutexes {
            mutex.lock(Deadline::Never).unwrap();
        }
        for index in 0..N_LOCKS {
            for link in [LINKS, LINKS + 8] {
                let offset = index * MUTEX_LEN + link;
                bytes
                    .atomic_u64(offset)
                    .unwrap()
                    .store(target, Ordering::SeqCst);
            }
        }
        for step in 0..N_LOCKS {
            mutexes[(round + step * 2) % N_LOCKS].unlock();
        }
        for (index, mutex) in mutexes.iter().enumerate() {
            assert_eq!(mutex.holder(), None, "round {round}, mutex {index}");
        }
    }
    assert!(own != 0 && canary.iter().all(|&word| word == 0x5a5a_5a5a_5a5a_5a5a));
    Row::new(29)
        .figure("overwrites", rounds * N_LOCKS * 2)
        .figure("wild writes", 0)
        .print();
}

#[test]
fn any_word_in_a_lock_ends_in_a_value_or_an_error() {
    let layout = Layout {
        payload_len: MUTEX_LEN,
        control_len: 0,
        kind: 0,
    };
    let segment = Segment::anonymous(layout).unwrap();
    let mutex = RobustMutex::init(&segment, Place::Payload(0)).unwrap();
    let bytes = segment.payload();
    let words = (0..32)
        .map(|bit| 1_u32 << bit)
        .chain([u32::MAX, 0x3fff_ffff, 0xc000_0000]);
    for word in words {
        for state in [0, 1, 2, u32::MAX] {
            bytes
                .atomic_u32(LOCK_WORD)
                .unwrap()
                .store(word, Ordering::SeqCst);
            bytes.atomic_u32(8).unwrap().store(state, Ordering::SeqCst);
            let _ = mutex.lock(Deadline::Now);
            mutex.unlock();
            let _ = mutex.lock(Deadline::after(std::time::Duration::from_micros(10)));
            mutex.unlock();
        }
    }
}
