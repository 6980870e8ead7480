//! [`Workspace`]: where things are, and what cargo knows about the members.

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xshell::{Shell, cmd};

/// What a command ends with that could not be carried out at all.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The checkout that this program was built in.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) members: Vec<Member>,
}

/// One package of the workspace, in the order of its name.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Other members that it is built on: no development dependencies.
    pub(crate) layers_below: Vec<String>,
    pub(crate) features: Vec<String>,
    pub(crate) is_published: bool,
}

impl Workspace {
    /// Asks cargo about the checkout.
    pub(crate) fn find() -> Result<Workspace> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("xtask/ is not in a workspace")?;
        let sh = Shell::new()?;
        sh.change_dir(root);
        let json = cmd!(sh, "cargo metadata --format-version 1 --no-deps")
            .quiet()
            .read()?;
        let metadata: Value = serde_json::from_str(&json)?;
        let packages = metadata["packages"]
            .as_array()
            .ok_or("cargo metadata lists no packages")?;
        let names: Vec<&str> = packages
            .iter()
            .filter_map(|package| package["name"].as_str())
            .collect();
        let mut members = packages
            .iter()
            .map(|package| member(package, &names))
            .collect::<Option<Vec<Member>>>()
            .ok_or("cargo metadata describes a package otherwise than expected")?;
        members.sort_by(|one, other| one.name.cmp(&other.name));
        let target = metadata["target_directory"]
            .as_str()
            .ok_or("cargo metadata names no target directory")?;
        Ok(Workspace {
            root: root.to_owned(),
            target: PathBuf::from(target),
            members,
        })
    }

    /// A shell in the root; cargo's own output is kept free of colours and bars.
    pub(crate) fn shell(&self) -> Result<Shell> {
        let sh = Shell::new()?;
        sh.change_dir(&self.root);
        sh.set_var("CARGO_TERM_COLOR", "never");
        sh.set_var("CARGO_TERM_PROGRESS_WHEN", "never");
        Ok(sh)
    }
}

fn member(package: &Value, names: &[&str]) -> Option<Member> {
    let layers_below = package["dependencies"]
        .as_array()?
        .iter()
        .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
        .filter_map(|dependency| dependency["name"].as_str())
        .filter(|name| names.contains(name))
        .map(str::to_owned)
        .collect();
    Some(Member {
        name: package["name"].as_str()?.to_owned(),
        layers_below,
        features: package["features"].as_object()?.keys().cloned().collect(),
        is_published: package["publish"]
            .as_array()
            .is_none_or(|registries| !registries.is_empty()),
    })
}
