//! Files: what is loaded is what was saved, and what cannot be loaded says why.

use std::fs;
use std::path::PathBuf;

use multiproc_array::{Frozen, SharedArray};
use multiproc_segment::SegmentName;
use multiproc_testkit::unique_name;
use ndarray::{Array2, Ix1, Ix2, Ix3, array, s};

/// A path that is removed with this.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Temporary {
        Temporary(std::env::temp_dir().join(unique_name("file.npy")))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn what_was_saved_is_loaded_in_its_order() {
    let file = Temporary::new();
    let matrix = Array2::from_shape_fn((3, 5), |(i, j)| (10 * i + j) as i32);
    let shared = SharedArray::from_array(&matrix).unwrap();
    for (array, strides) in [
        (shared.clone(), [5, 1]),
        (shared.transposed(), [1, 5]),
        (shared.sliced(s![..;-1, ..;2]).unwrap(), [3, 1]),
    ] {
        array.save(&file.0).unwrap();
        let loaded = SharedArray::<i32, Ix2>::load(&file.0).unwrap();
        assert_eq!(*loaded.read().unwrap(), *array.read().unwrap());
        assert_eq!(loaded.handle().strides, strides);
        assert_eq!(loaded.handle().offset, 4096);
        assert_eq!(
            *Frozen::<i32, Ix2>::load(&file.0).unwrap(),
            *array.read().unwrap()
        );
    }
}

#[test]
fn a_file_that_cannot_be_loaded_says_why() {
    let file = Temporary::new();
    let message = || {
        let error = SharedArray::<f64, Ix2>::load(&file.0)
            .unwrap_err()
            .to_string();
        error.replace(file.0.to_str().unwrap(), "PATH")
    };
    assert_eq!(message(), "PATH: No such file or directory (os error 2)");
    fs::write(&file.0, b"PK\x03\x04").unwrap();
    assert!(message().contains("as a zip archive (an .npz file: unpack it first)"));

    SharedArray::from_array(&array![[1.0_f32]])
        .unwrap()
        .save(&file.0)
        .unwrap();
    assert!(message().starts_with("asked for elements of dtype <f8, but the array's are <f4: "));
    let cube = SharedArray::<f64, Ix3>::zeros((2, 3, 4)).unwrap();
    cube.save(&file.0).unwrap();
    assert_eq!(
        message(),
        "asked for 2 dimensions, but the array has 3, of shape [2, 3, 4]"
    );

    let whole = SharedArray::<f64, Ix2>::zeros((2, 3)).unwrap();
    whole.save(&file.0).unwrap();
    let bytes = fs::read(&file.0).unwrap();
    for len in [0, 7, 11, 50, 130, bytes.len() - 1] {
        fs::write(&file.0, &bytes[..len]).unwrap();
        let message = message();
        assert!(message.starts_with("PATH: "), "{message}");
        if len > 128 {
            assert_eq!(
                message,
                format!(
                    "PATH: the .npy file has {len} bytes of the 176 that its header and elements \
                     take; it was cut short"
                )
            );
        }
    }

    // A header that promises more than any machine has does not make room for it.
    let huge =
        String::from_utf8_lossy(&bytes[10..128]).replace("(2, 3), ", "(9999999999, 99999), ");
    fs::write(&file.0, [&bytes[..10], &huge.as_bytes()[..118]].concat()).unwrap();
    assert!(
        message().contains("PATH: the .npy file has 128 bytes of the 7999"),
        "{}",
        message()
    );
}

#[test]
fn whoever_has_a_file_mapped_keeps_it_when_it_is_saved_over() {
    let name = SegmentName::new(unique_name("saved")).unwrap();
    let live = SharedArray::create_from_array(&name, &array![1.0, 2.0]).unwrap();
    let path = PathBuf::from(format!("/dev/shm/{name}"));
    let other = SharedArray::from_array(&array![3.0]).unwrap();
    other.save(&path).unwrap();
    assert_eq!(live.read().unwrap().to_vec(), [1.0, 2.0]);
    assert_eq!(
        SharedArray::<f64, Ix1>::load(&path)
            .unwrap()
            .read()
            .unwrap()
            .to_vec(),
        [3.0]
    );
    fs::remove_file(path).unwrap();
}

#[test]
fn a_save_that_fails_leaves_what_was_there() {
    let array = SharedArray::from_array(&array![3.0]).unwrap();
    let folder = std::env::temp_dir().join(unique_name("folder"));
    let error = array.save(folder.join("a.npy")).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("No such file or directory (os error 2)"),
        "{error}"
    );
    fs::create_dir(&folder).unwrap();
    assert!(array.save(&folder).is_err());
    array.save(folder.join("a.npy")).unwrap();
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["a.npy"]);
    fs::remove_dir_all(folder).unwrap();
    array.save("/dev/null").unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
