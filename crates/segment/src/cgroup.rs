//! The memory cgroups that a process is in, and what each still allows, read from text.

use std::path::{Path, PathBuf};

/// The two generations of the kernel's interface, which name their files differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

impl Version {
    /// The files that hold the limit, the usage and the statistics.
    pub(crate) fn files(self) -> [&'static str; 3] {
        match self {
            Self::V1 => [
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "memory.stat",
            ],
            Self::V2 => ["memory.max", "memory.current", "memory.stat"],
        }
    }
}

/// One cgroup that can limit this process's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemoryCgroup {
    pub(crate) path: PathBuf,
    pub(crate) version: Version,
}

/// A mount of a cgroup file system that has the memory controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    version: Version,
    /// The cgroup that is seen at `at`; not `/` in a container that mounts only its own.
    root: PathBuf,
    at: PathBuf,
}

/// The mounts in the text of `/proc/self/mountinfo`.
pub(crate) fn mounts(mountinfo: &str) -> Vec<Mount> {
    mountinfo.lines().filter_map(mount).collect()
}

fn mount(line: &str) -> Option<Mount> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, at) = (place.next()?, place.next()?);
    let mut kind = kind.split(' ');
    let version = match (kind.next()?, kind.nth(1)?) {
        ("cgroup2", _) => Version::V2,
        ("cgroup", options) if options.split(',').any(|option| option == "memory") => Version::V1,
        _ => return None,
    };
    Some(Mount {
        version,
        root: unescape(root),
        at: unescape(at),
    })
}

/// Undoes the kernel's escapes: a backslash and three octal digits for blanks and backslashes.
fn unescape(text: &str) -> PathBuf {
    let mut parts = text.split('\\');
    let mut path = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part
            .get(..3)
            .and_then(|digits| u8::from_str_radix(digits, 8).ok())
        {
            Some(byte) => {
                path.push(char::from(byte));
                path.push_str(&part[3..]);
            }
            None => {
                path.push('\\');
                path.push_str(part);
            }
        }
    }
    PathBuf::from(path)
}

/// The cgroup of each mount that the text of `/proc/self/cgroup` puts this process in, followed by
/// its ancestors up to the mount.
pub(crate) fn memory_cgroups(membership: &str, mounts: &[Mount]) -> Vec<MemoryCgroup> {
    let mut found = Vec::new();
    for line in membership.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(hierarchy), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let version = match (hierarchy, controllers) {
            ("0", "") => Version::V2,
            (_, controllers) if controllers.split(',').any(|name| name == "memory") => Version::V1,
            _ => continue,
        };
        let Some(mount) = mounts.iter().find(|mount| mount.version == version) else {
            continue;
        };
        let own: PathBuf = mount
            .at
            .iter()
            .chain(below(Path::new(path), &mount.root))
            .collect();
        let ancestors = own.ancestors().take_while(|dir| dir.starts_with(&mount.at));
        found.extend(ancestors.map(|dir| MemoryCgroup {
            path: dir.to_owned(),
            version,
        }));
    }
    found
}

/// `path` as seen from `root`; nothing if it lies outside of what is mounted.
fn below<'a>(path: &'a Path, root: &Path) -> &'a Path {
    match path.strip_prefix(root) {
        Ok(below) if below.iter().all(|part| part != "..") => below,
        _ => Path::new(""),
    }
}

/// The limit that the text of a limit file sets. `None` if it sets none.
pub(crate) fn limit(text: &str) -> Option<u64> {
    /// Version 1 spells "no limit" as the largest multiple of a page, whatever the page is.
    const UNLIMITED: u64 = 1 << 62;
    // Version 2 spells it "max".
    text.trim().parse().ok().filter(|&limit| limit < UNLIMITED)
}

