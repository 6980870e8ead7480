//! [`unique_name`]: names for segments and files that no other test uses, in this run or another.

use std::fs;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Returns `prefix-<process>-<call>`: 8 hexadecimal digits drawn once per process, and a counter.
///
/// The digits are random and not the process id, which the kernel gives out again.
///
/// # Panics
///
/// If `/proc/sys/kernel/random/uuid` cannot be read.
///
/// # Examples
///
/// ```
/// let (one, other) = (multiproc_testkit::unique_name("ring"), multiproc_testkit::unique_name("ring"));
/// assert!(one.starts_with("ring-"));
/// assert_ne!(one, other);
/// ```
pub fn unique_name(prefix: &str) -> String {
    static PROCESS: LazyLock<String> = LazyLock::new(|| {
        let uuid = fs::read_to_string("/proc/sys/kernel/random/uuid").expect("a random uuid");
        uuid[..8].to_owned()
    });
    static CALL: AtomicU64 = AtomicU64::new(0);
    format!(
        "{prefix}-{}-{}",
        *PROCESS,
        CALL.fetch_add(1, Ordering::Relaxed)
    )
}
