//! What is refused before a compiler is started.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signalsync_core::{Admission, Admit as _, CallLimits, Kind, Tier};
use signalsync_generated as make;

use super::fixture::{Host, block_on};

/// Refused with this code by inspection and by admission, and no compiler was started for it.
fn all_refused(cases: Vec<(&str, &str, Vec<u8>)>) {
    block_on(async {
        let host = Host::start();
        for (name, code, wasm) in cases {
            let inspected = host.inspect(&wasm).expect_err(name);
            assert_eq!(inspected.code, code, "{name}: {inspected}");
            assert_eq!(host.refused(&wasm).await, inspected, "{name}: admission says the same");
        }
        assert!(host.started().is_empty(), "a compiler was started");
        assert!(host.list("data/components").is_empty(), "something was stored");
    });
}

pub(crate) fn what_people_upload_by_mistake() {
    let component = make::numbered(0);
    let mut newer = component.clone();
    newer[4] = 0x0e;
    all_refused(vec![
        ("nothing", "not-a-component", vec![]),
        ("a web page", "not-a-component", b"<html></html>".to_vec()),
        ("a gzip file", "not-a-component", vec![0x1f, 0x8b, 8, 0]),
        ("text of a component", "text-format", b"(component)".to_vec()),
        ("text with a comment", "text-format", b"\n ;; mine\n(component)".to_vec()),
        ("a module", "core-module", wat::parse_str("(module)").unwrap()),
        ("a program", "precompiled", std::fs::read("/proc/self/exe").unwrap()[..4096].to_vec()),
        ("half a head", "malformed", component[..6].to_vec()),
        ("another version", "malformed", newer),
        ("only a head", "unknown-kind", component[..8].to_vec()),
    ]);
}

pub(crate) fn shapes_that_cost_a_compiler_too_much() {
    let module = |text: &str| make::parse(&format!("(component (core module {text}))"));
    all_refused(vec![
        ("C1 instances that double 24 times", "too-complex", make::doubling_instances(24)),
        ("C1 instances that double behind aliases", "too-complex", make::doubling_aliases(40)),
        ("C1 more than a counter holds", "too-complex", make::doubling_aliases(200)),
        ("C2 20,000 nested blocks", "too-complex", make::of_module(&make::nested_blocks(20_000))),
        ("C3 a million functions", "too-complex", make::functions(1_000_000)),
        ("C4 a function of 7.6 MB", "too-complex", make::long_function(7_654_321)),
        ("C5 a jump with 65,520 targets", "too-complex", make::branch_table(65_520)),
        ("C6 50,000 locals in 1,000 functions", "too-complex", make::locals(50_000, 1_000)),
        ("C7 a million types", "too-complex", make::core_types(1_000_000)),
        ("C7 types that double 60 times", "too-complex", make::doubling_types(60)),
        ("C7 types of 1,000 parameters", "too-complex", make::core_types_of(900, 1_000, 0)),
        ("C8 20 MB of custom sections", "too-complex", make::custom(20 << 20)),
        ("C8 50 MB in all", "over-limit", make::of_size(50 << 20)),
        ("I2 a memory of 4 GiB", "over-limit", make::core_instances(&make::memory(65_536), 1)),
        ("I2 memories that are too large together", "over-limit", make::core_instances(&make::memory(1_024), 5)),
        ("I3 a table of ten million", "too-complex", make::of_module(&make::tables(10_000_000, 1))),
        ("I3 100 tables", "too-complex", make::of_module(&make::tables(1, 100))),
        ("I4 1,000 instances", "too-complex", make::core_instances(&make::bodies([]), 1_000)),
        ("I5 100,000 data segments", "too-complex", make::data_segments(100_000)),
        ("two memories in a module", "too-complex", make::of_module(&make::memories(1, 2))),
        ("a memory of 64 bits", "unsupported-feature", module("(memory i64 1)")),
        ("a shared memory", "unsupported-feature", module("(memory 1 2 shared)")),
        ("an exception tag", "unsupported-feature", module("(tag)")),
        ("a garbage-collected type", "unsupported-feature", module("(type (struct (field i32)))")),
        (
            "a component as an argument",
            "unsupported-feature",
            make::parse(
                r#"(component (component $a (import "b" (component))) (component $b) (instance (instantiate $a (with "b" (component $b)))))"#,
            ),
        ),
        (
            "a component as an export",
            "unsupported-feature",
            make::parse(
                r#"(component (component $a (component $b) (export "b" (component $b))) (instance $i (instantiate $a)) (alias export $i "b" (component)))"#,
            ),
        ),
    ]);
}

