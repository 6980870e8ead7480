//! What the tests of several crates share: child processes, kill points, a watchdog, unique names.
