//! [`Array`] and [`RawArray`]: a row of elements that processes share.

use std::fmt;
use std::ops::Range;

use multiproc_segment::Segment;
use ndarray::{ArrayView1, Ix1};

use crate::{Access, AccessError, ArrayError, ArrayHandle, Element, SharedArray, WriteGuard};

/// Python's `RawArray`: a row of elements that processes share, without a lock to hold over several steps.
///
/// Each access is whole: a slice is read or written at once.
pub struct RawArray<T> {
    array: SharedArray<T, Ix1>,
}

impl<T: Element> RawArray<T> {
    /// A new anonymous row of `len` zeros: Python's `RawArray(typecode, len)`.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::zeros`].
    pub fn new(len: usize) -> Result<Self, ArrayError> {
        SharedArray::zeros(len).map(Self::from)
    }

    /// A new anonymous row of these elements.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::zeros`].
    pub fn from_slice(elements: &[T]) -> Result<Self, ArrayError> {
        SharedArray::from_array(&ArrayView1::from(elements)).map(Self::from)
    }

    /// Returns how many elements there are.
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// Returns one element: Python's `a[index]`.
    ///
    /// # Errors
    ///
    /// [`ArrayError::OutOfBounds`], or those of [`SharedArray::read`].
    pub fn get(&self, index: usize) -> Result<T, ArrayError> {
        self.check(index..index.saturating_add(1))?;
        Ok(self.array.read()?[index])
    }

    /// Replaces one element: Python's `a[index] = value`.
    ///
    /// # Errors
    ///
    /// [`ArrayError::OutOfBounds`], or those of [`SharedArray::write`].
    pub fn set(&self, index: usize, value: T) -> Result<(), ArrayError> {
        self.check(index..index.saturating_add(1))?;
        self.array.write()?[index] = value;
        Ok(())
    }

    /// Returns a copy of some elements: Python's `a[start:end]`.
    ///
    /// # Errors
    ///
    /// [`ArrayError::OutOfBounds`], where Python would cut the slice off, or those of [`SharedArray::read`].
    pub fn slice(&self, range: Range<usize>) -> Result<Vec<T>, ArrayError> {
        self.check(range.clone())?;
        Ok(self
            .array
            .read()?
            .iter()
            .skip(range.start)
            .take(range.len())
            .copied()
            .collect())
    }

    /// Replaces some elements: Python's `a[start:end] = values`. If it is all of them, the array is whole after that,
    /// whoever died before.
    ///
    /// # Errors
    ///
    /// [`ArrayError::OtherLength`] if there are more or fewer values, [`ArrayError::OutOfBounds`], or those of
    /// [`SharedArray::write`].
    pub fn set_slice(&self, range: Range<usize>, values: &[T]) -> Result<(), ArrayError> {
        self.check(range.clone())?;
        if values.len() != range.len() {
            return Err(ArrayError::OtherLength {
                expected: range.len(),
                found: values.len(),
            });
        }
        let mut guard = match self.array.write() {
            Ok(guard) => guard,
            Err(AccessError::Torn(torn)) if range == (0..self.len()) => torn.mark_consistent(),
            Err(error) => return Err(error.into()),
        };
        let elements = guard.iter_mut().skip(range.start);
        elements
            .zip(values)
            .for_each(|(element, value)| *element = *value);
        Ok(())
    }

    /// Returns the array that holds the elements: its guards are ndarray views, its segment and handle go to other
    /// processes.
    pub fn as_array(&self) -> &SharedArray<T, Ix1> {
        &self.array
    }

    fn check(&self, range: Range<usize>) -> Result<(), ArrayError> {
        if range.start <= range.end && range.end <= self.len() {
            return Ok(());
        }
        Err(ArrayError::OutOfBounds {
            range,
            len: self.len(),
        })
    }
}

impl<T> From<SharedArray<T, Ix1>> for RawArray<T> {
    fn from(array: SharedArray<T, Ix1>) -> Self {
        Self { array }
    }
}

