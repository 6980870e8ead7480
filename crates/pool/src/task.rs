//! [`Task`] and [`PartTask`]: functions that a worker can find by name.

use std::fmt::{self, Display};

use multiproc_array::{Element, PartMut};
use ndarray::RemoveAxis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::{Deserialize as DeserializeDerive, Serialize as SerializeDerive};

use crate::call::{Call, FromArgument};
use crate::fault::Fault;
use crate::work::{self, Work};
use crate::written::{self, WrittenArray};

/// A function from items to results, made by [`#[task]`](crate::task): what [`Pool::map`](crate::Pool::map) runs.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Pool, task};
///
/// #[task(crate = multiproc_pool)]
/// fn power(base: u64, exponent: u32) -> u64 {
///     base.pow(exponent)
/// }
///
/// // Several parameters are a tuple, as for Python's `starmap`.
/// let powers = Pool::builder().processes(2).build()?.map(power, [(2, 5), (3, 2), (10, 3)]).run()?;
/// assert_eq!(powers, [32, 9, 1000]);
/// // A task is still a function.
/// assert_eq!(power(2, 5), 32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task over items",
    label = "`map` cannot run this",
    note = "if it is a function: write `#[task]` above it",
    note = "if it is a task with a `&mut PartMut<T, D>` parameter: use `pool.fill(task, &array)` or `pool.update(task, &array)`"
)]
pub trait Task: Copy + Send + Sync + 'static {
    /// The owned parameters: one by itself, several as a tuple.
    type Item: Serialize + DeserializeOwned;
    /// What the function returns, or the `Ok` type of what it returns.
    type Output: Serialize + DeserializeOwned;

    /// Returns how a worker finds the function.
    #[doc(hidden)]
    fn entry() -> &'static Entry;

    /// Calls the function for one item.
    #[doc(hidden)]
    fn call(call: &Call<'_>, item: Self::Item) -> Result<Self::Output, Fault>;
}

/// A function over a part of an array, made by [`#[task]`](crate::task): what [`Pool::fill`](crate::Pool::fill)
/// and [`Pool::update`](crate::Pool::update) run.
///
/// # Examples
///
/// ```
/// use multiproc_array::{PartMut, SharedArray};
/// use multiproc_pool::{Pool, task};
/// use ndarray::Ix2;
///
/// #[task(crate = multiproc_pool)]
/// fn sums(part: &mut PartMut<f64, Ix2>) {
///     for (i, mut row) in part.rows_mut() {
///         for (j, x) in row.iter_mut().enumerate() {
///             *x = (i + j) as f64;
///         }
///     }
/// }
///
/// let matrix = SharedArray::<f64, Ix2>::zeros((3, 2))?;
/// Pool::builder().processes(2).build()?.fill(sums, &matrix).run()?;
/// assert_eq!(matrix.read().unwrap()[[2, 1]], 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task over the parts of an array",
    label = "`fill` and `update` cannot run this",
    note = "if it is a function: write `#[task]` above it and let it take `&mut PartMut<T, D>`",
    note = "if it is a task without a `&mut PartMut<T, D>` parameter: use `pool.map(task, items)`"
)]
pub trait PartTask: Copy + Send + Sync + 'static {
    /// The array's element type.
    type Element: Element;
    /// The array's dimension.
    type Dim: RemoveAxis;
    /// What the function returns, or the `Ok` type of what it returns.
    type Output: Serialize + DeserializeOwned;

    /// Returns how a worker finds the function.
    #[doc(hidden)]
    fn entry() -> &'static Entry;

    /// Calls the function for one part.
    #[doc(hidden)]
    fn call(
        call: &Call<'_>,
        part: &mut PartMut<'_, Self::Element, Self::Dim>,
    ) -> Result<Self::Output, Fault>;
}

/// The name under which a task is known to every process of a program.
///
/// Line and column tell tasks of one name apart that stand in different functions of one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskName {
    /// Module path and function name, such as `app::model::step`.
    pub path: &'static str,
    /// The line of its `#[task]`.
    pub line: u32,
    /// The column of its `#[task]`.
    pub column: u32,
}

