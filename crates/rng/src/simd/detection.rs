//! [`used`]: what the processor has, asked once per thread.

use core::cell::Cell;
use std::is_x86_feature_detected as has;

use super::Instructions;

std::thread_local! {
    /// What to use, once the processor has been asked.
    static USED: Cell<Option<Instructions>> = const { Cell::new(None) };
}

/// Returns what fills of this thread use.
#[inline]
pub(super) fn used() -> Instructions {
    USED.get().unwrap_or_else(|| {
        let found = found();
        USED.set(Some(found));
        found
    })
}

#[cold]
fn found() -> Instructions {
    let has_avx512 = has!("avx512f")
        && has!("avx512bw")
        && has!("avx512dq")
        && has!("avx512vl")
        && has!("avx512ifma")
        && has!("avx512vbmi")
        && has!("avx512vbmi2")
        && has!("popcnt")
        && has!("bmi2");
    match (has_avx512, has!("avx2")) {
        (true, _) => Instructions::Avx512,
        (false, true) => Instructions::Avx2,
        (false, false) => Instructions::Portable,
    }
}

/// Calls `f`, whose fills on this thread use no more than `most`; returns its result.
///
/// It is for measuring and testing one path beside another.
pub fn with_at_most<R>(most: Instructions, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Instructions>);
    impl Drop for Restore {
        fn drop(&mut self) {
            USED.set(self.0);
        }
    }
    let _restore = Restore(USED.replace(Some(most.min(used()))));
    f()
}
