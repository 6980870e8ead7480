//! "In case of numpy arrays (matrices) that doesn't work! I frankly don't know why": here is why.
//!
//! An argument is written into a message and read from it in the other process: there it is another vector, at another
//! address, and what is done to it is done to the copy. A shared array is an argument too, but the message has only
//! its handle: the other process maps the same memory, at an address of its own, and what it writes is here.

use multiproc::{PartMut, Pool, SharedArray, task};
use ndarray::Ix1;

/// Writes to what it was given, and tells where that is.
#[task]
fn write_to_copy(mut numbers: Vec<f64>) -> (usize, f64) {
    numbers[0] = 99.0;
    (numbers.as_ptr() as usize, numbers[0])
}

#[task]
fn write_in_place(numbers: &mut PartMut<f64, Ix1>) -> (usize, f64) {
    numbers[0] = 99.0;
    (numbers.as_ptr() as usize, numbers[0])
}

fn main() -> multiproc::Result<()> {
    let pool = Pool::builder().processes(1).build()?;

    let numbers = vec![0.0; 1000];
    let (theirs, seen) = pool.map(write_to_copy, [numbers.clone()]).run()?[0];
    println!("a vector is copied:");
    println!(
        "  here  at {:#x}: {}",
        numbers.as_ptr() as usize,
        numbers[0]
    );
    println!("  there at {theirs:#x}: {seen}");
    assert_eq!((numbers[0], seen), (0.0, 99.0));

    let numbers = SharedArray::<f64>::zeros(1000)?;
    let (theirs, seen) = pool
        .fill(write_in_place, &numbers)
        .rows_per_item(1000)
        .run()?[0];
    let guard = numbers.read()?;
    println!(
        "an array is shared, its handle has {} bytes:",
        numbers.handle().to_bytes().len()
    );
    println!("  here  at {:#x}: {}", guard.as_ptr() as usize, guard[0]);
    println!("  there at {theirs:#x}: {seen}");
    assert_eq!((guard[0], seen), (99.0, 99.0));
    Ok(())
}

#[test]
fn a_copy_stays_as_it_was_and_an_array_does_not() {
    main().expect("an example that runs");
}
