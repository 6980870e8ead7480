//! "Multiprocessing with NumPy arrays", example 1: a hundred numbers, doubled by a pool, one slice of one number each.
//!
//! The numbers are those of `numpy.random.seed(0); numpy.random.randint(0, 100, (100,))`, and the output is what the
//! Python program prints.

use multiproc::rng::RandomState;
use multiproc::{Pool, task};

#[task]
fn multiply_elements(array: Vec<i64>) -> Vec<i64> {
    array.iter().map(|x| x * 2).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arr = [0; 100];
    RandomState::new(0).fill_randint(0..100, &mut arr)?;
    println!("{}", numpy_rows(&arr));
    println!("------------------------------------------");

    let pool = Pool::new()?;
    let result = pool
        .map(multiply_elements, arr.chunks(1).map(<[i64]>::to_vec))
        .run()?;
    let arrays: Vec<String> = result
        .iter()
        .map(|array| format!("array({array:?})"))
        .collect();
    println!("[{}]", arrays.join(", "));
    Ok(())
}

/// The numbers as NumPy prints an array: right-aligned, in lines of at most 75 characters.
fn numpy_rows(numbers: &[i64]) -> String {
    let words: Vec<String> = numbers.iter().map(|x| format!("{x:2}")).collect();
    let lines: Vec<String> = words.chunks(24).map(|line| line.join(" ")).collect();
    format!("[{}]", lines.join("\n "))
}
