//! The trap of `Matrix = 1 * Matrix`, which in Python takes the shared buffer away from the name.

use multiproc::SharedArray;
use ndarray::Ix2;

fn main() -> multiproc::Result<()> {
    let array = SharedArray::<f64, Ix2>::zeros((4, 4))?;
    let mut matrix = array.write()?;
    matrix = 1.0 * matrix;
    matrix = &matrix + 1.0;
    matrix[[0, 0]] = 99.0;
    Ok(())
}
