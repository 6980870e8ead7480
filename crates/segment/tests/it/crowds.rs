//! Many processes that want the same name at the same time: one gets it, and all see the same.

use std::cell::Cell;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, prune, remove};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::named::{create, exists, filling, name};

#[test]
fn of_many_that_remove_a_name_one_does() {
    let _watchdog = watchdog(2 * PATIENCE);
    let rounds = Scale::asked().pick(40, 400, 5_000);
    let mut children: Vec<Child> = (0..8)
        .map(|_| Child::spawn("crowds::removing_role", &[]))
        .collect();
    for _ in 0..rounds {
        let name = name("removed");
        let held = create(&name, Lifetime::Persistent, 1);
        // Nobody takes it from whoever has it.
        let in_use = Err(SegmentError::InUse { name: name.clone() });
        assert_eq!(remove(&name), in_use);
        assert_eq!(filling(&held), 1);
        drop(held);
        children.iter_mut().for_each(|child| child.say(&name));
        let mut answers: Vec<String> = children
            .iter_mut()
            .map(|child| child.read_line().unwrap())
            .collect();
        answers.sort();
        assert_eq!(answers.pop().as_deref(), Some("Ok(())"));
        // Who meets another in the middle of it finds the segment in use.
        let too_late = ["Err(NotFound", "Err(InUse"];
        assert!(
            answers
                .iter()
                .all(|answer| too_late.iter().any(|late| answer.starts_with(late))),
            "{answers:?}"
        );
        assert!(!exists(&name));
    }
    Row::new(11)
        .figure("rounds", rounds)
        .figure("removers", children.len())
        .figure("removed twice or never", 0)
        .print();
}

#[test]
fn removing_role() {
    let Some(_) = child::args("crowds::removing_role") else {
        return;
    };
    while let Some(name) = child::read_line() {
        child::say(format!("{:?}", remove(&name.parse().unwrap())));
    }
}

/// Even when the one that creates is killed at it, those that live on agree.
#[test]
fn of_many_that_open_or_create_one_creates_and_all_get_the_same() {
    let _watchdog = watchdog(2 * PATIENCE);
    let scale = Scale::asked();
    let (rounds, n_children) = (scale.pick(30, 250, 1_000), scale.pick(8, 16, 32) as usize);
    let spawn = || Child::spawn("crowds::racing_role", &[]);
    let mut children: Vec<Child> = (0..n_children).map(|_| spawn()).collect();
    let mut n_created = 0;
    for round in 0..rounds {
        let name = name("race");
        children.iter_mut().for_each(|child| child.say(&name));
        // Every other round, one is killed wherever it is by now.
        let killed = (round % 2 == 1).then(|| {
            let victim = round as usize / 2 % n_children;
            children[victim].kill();
            victim
        });
        let mut answers: Vec<String> = children
            .iter_mut()
            .enumerate()
            .filter(|(i, _)| Some(*i) != killed)
            .map(|(_, child)| child.read_line().expect("an id"))
            .collect();
        let created = answers
            .iter()
            .filter(|answer| answer.ends_with("created"))
            .count();
        assert!(
            created == 1 || killed.is_some() && created == 0,
            "{created} created"
        );
        n_created += created;
        answers.iter_mut().for_each(|answer| answer.truncate(32));
        answers.dedup();
        assert_eq!(answers.len(), 1, "two segments under one name");
        if let Some(victim) = killed {
            children[victim] = spawn();
        }
        for (i, child) in children.iter_mut().enumerate() {
            if Some(i) != killed {
                child.say("drop");
                child.expect_line("dropped");
            }
        }
        prune().unwrap();
        assert!(!exists(&name));
    }
    Row::new(15)
        .figure("rounds", rounds)
        .figure("processes", n_children)
        .figure("killed", rounds / 2)
        .figure("creators that lived", n_created)
        .figure("halves seen", 0)
        .figure("disagreements", 0)
        .print();
}

#[test]
fn racing_role() {
    let Some(_) = child::args("crowds::racing_role") else {
        return;
    };
    while let Some(name) = child::read_line() {
        let name = SegmentName::new(name).unwrap();
        let init = Cell::new(None);
        let layout = Layout::payload(5000);
        let segment = Segment::open_or_create(&name, layout, Lifetime::LastUser, |new| {
            init.set(Some(new.id()));
            new.payload().fill(0, 5000, 9)
        })
        .unwrap();
        assert_eq!(filling(&segment), 9, "a segment seen before it was whole");
        let how = if init.get() == Some(segment.id()) {
            "created"
        } else {
            "opened"
        };
        child::say(format!("{} {how}", segment.id()));
        child::read_line();
        drop(segment);
        child::say("dropped");
    }
}
