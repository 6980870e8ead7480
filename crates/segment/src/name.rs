//! [`SegmentName`]: what a segment in `/dev/shm` may be called, checked once.

use std::fmt;
use std::str::FromStr;

use crate::error::SegmentError;

/// The name of a segment: one path component of `/dev/shm`, checked when it is made.
///
/// 1 to [`MAX_LEN`](Self::MAX_LEN) bytes, no `/`, no NUL byte, no leading `.` (and so neither `.`
/// nor `..`). Whoever holds a `SegmentName` may use it without looking at it again.
///
/// # Examples
///
/// ```
/// use multiproc_segment::SegmentName;
///
/// let name: SegmentName = "weights".parse()?;
/// assert_eq!(name.as_str(), "weights");
///
/// let refused = SegmentName::new("../etc/passwd").unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     r#"segment name "../etc/passwd" starts with a dot: choose another first character"#,
/// );
/// # Ok::<(), multiproc_segment::SegmentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName(String);

impl SegmentName {
    /// The longest name in bytes. The kernel's own limit is 255; the rest is room for a prefix.
    pub const MAX_LEN: usize = 200;

    /// Checks `name` and keeps it.
    ///
    /// # Errors
    ///
    /// [`SegmentError::InvalidName`], which says what is wrong with it.
    pub fn new(name: impl Into<String>) -> Result<Self, SegmentError> {
        let name = name.into();
        match problem(&name) {
            None => Ok(Self(name)),
            Some(problem) => Err(SegmentError::InvalidName { name, problem }),
        }
    }

    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn problem(name: &str) -> Option<NameProblem> {
    if name.is_empty() {
        Some(NameProblem::Empty)
    } else if name.len() > SegmentName::MAX_LEN {
        Some(NameProblem::TooLong { len: name.len() })
    } else if name.starts_with('.') {
        Some(NameProblem::LeadingDot)
    } else {
        name.bytes()
            .any(|byte| byte == b'/' || byte == 0)
            .then_some(NameProblem::Separator)
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SegmentName {
    type Err = SegmentError;

    fn from_str(name: &str) -> Result<Self, SegmentError> {
        Self::new(name)
    }
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// It has no bytes.
    Empty,
    /// It has more than [`SegmentName::MAX_LEN`] bytes.
    TooLong {
        /// How many it has.
        len: usize,
    },
    /// It starts with a dot, as hidden files and `..` do.
    LeadingDot,
    /// It has a slash or a NUL byte in it.
    Separator,
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty: give at least one character"),
            Self::TooLong { len } => {
                write!(
                    f,
                    "has {len} bytes: at most {} are allowed",
                    SegmentName::MAX_LEN
                )
            }
            Self::LeadingDot => f.write_str("starts with a dot: choose another first character"),
            Self::Separator => f.write_str("contains a slash or a NUL: leave them out"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_leave_the_directory_or_hide_in_it_are_refused() {
        for (name, expected) in [
            ("", NameProblem::Empty),
            (".", NameProblem::LeadingDot),
            ("..", NameProblem::LeadingDot),
            (".hidden", NameProblem::LeadingDot),
            ("a/b", NameProblem::Separator),
            ("/", NameProblem::Separator),
            ("a\0", NameProblem::Separator),
        ] {
            assert_eq!(problem(name), Some(expected), "{name:?}");
        }
        assert_eq!(problem(&"x".repeat(200)), None);
        assert_eq!(problem(&"é".repeat(100)), None);
        let long = "x".repeat(201);
        assert_eq!(problem(&long), Some(NameProblem::TooLong { len: 201 }));
    }
}
