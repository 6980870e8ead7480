//! Bytes that processes share: segments created whole, found by name or passed by descriptor, never leaked.
