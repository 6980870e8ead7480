//! Draws from one stream by several hands.

use std::panic::{AssertUnwindSafe, catch_unwind};

use multiproc_rng::{
    BitGenerator, Generator, Mt19937, Pcg64, Pcg64Dxsm, Philox, RandomState, Sfc64, default_rng,
};
use multiproc_segment::{Layout, Segment};
use multiproc_shared_rng::{Replicated, Shared, SharedPhilox, SharedRngError, Source};
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};

/// What `draw` draws by two hands in turn is what it draws alone.
fn is_drawn_as_alone<S: Source, T: PartialEq + std::fmt::Debug>(
    mut alone: S,
    mut draw: impl FnMut(&mut S) -> T,
) {
    let shared = Shared::new(alone.clone()).unwrap();
    let same = Shared::<S>::attach(shared.segment().clone()).unwrap();
    for i in 0..700 {
        let hand = if i % 3 == 0 { &same } else { &shared };
        assert_eq!(hand.draw(&mut draw).unwrap(), draw(&mut alone), "draw {i}");
    }
    let (shared, alone) = (shared.state().unwrap().into(), alone.into());
    assert_eq!(shared.to_words(), alone.to_words());
}

fn generators_are_drawn_as_alone<B>(bits: B)
where
    B: BitGenerator + Clone,
    Generator<B>: Source,
    RandomState<B>: Source,
{
    is_drawn_as_alone(Generator::new(bits.clone()), |rng| {
        (
            rng.random_f32(),
            rng.standard_normal(),
            rng.poisson(3.0),
            rng.gamma(0.4, 2.0),
        )
    });
    is_drawn_as_alone(RandomState::from_bits(bits), |rng| {
        (
            rng.standard_normal(),
            rng.randint(0, 100),
            rng.beta(0.5, 0.5),
        )
    });
}

#[test]
fn every_generator_and_method_draws_as_it_does_alone() {
    generators_are_drawn_as_alone(Pcg64::seed_from(1));
    generators_are_drawn_as_alone(Pcg64Dxsm::seed_from(1));
    generators_are_drawn_as_alone(Philox::seed_from(1));
    generators_are_drawn_as_alone(Sfc64::seed_from(1));
    generators_are_drawn_as_alone(Mt19937::seed_from(1));
}

#[test]
fn a_draw_within_a_draw_is_refused_and_one_that_panics_draws_nothing() {
    let _watchdog = watchdog(PATIENCE);
    let stream = Shared::new(default_rng(5)).unwrap();
    let within = stream.draw(|_| stream.draw(|rng| rng.random())).unwrap();
    assert_eq!(
        within.unwrap_err().to_string(),
        "this thread holds the lock already: drop its guard first"
    );
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        stream.draw(|rng| {
            rng.random();
            panic!("after a draw");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(
        stream.draw(|rng| rng.random()).unwrap(),
        default_rng(5).random()
    );
}

#[test]
fn another_source_or_segment_is_refused_by_name() {
    let stream = Shared::new(RandomState::new(1)).unwrap();
    let error = Shared::<Generator<Pcg64>>::attach(stream.segment().clone()).unwrap_err();
    assert!(
        error.to_string().contains("Pcg") && error.to_string().contains("MT19937"),
        "{error}"
    );
    let zeros = Segment::anonymous(Layout::payload(10_000)).unwrap();
    for error in [
        Shared::<RandomState>::attach(zeros.clone()).unwrap_err(),
        Replicated::<RandomState>::attach(zeros.clone()).unwrap_err(),
        SharedPhilox::attach(zeros).unwrap_err(),
    ] {
        assert!(
            matches!(error, SharedRngError::NotAStream { .. }),
            "{error}"
        );
    }
    // A segment of the right kind that is too short.
    let kind = stream.segment().kind();
    let short = Segment::anonymous(Layout {
        payload_len: 64,
        control_len: 0,
        kind,
    });
    assert!(Shared::<RandomState>::attach(short.unwrap()).is_err());
}

#[test]
fn threads_and_processes_draw_the_first_numbers_of_the_stream_between_them() {
    let _watchdog = watchdog(PATIENCE);
    let name = multiproc_segment::SegmentName::new(unique_name("rng-draws")).unwrap();
    let stream = Shared::create(&name, RandomState::new(42)).unwrap();
    let mut children: Vec<Child> = (0..4)
        .map(|_| Child::spawn("draws::drawing_role", &[name.as_str()]))
        .collect();
    children.iter_mut().for_each(|child| child.say("go"));
    let mut drawn: Vec<u64> = children
        .iter_mut()
        .flat_map(|child| {
            let line = child.read_line().unwrap();
            line.split(' ')
                .map(|bits| bits.parse().unwrap())
                .collect::<Vec<u64>>()
        })
        .collect();
    drawn.sort_unstable();
    let mut alone = RandomState::new(42);
    let mut expected: Vec<u64> = (0..4000).map(|_| alone.random_sample().to_bits()).collect();
    expected.sort_unstable();
    assert_eq!(drawn, expected);
    assert_eq!(
        stream.draw(|rng| rng.random_sample()).unwrap(),
        alone.random_sample()
    );
}

#[test]
fn drawing_role() {
    let Some(args) = child::args("draws::drawing_role") else {
        return;
    };
    let name = multiproc_segment::SegmentName::new(args[0].as_str()).unwrap();
    let stream = Shared::<RandomState>::open(&name).unwrap();
    child::read_line();
    let drawn: Vec<String> = (0..1000)
        .map(|_| {
            stream
                .draw(|rng| rng.random_sample())
                .unwrap()
                .to_bits()
                .to_string()
        })
        .collect();
    child::say(drawn.join(" "));
}

#[test]
fn a_lock_free_stream_is_that_of_its_philox() {
    let mut alone = Philox::seed_from(7);
    alone.next_u32();
    let stream = SharedPhilox::new(&alone).unwrap();
    // The rest of the first block is passed over.
    alone.advance(0);
    let mut words: Vec<u64> = std::thread::scope(|scope| {
        let hands = (0..3).map(|hand| {
            let stream = &stream;
            scope.spawn(move || {
                let mut words = vec![0; 1000];
                if hand == 0 {
                    words.fill_with(|| stream.next_u64());
                } else {
                    words
                        .chunks_mut(77)
                        .for_each(|words| stream.fill_u64(words));
                }
                words
            })
        });
        let hands: Vec<_> = hands.collect();
        hands
            .into_iter()
            .flat_map(|hand| hand.join().unwrap())
            .collect()
    });
    words.sort_unstable();
    let mut expected: Vec<u64> = (0..3000).map(|_| alone.next_u64()).collect();
    expected.sort_unstable();
    assert_eq!(words, expected);
    assert_eq!(stream.n_drawn(), 3000);
}
