//! [`State`]: what a worker keeps from call to call.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::thread;

use crate::call::{Call, FromContext};
use crate::fault::Fault;

thread_local! {
    static KEPT: RefCell<BTreeMap<TypeId, Box<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
}

/// A value that a worker keeps from call to call, one of each type: a task takes it as `&mut State<S>`.
///
/// It begins as `S::default()` in every worker, in a pool of threads in every job, and again after a call that panicked. It is for what is costly to make, such
/// as buffers, plans and connections: results that depend on it depend on which worker ran which items before.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Pool, State, task};
///
/// /// Squares, each computed once in a worker.
/// #[derive(Default)]
/// struct Squares(std::collections::BTreeMap<u64, u64>);
///
/// #[task(crate = multiproc_pool)]
/// fn square(known: &mut State<Squares>, x: u64) -> u64 {
///     *known.0.entry(x).or_insert_with(|| x * x)
/// }
///
/// let pool = Pool::builder().processes(2).build()?;
/// assert_eq!(pool.map(square, [3, 4, 3]).run()?, [9, 16, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct State<S: 'static> {
    /// `None` only while it is dropped.
    value: Option<Box<S>>,
}

impl<S: Default + 'static> FromContext for State<S> {
    fn from_context(_: &Call<'_>) -> Result<State<S>, Fault> {
        let kept = KEPT.with_borrow_mut(|kept| kept.remove(&TypeId::of::<S>()));
        let value = kept.and_then(|value| value.downcast().ok());
        Ok(State {
            value: Some(value.unwrap_or_default()),
        })
    }
}

impl<S> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        self.value.as_deref().expect("a value until it is dropped")
    }
}

impl<S> DerefMut for State<S> {
    fn deref_mut(&mut self) -> &mut S {
        self.value
            .as_deref_mut()
            .expect("a value until it is dropped")
    }
}

impl<S> Drop for State<S> {
    fn drop(&mut self) {
        // What a panic left may be half of something.
        if !thread::panicking()
            && let Some(value) = self.value.take()
        {
            let replaced = KEPT.with_borrow_mut(|kept| kept.insert(TypeId::of::<S>(), value));
            drop(replaced);
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for State<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&self.value).finish()
    }
}
