//! `cargo xtask docs`: the documentation of all crates, with the guides of docs/ in the front door's.

use std::process::ExitCode;

use xshell::cmd;

use crate::workspace::{Result, Workspace};

/// Builds the documentation of every published crate and says where it begins.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let sh = workspace.shell()?;
    let packages = workspace
        .members
        .iter()
        .filter(|member| member.is_published)
        .flat_map(|member| ["--package", member.name.as_str()]);
    let built = cmd!(sh, "cargo doc --no-deps {packages...}")
        .env("RUSTDOCFLAGS", "-D warnings")
        .quiet()
        .run();
    if let Err(error) = built {
        eprintln!("{error}");
        return Ok(ExitCode::FAILURE);
    }
    let first_page = workspace.target.join("doc/multiproc/index.html");
    println!("{}", first_page.display());
    println!("open it in a browser: xdg-open {}", first_page.display());
    Ok(ExitCode::SUCCESS)
}
