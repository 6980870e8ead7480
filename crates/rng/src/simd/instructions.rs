//! [`Instructions`]: which vector instructions the fills of a thread use.

use core::cell::Cell;

use std::is_x86_feature_detected as has;

/// Sets of vector instructions, each with those before it. The numbers are the same with any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// Those that every processor of the target has.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 as server processors have it since Ice Lake: F, BW, DQ, VL, IFMA, VBMI and VBMI2.
    Avx512,
}

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
