//! The steps that are a cargo command: formatting, lints, tests, features, the model checker, documentation.

use xshell::cmd;

use super::step::{Ended, Failure, Setting, Verdict};

pub(super) fn fmt(setting: &Setting<'_>) -> Ended {
    setting.run(cmd!(setting.sh, "cargo fmt --all --check"))?;
    Verdict::passed("formatted")
}

pub(super) fn clippy(setting: &Setting<'_>) -> Ended {
    setting.run(cmd!(
        setting.sh,
        "cargo clippy --workspace --all-targets --all-features -- -D warnings"
    ))?;
    Verdict::passed("no warnings")
}

pub(super) fn tests(setting: &Setting<'_>) -> Ended {
    let targets = ["--lib", "--bins", "--tests", "--examples"];
    // Passing tests show their output too: a test that had to be skipped says so there.
    let output = setting.run(cmd!(
        setting.sh,
        "cargo test --workspace {targets...} -- --show-output"
    ))?;
    tally(&output)
}

pub(super) fn doctests(setting: &Setting<'_>) -> Ended {
    let output = setting.run(cmd!(setting.sh, "cargo test --workspace --doc"))?;
    tally(&output)
}

pub(super) fn features(setting: &Setting<'_>) -> Ended {
    let mut n_builds = 0;
    for member in setting
        .workspace
        .members
        .iter()
        .filter(|member| member.is_published)
    {
        let name = &member.name;
        setting.run(cmd!(
            setting.sh,
            "cargo check --package {name} --lib --no-default-features"
        ))?;
        n_builds += 1;
        for feature in member
            .features
            .iter()
            .filter(|feature| *feature != "default")
        {
            setting.run(cmd!(
                setting.sh,
                "cargo check --package {name} --lib --no-default-features --features {feature}"
            ))?;
            n_builds += 1;
        }
    }
    Verdict::passed(format!("{n_builds} builds"))
}

pub(super) fn loom(setting: &Setting<'_>) -> Ended {
    // A folder of its own: the flag changes every crate, and the next ordinary build would begin anew.
    let target = setting.workspace.target.join("loom");
    let output = setting.run(
        cmd!(
            setting.sh,
            "cargo test --release --package multiproc-sync --test loom --target-dir {target}"
        )
        .env("RUSTFLAGS", "--cfg loom"),
    )?;
    tally(&output)
}

pub(super) fn docs(setting: &Setting<'_>) -> Ended {
    setting.run(
        cmd!(setting.sh, "cargo doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    Verdict::passed("no warnings; `cargo xtask docs` says where they are")
}

/// Adds up what the test harnesses report, and collects why tests did nothing.
fn tally(output: &str) -> Ended {
    let count = |what: &str| -> u64 {
        output
            .lines()
            .filter_map(|line| line.strip_prefix("test result: "))
            .flat_map(|line| line.split([';', '.']))
            .filter_map(|part| part.trim().strip_suffix(what)?.trim().parse::<u64>().ok())
            .sum()
    };
    let (n_passed, n_ignored) = (count("passed"), count("ignored"));
    if n_passed == 0 {
        return Err(Failure::new("no test ran", output));
    }
    if n_ignored > 0 {
        let ignored: Vec<&str> = output
            .lines()
            .filter(|line| line.starts_with("test ") && line.contains("... ignored"))
            .collect();
        return Err(Failure::new(
            format!("{n_ignored} tests are ignored"),
            ignored.join("\n"),
        ));
    }
    let skips: Vec<String> = output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("skipped: "))
        .map(str::to_owned)
        .collect();
    Ok(Verdict::Passed {
        line: format!("{n_passed} passed, {} skipped", skips.len()),
        skips,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_and_skips_are_added_up() {
        let output = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured\nskipped: no cgroups\n\
                      test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; finished in 0.12s";
        let Ok(Verdict::Passed { line, skips }) = tally(output) else {
            panic!("a pass")
        };
        assert_eq!(line, "7 passed, 1 skipped");
        assert_eq!(skips, ["no cgroups"]);
    }

    #[test]
    fn an_ignored_test_is_a_failure() {
        let output =
            "test slow ... ignored\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured";
        let failure = tally(output).expect_err("a failure");
        assert_eq!(
            (failure.line.as_str(), failure.details.as_str()),
            ("1 tests are ignored", "test slow ... ignored")
        );
    }

    #[test]
    fn no_test_at_all_is_a_failure() {
        assert!(tally("").is_err());
    }
}
