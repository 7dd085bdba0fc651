//! What bodies are made of. A type with a schema is JSON; what is not JSON has a type of its own here.

use std::marker::PhantomData;

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// What a request's body may be.
pub(crate) struct Body {
    is_required: bool,
    content: Content,
}

impl Body {
    pub(super) fn document(&self) -> Value {
        json!({ "required": self.is_required, "content": self.content.document() })
    }
}

/// Media types with their schemas.
pub(crate) struct Content(Vec<(&'static str, Value)>);

impl Content {
    fn of(media_types: &[&'static str], schema: &Value) -> Self {
        Self(media_types.iter().map(|media_type| (*media_type, schema.clone())).collect())
    }

    fn json<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Self {
        Self::of(&["application/json"], &schemas.subschema_for::<T>().to_value())
    }

    pub(super) fn document(&self) -> Value {
        let media = self.0.iter().map(|(media_type, schema)| ((*media_type).to_owned(), json!({ "schema": schema })));
        media.collect::<Map<_, _>>().into()
    }
}

/// What a handler takes as its body.
pub(crate) trait Takes {
    /// Whether the body is looked at.
    const IS_LOOKED_AT: bool = true;

    /// None when the body is not looked at.
    fn takes(schemas: &mut SchemaGenerator) -> Option<Body>;
}

/// What a handler gives as the body of its answer.
pub(crate) trait Gives {
    /// Whether there is a body.
    const HAS_BODY: bool = true;

    /// None when there is no body.
    fn gives(schemas: &mut SchemaGenerator) -> Option<Content>;
}

impl<T: JsonSchema> Takes for T {
    fn takes(schemas: &mut SchemaGenerator) -> Option<Body> {
        Some(Body { is_required: true, content: Content::json::<T>(schemas) })
    }
}

impl<T: JsonSchema> Gives for T {
    fn gives(schemas: &mut SchemaGenerator) -> Option<Content> {
        Some(Content::json::<T>(schemas))
    }
}

/// No body is looked at.
pub(crate) enum Nothing {}

impl Takes for Nothing {
    const IS_LOOKED_AT: bool = false;

    fn takes(_: &mut SchemaGenerator) -> Option<Body> {
        None
    }
}

/// JSON that may be left out.
pub(crate) struct Maybe<T>(PhantomData<fn() -> T>);

impl<T: JsonSchema> Takes for Maybe<T> {
    fn takes(schemas: &mut SchemaGenerator) -> Option<Body> {
        Some(Body { is_required: false, content: Content::json::<T>(schemas) })
    }
}

/// No body is answered.
pub(crate) enum Empty {}

impl Gives for Empty {
    const HAS_BODY: bool = false;

    fn gives(_: &mut SchemaGenerator) -> Option<Content> {
        None
    }
}

/// The fields of a record, as its collection defines them.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub(crate) struct Fields(#[expect(dead_code, reason = "it is a shape, and never made")] Value);

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident = [$($media_type:expr),*], $schema:tt;)*) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}

        impl Takes for $name {
            fn takes(_: &mut SchemaGenerator) -> Option<Body> {
                Some(Body { is_required: true, content: Content::of(&[$($media_type),*], &json!($schema)) })
            }
        }

        impl Gives for $name {
            fn gives(_: &mut SchemaGenerator) -> Option<Content> {
                Some(Content::of(&[$($media_type),*], &json!($schema)))
            }
        }
    )*};
}

bodies! {
    /// A component.
    Wasm = ["application/wasm"], {};
    /// Bytes of whatever kind.
    AnyFile = ["*/*"], {};
    /// The next bytes of a file that is sent in parts.
    FilePart = ["application/offset+octet-stream"], {};
    /// A packed tenant.
    ArchiveFile = [signalsync_archive::MEDIA_TYPE], {};
    /// Records as a file.
    SheetFile = ["application/jsonl", "text/csv", crate::routes::XLSX], {};
    /// Entries of the audit, an object on each line.
    AuditLines = ["application/jsonl"], {};
    /// What changes, as it changes (server-sent events).
    Events = ["text/event-stream"], { "type": "string" };
    /// Holidays (RFC 5545).
    HolidayFile = ["text/calendar"], {};
    /// Words for people.
    Text = ["text/plain"], { "type": "string" };
    /// This document.
    Document = ["application/openapi+json"], { "type": "object" };
    /// Fields that change, and `null` for those that go (RFC 7396).
    MergePatch = ["application/merge-patch+json"], {};
}
