//! [`Binaries`]: the built test programs, by the layer whose tests they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

use super::trial::Scale;
use crate::watch::{tail, watch};
use crate::workspace::{Result, Workspace};

/// Test programs of one build.
#[derive(Debug)]
pub(super) struct Binaries {
    of: BTreeMap<String, Binary>,
}

/// A test program and the folder of its package, where it expects to be started.
#[derive(Debug)]
pub(super) struct Binary {
    pub(super) program: PathBuf,
    pub(super) folder: PathBuf,
}

impl Binaries {
    /// Builds the integration tests of all members.
    ///
    /// The whole workspace is named because its tests are built for it, with its union of features.
    pub(super) fn of_workspace(
        workspace: &Workspace,
        sh: &Shell,
        scale: Scale,
    ) -> Result<Binaries> {
        let (profile, target) = (scale.profile(), &workspace.target);
        build(|format| {
            cmd!(
                sh,
                "cargo test --workspace --test it --no-run --target-dir {target} {profile...} {format...}"
            )
        })
    }

    /// Builds the integration tests of some folders of `crates/` in the workspace at `root`, and nothing else.
    pub(super) fn of_layers(
        root: &Path,
        layers: &BTreeSet<&str>,
        sh: &Shell,
        scale: Scale,
        target: &Path,
    ) -> Result<Binaries> {
        let manifest = root.join("Cargo.toml");
        let profile = scale.profile();
        let packages = layers
            .iter()
            .map(|layer| format!("--package=multiproc-{layer}"))
            .collect::<Vec<String>>();
        build(|format| {
            let packages = &packages;
            cmd!(
                sh,
                "cargo test --manifest-path {manifest} {packages...} --test it --no-run --target-dir {target} {profile...} {format...}"
            )
        })
    }

    /// Builds the models of `sync` in the workspace at `root`.
    pub(super) fn of_loom(root: &Path, sh: &Shell, target: &Path) -> Result<Binaries> {
        let manifest = root.join("crates/sync/Cargo.toml");
        build(|format| {
            cmd!(
                sh,
                "cargo test --release --manifest-path {manifest} --test loom --no-run --target-dir {target} {format...}"
            )
            .env("RUSTFLAGS", "--cfg loom")
        })
    }

    /// The test program of a folder of `crates/`.
    pub(super) fn of(&self, layer: &str) -> Result<&Binary> {
        self.of
            .get(layer)
            .ok_or_else(|| format!("crates/{layer} has no integration tests").into())
    }
}

/// Builds for the eyes first, then asks cargo where everything is.
fn build<'a>(command: impl Fn(&[&str]) -> Cmd<'a>) -> Result<Binaries> {
    let ran = watch("build", Command::from(command(&[])))?;
    if !ran.success {
        return Err(format!("the tests do not build:\n{}", tail(&ran.output, 40)).into());
    }
    let messages = command(&["--message-format=json"])
        .quiet()
        .ignore_stderr()
        .read()?;
    let mut of = BTreeMap::new();
    for line in messages.lines() {
        if let Some((layer, binary)) = test_program(&serde_json::from_str(line)?) {
            of.insert(layer, binary);
        }
    }
    Ok(Binaries { of })
}

/// The layer and the program, if one of cargo's messages tells of a built test.
fn test_program(message: &Value) -> Option<(String, Binary)> {
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let program = PathBuf::from(message["executable"].as_str()?);
    let folder = Path::new(message["manifest_path"].as_str()?)
        .parent()?
        .to_owned();
    let layer = folder.file_name()?.to_str()?.to_owned();
    is_test.then_some((layer, Binary { program, folder }))
}
