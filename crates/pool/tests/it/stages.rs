//! A worker that dies at any stage of an item, in any way: the item ends once, as an error, and all others as results.

use multiproc_pool::{TaskError, task};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, watchdog};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pool;
use crate::ways::{WAYS, assert_told, end, is_lost};

const STAGES: [&str; 3] = ["decode", "run", "encode"];
const N_ITEMS: usize = 12;
const VICTIM: usize = 5;

/// Dies in a worker, at the stage and in the way that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Doomed {
    stage: String,
    way: String,
}

impl Doomed {
    fn reach(&self, stage: &str) {
        let in_worker = std::env::args()
            .next()
            .is_some_and(|name| name.contains("[worker"));
        if in_worker && self.stage == stage {
            end(&self.way).expect("a death");
        }
    }
}

impl Serialize for Doomed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.reach("encode");
        (&self.stage, &self.way).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Doomed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Doomed, D::Error> {
        let (stage, way) = Deserialize::deserialize(deserializer)?;
        let doomed = Doomed { stage, way };
        doomed.reach("decode");
        Ok(doomed)
    }
}

#[task(crate = multiproc_pool)]
fn pass_on(doomed: Doomed) -> Doomed {
    doomed.reach("run");
    doomed
}

#[test]
fn an_item_whose_worker_dies_at_any_stage_ends_once_and_alone() {
    let _watchdog = watchdog(3 * PATIENCE);
    let rounds = Scale::asked().pick(1, 8, 100);
    let pool = pool(2);
    let spared = Doomed {
        stage: "none".to_owned(),
        way: "none".to_owned(),
    };
    let mut n_cells = 0;
    for round in 0..rounds {
        for stage in STAGES {
            for way in WAYS.into_iter().filter(|way| is_lost(way)) {
                let mut items = vec![spared.clone(); N_ITEMS];
                items[VICTIM] = Doomed {
                    stage: stage.to_owned(),
                    way: way.to_owned(),
                };
                let chunk = 1 + (round as usize) % N_ITEMS;
                let failed = pool.map(pass_on, items).chunk(chunk).run().unwrap_err();
                let [failure] = failed.failures() else {
                    panic!("{stage}, {way}: {failed}")
                };
                assert_told(failure, VICTIM, way);
                assert!(
                    matches!(failure, TaskError::WorkerDied { .. }),
                    "{stage}, {way}"
                );
                for (item, done) in failed.done().iter().enumerate() {
                    let expected = (item != VICTIM).then_some(&spared);
                    assert_eq!(done.as_ref(), expected, "{stage}, {way}: item {item}");
                }
                n_cells += 1;
            }
        }
    }
    Row::new(46)
        .figure("deaths", n_cells)
        .figure("stages", STAGES.len())
        .figure("ways", WAYS.into_iter().filter(|way| is_lost(way)).count())
        .figure("items that ended twice or never", 0)
        .print();
}
