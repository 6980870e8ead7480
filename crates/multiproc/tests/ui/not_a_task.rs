//! Functions that cannot be tasks.

use multiproc::task;

#[task]
fn generic<T>(x: T) -> T {
    x
}

#[task]
async fn later(x: u64) -> u64 {
    x
}

#[task]
fn borrowed(words: &str) -> usize {
    words.len()
}

#[task]
fn slice(numbers: &[f64]) -> f64 {
    numbers[0]
}

#[task]
fn unknown(counter: &mut u64) {
    *counter += 1;
}

#[task]
fn unsendable(x: std::rc::Weak<u64>) -> bool {
    x.upgrade().is_some()
}

#[task]
fn returns_reference(x: u64) -> &'static str {
    "x"
}

#[task]
fn part_and_item(part: &mut multiproc::PartMut<f64>, factor: f64) {
    part.fill(factor);
}

#[task(name = "other")]
fn unknown_option(x: u64) -> u64 {
    x
}

fn main() {}
