//! Every limit at its edge: what is at the limit passes, one more is refused and told both figures.

use signalsync_generated as make;
use signalsync_runtime::AdmissionLimits;

use super::fixture::{Host, block_on};

struct Edge {
    name: &'static str,
    limit: u64,
    make: fn(u64) -> Vec<u8>,
    /// What one unit is in the refusal.
    unit: u64,
    code: &'static str,
}

pub(crate) fn every_limit_holds_at_its_edge() {
    block_on(async {
        let host = Host::start();
        for Edge { name, limit, make, unit, code } in edges(&AdmissionLimits::default()) {
            // These components export nothing: to be refused for that is to have passed everything else.
            let passed = host.inspect(&make(limit)).unwrap_err();
            assert_eq!(passed.code, "unknown-kind", "{name}: {passed}");
            let refused = host.inspect(&make(limit + 1)).unwrap_err();
            assert_eq!(refused.code, code, "{name}: {refused}");
            for figure in [limit * unit, (limit + 1) * unit] {
                assert!(refused.detail.contains(&figure.to_string()), "{name} does not name {figure}: {refused}");
            }
        }
        assert!(host.started().is_empty());
    });
}

fn edges(limits: &AdmissionLimits) -> Vec<Edge> {
    let AdmissionLimits {
        component_bytes_max,
        nesting_max,
        core_instances_max,
        component_instances_max,
        functions_max,
        function_bytes_max,
        block_nesting_max,
        locals_max,
        branch_targets_max,
        segments_max,
        elements_max,
        custom_bytes_max,
        types_max,
        type_parts_max,
        type_nesting_max,
        type_size_max,
        items_max,
        memories_max,
        memory_bytes_max,
        tables_max,
        table_elements_max,
        compile: _,
    } = *limits;
    let edge = |name, limit, make| Edge { name, limit, make, unit: 1, code: "too-complex" };
    vec![
        Edge { code: "over-limit", ..edge("component_bytes_max", component_bytes_max, make::of_size) },
        edge("nesting_max", nesting_max, make::nested),
        edge("core_instances_max", core_instances_max, |n| make::core_instances(&make::bodies([]), n)),
        edge("component_instances_max", component_instances_max, make::instances),
        edge("functions_max", functions_max, make::functions),
        edge("function_bytes_max", function_bytes_max, make::long_function),
        edge("block_nesting_max", block_nesting_max, |n| make::of_module(&make::nested_blocks(n))),
        edge("locals_max", locals_max, |n| make::locals(n, 1)),
        edge("branch_targets_max", branch_targets_max, make::branch_table),
        edge("segments_max", segments_max, make::data_segments),
        edge("elements_max", elements_max, make::elements),
        edge("custom_bytes_max", custom_bytes_max, make::custom),
        edge("types_max", types_max, make::core_types),
        edge("type_parts_max", type_parts_max, |n| {
            make::core_types_of(n / 1_000, 1_000, usize::try_from(n % 1_000).unwrap())
        }),
        edge("type_nesting_max", type_nesting_max, make::nested_types),
        edge("type_size_max", type_size_max, make::shared_type),
        edge("items_max", items_max, make::items),
        edge("memories_max", memories_max, |n| make::core_instances(&make::memory(0), n)),
        Edge {
            unit: PAGE_BYTES,
            code: "over-limit",
            ..edge("memory_bytes_max", memory_bytes_max / PAGE_BYTES, |n| make::core_instances(&make::memory(n), 1))
        },
        edge("tables_max", tables_max, |n| make::core_instances(&make::tables(0, 1), n)),
        edge("table_elements_max", table_elements_max, |n| make::core_instances(&make::tables(n, 1), 1)),
    ]
}

const PAGE_BYTES: u64 = 64 << 10;
