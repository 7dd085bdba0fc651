//! Works as long as the document says, and then finds nothing wrong.

use std::hint::black_box;

use serde::Deserialize;
use signalsync_sdk::{Violation, validation};

#[derive(Deserialize)]
struct Work {
    turns: u64,
}

validation! {
    fn check(work: Work) -> Vec<Violation> {
        for turn in 0..work.turns {
            black_box(turn);
        }
        vec![]
    }
}
