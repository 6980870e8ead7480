//! The pool, as its users have it: real processes, really killed.

mod results;
