//! Guards and parts: who holds what keeps whom out, across processes.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use multiproc_array::{AccessError, ArrayError, LayoutError, SharedArray};
use multiproc_segment::SegmentName;
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};
use ndarray::{Array2, Ix0, Ix1, Ix2, ShapeBuilder, s};

fn name() -> SegmentName {
    SegmentName::new(unique_name("array")).unwrap()
}

/// Opens the array named in the first argument, holds the rows in the second and third as the
/// fourth says, and lets go when told.
#[test]
fn holding_role() {
    let Some(args) = child::args("access::holding_role") else {
        return;
    };
    let array = SharedArray::<u64, Ix2>::open(&args[0].parse().unwrap()).unwrap();
    let range = args[1].parse().unwrap()..args[2].parse().unwrap();
    let (mut part, mut guard) = (None, None);
    match &*args[3] {
        "write" => part = Some(array.part(range).unwrap()),
        _ => guard = Some(array.read_part(range).unwrap()),
    }
    child::say("held");
    child::read_line();
    drop((part.take(), guard.take()));
    child::say("let go");
    child::read_line();
}

fn holder(name: &SegmentName, from: usize, to: usize, mode: &str) -> Child {
    let args = [name.as_str(), &from.to_string(), &to.to_string(), mode];
    let mut child = Child::spawn("access::holding_role", &args);
    child.expect_line("held");
    child
}

#[test]
fn a_part_keeps_others_out_of_its_rows_alone() {
    let _watchdog = watchdog(PATIENCE);
    let name = name();
    let array = SharedArray::<u64, Ix2>::create(&name, (10, 3)).unwrap();
    let mut child = holder(&name, 3, 6, "write");

    match array.try_write() {
        Err(AccessError::Refused(ArrayError::WouldBlock { holder })) => {
            assert_eq!(holder.pid, child.pid());
            assert_eq!(holder.range, 3..6);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        array.read_timeout(Duration::from_millis(5)),
        Err(AccessError::Refused(ArrayError::TimedOut { .. }))
    ));
    array.part(0..3).unwrap().fill(1);
    array.part(6..10).unwrap().fill(1);
    assert_eq!(array.read_part(6..7).unwrap()[[0, 2]], 1);

    child.say("let go");
    child.expect_line("let go");
    assert_eq!(array.try_write().unwrap().sum(), 21);
}

#[test]
fn readers_share_and_keep_writers_out() {
    let _watchdog = watchdog(PATIENCE);
    let name = name();
    let array = SharedArray::<u64, Ix2>::create(&name, (10, 3)).unwrap();
    let mut child = holder(&name, 0, 10, "read");
    drop(array.try_read().unwrap());
    assert!(array.try_write().is_err());
    child.say("let go");
    child.expect_line("let go");
    drop(array.try_write().unwrap());
}

#[test]
fn slices_and_transpositions_keep_each_other_out_by_rows() {
    let _watchdog = watchdog(PATIENCE);
    let array = SharedArray::<u64, Ix2>::zeros((10, 3)).unwrap();
    let low = array.sliced(s![..;-1, ..]).unwrap();
    let (first, last) = (low.part(7..10).unwrap(), array.part(9..10).unwrap());
    assert!(array.try_write().is_err());
    drop(last);

    // The last rows of the reversed array are the first of the array itself.
    assert!(array.read_part(3..10).is_ok());
    assert!(matches!(
        array.part(2..3),
        Err(AccessError::Refused(ArrayError::WouldDeadlock { .. }))
    ));
    drop(first);

    // Each column has elements in all rows.
    let columns = array.transposed();
    let column = columns.part(0..1).unwrap();
    assert!(columns.part(1..2).is_err());
    assert!(array.part(9..10).is_err());
    drop(column);
    let row = array.sliced(s![4, ..]).unwrap();
    let _row = row.write().unwrap();
    array.part(5..10).unwrap().fill(1);
}

