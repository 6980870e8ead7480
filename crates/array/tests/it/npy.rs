//! Headers: what NumPy writes is read, what it would write is written, and anything else is an
//! error.

use multiproc_array::npy::{Header, NpyError};
use proptest::prelude::*;

/// The beginnings of files that NumPy 2.4.6 and older ones wrote.
#[test]
fn headers_that_numpy_wrote_are_read() {
    let v1 = format!(
        "\u{93}NUMPY\u{1}\0v\0{{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }}{}\n",
        " ".repeat(58)
    );
    let v1: Vec<u8> = v1.chars().map(|c| c as u8).collect();
    assert_eq!(v1.len(), 128);
    let header = Header::parse(&v1).unwrap();
    assert_eq!((&*header.descr, header.fortran_order), ("<f8", false));
    assert_eq!((&*header.shape, header.data_offset), (&[3, 4][..], 128));

    let v2 = b"\x93NUMPY\x02\x00\x44\x00\x00\x00{'descr': [('a', '<i4'), ('b', '<f8')], 'fortran_order': True, 'shape': (7,), }\n";
    let v2 = [&v2[..8], &(v2.len() as u32 - 12).to_le_bytes(), &v2[12..]].concat();
    let header = Header::parse(&v2).unwrap();
    assert_eq!(header.descr, "[('a', '<i4'), ('b', '<f8')]");
    assert_eq!((header.fortran_order, header.shape), (true, vec![7]));

    let text = "{'descr': [('\u{3b1}', '<f8')], 'fortran_order': False, 'shape': (), }\n";
    let v3 = [
        b"\x93NUMPY\x03\x00",
        &(text.len() as u32).to_le_bytes()[..],
        text.as_bytes(),
    ]
    .concat();
    let header = Header::parse(&v3).unwrap();
    assert_eq!(header.descr, "[('\u{3b1}', '<f8')]");
    assert_eq!(header.shape, [0_usize; 0]);

    let python2 = b"\x93NUMPY\x01\x00\x46\x00{'descr': '|u1', 'fortran_order': False, 'shape': (3L, 10000000000L), }\n";
    let python2 = [
        &python2[..8],
        &(python2.len() as u16 - 10).to_le_bytes(),
        &python2[10..],
    ]
    .concat();
    assert_eq!(Header::parse(&python2).unwrap().shape, [3, 10_000_000_000]);
}

#[test]
fn what_is_no_header_is_named() {
    for (bytes, message) in [
        (&b""[..], "not a .npy file: it is empty"),
        (
            b"PK\x03\x04\x14\0\0\0\x08",
            "not a .npy file: it begins with `PK\\x03\\x04\\x14\\x00\\x00\\x00`, \
             as a zip archive (an .npz file: unpack it first) does",
        ),
        (
            b"hello, world",
            "not a .npy file: it begins with `hello, w` instead of `\\x93NUMPY`",
        ),
        (
            b"\x93NUMPY\x04\0\x10\0",
            "the .npy file has format version 4.0, but only 1.0, 2.0 and 3.0 exist; \
             it is damaged, or from a NumPy newer than this library",
        ),
        (
            b"\x93NUMPY\x01\0\x76\0{'descr'",
            "the .npy file has 18 bytes of the 128 that its header and elements take; it was cut short",
        ),
        (
            b"\x93NUMPY\x02\0\xff\xff\xff\xff",
            "the .npy header has 4294967295 bytes, more than the 1048576 that are allowed",
        ),
        (
            b"\x93NUMPY\x01\0\x10\0{'descr': '<f8'}",
            "the .npy header is malformed at byte 16: expected the key `fortran_order`",
        ),
        (
            b"\x93NUMPY\x01\0\x0c\0import os   ",
            "the .npy header is malformed at byte 0: expected a dict, which begins with `{`",
        ),
    ] {
        assert_eq!(Header::parse(bytes).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_header_that_numpy_would_not_read_is_not_written() {
    let header = Header {
        descr: format!("[('{}', '<f8')]", "x".repeat(10_000)),
        fortran_order: false,
        shape: vec![1],
        data_offset: 0,
    };
    let error = header.to_bytes_aligned(4096).unwrap_err();
    assert!(
        matches!(error, NpyError::TooLong { limit: 10_000, .. }),
        "{error}"
    );
}

fn header() -> impl Strategy<Value = Header> {
    let field = "[a-zA-Z_'\"\\\\\u{e9}\u{3b1}]{1,8}";
    let scalar = prop::sample::select(vec!["<f8", "|u1", "<c16", ">i4", "|b1"]);
    let structure = prop::collection::vec((field, scalar.clone()), 1..4).prop_map(|fields| {
        // Written by the parser itself, so that quotes are as Python's.
        let fields: Vec<String> = fields
            .into_iter()
            .map(|(name, descr)| {
                format!(
                    "('{}', '{descr}')",
                    name.replace('\\', "\\\\").replace('\'', "\\'")
                )
            })
            .collect();
        let text = format!(
            "{{'descr': [{}], 'fortran_order': False, 'shape': ()}}",
            fields.join(", ")
        );
        let prefix = [b"\x93NUMPY\x03\x00", &(text.len() as u32).to_le_bytes()[..]].concat();
        Header::parse(&[&prefix, text.as_bytes()].concat())
            .unwrap()
            .descr
    });
    let descr = prop_oneof![scalar.prop_map(str::to_owned), structure];
    (
        descr,
        any::<bool>(),
        prop::collection::vec(any::<usize>(), 0..7),
    )
        .prop_map(|(descr, fortran_order, shape)| Header {
            descr,
            fortran_order,
            shape,
            data_offset: 0,
        })
}

proptest! {
    #[test]
    fn headers_are_read_back_as_they_were_written(header in header(), alignment in 1_usize..5000) {
        for bytes in [header.to_bytes().unwrap(), header.to_bytes_aligned(alignment).unwrap()] {
            let data_offset = bytes.len();
            let read = Header::parse(&bytes).unwrap();
            prop_assert_eq!(&read, &Header { data_offset, ..header.clone() });
        }
        prop_assert_eq!(header.to_bytes().unwrap().len() % 64, 0);
        prop_assert_eq!(header.to_bytes_aligned(alignment).unwrap().len() % alignment, 0);
    }

    #[test]
    fn any_bytes_are_a_header_or_an_error(
        version in 0_u8..5,
        len in 0_u16..300,
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "[{}'\"(),:\\[\\] 0-9a-zL\\\\]{0,300}".prop_map(String::into_bytes),
            "\\{'descr': '[<>|=a-z0-9]{0,4}', 'fortran_order': (True|False), 'shape': \\([0-9, L]{0,40}\\)[, }]{0,4}"
                .prop_map(String::into_bytes),
        ],
    ) {
        let _ = Header::parse(&text);
        let len = if len < 200 { text.len() as u16 } else { len };
        let mut bytes = [b"\x93NUMPY", &[version, 0][..], &len.to_le_bytes()].concat();
        if version > 1 {
            bytes.extend([0, 0]);
        }
        bytes.extend(text);
        if let Ok(header) = Header::parse(&bytes) {
            let written = header.to_bytes().unwrap();
            prop_assert_eq!(Header::parse(&written).unwrap().shape, header.shape);
        }
    }

    #[test]
    fn a_damaged_header_is_read_or_an_error(header in header(), at: prop::sample::Index, byte: u8) {
        let mut bytes = header.to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Header::parse(&bytes);
        for cut in 0..bytes.len() {
            prop_assert!(Header::parse(&bytes[..cut]).is_err() || at < 10);
        }
    }
}
