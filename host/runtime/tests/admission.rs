//! Admission and compilation from outside: hostile components, a hostile compiler, a tampered store.
//!
//! This program is also the compiler that its hosts start, as `<itself> compile-worker`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admission {
    pub(crate) mod compilation;
    pub(crate) mod edges;
    pub(crate) mod fixture;
    pub(crate) mod inspection;
    pub(crate) mod store;
}

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("compile-worker") {
        return signalsync_runtime::compile_worker();
    }
    let tests = [inspection_tests(), compilation_tests()].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

type Test = (&'static str, fn());

macro_rules! tests {
    ($module:ident: $($name:ident),* $(,)?) => { [$((concat!(stringify!($module), "::", stringify!($name)), admission::$module::$name as fn())),*] };
}

fn inspection_tests() -> Vec<Test> {
    let inspection = tests![inspection:
        what_people_upload_by_mistake,
        shapes_that_cost_a_compiler_too_much,
        imports_outside_of_the_contract,
        kinds_are_read_from_exports,
        memory_over_the_tier,
        a_cut_component_is_refused,
        a_flipped_bit_never_panics,
        a_mutated_component_never_panics,
        types_nested_without_end,
    ];
    let edges = tests![edges: every_limit_holds_at_its_edge];
    [&inspection[..], &edges[..]].concat()
}

fn compilation_tests() -> Vec<Test> {
    let compilation = tests![compilation:
        the_same_bytes_are_compiled_once,
        a_composed_component_runs,
        an_invalid_body_is_refused_once_for_a_hundred_tenants,
        features_that_are_off_are_named,
        damaged_components_are_refused_by_the_compiler,
        a_bomb_ends_at_its_processor_time,
        a_bomb_ends_at_its_memory,
        a_compiler_that_was_killed_is_tried_again,
        a_compiler_that_fails_is_the_hosts_fault,
        a_compiler_that_hangs_is_ended_with_all_it_started,
        a_busy_tenant_does_not_delay_another,
        a_full_lane_says_when_to_come_back,
        the_compiler_is_caged,
    ];
    let store = tests![store:
        a_changed_image_is_compiled_again,
        a_loaded_image_may_be_overwritten,
        swapped_images_are_compiled_again,
        an_image_of_another_engine_is_compiled_again,
        a_new_key_compiles_everything_again,
        a_call_finds_a_tampered_image,
        a_damaged_component_is_stored_again,
        refused_components_leave_nothing_behind,
        what_nobody_vouches_for_goes,
        an_admission_ends_the_doubt,
        half_written_files_go_at_the_start,
        a_key_that_others_can_read_is_refused,
    ];
    [&compilation[..], &store[..]].concat()
}
