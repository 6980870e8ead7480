//! A worker that is killed inside an item, with half of its part written: the array's bits stay the same.

use multiproc::{Context, Frozen, PartMut, Pool, SharedArray, Stream, task};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, die, watchdog};
use ndarray::{Array1, Ix1, array};

const N_ROWS: usize = 3_000;
const ROWS_PER_ITEM: usize = 10;

/// Writes one number into each row; dies half way, the first time, if the part begins at one of `victims`.
#[task]
fn draw(
    rng: &mut Stream,
    context: &mut Context,
    part: &mut PartMut<f64, Ix1>,
    victims: &Frozen<u64, Ix1>,
) {
    let is_victim = victims.iter().any(|&victim| victim == part.start() as u64);
    let half = part.len() / 2;
    for row in 0..part.len() {
        if row == half && is_victim && context.attempt() == 1 {
            die();
        }
        part[row] = rng.random();
    }
}

fn fill(pool: &Pool, victims: Array1<u64>, chunk: usize) -> multiproc::Result<Array1<f64>> {
    let victims = SharedArray::from_array(&victims)?.freeze()?;
    let array = SharedArray::<f64, Ix1>::zeros(N_ROWS)?;
    pool.fill(draw, &array)
        .seed(5)
        .arg(&victims)
        .rows_per_item(ROWS_PER_ITEM)
        .chunk(chunk)
        .run()?;
    Ok(array.read()?.to_owned())
}

#[test]
fn a_half_written_part_is_written_again_to_the_same_bits() -> multiproc::Result<()> {
    let _watchdog = watchdog(3 * PATIENCE);
    let victims = array![70, 1_500, 2_990];
    let rounds = Scale::asked().pick(1, 10, 100);
    let mut n_kills = 0;
    let nobody = || Array1::zeros(0);
    let serial = fill(&Pool::serial(), nobody(), 1)?;
    let cuts = [(1, 1), (2, 3), (3, 7), (7, 1), (2, 1_000)];
    for (n_workers, chunk) in (0..rounds).flat_map(|_| cuts) {
        let pool = Pool::builder().processes(n_workers).build()?;
        assert_eq!(
            fill(&pool, nobody(), chunk)?,
            serial,
            "{n_workers} workers, chunks of {chunk}"
        );
        let before = pool.worker_pids();
        assert_eq!(
            fill(&pool, victims.clone(), chunk)?,
            serial,
            "{n_workers} workers, three killed"
        );
        assert_ne!(pool.worker_pids(), before, "somebody was replaced");
        n_kills += victims.len();
    }
    Row::new(47)
        .figure("kills", n_kills)
        .figure("cuts of the job", cuts.len())
        .figure("results that differ", 0)
        .print();
    Ok(())
}
