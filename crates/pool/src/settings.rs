//! What the environment says about pools, and how many processes there are by default.

use std::env;
use std::ffi::OsStr;
use std::num::NonZero;
use std::thread;

use crate::error::PoolError;

const PROCESSES: &str = "MULTIPROC_PROCESSES";
const CONTEXT: &str = "MULTIPROC_CONTEXT";

/// Where a pool's tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// In processes of their own.
    Spawn,
    /// In the calling thread.
    Serial,
    /// In threads of this process.
    Threads,
}

/// Returns the number of processes that the environment asks for, or else `available`.
pub(crate) fn processes(available: usize) -> Result<usize, PoolError> {
    parse_processes(env::var_os(PROCESSES).as_deref(), available)
}

/// Returns where the environment wants tasks to run, or else in processes.
pub(crate) fn context() -> Result<Context, PoolError> {
    parse_context(env::var_os(CONTEXT).as_deref())
}

/// Returns how many processors this process may use.
///
/// std asks for the CPU affinity and for the quota of the cgroup, so that a container's limit counts.
pub(crate) fn available_processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

fn parse_processes(value: Option<&OsStr>, available: usize) -> Result<usize, PoolError> {
    let Some(value) = value else {
        return Ok(available);
    };
    let number = value
        .to_str()
        .and_then(|value| value.parse().ok())
        .filter(|&n| n >= 1);
    number.ok_or_else(|| PoolError::Setting {
        variable: PROCESSES,
        value: value.to_string_lossy().into_owned(),
        expected: "a whole number from 1 on",
    })
}

fn parse_context(value: Option<&OsStr>) -> Result<Context, PoolError> {
    match value.map(|value| value.to_str()) {
        None | Some(Some("spawn")) => Ok(Context::Spawn),
        Some(Some("serial")) => Ok(Context::Serial),
        Some(Some("threads")) => Ok(Context::Threads),
        Some(_) => Err(PoolError::Setting {
            variable: CONTEXT,
            value: value.unwrap_or_default().to_string_lossy().into_owned(),
            expected: "spawn, threads or serial",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_overrides_the_machine() {
        assert_eq!(parse_processes(None, 5).unwrap(), 5);
        assert_eq!(parse_processes(Some(OsStr::new("3")), 5).unwrap(), 3);
        assert_eq!(
            parse_context(Some(OsStr::new("serial"))).unwrap(),
            Context::Serial
        );
        assert_eq!(parse_context(None).unwrap(), Context::Spawn);
    }

    #[test]
    fn a_setting_that_means_nothing_is_an_error() {
        for value in ["0", "-1", "two", ""] {
            let error = parse_processes(Some(OsStr::new(value)), 5).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "MULTIPROC_PROCESSES is set to {value:?}, but must be a whole number from 1 on"
                )
            );
        }
        let error = parse_context(Some(OsStr::new("thread"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "MULTIPROC_CONTEXT is set to \"thread\", but must be spawn, threads or serial"
        );
    }
}
