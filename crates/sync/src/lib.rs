//! Locks in shared memory that survive the death of any process at any instruction.
