//! Leases: who has which draws, and what becomes of those of the dead.

use multiproc_rng::{Generator, Mt19937, Philox, Sfc64, default_rng};
use multiproc_segment::SegmentName;
use multiproc_shared_rng::{Shared, SharedRngError};
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};

#[test]
fn leases_and_draws_share_the_stream_between_them() {
    let mut alone = Generator::new(Mt19937::seed_from(3));
    let stream = Shared::new(alone.clone()).unwrap();
    let mut first = stream.reserve(700).unwrap();
    let mut second = stream.reserve(5).unwrap();
    let behind = stream.draw(|rng| rng.random()).unwrap();
    let mut doubles = vec![0.0; 800];
    assert_eq!(first.fill_random(&mut doubles), 700);
    assert_eq!(first.n_left(), 0);
    for double in &doubles[..700] {
        assert_eq!(*double, alone.random());
    }
    while let Some(double) = second.random() {
        assert_eq!(double, alone.random());
    }
    assert_eq!(behind, alone.random());
    drop((first, second));
    assert_eq!(stream.take_abandoned().unwrap(), []);
}

#[test]
fn a_generator_that_cannot_seek_leases_nothing() {
    let stream = Shared::new(Generator::new(Sfc64::seed_from(1))).unwrap();
    let refused = stream.reserve(10).unwrap_err();
    assert!(matches!(refused, SharedRngError::Rng(_)), "{refused}");
    assert!(refused.to_string().starts_with("SFC64 cannot seek"));
}

#[test]
fn more_leases_than_can_be_held_are_refused_and_cost_no_draw() {
    let stream = Shared::new(default_rng(1)).unwrap();
    let held: Vec<_> = (0..62).map(|_| stream.reserve(1).unwrap()).collect();
    let refused = stream.reserve(1).unwrap_err();
    assert!(matches!(refused, SharedRngError::Lease(_)), "{refused}");
    drop(held);
    let mut alone = default_rng(1);
    (0..62).for_each(|_| {
        alone.random();
    });
    assert_eq!(stream.reserve(1).unwrap().random(), Some(alone.random()));
}

#[test]
fn what_the_dead_had_leased_is_reported_once() {
    let _watchdog = watchdog(PATIENCE);
    let name = SegmentName::new(unique_name("rng-leases")).unwrap();
    let stream = Shared::create(&name, Generator::new(Philox::seed_from(1))).unwrap();
    drop(stream.reserve(10).unwrap());
    let mut victim = Child::spawn("leases::leasing_role", &[name.as_str()]);
    victim.expect_line("leased");
    let living = stream.reserve(7).unwrap();
    assert_eq!(stream.take_abandoned().unwrap(), []);
    victim.kill();
    let abandoned = stream.take_abandoned().unwrap();
    assert_eq!((abandoned.len(), &abandoned[0]), (1, &(10..1010)));
    assert_eq!(stream.take_abandoned().unwrap(), []);
    drop(living);
}

#[test]
fn leasing_role() {
    let Some(args) = child::args("leases::leasing_role") else {
        return;
    };
    let name = SegmentName::new(args[0].as_str()).unwrap();
    let stream = Shared::<Generator<Philox>>::open(&name).unwrap();
    let _lease = stream.reserve(1000).unwrap();
    child::say("leased");
    child::read_line();
}
