//! A draw, with its maker killed after every single instruction.

use multiproc_rng::{AnySource, Generator, Pcg64, default_rng};
use multiproc_segment::SegmentName;
use multiproc_shared_rng::Shared;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, child, step, unique_name, watchdog};

const DRAWING: &str = "steps::drawing_role";

type Stream = Shared<Generator<Pcg64>>;

fn words(rng: Generator<Pcg64>) -> Vec<u64> {
    AnySource::from(rng).to_words()
}

#[test]
fn a_draw_killed_after_any_instruction_is_whole_or_has_not_happened() {
    let mut drawn = default_rng(1);
    drawn.random();
    let before = words(drawn.clone());
    drawn.standard_normal();
    let after = words(drawn.clone());
    let (mut n_before, mut n_after) = (0, 0);
    let stride = Scale::asked().pick(37, 11, 1);
    let points = step::kill_at_every_nth_instruction(
        stride,
        DRAWING,
        || {
            let name = SegmentName::new(unique_name("rng-steps")).unwrap();
            let stream = Stream::create(&name, default_rng(1)).unwrap();
            (vec![name.as_str().to_owned()], stream)
        },
        |point, stream| {
            let _watchdog = watchdog(PATIENCE);
            let found = words(stream.state().unwrap());
            if found == before {
                n_before += 1;
                stream.draw(|rng| rng.standard_normal()).unwrap();
            } else {
                assert_eq!(found, after, "half a draw after {point} instructions");
                n_after += 1;
            }
            let next = stream.draw(|rng| rng.random()).unwrap();
            assert_eq!(next, drawn.clone().random(), "after {point} instructions");
            assert_eq!(stream.take_abandoned().unwrap(), []);
        },
    );
    assert!(
        n_before > 0 && n_after > 0,
        "{n_before} before, {n_after} after"
    );
    Row::new(37)
        .figure("points", points)
        .figure("before", n_before)
        .figure("after", n_after)
        .figure("torn", 0)
        .print();
}

#[test]
fn drawing_role() {
    let Some(args) = child::args(DRAWING) else {
        return;
    };
    let name = SegmentName::new(args[0].as_str()).unwrap();
    let stream = Stream::open(&name).unwrap();
    // Resolves what the dynamic linker left for the first call.
    stream.draw(|rng| rng.random()).unwrap();
    step::begin();
    stream.draw(|rng| rng.standard_normal()).unwrap();
    step::end();
}
