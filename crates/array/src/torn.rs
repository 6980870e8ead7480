//! [`AccessError`] and [`Torn`]: what asking for an array's elements may lead to besides them.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use crate::ArrayError;
use crate::claimed::Claimed;

/// A guard over an array's elements, or why there is none.
pub type Access<G> = Result<G, AccessError<G>>;

/// Why an array's elements were not simply handed out. `G` is the guard.
///
/// With `?` it becomes an [`ArrayError`], which lets go of the guard.
pub enum AccessError<G> {
    /// They are held, but a writer died, or panicked, in some of them.
    Torn(Torn<G>),
    /// They are not held.
    Refused(ArrayError),
}

/// A guard over elements, in some rows of which a writer died or panicked half-way.
///
/// Write those rows anew through [`guard_mut`](Torn::guard_mut) and call
/// [`mark_consistent`](Torn::mark_consistent), or [`zero`](Torn::zero) them. Dropped without that,
/// it leaves the rows torn for whoever asks for them next.
///
/// # Examples
///
/// ```
/// use multiproc_array::{AccessError, SharedArray};
/// use ndarray::Ix1;
///
/// let array = SharedArray::<f64, Ix1>::zeros(10)?;
/// let panicked = std::thread::scope(|scope| {
///     let half_way = || {
///         let mut part = array.part(4..8).unwrap();
///         part[0] = 1.0;
///         panic!("half-way");
///     };
///     scope.spawn(half_way).join().is_err()
/// });
/// assert!(panicked);
///
/// let guard = match array.write() {
///     Err(AccessError::Torn(torn)) => {
///         assert_eq!(torn.rows(), [4..8]);
///         torn.zero()?
///     }
///     other => panic!("{other:?}"),
/// };
/// assert_eq!(guard[4], 0.0);
/// drop(guard);
/// array.read()?;
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[must_use = "dropped, it leaves the rows torn"]
pub struct Torn<G> {
    /// Boxed, as every answer of every guard would have its size.
    guard: Box<G>,
    rows: Vec<Range<usize>>,
}

impl<G: Guard> Torn<G> {
    /// The torn rows, ascending: of the outermost axis of the whole array in the segment, even if
    /// the guard is over a slice of it.
    pub fn rows(&self) -> &[Range<usize>] {
        &self.rows
    }

    /// The guard, to look at what is there.
    pub fn guard(&self) -> &G {
        &self.guard
    }

    /// The guard, to repair what is there.
    pub fn guard_mut(&mut self) -> &mut G {
        &mut self.guard
    }

    /// Says that the rows are whole again, and goes on with the guard.
    pub fn mark_consistent(mut self) -> G {
        self.guard.claimed_mut().mark_consistent();
        *self.guard
    }
}

impl<G: WritingGuard> Torn<G> {
    /// Sets all elements of the torn rows to zero, and goes on with the guard.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Segment`] if the segment cannot be written; the rows stay torn.
    pub fn zero(self) -> Result<G, ArrayError> {
        self.guard.claimed().zero_torn_rows()?;
        Ok(self.mark_consistent())
    }
}

/// A guard over elements; implemented by this crate's guards alone.
pub trait Guard {
    #[doc(hidden)]
    fn claimed(&self) -> &Claimed;
    #[doc(hidden)]
    fn claimed_mut(&mut self) -> &mut Claimed;
}

/// A guard that may write its elements.
pub trait WritingGuard: Guard {}

/// Hands out `guard`, unless rows of it are torn.
pub(crate) fn unless_torn<G: Guard>(guard: Result<G, ArrayError>) -> Access<G> {
    let guard = guard.map_err(AccessError::Refused)?;
    let rows = guard.claimed().torn_rows();
    if rows.is_empty() {
        Ok(guard)
    } else {
        Err(AccessError::Torn(Torn {
            guard: Box::new(guard),
            rows,
        }))
    }
}

impl<G> fmt::Display for AccessError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::Torn(torn) => write_torn(&torn.rows, f),
            AccessError::Refused(error) => error.fmt(f),
        }
    }
}

pub(crate) fn write_torn(rows: &[Range<usize>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("a writer died or panicked in rows ")?;
    for (i, range) in rows.iter().enumerate() {
        let separator = if i == 0 { "" } else { ", " };
        write!(f, "{separator}{range:?}")?;
    }
    f.write_str(": write them anew, then mark them consistent")
}

impl<G> fmt::Debug for AccessError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::Torn(torn) => torn.fmt(f),
            AccessError::Refused(error) => f.debug_tuple("Refused").field(error).finish(),
        }
    }
}

/// Without the elements, so that a failed `unwrap` does not print them all.
impl<G> fmt::Debug for Torn<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Torn")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<G> Error for AccessError<G> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            AccessError::Torn(_) => None,
            AccessError::Refused(error) => error.source(),
        }
    }
}

impl<G> From<AccessError<G>> for ArrayError {
    fn from(error: AccessError<G>) -> ArrayError {
        match error {
            AccessError::Torn(torn) => ArrayError::Torn { rows: torn.rows },
            AccessError::Refused(error) => error,
        }
    }
}
