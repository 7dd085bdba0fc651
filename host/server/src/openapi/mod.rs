//! The document of the interface (OpenAPI 3.1), made of the table of routes and of the types in their handlers' signatures.
//!
//! Nobody writes down twice what the interface is: paths, methods and who may enter are the table's, bodies are the handlers'
//! types, and the problems of a route follow from what it is.

mod body;
mod operation;
mod parameter;
mod problems;
mod schemas;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

pub(crate) use body::{
    AnyFile, ArchiveFile, AuditLines, Body, Content, Document, Empty, Fields, FilePart, Gives, HolidayFile, Maybe,
    MergePatch, Nothing, SheetFile, Takes, Text, Wasm,
};
pub use parameter::Parameter;
use schemas::Schemas;
use signalsync_core::Digest;

use crate::routes;

/// The document as it is served, with its entity tag.
pub(crate) fn served() -> (&'static str, &'static str) {
    static SERVED: LazyLock<(String, String)> = LazyLock::new(|| {
        let text = document().to_string();
        let tag = format!("\"{}\"", Digest::of(text.as_bytes()));
        (text, tag)
    });
    (&SERVED.0, &SERVED.1)
}

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all() {
        let path = paths.entry(route.path.replace("{*", "{")).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation::of(&route, &mut schemas);
    }
    let problem = problems::schema();
    let mut components = schemas.into_components();
    components.insert("Problem".to_owned(), problem);
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "SignalSync",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Tenants have addresses of their own, `{tenant}.{base-domain}`; operators use `console.{base-domain}`. \
                What a caller may not see is answered like what is not there.",
        },
        "servers": [{ "url": "/", "description": "The host name says whose interface it is." }],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": problems::responses(),
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "An API key of the tenant, or of the operator." },
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-session",
                    "description": "Set by `POST /v1/sign-in`. Requests that change something come from a page of the same address." },
            },
        },
    })
}
