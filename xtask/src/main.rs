//! What crosses crates: `cargo xtask verify`, `torture`, `numpy-cases`, `bench` and `docs`, each in a place of its own.

mod bench;
mod docs;
mod flags;
mod numpy_cases;
mod torture;
mod verify;
mod watch;
mod workspace;

use std::process::ExitCode;

use flags::{Xtask, XtaskCmd};
use workspace::Workspace;

/// Exit code 1 says that a check failed, 2 that the command could not be carried out.
fn main() -> ExitCode {
    let flags = Xtask::from_env_or_exit();
    let result = Workspace::find().and_then(|workspace| match flags.subcommand {
        XtaskCmd::Verify(flags) => verify::run(&workspace, &flags),
        XtaskCmd::NumpyCases(flags) => {
            let kept = workspace.root.join("crates/rng/tests/cases");
            numpy_cases::run(&flags.folder.unwrap_or(kept))
        }
        XtaskCmd::Bench(flags) => bench::run(&workspace, &flags),
        XtaskCmd::Torture(flags) => torture::run(&workspace, &flags),
        XtaskCmd::Docs(_) => docs::run(&workspace),
    });
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
