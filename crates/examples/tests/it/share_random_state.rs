//! The example's own checks hold.

use multiproc_testkit::{PATIENCE, watchdog};

#[path = "../../examples/share_random_state.rs"]
mod example;

#[test]
fn the_techniques_of_the_article_give_numpys_numbers() {
    let _watchdog = watchdog(PATIENCE);
    example::main().expect("every section");
}
