//! [`check`]: cases of `SeedSequence`.

use multiproc_rng::SeedSequence;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Result;
use super::bits::{compare_states, seed_sequence};
use super::params::{Params, dict};
use super::values::hex;

fn text<T: ToString>(words: &[T]) -> Value {
    words.iter().map(ToString::to_string).collect()
}

/// Compares pool, generated states and spawned children with those of the case.
pub(crate) fn check(case: &Value) -> Result<()> {
    let params = Params(case);
    let mut root = seed_sequence(params.value("spec")?)?;
    compare("pool", &text(root.pool()), params.value("pool")?)?;
    for (n, expected) in dict(params.value("generate_state_u32")?, "generate_state_u32")? {
        compare(
            "generate_state_u32",
            &text(&root.generate_state_u32(n.parse()?)),
            expected,
        )?;
    }
    for (n, expected) in dict(params.value("generate_state_u64")?, "generate_state_u64")? {
        compare(
            "generate_state_u64",
            &text(&root.generate_state_u64(n.parse()?)),
            expected,
        )?;
    }
    let mut hash = Sha256::new();
    root.generate_state_u32(624)
        .iter()
        .for_each(|word| hash.update(word.to_le_bytes()));
    let found = json!(hex(&hash.finalize()));
    compare(
        "624 words",
        &found,
        params.value("generate_state_u32_624_sha256")?,
    )?;

    let mut nodes = root.spawn(2);
    let mut later = root.spawn(3);
    let grandchildren = later[1].spawn(4);
    nodes.append(&mut later);
    nodes.extend(grandchildren);
    // NumPy shows the whole path, which begins with that of the root.
    let states: Vec<Value> = nodes
        .iter()
        .map(|node| text(&node.generate_state_u64(2)))
        .collect();
    let keys: Vec<Value> = nodes
        .iter()
        .map(|node: &SeedSequence| text(node.spawn_key()))
        .collect();
    let found =
        json!({"keys": keys, "state": states, "n_children_spawned": root.n_children_spawned()});
    compare(
        "children",
        &found,
        params.value("spawn_2_then_3_then_child3_spawn_4")?,
    )
}

fn compare(what: &str, found: &Value, expected: &Value) -> Result<()> {
    compare_states(found, expected).map_err(|error| format!("{what}: {error}").into())
}
