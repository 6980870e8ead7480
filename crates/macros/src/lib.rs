#![doc = include_str!("../README.md")]

mod expand;

mod signature;

mod attributes;

mod options;

use proc_macro::TokenStream;

/// Makes a function a task: something that a pool can run in its workers.
///
/// The function's name becomes a unit struct that a pool takes (`pool.map(hits, items)`) and that still
/// calls like the function (`hits(&mut rng, 5)`).
///
/// **Parameters.** References come first and come from the job:
///
/// | written | is |
/// |---|---|
/// | `&mut Stream` | the random stream of this item; the job needs `.seed(..)` |
/// | `&mut Context` | which item this is, and which attempt |
/// | `&mut PartMut<T, D>` | the part of the array that this item may write: the task is for `fill` and `update`, not for `map` |
/// | `&Frozen<T, D>`, `&SharedArray<T, D>` | the job's next `.arg(&array)`, attached in the worker and never copied |
///
/// All others are the item: owned values that serde can write and read, none for `()`, one for itself,
/// several for a tuple.
///
/// **Return value.** An owned value that serde can write and read. A return type whose last word is
/// `Result` is a task that can fail: the item fails with the error's text, and the job's results are of the
/// `Ok` type.
///
/// **Not possible:** generic functions (a name must mean one function), `async`, `unsafe` and methods.
///
/// `#[task(crate = path)]` names the crate that holds the traits when it is not `::multiproc`.
///
/// # Examples
///
/// ```
/// use multiproc::{Pool, Stream, task};
///
/// /// How many of `n` points in the unit square lie in the unit circle.
/// #[task]
/// fn hits(rng: &mut Stream, n: u64) -> u64 {
///     (0..n).filter(|_| rng.random().hypot(rng.random()) < 1.0).count() as u64
/// }
///
/// // In a worker, by name …
/// let inside = Pool::new()?.map(hits, [1000; 4]).seed(42).run()?;
/// // … and here, as a function.
/// let mut stream = multiproc::shared_rng::Split::new(42u64).stream(3u64);
/// assert_eq!(inside[3], hits(&mut stream, 1000));
/// # Ok::<(), multiproc::Error>(())
/// ```
///
/// A local variable cannot have the name of a task that is in scope: `let hits = ..` would be a pattern.
#[proc_macro_attribute]
pub fn task(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::task(options.into(), function.into()).into()
}