impl Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {})", self.path, self.line)
    }
}

/// A [`TaskName`] on its way to another process.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDerive, DeserializeDerive)]
pub(crate) struct SentName {
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl SentName {
    pub(crate) fn of(name: TaskName) -> SentName {
        SentName {
            path: name.path.to_owned(),
            line: name.line,
            column: name.column,
        }
    }

    pub(crate) fn names(&self, name: TaskName) -> bool {
        (self.path.as_str(), self.line, self.column) == (name.path, name.line, name.column)
    }
}

/// One registered task: its name, what it needs, and its code.
#[derive(Debug)]
pub struct Entry {
    pub(crate) name: TaskName,
    /// The parameter and return types as they are written, so that another build shows.
    pub(crate) signature: &'static str,
    pub(crate) needs: Needs,
    pub(crate) run: RunTask,
}

/// The code of a task: claims items and runs them until there are none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RunTask {
    Items(fn(&mut Work<'_>)),
    Parts(fn(&mut Work<'_>, &WrittenArray)),
}

/// What a job must provide before its task can run.
#[derive(Debug)]
pub struct Needs {
    /// Whether some parameter draws random numbers.
    pub seed: bool,
    /// The parameters that are arrays.
    pub arguments: &'static [Parameter],
}

/// A parameter that an array is passed for.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) wanted: ArrayKind,
}

/// What must agree between a parameter and the array that is passed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayKind {
    /// The type's name without its arguments.
    pub holder: &'static str,
    /// The dtype in NumPy's spelling, such as `<f8`.
    pub descr: &'static str,
    /// The number of axes; `None` if any will do.
    pub n_axes: Option<usize>,
}

impl ArrayKind {
    /// Tells whether a parameter of this kind can be given an array of kind `found`.
    pub(crate) fn takes(&self, found: ArrayKind) -> bool {
        self.holder == found.holder
            && self.descr == found.descr
            && (self.n_axes.is_none() || self.n_axes == found.n_axes)
    }
}

impl Display for ArrayKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of dtype {}", self.holder, self.descr)?;
        match self.n_axes {
            Some(1) => f.write_str(" with 1 axis"),
            Some(n) => write!(f, " with {n} axes"),
            None => Ok(()),
        }
    }
}

impl Entry {
    /// Registers a task over items.
    pub const fn items<T: Task>(name: TaskName, signature: &'static str, needs: Needs) -> Entry {
        Entry {
            name,
            signature,
            needs,
            run: RunTask::Items(work::run_items::<T>),
        }
    }

    /// Registers a task over parts of an array.
    pub const fn parts<T: PartTask>(
        name: TaskName,
        signature: &'static str,
        needs: Needs,
    ) -> Entry {
        Entry {
            name,
            signature,
            needs,
            run: RunTask::Parts(written::run_parts::<T>),
        }
    }
}

impl Parameter {
    /// Describes the parameter `name: &A`.
    pub const fn of<A: FromArgument>(name: &'static str) -> Parameter {
        Parameter {
            name,
            wanted: A::KIND,
        }
    }
}

/// A return type whose error fails the item.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a task returns",
    note = "a return type written `..Result<..>` must be a `Result<T, E>` whose `E` implements `Display`"
)]
pub trait Fallible {
    /// The type of the job's results.
    type Output;

    /// Turns an error into the item's failure.
    ///
    /// # Errors
    ///
    /// The task's own, as text.
    fn into_result(self) -> Result<Self::Output, Fault>;
}

impl<T, E: Display> Fallible for Result<T, E> {
    type Output = T;

    fn into_result(self) -> Result<T, Fault> {
        self.map_err(|error| Fault::Failed {
            message: error.to_string(),
        })
    }
}

/// The type of a parameter `&mut PartMut<T, D>`.
pub trait Part {
    /// The array's element type.
    type Element: Element;
    /// The array's dimension.
    type Dim: RemoveAxis;
}

impl<T: Element, D: RemoveAxis> Part for PartMut<'_, T, D> {
    type Element = T;
    type Dim = D;
}
