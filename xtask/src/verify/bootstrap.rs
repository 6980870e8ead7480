//! [`Bootstrap`]: the example job as a user runs it, for the steps that look at its digests.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use xshell::cmd;

use super::step::{Failure, Setting};

/// The built example.
#[derive(Debug)]
pub(super) struct Bootstrap {
    program: PathBuf,
}

/// A run under way; killed if it is dropped before its end was waited for.
#[derive(Debug)]
pub(super) struct Running {
    /// The arguments, to name the run by.
    shown: String,
    child: Option<Child>,
}

impl Bootstrap {
    /// Builds the example as the README's command does.
    pub(super) fn build(setting: &Setting<'_>) -> Result<Bootstrap, Failure> {
        setting.run(cmd!(
            setting.sh,
            "cargo build --release --package multiproc-examples --example bootstrap"
        ))?;
        Ok(Bootstrap {
            program: setting.workspace.target.join("release/examples/bootstrap"),
        })
    }

    /// Runs it to the end in worker processes and returns its digest.
    pub(super) fn digest(&self, args: &[&str]) -> Result<String, Failure> {
        self.start(args)?.digest()
    }

    /// Runs it to the end in another context than worker processes and returns its digest.
    pub(super) fn digest_in(&self, context: &str, args: &[&str]) -> Result<String, Failure> {
        self.start_in(args, Some(context))?.digest()
    }

    pub(super) fn start(&self, args: &[&str]) -> Result<Running, Failure> {
        self.start_in(args, None)
    }

    fn start_in(&self, args: &[&str], context: Option<&str>) -> Result<Running, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match context {
            Some(context) => command.env("MULTIPROC_CONTEXT", context),
            None => command.env_remove("MULTIPROC_CONTEXT"),
        };
        let shown = format!(
            "{}bootstrap {}",
            context.map_or(String::new(), |name| format!("{name} ")),
            args.join(" ")
        );
        Ok(Running {
            shown,
            child: Some(command.spawn()?),
        })
    }
}

impl Running {
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Its worker processes and the processor time of each so far, in clock ticks.
    pub(super) fn workers(&self) -> Result<Vec<(u32, u64)>, Failure> {
        let Some(parent) = self.child.as_ref().map(Child::id) else {
            return Ok(Vec::new());
        };
        let mut workers = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            // A process may end between the listing and the reading.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                continue;
            };
            let fields: Vec<&str> = stat
                .rsplit(')')
                .next()
                .unwrap_or("")
                .split_whitespace()
                .collect();
            if let [_state, ppid, ..] = fields[..]
                && ppid.parse() == Ok(parent)
                && let Some(user_time) = fields.get(11).and_then(|ticks| ticks.parse().ok())
            {
                workers.push((pid, user_time));
            }
        }
        Ok(workers)
    }

    /// Waits for a good end and returns the digest of the last line.
    pub(super) fn digest(mut self) -> Result<String, Failure> {
        let Some(child) = self.child.take() else {
            return Err(Failure::new("waited for twice", ""));
        };
        let output = child.wait_with_output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let digest = printed
            .lines()
            .last()
            .and_then(|line| line.strip_prefix("digest "));
        match digest {
            Some(digest) if output.status.success() => Ok(digest.to_owned()),
            _ => {
                let said = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
                Err(Failure::new(
                    format!("`{}` ended with {}", self.shown, output.status),
                    said,
                ))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only when it is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
