#![doc = include_str!("../README.md")]

mod expand;

mod signature;

mod attributes;

mod options;

mod structure;

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

/// Makes a structure an element of arrays: NumPy's structured dtype of the same fields.
///
/// The structure is `Clone`, `Copy` and `repr(C)`, so that its fields lie in their order, or
/// `repr(C, packed)`, as NumPy's are unless they are made with `align=True`. A field is an element
/// itself, or an array `[F; N]` of fields, which NumPy calls a subarray. It may have no hidden
/// padding, as another process could read what was in memory before: padding is a field of its own,
/// which NumPy leaves out.
///
/// | attribute | |
/// |---|---|
/// | `#[element(name = "x")]` | the field's name in NumPy, if it is not the one in Rust |
/// | `#[element(padding)]` | a field `[u8; N]` that is there for alignment only |
/// | `#[element(crate = path)]` | on the structure: the crate that is `multiproc_array` when there is no `::multiproc::array` |
///
/// It implements bytemuck's `Pod` and `Zeroable` as well, on which elements stand.
///
/// # Examples
///
/// ```
/// use multiproc::{Element, SharedArray};
///
/// /// NumPy's `np.dtype([("kind", "u1"), ("position", "f8", 3)], align=True)`.
/// #[derive(Clone, Copy, Element)]
/// #[repr(C)]
/// struct Particle {
///     kind: u8,
///     #[element(padding)]
///     _aligned: [u8; 7],
///     position: [f64; 3],
/// }
///
/// let particles = SharedArray::<Particle>::zeros(1000)?;
/// particles.write()?[7].position = [1.0, 2.0, 3.0];
/// assert_eq!(particles.handle().descr, "[('kind', '|u1'), ('', '|V7'), ('position', '<f8', (3,))]");
/// # Ok::<(), multiproc::array::ArrayError>(())
/// ```
///
/// Without the padding, it does not compile:
///
/// ```compile_fail,E0080
/// use multiproc::Element;
///
/// #[derive(Clone, Copy, Element)]
/// #[repr(C)]
/// struct Particle {
///     kind: u8,
///     position: [f64; 3],
/// }
/// ```
#[proc_macro_derive(Element, attributes(element))]
pub fn element(structure: TokenStream) -> TokenStream {
    structure::element(structure.into()).into()
}
