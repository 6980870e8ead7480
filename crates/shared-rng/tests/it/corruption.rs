//! Every bit of a state in shared memory, flipped.

use multiproc_rng::{AnySource, Generator, Pcg64, RandomState, default_rng};
use multiproc_segment::Segment;
use multiproc_shared_rng::{Shared, SharedRngError, Source};
use multiproc_testkit::torture::{Row, Scale};

fn flip(segment: &Segment, bit: usize) {
    let word = segment.payload().atomic_u64(bit / 64 * 8).unwrap();
    word.fetch_xor(1 << (bit % 64), std::sync::atomic::Ordering::Relaxed);
}

fn words(source: impl Into<AnySource>) -> Vec<u64> {
    source.into().to_words()
}

#[derive(Default)]
struct Tally {
    flips: u64,
    detected: u64,
    harmless: u64,
    repaired: u64,
}

/// Flips every `stride`-th bit of the payload of a stream after `n_draws` draws.
fn flip_every_bit<S: Source>(source: S, n_draws: usize, stride: usize, tally: &mut Tally) {
    let stream = Shared::new(source).unwrap();
    let draw = |source: &mut S| {
        let mut any: AnySource = source.clone().into();
        any.bits_mut().try_skip_u64(1).unwrap();
        *source = S::try_from(any).unwrap_or_else(|_| unreachable!("of the same kind"));
    };
    let mut states = vec![words(stream.state().unwrap())];
    for _ in 0..n_draws {
        stream.draw(draw).unwrap();
        states.push(words(stream.state().unwrap()));
    }
    let [.., before, present] = &states[..] else {
        unreachable!("there were draws")
    };
    let whole = payload(stream.segment());
    for bit in (0..8 * stream.segment().len()).step_by(stride) {
        flip(stream.segment(), bit);
        tally.flips += 1;
        // A handle that knows nothing yet.
        let stream = Shared::<S>::attach(stream.segment().clone()).unwrap();
        match stream.state() {
            Ok(state) => {
                assert_eq!(words(state), *present, "bit {bit} went unnoticed");
                tally.harmless += 1;
            }
            Err(SharedRngError::Corrupt { whole, .. }) => {
                tally.detected += 1;
                assert!(stream.draw(draw).is_err(), "drawn from a corrupt state");
                assert!(whole.is_some(), "bit {bit} left no whole state");
                stream.repair().unwrap();
                let state = words(stream.state().unwrap());
                assert!(
                    state == *present || state == *before,
                    "bit {bit}: neither state"
                );
                stream.draw(draw).unwrap();
                tally.repaired += 1;
            }
            Err(other) => panic!("bit {bit}: {other}"),
        }
        stream.segment().payload().write(0, &whole).unwrap();
    }
}

fn payload(segment: &Segment) -> Vec<u8> {
    let mut bytes = vec![0; segment.len()];
    segment.payload().read(0, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_flipped_bit_of_a_state_is_noticed_and_the_other_state_is_there() {
    let scale = Scale::asked();
    let mut tally = Tally::default();
    let pcg: Generator<Pcg64> = default_rng(1);
    flip_every_bit(pcg.clone(), 6, 1, &mut tally);
    flip_every_bit(pcg, 7, 1, &mut tally);
    let stride = scale.pick(37, 3, 1) as usize;
    flip_every_bit(RandomState::new(1), 3, stride, &mut tally);
    assert!(tally.detected > 600, "{} detected", tally.detected);
    assert_eq!(tally.detected, tally.repaired);
    Row::new(39)
        .figure("flips", tally.flips)
        .figure("detected", tally.detected)
        .figure("without effect", tally.harmless)
        .figure("unnoticed", 0)
        .print();
}

#[test]
fn two_overwritten_states_are_an_error_that_nothing_repairs() {
    let stream = Shared::new(default_rng(1)).unwrap();
    stream.draw(|rng| rng.random()).unwrap();
    let len = stream.segment().len();
    stream.segment().payload().fill(8, len - 8, 0xa5).unwrap();
    // The handle that drew last goes on from what it knows; others have to read.
    let stream = Shared::<Generator<Pcg64>>::attach(stream.segment().clone()).unwrap();
    let error = stream.draw(|rng| rng.random()).unwrap_err();
    assert!(
        matches!(
            error,
            SharedRngError::Corrupt {
                commit: 1,
                whole: None
            }
        ),
        "{error}"
    );
    assert_eq!(
        stream.repair().unwrap_err().to_string(),
        "state 1 of the stream and the one before it were overwritten by somebody: make the \
         stream anew from a saved state"
    );
}
