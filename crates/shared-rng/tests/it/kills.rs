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

type Stream = Shared<Generator<Pcg64>>;

#[test]
fn no_value_is_handed_out_twice_whoever_is_killed() {
    let _watchdog = watchdog(10 * PATIENCE);
    let n_values = Scale::asked().pick(300_000, 1_000_000, 10_000_000) as usize;
    let name = SegmentName::new(unique_name("rng-kills")).unwrap();
    let stream = Stream::create(&name, default_rng(9)).unwrap();
    let logs: Vec<Log> = (0..N_WORKERS).map(|_| Log::new(n_values)).collect();
    let spawn = |i: usize| Child::spawn(DRAWING, &[name.as_str(), logs[i].name.as_str()]);
    let mut workers: Vec<Child> = (0..N_WORKERS).map(spawn).collect();
    let n_logged = || logs.iter().map(Log::len).sum::<usize>();
    let (mut n_kills, mut n_reported) = (0, 0);
    // Each kill waits for more values than the last, so that it does not hit beginners alone.
    let n_rounds = Scale::asked().pick(20, 40, 200) as usize;
    for round in 1..=n_rounds {
        let enough = n_values * round / n_rounds;
        wait_until("values", || n_logged() >= enough);
        let victim = round * 7 % N_WORKERS;
        workers[victim].kill();
        n_kills += 1;
        let abandoned = stream.take_abandoned().unwrap();
        n_reported += abandoned
            .iter()
            .map(|range| range.end - range.start)
            .sum::<u64>();
        workers[victim] = spawn(victim);
    }
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
    // The parent kills everybody before, unless it is kept from it.
    while log.room() > 5 * ROUND {
        for _ in 0..ROUND / 10 {
            log.push(&[stream.draw(|rng| rng.bits_mut().next_u64()).unwrap()]);
        }
        let mut lease = stream.reserve(ROUND as u64).unwrap();
        while let Some(word) = lease.next_u64() {
            log.push(&[word]);
        }
        drop(lease);
        let draw = |rng: &mut Generator<Pcg64>, block: &mut [u64]| rng.bits_mut().fill_u64(block);
        stream
            .draw_blocks(3 * ROUND, ROUND, draw, |_, block| log.push(block))
            .unwrap();
    }
    child::read_line();
}
