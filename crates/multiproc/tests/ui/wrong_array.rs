//! An array of another element type than the task writes.

use multiproc::{PartMut, Pool, SharedArray, task};
use ndarray::Ix1;

#[task]
fn ones(part: &mut PartMut<f64>) {
    part.fill(1.0);
}

fn main() -> multiproc::Result<()> {
    let array = SharedArray::<f32, Ix1>::zeros(10)?;
    Pool::new()?.fill(ones, &array).run()?;
    Ok(())
}
