//! Many processes on one stream, killed at random: no value is handed out twice.

use multiproc_rng::{BitGenerator, Generator, Pcg64, default_rng};
use multiproc_segment::SegmentName;
use multiproc_shared_rng::Shared;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, unique_name, wait_until, watchdog};

use crate::log::Log;

const DRAWING: &str = "kills::drawing_role";
const N_WORKERS: usize = 3;
/// Draws of a lease and of a block, and of single draws in a row.
const ROUND: usize = 1000;

/// What a worker draws before it looks whether it may go on.
const CYCLE: usize = ROUND / 10 + ROUND + 3 * ROUND;

type Stream = Shared<Generator<Pcg64>>;

#[test]
fn no_value_is_handed_out_twice_whoever_is_killed() {
    let _watchdog = watchdog(10 * PATIENCE);
    let scale = Scale::asked();
    let n_rounds = scale.pick(10, 20, 60) as usize;
    let pace = scale.pick(1_000_000, 2_000_000, 10_000_000) as usize / n_rounds / N_WORKERS;
    let name = SegmentName::new(unique_name("rng-kills")).unwrap();
    let stream = Stream::create(&name, default_rng(9)).unwrap();
    let logs: Vec<Log> = (0..N_WORKERS)
        .map(|_| Log::new(pace * n_rounds + CYCLE))
        .collect();
    let spawn = |i: usize| Child::spawn(DRAWING, &[name.as_str(), logs[i].name.as_str()]);
    let mut workers: Vec<Child> = (0..N_WORKERS).map(spawn).collect();
    let (mut n_kills, mut n_reported) = (0, 0);
    for round in 0..n_rounds {
        logs.iter().for_each(|log| log.allow((round + 1) * pace));
        let victim = round % N_WORKERS;
        // It is drawing then: it may go on to the end of the round.
        let enough = round * pace + round * 7919 % (pace / 2);
        wait_until("the victim draws", || logs[victim].len() > enough);
        workers[victim].kill();
        n_kills += 1;
        let abandoned = stream.take_abandoned().unwrap();
        n_reported += abandoned
            .iter()
            .map(|range| range.end - range.start)
            .sum::<u64>();
        workers[victim] = spawn(victim);
    }
    wait_until("the logs are full", || !logs.iter().any(Log::is_open));
    workers.iter_mut().for_each(|worker| {
        worker.kill();
    });

    let mut drawn: Vec<u64> = logs.iter().flat_map(Log::words).collect();
    let n_drawn = drawn.len();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), n_drawn, "values handed out twice");
    // What the stream has given in all, the last state says.
    let last = stream.state().unwrap();
    let mut alone = default_rng(9);
    let mut given = Vec::with_capacity(n_drawn);
    while alone.bits() != last.bits() {
        assert!(
            given.len() < 2 * n_drawn,
            "the state is not one of the stream's"
        );
        given.push(alone.bits_mut().next_u64());
    }
    let n_lost = given.len() - n_drawn;
    given.sort_unstable();
    let strangers = drawn
        .iter()
        .filter(|word| given.binary_search(word).is_err());
    assert_eq!(strangers.count(), 0, "values that are not the stream's");
    // One block or lease each, and the single draw that a victim had made and not written down.
    assert!(
        n_lost <= (n_kills + N_WORKERS) * (ROUND + 1),
        "{n_lost} lost"
    );
    Row::new(40)
        .figure("draws", n_drawn)
        .figure("kills", n_kills)
        .figure("duplicates", 0)
        .figure("lost with the dead", n_lost)
        .figure("reported", n_reported)
        .print();
}

#[test]
fn drawing_role() {
    let Some(args) = child::args(DRAWING) else {
        return;
    };
    let stream = Stream::open(&SegmentName::new(args[0].as_str()).unwrap()).unwrap();
    let log = Log::open(&args[1]);
    loop {
        while !log.is_open() {
            std::thread::yield_now();
        }
        for _ in 0..ROUND / 10 {
            log.push(&[stream.draw(|rng| rng.bits_mut().next_u64()).unwrap()]);
        }
        let mut lease = stream.reserve(ROUND as u64).unwrap();
        while let Some(word) = lease.next_u64() {
            log.push(&[word]);
            // Killed here, it has draws that nobody else will make.
            if lease.n_left() == ROUND as u64 / 2 {
                std::thread::yield_now();
            }
        }
        drop(lease);
        let draw = |rng: &mut Generator<Pcg64>, block: &mut [u64]| rng.bits_mut().fill_u64(block);
        let deliver = |_, block: &[u64]| {
            std::thread::yield_now();
            log.push(block);
        };
        stream.draw_blocks(3 * ROUND, ROUND, draw, deliver).unwrap();
    }
}
