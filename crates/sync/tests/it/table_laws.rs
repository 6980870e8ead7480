//! Laws of the access table: for any sequence of claims, releases and deaths.

use std::ops::Range;

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{AccessTable, Claim, ClaimError, Mode, Place, conflicts};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Move {
    Claim(Mode, Range<u64>),
    Release(usize),
    /// A writer panics in a range.
    Tear(Range<u64>),
    /// Somebody claims for writing and repairs.
    Repair(Range<u64>),
}

fn range() -> impl Strategy<Value = Range<u64>> {
    (0_u64..40, 0_u64..12).prop_map(|(start, len)| start..start + len)
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let mode = prop_oneof![Just(Mode::Read), Just(Mode::Write), Just(Mode::Atomic)];
    prop::collection::vec(
        prop_oneof![
            4 => (mode, range()).prop_map(|(mode, range)| Move::Claim(mode, range)),
            3 => any::<usize>().prop_map(Move::Release),
            1 => range().prop_map(Move::Tear),
            1 => range().prop_map(Move::Repair),
        ],
        1..120,
    )
}

fn new_table() -> AccessTable {
    let layout = Layout {
        payload_len: 0,
        control_len: AccessTable::LEN,
        kind: 0,
    };
    let segment = Segment::anonymous(layout).unwrap();
    AccessTable::attach(&segment, Place::Control(0)).unwrap()
}

/// Claims for writing in a thread of its own, and panics.
fn tear(table: &AccessTable, range: &Range<u64>) {
    let torn = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let _claim = match table.try_claim(Mode::Write, range.clone()) {
                    Ok(claim) => Ok(claim),
                    Err(ClaimError::Torn(claim)) => Err(claim),
                    Err(_) => return,
                };
                std::panic::resume_unwind(Box::new("half-way"));
            })
            .join()
    });
    drop(torn);
}

fn covered(ranges: &[Range<u64>]) -> Vec<u64> {
    let mut elements: Vec<u64> = ranges.iter().cloned().flatten().collect();
    elements.sort_unstable();
    elements.dedup();
    elements
}

proptest! {
    #[test]
    fn what_is_held_never_conflicts_and_what_is_torn_is_never_forgotten(moves in moves()) {
        let table = new_table();
        let mut held: Vec<(Mode, Range<u64>, Option<Claim>)> = Vec::new();
        let mut torn: Vec<u64> = Vec::new();
        for next in moves {
            match next {
                Move::Claim(mode, range) => {
                    let free = held.iter().all(|(m, r, _)| !conflicts((*m, r), (mode, &range)));
                    let told = covered(std::slice::from_ref(&range))
                        .into_iter()
                        .filter(|element| torn.contains(element))
                        .collect::<Vec<_>>();
                    match table.try_claim(mode, range.clone()) {
                        Ok(claim) => {
                            prop_assert!(free && told.is_empty());
                            held.push((mode, range, Some(claim)));
                        }
                        Err(ClaimError::Torn(claim)) => {
                            prop_assert!(free);
                            prop_assert_eq!(covered(claim.torn()), told);
                        }
                        Err(ClaimError::WouldDeadlock { .. }) => prop_assert!(!free),
                        Err(other) => prop_assert!(false, "{}", other),
                    }
                }
                Move::Release(index) if !held.is_empty() => {
                    held.swap_remove(index % held.len());
                }
                Move::Release(_) => {}
                Move::Tear(range) => {
                    tear(&table, &range);
                    if held.iter().all(|(m, r, _)| !conflicts((*m, r), (Mode::Write, &range))) {
                        torn.extend(range);
                    }
                }
                Move::Repair(range) => {
                    if let Err(ClaimError::Torn(claim)) = table.try_claim(Mode::Write, range.clone()) {
                        drop(claim.mark_consistent());
                        torn.retain(|element| !range.contains(element));
                    }
                }
            }
            torn.sort_unstable();
            torn.dedup();
            prop_assert_eq!(covered(&table.torn()), torn.clone());
            let holders = table.holders();
            let non_empty = held.iter().filter(|(_, range, _)| !range.is_empty()).count();
            prop_assert_eq!(holders.len(), non_empty);
            for (i, one) in holders.iter().enumerate() {
                for other in &holders[..i] {
                    prop_assert!(!conflicts((one.mode, &one.range), (other.mode, &other.range)));
                }
            }
        }
    }
}
