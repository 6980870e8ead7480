//! Python's multiprocessing and numpy.random, for Rust: shared arrays, streams that are the same bits on any number of workers, a pool that never hangs.
