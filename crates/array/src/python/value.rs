//! [`Value`] and [`RawValue`]: one element that processes share.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ndarray::Ix0;

use crate::{AccessError, ArrayError, Element, SharedArray, WriteGuard};

/// Python's `RawValue`: one element that processes share, without a lock to hold over several steps.
///
/// Each access is whole. What depends on the value before, such as adding to it, needs a [`Value`].
pub struct RawValue<T> {
    array: SharedArray<T, Ix0>,
}

impl<T: Element> RawValue<T> {
    /// A new anonymous element.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::zeros`].
    pub fn new(value: T) -> Result<Self, ArrayError> {
        let raw = Self::from(SharedArray::zeros(())?);
        raw.set_value(value)?;
        Ok(raw)
    }

    /// Returns the value: Python's `v.value`.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::read`]; [`ArrayError::Torn`] if a process died while it changed the value.
    pub fn value(&self) -> Result<T, ArrayError> {
        Ok(self.array.read()?[()])
    }

    /// Replaces the value: Python's `v.value = x`. It is whole after that, whoever died before.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::write`], but for [`ArrayError::Torn`].
    pub fn set_value(&self, value: T) -> Result<(), ArrayError> {
        let mut guard = match self.array.write() {
            Ok(guard) => guard,
            Err(AccessError::Torn(torn)) => torn.mark_consistent(),
            Err(AccessError::Refused(error)) => return Err(error),
        };
        guard[()] = value;
        Ok(())
    }

    /// Returns the array without axes that holds the element: its segment and handle go to other processes.
    pub fn as_array(&self) -> &SharedArray<T, Ix0> {
        &self.array
    }
}

impl<T> From<SharedArray<T, Ix0>> for RawValue<T> {
    fn from(array: SharedArray<T, Ix0>) -> Self {
        Self { array }
    }
}

impl<T> Clone for RawValue<T> {
    /// The same element.
    fn clone(&self) -> Self {
        Self {
            array: self.array.clone(),
        }
    }
}

/// Python's `Value`: one element that processes share, with a lock.
///
/// # Examples
///
/// ```
/// use multiproc_array::python::Value;
///
/// let v = Value::new(40i32)?; // Value('i', 40)
/// v.set_value(41)?;
/// *v.get_lock()? += 1;
/// assert_eq!(v.value()?, 42);
///
/// // Another process does this with the segment and the handle that it was sent.
/// let array = v.get_obj().as_array();
/// let same = Value::<i32>::attach(array.segment().clone(), &array.handle())?;
/// assert_eq!(same.value()?, 42);
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[doc(alias = "sharedctypes")]
pub struct Value<T> {
    raw: RawValue<T>,
}

impl<T: Element> Value<T> {
    /// A new anonymous element: Python's `Value(typecode, value)`.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::zeros`].
    pub fn new(value: T) -> Result<Self, ArrayError> {
        RawValue::new(value).map(Self::synchronized)
    }

    /// The element that a handle names, in the segment that came with it.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::attach`].
    pub fn attach(
        segment: multiproc_segment::Segment,
        handle: &crate::ArrayHandle,
    ) -> Result<Self, ArrayError> {
        let array = SharedArray::attach(segment, handle)?;
        Ok(Self::synchronized(RawValue::from(array)))
    }

    /// Gives an element a lock: Python's `synchronized(raw)`.
    pub fn synchronized(raw: RawValue<T>) -> Self {
        Self { raw }
    }

    /// Returns the value, read under the lock: Python's `v.value`.
    ///
    /// # Errors
    ///
    /// Those of [`RawValue::value`].
    pub fn value(&self) -> Result<T, ArrayError> {
        self.raw.value()
    }

    /// Replaces the value under the lock: Python's `v.value = x`.
    ///
    /// # Errors
    ///
    /// Those of [`RawValue::set_value`].
    pub fn set_value(&self, value: T) -> Result<(), ArrayError> {
        self.raw.set_value(value)
    }

    /// Locks the element; the guard derefs to it.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::write`]; [`ArrayError::Torn`] if a process died with the lock: then
    /// [`set_value`](Self::set_value) makes the value whole.
    #[doc(alias = "acquire")]
    pub fn get_lock(&self) -> Result<ValueGuard<'_, T>, ArrayError> {
        Ok(ValueGuard {
            guard: self.raw.array.write()?,
        })
    }

    /// Returns the element without its lock.
    pub fn get_obj(&self) -> &RawValue<T> {
        &self.raw
    }
}

impl<T> Clone for Value<T> {
    /// The same element.
    fn clone(&self) -> Self {
        Self {
            raw: self.raw.clone(),
        }
    }
}

/// A [`Value`] whose lock this thread holds until it is dropped.
#[derive(Debug)]
pub struct ValueGuard<'a, T: Element> {
    guard: WriteGuard<'a, T, Ix0>,
}

impl<T: Element> Deref for ValueGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard[()]
    }
}

impl<T: Element> DerefMut for ValueGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard[()]
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for RawValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawValue").field(&self.value()).finish()
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Value").field(&self.value()).finish()
    }
}