#[test]
fn rows_of_an_array_in_fortrans_order_are_parts_too() {
    let _watchdog = watchdog(PATIENCE);
    let matrix = Array2::from_shape_fn((7, 3).f(), |(i, j)| (10 * i + j) as u64);
    let array = SharedArray::from_array(&matrix).unwrap();
    assert_eq!(array.handle().strides, [1, 7]);
    let mut parts: Vec<_> = array.parts(3).unwrap().map(Result::unwrap).collect();
    assert_eq!(
        parts.iter().map(|part| part.range()).collect::<Vec<_>>(),
        [0..3, 3..5, 5..7]
    );
    for part in &mut parts {
        for (i, mut row) in part.rows_mut() {
            assert_eq!(row[1], 10 * i as u64 + 1);
            row.fill(i as u64);
        }
    }
    drop(parts);
    assert_eq!(
        array.read().unwrap().column(2).to_vec(),
        [0, 1, 2, 3, 4, 5, 6]
    );
}

#[test]
fn parts_are_as_many_as_asked_even_of_nothing() {
    let _watchdog = watchdog(PATIENCE);
    for (n_rows, n_parts) in [(10, 4), (3, 5), (0, 2), (1, 1)] {
        let array = SharedArray::<i8, Ix2>::zeros((n_rows, 2)).unwrap();
        let parts: Vec<_> = array.parts(n_parts).unwrap().map(Result::unwrap).collect();
        assert_eq!(parts.len(), n_parts);
        assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), n_rows);
    }
    let array = SharedArray::<i8, Ix1>::zeros(10).unwrap();
    let lens: Vec<usize> = array
        .chunks(4)
        .unwrap()
        .map(|part| part.unwrap().len())
        .collect();
    assert_eq!(lens, [4, 4, 2]);
    for refused in [array.parts(0), array.chunks(0)] {
        assert_eq!(
            refused.unwrap_err().to_string(),
            "asked for 0 parts or parts of 0 rows: ask for at least 1"
        );
    }
}

#[test]
fn rows_that_are_not_there_are_named() {
    let array = SharedArray::<i8, Ix1>::zeros(10).unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "it is to be refused")]
    for range in [9..11, 5..4, 11..11, usize::MAX..usize::MAX] {
        let error = array.part(range.clone()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("rows {range:?} are not among the 10 there are")
        );
    }
    assert!(array.part(10..10).unwrap().is_empty());
}

#[test]
fn a_single_element_is_held_as_a_whole() {
    let array = SharedArray::<f64, Ix0>::zeros(()).unwrap();
    array.write().unwrap()[()] = 2.5;
    let guard = array.read().unwrap();
    assert_eq!(guard[()], 2.5);
    assert!(array.try_write().is_err());
    let dynamic =
        SharedArray::<f64, ndarray::IxDyn>::from_segment(array.segment().clone()).unwrap();
    assert!(matches!(
        dynamic.parts(2),
        Err(ArrayError::Layout(LayoutError::NoAxis { axis: 0, .. }))
    ));
}

#[test]
fn more_parts_than_the_table_holds_are_refused_and_harm_nobody() {
    let _watchdog = watchdog(PATIENCE);
    let array = SharedArray::<u8, Ix1>::zeros(1000).unwrap();
    let mut held = Vec::new();
    let refusal = array.parts(1000).unwrap().find_map(|part| match part {
        Ok(part) => {
            held.push(part);
            None
        }
        Err(refusal) => Some(refusal),
    });
    let refusal = ArrayError::from(refusal.unwrap());
    assert!(
        matches!(refusal, ArrayError::TableFull { .. } | ArrayError::Sync(_)),
        "{refusal:?}"
    );
    assert!(held.len() >= 32, "{}", held.len());
    drop(held);
    array.write().unwrap().fill(1);
}

/// Fills the rows of rank `args[1]` of `args[2]` of the array named `args[0]`.
#[test]
fn computing_role() {
    let Some(args) = child::args("access::computing_role") else {
        return;
    };
    let array = SharedArray::<f64, Ix2>::open(&args[0].parse().unwrap()).unwrap();
    let (rank, n_ranks) = (args[1].parse::<usize>().unwrap(), args[2].parse().unwrap());
    let mut part = array.parts(n_ranks).unwrap().nth(rank).unwrap().unwrap();
    for (i, mut row) in part.rows_mut() {
        for (j, element) in row.iter_mut().enumerate() {
            *element = (i * 31 + j) as f64 / 7.0;
        }
    }
    *part *= 2.0;
    let plus_one = 1.0 + &*part;
    part.assign(&plus_one);
}

