//! `#[task]`: the attribute that makes a function callable in another process.
//!
//! A process cannot be sent a function, only its name. The attribute registers the function under
//! its name, when the program is linked, and turns the name into a value that a pool's verbs take:
//!
//! ```text
//! #[task]                                   pub struct hits;             // a unit struct: a value
//! pub fn hits(rng: &mut Stream, n: u64)     impl Task for hits { .. }    // what `pool.map` asks for
//!     -> u64 { .. }                  =>     impl Deref for hits { .. }   // so that `hits(rng, 5)` still calls
//!                                           static ENTRY: Entry = ..;    // found by name in the worker
//! ```
//!
//! What it does not do: it knows nothing of pools or processes. The traits it implements, and their
//! documentation, are in `multiproc-pool`; use both through `multiproc`.

mod expand;
mod options;
mod signature;

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
/// ```ignore
/// use multiproc::{Stream, task};
///
/// #[task]
/// fn hits(rng: &mut Stream, n: u64) -> u64 {
///     (0..n).filter(|_| rng.random().hypot(rng.random()) < 1.0).count() as u64
/// }
/// ```
#[proc_macro_attribute]
pub fn task(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::task(options.into(), function.into()).into()
}