/// The bytes that a cgroup with this limit still allows, given the text of its other files.
///
/// Cached file pages count as free: the kernel drops them before it kills anyone.
pub(crate) fn headroom(limit: u64, usage: &str, stat: &str) -> Option<u64> {
    let usage: u64 = usage.trim().parse().ok()?;
    let field = |name: &str| -> Option<u64> {
        stat.lines().find_map(|line| {
            line.strip_prefix(name)?
                .strip_prefix(' ')?
                .trim()
                .parse()
                .ok()
        })
    };
    // Version 1 counts the cgroup alone under the plain names and its whole tree under `total_`.
    let cached = |name: &str| {
        field(&format!("total_{name}"))
            .or_else(|| field(name))
            .unwrap_or(0)
    };
    let used = usage.saturating_sub(cached("active_file").saturating_add(cached("inactive_file")));
    Some(limit.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "\
22 1 0:20 / /proc rw,relatime - proc proc rw
30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
";
    const V1: &str = "\
33 32 0:29 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
34 32 0:30 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct
41 32 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
    const DOCKER_V1: &str = "\
716 715 0:29 /docker/4fa2 /sys/fs/cgroup/memory ro,nosuid master:15 - cgroup cgroup rw,memory
";

    fn paths(membership: &str, mountinfo: &str) -> Vec<String> {
        memory_cgroups(membership, &mounts(mountinfo))
            .into_iter()
            .map(|cgroup| format!("{:?} {}", cgroup.version, cgroup.path.display()))
            .collect()
    }

    #[test]
    fn every_ancestor_is_found_in_both_versions() {
        assert_eq!(
            paths("0::/user.slice/user-1000.slice\n", V2),
            [
                "V2 /sys/fs/cgroup/user.slice/user-1000.slice",
                "V2 /sys/fs/cgroup/user.slice",
                "V2 /sys/fs/cgroup",
            ]
        );
        assert_eq!(
            paths("5:cpu,cpuacct:/x\n4:memory:/jobs/7\n0::/\n", V1),
            [
                "V1 /sys/fs/cgroup/memory/jobs/7",
                "V1 /sys/fs/cgroup/memory/jobs",
                "V1 /sys/fs/cgroup/memory",
                "V2 /sys/fs/cgroup/unified",
            ]
        );
    }

    #[test]
    fn a_container_that_sees_only_its_own_cgroup_is_limited_by_that() {
        assert_eq!(
            paths("4:memory:/docker/4fa2\n", DOCKER_V1),
            ["V1 /sys/fs/cgroup/memory"]
        );
        assert_eq!(
            paths("4:memory:/docker/4fa2/inner\n", DOCKER_V1),
            ["V1 /sys/fs/cgroup/memory/inner", "V1 /sys/fs/cgroup/memory"]
        );
        assert_eq!(
            paths("4:memory:/elsewhere\n", DOCKER_V1),
            ["V1 /sys/fs/cgroup/memory"]
        );
        assert_eq!(paths("0::/../sibling\n", V2), ["V2 /sys/fs/cgroup"]);
    }

    #[test]
    fn text_that_is_not_understood_limits_nothing() {
        assert_eq!(mounts("garbage\n- - -\n\n1 2 3 /root\n"), []);
        assert_eq!(memory_cgroups("garbage\n::\n0:", &mounts(V2)), []);
        assert_eq!(
            mounts("1 2 0:1 / /a\\040b rw - cgroup2 c rw")[0].at,
            Path::new("/a b")
        );
    }

    #[test]
    fn a_limit_is_a_number_in_reach() {
        assert_eq!(limit("10000\n"), Some(10000));
        for unlimited in [
            "max\n",
            "9223372036854771712\n",
            "9223372036854710272\n",
            "",
            "-1",
        ] {
            assert_eq!(limit(unlimited), None, "{unlimited:?}");
        }
    }

    #[test]
    fn headroom_is_the_limit_less_what_cannot_be_dropped() {
        let stat = "anon 4096\nfile 9000\ninactive_file 1000\nactive_file 500\n";
        assert_eq!(headroom(10000, "6000\n", stat), Some(5500));
        assert_eq!(headroom(10000, "6000\n", ""), Some(4000));
        assert_eq!(headroom(10000, "60000", ""), Some(0));
        assert_eq!(headroom(10000, "", ""), None);
        let v1 = "inactive_file 1\nactive_file 1\ntotal_inactive_file 2000\ntotal_active_file 0\n";
        assert_eq!(headroom(10000, "6000", v1), Some(6000));
    }
}
