//! States in files: a run goes on in another process, and in Python.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use multiproc_rng::{Pcg64, RandomState};
use multiproc_shared_rng::{SharedRngError, load_state, save_state};
use multiproc_testkit::{Child, PATIENCE, child, python_with_numpy, unique_name, watchdog};

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(unique_name(name))
}

#[test]
fn a_run_goes_on_in_another_process_as_if_it_had_not_stopped() {
    let _watchdog = watchdog(PATIENCE);
    let path = scratch("rng-state");
    let mut rng = RandomState::new(42);
    for _ in 0..1001 {
        rng.standard_normal();
    }
    save_state(&path, &rng).unwrap();
    let mut child = Child::spawn("state_files::loading_role", &[path.to_str().unwrap()]);
    for _ in 0..3 {
        child.expect_line(&rng.standard_normal().to_bits().to_string());
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn loading_role() {
    let Some(args) = child::args("state_files::loading_role") else {
        return;
    };
    let mut rng: RandomState = load_state(&args[0]).unwrap();
    for _ in 0..3 {
        child::say(rng.standard_normal().to_bits());
    }
}

#[test]
fn python_goes_on_from_a_file_and_gives_it_back() {
    let Some(python) = python_with_numpy() else {
        return;
    };
    let path = scratch("rng-python");
    let mut bits = Pcg64::seed_from(3);
    bits.next_u32();
    save_state(&path, &bits).unwrap();
    let program = "
import json, sys, numpy
rng = numpy.random.default_rng(0)
rng.bit_generator.state = json.load(open(sys.argv[1]))
print(rng.bit_generator.random_raw(), rng.integers(0, 2**32, dtype='u4'))
json.dump(rng.bit_generator.state, open(sys.argv[1], 'w'))
";
    let output = Command::new(python)
        .args(["-c", program])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        printed.trim(),
        format!("{} {}", bits.next_u64(), bits.next_u32())
    );
    assert_eq!(load_state::<Pcg64>(&path).unwrap(), bits);
    fs::remove_file(path).unwrap();
}

#[test]
fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
    let folder = scratch("rng-folder");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("state.json");
    for seed in 0..5 {
        save_state(&path, &Pcg64::seed_from(seed)).unwrap();
        assert_eq!(load_state::<Pcg64>(&path).unwrap(), Pcg64::seed_from(seed));
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    let refused = load_state::<RandomState>(&path).unwrap_err();
    assert!(
        matches!(refused, SharedRngError::StateFile { .. }),
        "{refused}"
    );
    let missing = load_state::<Pcg64>(folder.join("other.json")).unwrap_err();
    assert!(matches!(missing, SharedRngError::File { .. }), "{missing}");
    let nowhere = save_state(folder.join("no/where.json"), &Pcg64::seed_from(1));
    assert!(matches!(nowhere, Err(SharedRngError::File { .. })));
    fs::remove_dir_all(folder).unwrap();
}
