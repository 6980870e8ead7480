//! What the project may weigh: crates in a dependency tree, lines in the first program.

use std::collections::BTreeSet;
use std::fs;

use xshell::cmd;

use super::step::{Ended, Failure, Setting, Verdict};

struct TreeBudget {
    package: &'static str,
    flags: &'static [&'static str],
    /// How many crates it may stand on, itself not counted, in a normal build for this machine.
    most: usize,
}

const TREES: &[TreeBudget] = &[
    TreeBudget {
        package: "multiproc",
        flags: &[],
        most: 40,
    },
    TreeBudget {
        package: "multiproc-segment",
        flags: &[],
        most: 8,
    },
    TreeBudget {
        package: "multiproc-rng",
        flags: &[],
        most: 6,
    },
    TreeBudget {
        package: "multiproc-rng",
        flags: &["--no-default-features"],
        most: 1,
    },
];

const FIRST_PROGRAM_LINES: usize = 20;
/// What the first program must do without.
const FIRST_PROGRAM_WITHOUT: &[&str] = &["unsafe", "Arc", "clone", "unwrap"];

pub(super) fn check(setting: &Setting<'_>) -> Ended {
    let mut seen = Vec::new();
    let mut excesses = Vec::new();
    for budget in TREES {
        let below = crates_below(setting, budget)?;
        let name = [&[budget.package], budget.flags].concat().join(" ");
        let entry = format!("{name} {} of {}", below.len(), budget.most);
        if below.len() > budget.most {
            let list: Vec<&str> = below.iter().map(String::as_str).collect();
            excesses.push(format!("{entry}: {}", list.join(", ")));
        }
        seen.push(entry);
    }
    let readme = fs::read_to_string(setting.workspace.root.join("README.md"))?;
    match first_program(&readme) {
        Ok(n_lines) => seen.push(format!(
            "first program {n_lines} of {FIRST_PROGRAM_LINES} lines"
        )),
        Err(excess) => excesses.push(excess),
    }
    if excesses.is_empty() {
        Verdict::passed(seen.join("; "))
    } else {
        Err(Failure::new("over budget", excesses.join("\n")))
    }
}

fn crates_below(setting: &Setting<'_>, budget: &TreeBudget) -> Result<BTreeSet<String>, Failure> {
    let (package, flags) = (budget.package, budget.flags);
    let tree = setting.read(cmd!(
        setting.sh,
        "cargo tree --package {package} {flags...} --edges normal,build --prefix none --no-dedupe"
    ))?;
    // A line is `name v1.2.3 (…)`; the first one is the package itself.
    let name_and_version = |line: &str| line.split(' ').take(2).collect::<Vec<&str>>().join(" ");
    Ok(tree
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(name_and_version)
        .collect())
}

/// The lines of the first Rust program in `text`, or what is wrong with it.
fn first_program(text: &str) -> Result<usize, String> {
    let program: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("```rust"))
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .collect();
    if !program.iter().any(|line| line.contains("fn main")) {
        return Err("README.md has no first program".to_owned());
    }
    if program.len() > FIRST_PROGRAM_LINES {
        return Err(format!(
            "README.md's first program has {} lines, {FIRST_PROGRAM_LINES} allowed",
            program.len()
        ));
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = program.iter().flat_map(|line| line.split(|c| !is_word(c)));
    match words.find(|word| FIRST_PROGRAM_WITHOUT.contains(word)) {
        Some(word) => Err(format!("README.md's first program says `{word}`")),
        None => Ok(program.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readme(program: &str) -> String {
        format!("# multiproc\n```sh\nls\n```\n```rust\n{program}\n```\n```rust\nunsafe\n```\n")
    }

    #[test]
    fn only_the_first_program_counts() {
        assert_eq!(
            first_program(&readme("fn main() {\n    search();\n}")),
            Ok(3)
        );
    }

    #[test]
    fn a_forbidden_word_is_named() {
        let error = first_program(&readme("fn main() { x.clone() }")).expect_err("clone");
        assert_eq!(error, "README.md's first program says `clone`");
    }

    #[test]
    fn a_long_program_is_an_excess() {
        assert!(first_program(&readme(&format!("fn main() {{}}{}", "\n".repeat(20)))).is_err());
    }

    #[test]
    fn a_missing_program_is_reported() {
        assert!(first_program("# multiproc").is_err());
    }
}
