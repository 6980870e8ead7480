//! What crosses crates: `cargo xtask verify`, `bench` and `docs`, each in a file of its own.

mod bench;
mod docs;
mod flags;
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
        XtaskCmd::Bench(flags) => bench::run(&workspace, &flags),
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