impl<T> Clone for RawArray<T> {
    /// The same elements.
    fn clone(&self) -> Self {
        Self {
            array: self.array.clone(),
        }
    }
}

/// Python's `Array`: a row of elements that processes share, with a lock.
///
/// # Examples
///
/// ```
/// use multiproc_array::python::Array;
///
/// let a = Array::from_slice(&[1.0, 2.0, 3.0])?; // Array('d', [1, 2, 3])
/// a.set(0, 10.0)?;
/// for x in a.get_lock()?.iter_mut() {
///     *x *= 2.0;
/// }
/// assert_eq!(a.slice(0..3)?, [20.0, 4.0, 6.0]);
/// assert_eq!(
///     a.set_slice(0..2, &[1.0]).unwrap_err().to_string(),
///     "1 values were given for 2 elements: give as many as there are",
/// );
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[doc(alias = "sharedctypes")]
pub struct Array<T> {
    raw: RawArray<T>,
}

impl<T: Element> Array<T> {
    /// A new anonymous row of `len` zeros: Python's `Array(typecode, len)`.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::zeros`].
    pub fn new(len: usize) -> Result<Self, ArrayError> {
        RawArray::new(len).map(Self::synchronized)
    }

    /// A new anonymous row of these elements: Python's `Array(typecode, elements)`.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::zeros`].
    pub fn from_slice(elements: &[T]) -> Result<Self, ArrayError> {
        RawArray::from_slice(elements).map(Self::synchronized)
    }

    /// The row that a handle names, in the segment that came with it.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::attach`].
    pub fn attach(segment: Segment, handle: &ArrayHandle) -> Result<Self, ArrayError> {
        let array = SharedArray::attach(segment, handle)?;
        Ok(Self::synchronized(RawArray::from(array)))
    }

    /// Gives a row a lock: Python's `synchronized(raw)`.
    pub fn synchronized(raw: RawArray<T>) -> Self {
        Self { raw }
    }

    /// Returns how many elements there are.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Returns one element, read under the lock.
    ///
    /// # Errors
    ///
    /// Those of [`RawArray::get`].
    pub fn get(&self, index: usize) -> Result<T, ArrayError> {
        self.raw.get(index)
    }

    /// Replaces one element under the lock.
    ///
    /// # Errors
    ///
    /// Those of [`RawArray::set`].
    pub fn set(&self, index: usize, value: T) -> Result<(), ArrayError> {
        self.raw.set(index, value)
    }

    /// Returns a copy of some elements, read under the lock.
    ///
    /// # Errors
    ///
    /// Those of [`RawArray::slice`].
    pub fn slice(&self, range: Range<usize>) -> Result<Vec<T>, ArrayError> {
        self.raw.slice(range)
    }

    /// Replaces some elements under the lock.
    ///
    /// # Errors
    ///
    /// Those of [`RawArray::set_slice`].
    pub fn set_slice(&self, range: Range<usize>, values: &[T]) -> Result<(), ArrayError> {
        self.raw.set_slice(range, values)
    }

    /// Locks the row; the guard is an ndarray view of it.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::write`].
    #[doc(alias = "acquire")]
    pub fn get_lock(&self) -> Access<WriteGuard<'_, T, Ix1>> {
        self.raw.array.write()
    }

    /// Returns the row without its lock.
    #[doc(alias = "frombuffer")]
    pub fn get_obj(&self) -> &RawArray<T> {
        &self.raw
    }
}

impl<T> Clone for Array<T> {
    /// The same elements.
    fn clone(&self) -> Self {
        Self {
            raw: self.raw.clone(),
        }
    }
}

impl<T> fmt::Debug for RawArray<T>
where
    SharedArray<T, Ix1>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawArray").field(&self.array).finish()
    }
}

impl<T> fmt::Debug for Array<T>
where
    SharedArray<T, Ix1>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Array").field(&self.raw).finish()
    }
}