#[test]
fn a_matrix_does_not_depend_on_how_many_processes_computed_it() {
    let _watchdog = watchdog(PATIENCE);
    let expected = Array2::from_shape_fn((11, 5), |(i, j)| 1.0 + 2.0 * ((i * 31 + j) as f64 / 7.0));
    for n_ranks in [1, 2, 3, 4, 7] {
        let name = name();
        let array = SharedArray::<f64, Ix2>::create(&name, (11, 5)).unwrap();
        let mut ranks: Vec<Child> = (0..n_ranks)
            .map(|rank| {
                let args = [name.as_str(), &rank.to_string(), &n_ranks.to_string()];
                Child::spawn("access::computing_role", &args)
            })
            .collect();
        assert!(ranks.iter_mut().all(|rank| rank.wait().success()));
        assert_eq!(*array.read().unwrap(), expected);
    }
}

/// Writes one number into a whole row after the other, again and again, until it is killed.
#[test]
fn striping_role() {
    let Some(args) = child::args("access::striping_role") else {
        return;
    };
    let array = SharedArray::<u64, Ix2>::open(&args[0].parse().unwrap()).unwrap();
    let own: u64 = args[1].parse().unwrap();
    for round in 0.. {
        let row = round % array.shape()[0];
        let mut part = match array.part(row..row + 1) {
            // The other one was killed here; the row is about to be written anew.
            Err(AccessError::Torn(torn)) => torn.mark_consistent(),
            part => part.unwrap(),
        };
        part.iter_mut()
            .for_each(|element| *element = own + 1000 * round as u64);
        drop(part);
        if round == 2 * array.shape()[0] {
            child::say("striping");
        }
    }
}

#[test]
fn readers_never_see_a_row_half_written() {
    let _watchdog = watchdog(PATIENCE);
    let name = name();
    let array = SharedArray::<u64, Ix2>::create(&name, (4, 500)).unwrap();
    let mut writers: Vec<Child> = (1..=2)
        .map(|own| Child::spawn("access::striping_role", &[name.as_str(), &own.to_string()]))
        .collect();
    for writer in &mut writers {
        writer.expect_line("striping");
    }
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 200 {
        let guard = array.read_part(1..3).unwrap();
        for row in guard.rows() {
            assert!(row.iter().all(|&element| element == row[0]), "{row}");
            seen.insert(row[0]);
        }
    }
}

/// Adds 1 and 0.5 to every element of the arrays named in the first two arguments, 5000 times.
#[test]
fn adding_role() {
    let Some(args) = child::args("access::adding_role") else {
        return;
    };
    let counts = SharedArray::<u16, Ix1>::open(&args[0].parse().unwrap()).unwrap();
    let sums = SharedArray::<f64, Ix1>::open(&args[1].parse().unwrap()).unwrap();
    let (counts, sums) = (counts.atomic().unwrap(), sums.atomic().unwrap());
    child::say("adding");
    child::read_line();
    for _ in 0..5000 {
        counts.iter().for_each(|count| {
            count.fetch_add(1, Relaxed);
        });
        sums.iter().for_each(|sum| {
            sum.fetch_add(0.5, Relaxed);
        });
    }
}

#[test]
fn nothing_that_many_add_at_once_is_lost() {
    let _watchdog = watchdog(PATIENCE);
    let names = [name(), name()];
    let counts = SharedArray::<u16, Ix1>::create(&names[0], 5).unwrap();
    let sums = SharedArray::<f64, Ix1>::create(&names[1], 3).unwrap();
    let args = names.each_ref().map(SegmentName::as_str);
    let mut adders: Vec<Child> = (0..4)
        .map(|_| Child::spawn("access::adding_role", &args))
        .collect();
    for adder in &mut adders {
        adder.expect_line("adding");
    }
    assert!(counts.try_read().is_err());
    assert!(counts.try_write().is_err());
    let own = counts.atomic().unwrap();
    for adder in &mut adders {
        adder.say("go");
    }
    own.iter().for_each(|count| {
        count.fetch_add(7, Relaxed);
    });
    drop(own);
    assert!(adders.iter_mut().all(|adder| adder.wait().success()));
    assert_eq!(counts.read().unwrap().to_vec(), [20_007; 5]);
    assert_eq!(sums.read().unwrap().to_vec(), [10_000.0; 3]);
}
