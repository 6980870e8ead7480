//! [`PidNamespace`] and the boot id: where and when a segment was made.

use std::fmt;
use std::fs;
use std::sync::{Mutex, OnceLock};

use rustix::fs::stat;

use crate::error::SegmentError;
use crate::fork_mark::ForkMark;

/// A pid namespace, told from others by the device and inode of `/proc/self/ns/pid`.
///
/// Process and thread ids mean something only within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PidNamespace {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl PidNamespace {
    /// The namespace of this process.
    ///
    /// # Errors
    ///
    /// [`SegmentError::System`] if `/proc` is not mounted.
    pub fn current() -> Result<Self, SegmentError> {
        // Whoever does not get the lock, which a fork may have left locked for good, looks anew.
        let mut known = KNOWN.try_lock().ok();
        if let Some(Some((namespace, mark))) = known.as_deref()
            && mark.is_ours()
        {
            return Ok(*namespace);
        }
        let found =
            stat("/proc/self/ns/pid").map_err(SegmentError::system("stat of /proc/self/ns/pid"))?;
        let namespace = Self {
            device: found.st_dev,
            inode: found.st_ino,
        };
        if let Some(known) = &mut known {
            **known = ForkMark::new().ok().map(|mark| (namespace, mark));
        }
        Ok(namespace)
    }
}

/// The namespace of this process, which never changes, and a mark, as a forked child's can be another.
static KNOWN: Mutex<Option<(PidNamespace, ForkMark)>> = Mutex::new(None);

/// As `readlink /proc/self/ns/pid` prints it.
impl fmt::Display for PidNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid:[{}]", self.inode)
    }
}

/// The kernel's id of this boot, or zeros where it keeps none.
pub(crate) fn boot_id() -> [u8; 16] {
    static BOOT_ID: OnceLock<[u8; 16]> = OnceLock::new();
    *BOOT_ID.get_or_init(|| {
        let text = fs::read_to_string("/proc/sys/kernel/random/boot_id");
        text.ok()
            .and_then(|text| parse_uuid(&text))
            .unwrap_or_default()
    })
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().chars().filter(|&c| c != '-').collect();
    (digits.len() == 32)
        .then(|| u128::from_str_radix(&digits, 16).ok())?
        .map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_id_is_sixteen_bytes_or_none() {
        let parsed = parse_uuid("4f2a1b3c-0000-4000-8000-0123456789ab\n").unwrap();
        assert_eq!(parsed[..4], [0x4f, 0x2a, 0x1b, 0x3c]);
        assert_eq!(parsed[15], 0xab);
        for text in ["", "4f2a1b3c", "not-a-boot-id-but-just-as-long-as-one"] {
            assert_eq!(parse_uuid(text), None, "{text:?}");
        }
    }
}
