//! [`catch`]: runs a task so that a panic becomes a message with its place, also when panics abort.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, Once, PoisonError};

use crate::board::Board;
use crate::line::Line;

/// A panic's message and the place it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panic {
    pub(crate) message: String,
    /// `file:line:column`; unknown if the task put a panic hook of its own in place.
    pub(crate) place: Option<String>,
}

/// What this thread is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Catching {
    Nothing,
    /// It runs a task.
    Task,
    /// It runs a task that has panicked, and `LAST` holds how. The task may have caught that itself.
    Panicked,
}

thread_local! {
    static CATCHING: Cell<Catching> = const { Cell::new(Catching::Nothing) };
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Where this process leaves the text of a panic, in case it aborts: the line of its slot on the job's board.
static BOARD: Mutex<Option<(Board, usize)>> = Mutex::new(None);

/// Whether a task's panic is printed like any other.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// Lets the panics of tasks be printed like any other, from now on and also if they abort.
pub(crate) fn print_too() {
    PRINTED.store(true, Relaxed);
}

/// Sets the line on which a panic's text is left, or none.
pub(crate) fn leave_texts_on(line: Option<(Board, usize)>) {
    *BOARD.lock().unwrap_or_else(PoisonError::into_inner) = line;
}

fn with_line(use_line: impl FnOnce(Line<'_>)) {
    // A panic of another thread may hold the lock; waiting here could wait for ever.
    if let Ok(guard) = BOARD.try_lock()
        && let Some((board, slot)) = &*guard
    {
        use_line(board.line(*slot));
    }
}

/// Calls `f`; a panic in it comes back as an error and is not printed, unless [`print_too`] was called.
///
/// With `RUST_BACKTRACE` set, message and backtrace go to standard error as well.
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Panic> {
    install_hook();
    // A task may itself run a serial pool, whose tasks are caught in here.
    let outer = CATCHING.replace(Catching::Task);
    // What a task can break by unwinding is its own: items are decoded afresh, and a part of an array that a panic left half
    // written is dealt with by the caller.
    let outcome = panic::catch_unwind(AssertUnwindSafe(f));
    let noted = CATCHING.replace(outer) == Catching::Panicked;
    let last = if noted { LAST.take() } else { None };
    if noted {
        with_line(|line| line.forget_text());
    }
    outcome.map_err(|payload| {
        last.unwrap_or_else(|| Panic {
            message: message_of(&*payload),
            place: None,
        })
    })
}

/// Calls `f`; a panic in it comes back as its message. It is printed as any panic is: outside of tasks this crate changes
/// nothing about that.
pub(crate) fn contain<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(f)).map_err(|payload| message_of(&*payload))
}

/// Puts this module's hook before the one in place, which still serves all other panics.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_noted = note(info);
            if !is_noted
                || PRINTED.load(Relaxed)
                || Backtrace::capture().status() == BacktraceStatus::Captured
            {
                previous(info);
            }
        }));
    });
}

/// Keeps the panic if it is a task's, and tells whether it is.
fn note(info: &PanicHookInfo<'_>) -> bool {
    if CATCHING.get() == Catching::Nothing {
        return false;
    }
    let panic = Panic {
        message: message_of(info.payload()),
        place: info.location().map(ToString::to_string),
    };
    with_line(|line| line.leave_text(panic.to_text().as_bytes()));
    CATCHING.set(Catching::Panicked);
    LAST.set(Some(panic));
    true
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(message), _) => (*message).to_owned(),
        (_, Some(message)) => message.clone(),
        (None, None) => "a value that is not a message was thrown".to_owned(),
    }
}

impl Panic {
    /// Place, NUL, message: readable also when its end is cut off.
    fn to_text(&self) -> String {
        format!("{}\0{}", self.place.as_deref().unwrap_or(""), self.message)
    }

    pub(crate) fn from_text(text: &[u8]) -> Panic {
        let text = String::from_utf8_lossy(text);
        let (place, message) = text.split_once('\0').unwrap_or(("", &text));
        Panic {
            message: message.to_owned(),
            place: (!place.is_empty()).then(|| place.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_with_its_place() {
        let line = line!() + 1;
        let panic = catch(|| panic!("no {}", 7)).unwrap_err();
        assert_eq!(panic.message, "no 7");
        let place = panic.place.expect("a place");
        assert!(place.contains(&format!("panics.rs:{line}:")), "{place}");
        assert_eq!(catch(|| 5), Ok(5));
    }

    #[test]
    fn a_payload_that_is_no_text_is_still_a_panic() {
        let panic = catch(|| panic::panic_any(5u8)).unwrap_err();
        assert_eq!(panic.message, "a value that is not a message was thrown");
    }

    #[test]
    fn a_text_cut_off_is_still_read() {
        let panic = Panic {
            message: "the end".to_owned(),
            place: Some("a.rs:1:2".to_owned()),
        };
        let text = panic.to_text();
        assert_eq!(Panic::from_text(text.as_bytes()), panic);
        let cut = Panic::from_text(&text.as_bytes()[..text.len() - 4]);
        assert_eq!(cut.message, "the");
    }
}
