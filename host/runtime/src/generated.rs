//! Bindings of the contract, made from `wit/`. Private: the face of the runtime is `core::contract`.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

/// The mapping world imports every interface, so the shared interfaces live here.
pub(crate) mod mapping {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "mapping",
        imports: {
            "signalsync:plugin/http.send": async | store | trappable,
            default: store | trappable,
        },
        exports: { default: async },
        with: {
            "signalsync:plugin/storage.collection": crate::capability::storage::OpenCollection,
            "signalsync:plugin/files.folder": crate::capability::files::OpenFolder,
        },
    });
}

pub(crate) mod validation {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "validation",
        imports: { default: store | trappable },
        exports: { default: async },
        with: { "signalsync:plugin": super::mapping::signalsync::plugin },
    });
}

pub(crate) mod workflow {
    wasmtime::component::bindgen!({
        path: ["../../wit/0.1.0", "../../wit/workflow/0.1.0"],
        world: "signalsync:workflow/workflow",
        imports: { default: store | trappable },
        exports: { default: async },
        with: { "signalsync:plugin": super::mapping::signalsync::plugin },
    });
}

pub(crate) use mapping::signalsync::plugin::{context, files, http, log, storage, types};
pub(crate) use workflow::signalsync::workflow::types as workflow_types;
