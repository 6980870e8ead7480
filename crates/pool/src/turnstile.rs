//! [`Turnstile`]: a lock that serves its users in the order in which they came.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// A value that one thread uses at a time, first come, first served.
///
/// std's mutex may let one thread have it again and again while others wait.
#[derive(Debug)]
pub(crate) struct Turnstile<T> {
    queue: Mutex<Queue>,
    moved: Condvar,
    /// Locked only by whose turn it is, so never waited for.
    value: Mutex<T>,
}

#[derive(Debug, Default)]
struct Queue {
    /// The number that the next to come gets.
    next: u64,
    /// Whose turn it is.
    now: u64,
    inside: Option<ThreadId>,
}

/// The thread that asks is already inside.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlreadyInside;

/// A turn: access to the value until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a, T> {
    /// `None` only while it is dropped.
    value: Option<MutexGuard<'a, T>>,
    turnstile: &'a Turnstile<T>,
}

impl<T> Turnstile<T> {
    pub(crate) fn new(value: T) -> Turnstile<T> {
        Turnstile {
            queue: Mutex::default(),
            moved: Condvar::new(),
            value: Mutex::new(value),
        }
    }

    /// Waits for this thread's turn.
    pub(crate) fn enter(&self) -> Result<Turn<'_, T>, AlreadyInside> {
        let me = thread::current().id();
        let mut queue = self.queue();
        if queue.inside == Some(me) {
            return Err(AlreadyInside);
        }
        let number = queue.next;
        queue.next += 1;
        let mut queue = self
            .moved
            .wait_while(queue, |queue| queue.now != number)
            .unwrap_or_else(PoisonError::into_inner);
        queue.inside = Some(me);
        drop(queue);
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Turn {
            value: Some(value),
            turnstile: self,
        })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every change to the queue is whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
            .as_deref()
            .expect("a turn has its value until it is dropped")
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value
            .as_deref_mut()
            .expect("a turn has its value until it is dropped")
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.value = None;
        let mut queue = self.turnstile.queue();
        queue.now += 1;
        queue.inside = None;
        drop(queue);
        self.turnstile.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_wait_are_served_in_the_order_in_which_they_came() {
        let turnstile = Turnstile::new(Vec::new());
        let first = turnstile.enter().expect("nobody is inside");
        thread::scope(|scope| {
            for number in 1..=5u64 {
                let turnstile = &turnstile;
                scope.spawn(move || turnstile.enter().expect("a turn").push(number));
                while turnstile.queue().next != number + 1 {
                    thread::yield_now();
                }
            }
            drop(first);
        });
        assert_eq!(*turnstile.enter().expect("a turn"), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_thread_does_not_wait_for_itself() {
        let turnstile = Turnstile::new(());
        let turn = turnstile.enter();
        assert!(turn.is_ok());
        assert_eq!(turnstile.enter().err(), Some(AlreadyInside));
    }
}
