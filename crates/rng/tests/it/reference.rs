//! The bits of real NumPy, as `tests/cases/generate.py` wrote them down.

use std::path::Path;

use crate::numpy_cases::check_folder;

#[test]
fn every_reference_case_has_numpys_bits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for report in check_folder(&folder).unwrap() {
        assert!(report.n_cases > 0, "{} holds no cases", report.file);
        for failure in &report.failures {
            eprintln!("{}, {}: {}", report.file, failure.id, failure.difference);
        }
        assert_eq!(report.failures.len(), 0, "cases of {} fail", report.file);
    }
}
