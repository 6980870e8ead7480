//! What a job returns.

use multiproc_pool::{Pool, task};

#[task(crate = multiproc_pool)]
fn square(x: u64) -> u64 {
    x * x
}

fn pool(n: usize) -> Pool {
    Pool::builder().processes(n).build().expect("a pool")
}

#[test]
fn results_are_in_the_order_of_the_items() {
    let squares = pool(2).map(square, 0..1000).run().unwrap();
    assert_eq!(squares, (0..1000).map(|x| x * x).collect::<Vec<_>>());
}