pub(crate) fn types_nested_without_end() {
    // A reader that recurses overflows its stack on this, and ends the whole process.
    all_refused(vec![("C7 five million nested types", "too-complex", make::nested_types(5_000_000))]);
}

pub(crate) fn imports_outside_of_the_contract() {
    let import = |name: &str| make::validation("", &format!(r#"(import "{name}" (instance))"#), "");
    block_on(async {
        let host = Host::start();
        for (name, code) in [
            ("signalsync:plugin/secrets@0.1.0", "unknown-import"),
            ("signalsync:plugin/storage@0.2.0", "contract-version"),
            ("signalsync:plugin/storage", "contract-version"),
            ("evil:plugin/storage@0.1.0", "unknown-import"),
            ("wasi:sockets/tcp@0.2.6", "unknown-import"),
            ("wasi:http/outgoing-handler@0.2.6", "unknown-import"),
            ("wasi:io/streams@0.3.0", "contract-version"),
        ] {
            let refusal = host.inspect(&import(name)).unwrap_err();
            assert_eq!(refusal.code, code, "{name}: {refusal}");
            assert!(refusal.detail.contains(name), "{name}: {refusal}");
        }
        let function = host.inspect(&make::validation("", r#"(import "exec" (func))"#, "")).unwrap_err();
        assert_eq!((function.code.as_str(), function.detail.contains("`exec`")), ("unknown-import", true));
        // The text tools refuse to write this; bytes do not ask them.
        let twins = b"wasi:io/poll@0.2.6 wasi:io/pole@0.2.6";
        let mut wasm = make::validation(
            "",
            r#"(import "wasi:io/poll@0.2.6" (instance)) (import "wasi:io/pole@0.2.6" (instance))"#,
            "",
        );
        let at = wasm.windows(18).position(|window| window == &twins[19..]).unwrap();
        wasm[at..at + 18].copy_from_slice(b"wasi:io/POLL@0.2.6");
        let refusal = host.inspect(&wasm).unwrap_err();
        assert_eq!(refusal.code, "malformed", "{refusal}");
        assert!(refusal.detail.contains("wasi:io/POLL@0.2.6"), "{refusal}");
        assert!(host.started().is_empty());
    });
}

pub(crate) fn kinds_are_read_from_exports() {
    block_on(async {
        let host = Host::start();
        for (names, kind) in [
            (&["validate"][..], Kind::Validation),
            (&["transform"], Kind::Mapping),
            (&["validate", "init", "exports"], Kind::Validation),
        ] {
            assert_eq!(host.inspect(&make::exporting(names)).unwrap().kind, kind, "{names:?}");
        }
        let workflow = |version: &str| {
            let import = format!(r#"(import "signalsync:workflow/types@{version}" (instance))"#);
            host.inspect(&make::exporting_with(&import, &["describe", "advance"]))
        };
        let admitted = workflow("0.1.0").unwrap();
        assert_eq!((admitted.kind, admitted.contract.as_str()), (Kind::Workflow, "0.1.0"));
        assert_eq!(workflow("0.2.0").unwrap_err().code, "contract-version");
        let old = host.inspect(&make::exporting(&["describe", "advance"])).unwrap_err();
        assert_eq!(old.code, "contract-version");
        assert!(old.detail.contains("`signalsync:workflow@0.1.0`") && old.detail.contains("the current SDK"), "{old}");
        for names in
            [&["run"][..], &[], &["describe"], &["advance"], &["validate", "transform"], &["validate", "advance"]]
        {
            assert_eq!(host.inspect(&make::exporting(names)).unwrap_err().code, "unknown-kind", "{names:?}");
        }
        let admitted = host
            .inspect(&make::validation("", r#"(import "signalsync:plugin/storage@0.1.0" (instance))"#, ""))
            .unwrap();
        assert_eq!(admitted.contract, "0.1.0");
        assert!(admitted.imports("storage") && !admitted.imports("http"));
    });
}

pub(crate) fn memory_over_the_tier() {
    block_on(async {
        let host = Host::start();
        let small = CallLimits { memory_bytes: 1 << 20, ..Tier::default().validation };
        let scope = host.tenant_of(Tier { validation: small, component_bytes_max: 100_000, ..Tier::default() });
        let memory = make::validation("", "(core module $more (memory 16)) (core instance (instantiate $more))", "");
        assert!(host.inspect(&memory).is_ok(), "another tier may have it");
        let long = make::validation_with(&format!(r#"(data (i32.const 0) "{}")"#, "x".repeat(100_000)));
        for (wasm, figures) in [(memory, ["1114112", "1048576"]), (long.clone(), [&*long.len().to_string(), "100000"])]
        {
            match host.runtime.admit(&scope, wasm.into()).await {
                Admission::Refused(refusal) => {
                    assert_eq!(refusal.code, "over-limit");
                    assert!(figures.iter().all(|figure| refusal.detail.contains(figure)), "{refusal}");
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(host.started().is_empty());
    });
}

pub(crate) fn a_cut_component_is_refused() {
    block_on(async {
        let host = Host::start();
        for good in [make::numbered(0), make::composed()] {
            let whole = host.inspect(&good).unwrap();
            for end in 0..good.len() {
                // Only names for debugging follow the last export; without them it is the same component.
                if let Ok(cut) = host.inspect(&good[..end]) {
                    assert_eq!((cut.kind, cut.imports), (whole.kind, whole.imports.clone()), "cut at {end}");
                    assert!(!good[end + 2..].starts_with(b"validate"), "cut at {end}");
                }
            }
        }
    });
}

pub(crate) fn a_flipped_bit_never_panics() {
    block_on(async {
        let host = Host::start();
        for mut wasm in [make::numbered(0), make::composed()] {
            for at in 0..wasm.len() * 8 {
                wasm[at / 8] ^= 1 << (at % 8);
                let _ = host.inspect(&wasm);
                wasm[at / 8] ^= 1 << (at % 8);
            }
        }
    });
}

/// One change of a component's bytes.
#[derive(Debug, Clone)]
enum Mutation {
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
}

pub(crate) fn a_mutated_component_never_panics() {
    let host = block_on(async { Arc::new(Host::start()) });
    let at = 0..4096_usize;
    let mutation = prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (at.clone(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (at.clone(), 1..64_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at, 1..64_usize).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ];
    let seeds = [make::numbered(0), make::composed(), make::nested(4), make::doubling_types(8)];
    let strategy = (prop::sample::select(seeds.to_vec()), prop::collection::vec(mutation, 1..6));
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&strategy, |(mut wasm, mutations)| {
        mutations.iter().for_each(|mutation| mutate(&mut wasm, mutation));
        let _ = host.inspect(&wasm);
        Ok(())
    });
    ran.unwrap();
}

fn mutate(wasm: &mut Vec<u8>, mutation: &Mutation) {
    let range = |at: usize, length: usize| {
        let at = at % wasm.len();
        at..(at + length).min(wasm.len())
    };
    match mutation {
        Mutation::Set(at, byte) => {
            let at = range(*at, 1);
            wasm[at.start] = *byte;
        }
        Mutation::Insert(at, bytes) => {
            let at = range(*at, 0).start;
            wasm.splice(at..at, bytes.iter().copied());
        }
        Mutation::Remove(at, length) => {
            let range = range(*at, *length);
            if range.len() < wasm.len() {
                wasm.drain(range);
            }
        }
        Mutation::Repeat(at, length) => {
            let piece = wasm[range(*at, *length)].to_vec();
            let at = range(*at, 0).start;
            wasm.splice(at..at, piece);
        }
    }
}
