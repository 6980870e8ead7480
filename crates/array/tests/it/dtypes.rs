//! Every type of elements against every other: an array is opened as what it is, or not at all.

use std::any::Any;

use multiproc_array::{ArrayError, Bool, Element, SharedArray};
use multiproc_segment::SegmentName;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::unique_name;
use ndarray::{Ix1, Ix2, Ix3};
use num_complex::Complex;

type Open = fn(&SegmentName) -> Result<(), ArrayError>;

/// What one type does with arrays, whatever it is.
struct Kind {
    descr: &'static str,
    /// Makes an array of 4 by 6 elements and keeps it.
    create: fn(&SegmentName) -> Box<dyn Any>,
    open: Open,
    /// As arrays of one axis and of three.
    open_otherwise: [Open; 2],
}

fn kind<T: Element>() -> Kind {
    Kind {
        descr: T::DESCR,
        create: |name| Box::new(SharedArray::<T, Ix2>::create(name, (4, 6)).unwrap()),
        open: |name| SharedArray::<T, Ix2>::open(name).map(drop),
        open_otherwise: [
            |name| SharedArray::<T, Ix1>::open(name).map(drop),
            |name| SharedArray::<T, Ix3>::open(name).map(drop),
        ],
    }
}

#[test]
fn an_array_is_opened_as_no_other_type_or_rank() {
    let kinds = [
        kind::<Bool>(),
        kind::<i8>(),
        kind::<i16>(),
        kind::<i32>(),
        kind::<i64>(),
        kind::<u8>(),
        kind::<u16>(),
        kind::<u32>(),
        kind::<u64>(),
        kind::<f32>(),
        kind::<f64>(),
        kind::<Complex<f32>>(),
        kind::<Complex<f64>>(),
    ];
    let (mut n_types, mut n_ranks) = (0, 0);
    for _ in 0..Scale::asked().pick(1, 10, 100) {
        for made in &kinds {
            let name = SegmentName::new(unique_name("dtype")).unwrap();
            let _kept = (made.create)(&name);
            for asked in &kinds {
                match (asked.open)(&name) {
                    Ok(()) => assert_eq!(asked.descr, made.descr),
                    Err(ArrayError::DtypeMismatch {
                        asked: named,
                        found,
                    }) => {
                        assert_ne!(asked.descr, made.descr);
                        assert_eq!((named, &*found), (asked.descr, made.descr));
                        n_types += 1;
                    }
                    Err(error) => panic!("{} as {}: {error}", made.descr, asked.descr),
                }
            }
            for open in made.open_otherwise {
                assert!(matches!(open(&name), Err(ArrayError::Layout(_))));
                n_ranks += 1;
            }
        }
    }
    Row::new(8)
        .figure("wrong types", n_types)
        .figure("wrong ranks", n_ranks)
        .figure("refused", n_types + n_ranks)
        .print();
}
