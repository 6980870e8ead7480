//! The front door, as a program that depends on nothing else sees it.

mod compiler_messages;
