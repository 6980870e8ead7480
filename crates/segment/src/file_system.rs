//! What kind of file system a segment's file lies in: memory, a local disk, or another machine's.

use std::path::Path;

use rustix::fs::StatFs;

use crate::error::SegmentError;

/// What the bytes of a file take from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// Memory, for good.
    Memory,
    /// Space on a disk; memory only as long as there is some to spare.
    Disk,
}

const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;

/// File systems on which two machines can have the same file, by the magic numbers of `statfs(2)`.
///
/// Of FUSE nobody can tell what stands behind it.
const REMOTE: &[(u64, &str)] = &[
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x517b, "smbfs"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "ceph"),
    (0x6573_5546, "fuse"),
    (0x5346_414f, "afs"),
    (0x6b41_4653, "afs"),
    (0x7375_7245, "coda"),
    (0x564c, "ncpfs"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x1983_0326, "beegfs"),
    (0xaad7_aaea, "panfs"),
    (0x2003_0528, "orangefs"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0x786f_4256, "vboxsf"),
    (0xbacb_acbc, "vmhgfs"),
];

/// What `file` lies in, by the answer of `fstatfs`.
pub(crate) fn medium(found: &StatFs) -> Medium {
    match magic(found) {
        TMPFS | RAMFS => Medium::Memory,
        _ => Medium::Disk,
    }
}

/// Refuses what another machine may have as well: neither would see the other's locks nor, at once,
/// what it writes. `path` is what was asked for.
pub(crate) fn check_local(found: &StatFs, path: &Path) -> Result<(), SegmentError> {
    match remote(magic(found)) {
        None => Ok(()),
        Some(file_system) => Err(SegmentError::NotLocal {
            path: path.to_owned(),
            file_system,
        }),
    }
}

fn remote(magic: u64) -> Option<&'static str> {
    let known = REMOTE.iter().find(|(remote, _)| *remote == magic);
    known.map(|(_, name)| *name)
}

/// The field is signed, and wider than the number in it.
fn magic(found: &StatFs) -> u64 {
    found.f_type.cast_unsigned() & 0xffff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_known_by_name_and_local_ones_are_not() {
        assert_eq!(remote(0x6969), Some("nfs"));
        assert_eq!(remote(0xff53_4d42), Some("cifs"));
        assert_eq!(remote(0x6573_5546), Some("fuse"));
        // ext4, xfs, btrfs, overlayfs, tmpfs, f2fs, zfs, vfat
        for local in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x794c_7630,
            TMPFS,
            0xf2f5_2010,
            0x2fc1_2fc1,
            0x4d44,
        ] {
            assert_eq!(remote(local), None, "{local:#x}");
        }
    }
}
