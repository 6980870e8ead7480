//! "Using multiprocessing shared memory with numpy matrices": its program, and the three things that it leaves open.
//!
//! Processes fill a shared matrix by rows, `M[i, j] = i + j`. Operators that work in place change it for all; the line
//! that loses the shared buffer in Python, `Matrix = 1 * Matrix`, does not compile here, as an operator's new array is
//! of another type than a guard: `*matrix *= 2.0` works in place, and `matrix.assign(&new)` copies what an operator made.
//!
//! Last, each process computes its rows of a product for itself and moves them to the shared matrix: the same bits,
//! however many processes do.

use multiproc::{Frozen, PartMut, Pool, SharedArray, task};
use ndarray::{Array2, Ix2, s};

/// The article's `compute`: the rows that this process has.
#[task]
fn compute(rows: &mut PartMut<f64, Ix2>) {
    for (i, mut row) in rows.rows_mut() {
        for (j, element) in row.iter_mut().enumerate() {
            *element = (i + j) as f64;
        }
    }
}

/// A result of the process's own, moved to the shared matrix when it is done.
#[task]
fn multiply(rows: &mut PartMut<f64, Ix2>, left: &Frozen<f64, Ix2>, right: &Frozen<f64, Ix2>) {
    let own: Array2<f64> = left.slice(s![rows.range(), ..]).dot(&right.view());
    rows.assign(&own);
}

fn main() -> multiproc::Result<()> {
    let matrix = SharedArray::<f64, Ix2>::zeros((4, 4))?;
    Pool::builder()
        .processes(2)
        .build()?
        .fill(compute, &matrix)
        .run()?;
    print_rows("computed by rows", &matrix)?;
    assert_eq!(
        matrix.read()?.flatten().to_vec(),
        [0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6].map(f64::from)
    );

    *matrix.write()? *= 2.0;
    print_rows("M *= 2", &matrix)?;
    assert_eq!(matrix.read()?.row(0).to_vec(), [0.0, 2.0, 4.0, 6.0]);

    let mut guard = matrix.write()?;
    let plus_one = 1.0 * &*guard + 1.0;
    guard.assign(&plus_one);
    drop(guard);
    print_rows("M[...] = 1 * M + 1", &matrix)?;
    assert_eq!(matrix.read()?.row(0).to_vec(), [1.0, 3.0, 5.0, 7.0]);

    let n = 512;
    let left = Array2::from_shape_fn((n, n), |(i, j)| ((i * 31 + j * 17) % 101) as f64 / 7.0);
    let right = Array2::from_shape_fn((n, n), |(i, j)| ((i * 13 + j * 29) % 97) as f64 / 3.0);
    let alone = left.dot(&right);
    let (left, right) = (Frozen::from_array(&left)?, Frozen::from_array(&right)?);
    for processes in [1, 2, 3, 4, 7] {
        let pool = Pool::builder().processes(processes).build()?;
        let product = SharedArray::<f64, Ix2>::zeros((n, n))?;
        pool.fill(multiply, &product)
            .rows_per_item(n.div_ceil(processes))
            .arg(&left)
            .arg(&right)
            .run()?;
        let same = product.read()?.iter().eq(&alone);
        println!("{n} x {n} product by {processes}: the bits of one process's: {same}");
        assert!(same);
    }
    Ok(())
}

fn print_rows(what: &str, matrix: &SharedArray<f64, Ix2>) -> multiproc::Result<()> {
    println!("{what}:\n{}", matrix.read()?.view());
    Ok(())
}

#[test]
fn the_matrix_is_the_articles_and_does_not_depend_on_the_processes() {
    main().expect("an example that runs");
}
