//! [`Value`]: the value that a lock guards, in the bytes behind it.

use std::fmt;
use std::marker::PhantomData;

use bytemuck::{AnyBitPattern, NoUninit};
use multiproc_segment::{Bytes, Segment};

use crate::error::SyncError;
use crate::place::Place;

/// A `T` at a place of a segment, copied out and in by whoever holds the lock before it.
pub(crate) struct Value<T> {
    segment: Segment,
    at: Place,
    value: PhantomData<fn(T) -> T>,
}

impl<T: NoUninit + AnyBitPattern> Value<T> {
    /// Finds the value `lock_len` bytes behind `place`, where a lock of that length stands.
    ///
    /// # Errors
    ///
    /// [`SyncError::Segment`] if lock and value are not inside the segment.
    pub(crate) fn behind(
        segment: &Segment,
        place: Place,
        lock_len: usize,
    ) -> Result<Self, SyncError> {
        place.bytes(segment, lock_len + size_of::<T>())?;
        Ok(Self {
            segment: segment.clone(),
            at: place.after(lock_len),
            value: PhantomData,
        })
    }

    pub(crate) fn load(&self) -> T {
        let mut value = T::zeroed();
        checked_before(self.bytes().read(0, bytemuck::bytes_of_mut(&mut value)));
        value
    }

    pub(crate) fn store(&self, value: T) {
        checked_before(self.bytes().write(0, bytemuck::bytes_of(&value)));
    }

    /// Changes a copy and writes it back when `change` returns.
    pub(crate) fn update<A>(&self, change: impl FnOnce(&mut T) -> A) -> A {
        let mut value = self.load();
        let answer = change(&mut value);
        self.store(value);
        answer
    }

    fn bytes(&self) -> Bytes<'_> {
        checked_before(self.at.bytes(&self.segment, size_of::<T>()))
    }
}

/// What was found possible: the place by [`Value::behind`], and writing there by the lock before it.
fn checked_before<A, E>(result: Result<A, E>) -> A {
    let Ok(answer) = result else {
        unreachable!("the place of the value was checked when its lock was made");
    };
    answer
}

impl<T> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value")
            .field("segment", &self.segment.id())
            .field("at", &self.at)
            .finish()
    }
}
