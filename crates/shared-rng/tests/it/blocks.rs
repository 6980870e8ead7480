//! Long draws in blocks, with their maker killed between and within them.

use multiproc_rng::{AnySource, Generator, Sfc64};
use multiproc_segment::SegmentName;
use multiproc_shared_rng::Shared;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, die, unique_name, wait_until, watchdog};

use crate::log::Log;

const FILLING: &str = "blocks::filling_role";
const N: usize = 1_000_000;
const BLOCK: usize = 50_000;

type Stream = Shared<Generator<Sfc64>>;

/// The stream, and the array that the child fills; its length is how far the array is filled.
fn ground() -> (Stream, SegmentName, Log) {
    let name = SegmentName::new(unique_name("rng-blocks")).unwrap();
    let stream = Stream::create(&name, Generator::new(Sfc64::seed_from(4))).unwrap();
    (stream, name, Log::new(N))
}

/// The array agrees with the stream and with what is reported; returns how many values are lost.
fn check(stream: &Stream, array: &Log) -> u64 {
    let filled = array.words();
    assert_eq!(filled.len() % BLOCK, 0, "the mark is at a block's end");
    let mut alone = Generator::new(Sfc64::seed_from(4));
    let mut expected = vec![0.0; N];
    alone.fill_standard_normal(&mut expected[..filled.len()]);
    let mismatch = (filled.iter().zip(&expected)).position(|(bits, x)| *bits != x.to_bits());
    assert_eq!(mismatch, None, "of {}", filled.len());
    let lost = stream.take_abandoned().unwrap();
    let mut n_lost = 0;
    for range in &lost {
        let (start, block) = (filled.len() as u64, BLOCK as u64);
        if range.end == start {
            // It was delivered, and its maker died before that was known.
            assert_eq!(range.start, start - block);
            continue;
        }
        assert_eq!(*range, start..start + block, "the block after the mark");
        n_lost += BLOCK;
        alone.fill_standard_normal(&mut expected[..BLOCK]);
    }
    assert!(lost.len() <= 1);
    let state = AnySource::from(stream.state().unwrap());
    assert_eq!(state.to_words(), AnySource::from(alone).to_words());
    n_lost as u64
}

#[test]
fn a_long_draw_killed_anywhere_ends_between_two_blocks_and_reports_the_one_lost() {
    let _watchdog = watchdog(4 * PATIENCE);
    let n_random = Scale::asked().pick(6, 20, 200);
    let (mut n_crashes, mut n_lost, mut worst) = (0, 0, 0);
    let mut account = |lost: u64| {
        n_crashes += 1;
        n_lost += lost;
        worst = worst.max(lost);
    };
    for when in ["before", "after"] {
        for block in (0..N / BLOCK).step_by(if n_random < 200 { 4 } else { 1 }) {
            let (stream, name, array) = ground();
            let args = [name.as_str(), array.name.as_str(), &block.to_string(), when];
            let mut child = Child::spawn(FILLING, &args);
            child.wait();
            let expected = block + usize::from(when == "after");
            assert_eq!(
                array.len(),
                expected * BLOCK,
                "killed {when} the mark of {block}"
            );
            account(check(&stream, &array));
        }
    }
    for round in 0..n_random {
        let (stream, name, array) = ground();
        let never = (N / BLOCK).to_string();
        let args = [name.as_str(), array.name.as_str(), &never, "never"];
        let mut child = Child::spawn(FILLING, &args);
        let enough = (round as usize * 7 % (N / BLOCK)) * BLOCK;
        wait_until("some blocks", || array.len() >= enough);
        child.kill();
        account(check(&stream, &array));
    }
    Row::new(38)
        .figure("crashes", n_crashes)
        .figure("mismatches", 0)
        .figure("values lost and reported", n_lost)
        .figure("most of one crash", worst)
        .print();
}

#[test]
fn filling_role() {
    let Some(args) = child::args(FILLING) else {
        return;
    };
    let stream = Stream::open(&SegmentName::new(args[0].as_str()).unwrap()).unwrap();
    let array = Log::open(&args[1]);
    let dying_at: usize = args[2].parse().unwrap();
    let draw = |rng: &mut Generator<Sfc64>, block: &mut [f64]| rng.fill_standard_normal(block);
    let deliver = |start: usize, block: &[f64]| {
        let bits: Vec<u64> = block.iter().map(|x| x.to_bits()).collect();
        let is_last = start == dying_at * BLOCK;
        if is_last && args[3] == "before" {
            die();
        }
        array.push(&bits);
        if is_last && args[3] == "after" {
            die();
        }
    };
    stream.draw_blocks(N, BLOCK, draw, deliver).unwrap();
}
