//! "Multiprocessing with NumPy arrays", example 2: the sum of ten numbers, by one process and by chunks in a pool.
//!
//! The Python program asks for four equal parts and gets five chunks, because it rounds 10 / 4 down to chunks of 2.
//! Both ways are here, and both sums are 55. The times show what the Python program's own output shows: a pool does
//! not pay for ten numbers.

use std::num::NonZeroUsize;
use std::time::Instant;

use multiproc::array::split_rows;
use multiproc::{Pool, task};

const FOUR: NonZeroUsize = NonZeroUsize::new(4).unwrap();

#[task]
fn worker(chunk: Vec<i64>) -> i64 {
    chunk.iter().sum()
}

fn main() -> multiproc::Result<()> {
    let arr: Vec<i64> = (1..=10).collect();

    let start = Instant::now();
    let sum: i64 = arr.iter().sum();
    println!("one process:   sum {sum} in {:?}", start.elapsed());

    let start = Instant::now();
    let pool = Pool::builder().processes(FOUR.get()).build()?;
    println!("pool of four:  started in {:?}", start.elapsed());

    let start = Instant::now();
    let four_parts = split_rows(arr.len(), FOUR).map(|part| arr[part].to_vec());
    let sums = pool.map(worker, four_parts).run()?;
    println!(
        "four parts:    sums {sums:?}, sum {} in {:?}",
        sums.iter().sum::<i64>(),
        start.elapsed()
    );

    let start = Instant::now();
    let chunks_of_two = arr.chunks(2).map(<[i64]>::to_vec);
    let sums = pool.map(worker, chunks_of_two).run()?;
    println!(
        "chunks of two: sums {sums:?}, sum {} in {:?}",
        sums.iter().sum::<i64>(),
        start.elapsed()
    );
    Ok(())
}
