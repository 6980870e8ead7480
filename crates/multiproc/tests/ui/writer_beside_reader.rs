//! Writing to elements that a view still reads, and writing through a guard to read.

use multiproc::SharedArray;

fn main() -> multiproc::Result<()> {
    let array = SharedArray::<f64>::zeros(10)?;
    let mut guard = array.write()?;
    let reader = guard.view();
    guard.fill(1.0);
    println!("{reader}");
    drop(guard);

    let mut guard = array.read()?;
    guard.fill(1.0);
    Ok(())
}
