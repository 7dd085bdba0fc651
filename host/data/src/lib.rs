//! The one gate to records: what a collection's records look like, who may see and change them, and how they are found.
//!
//! Whoever reads or writes a record goes through a [`Gate`]: forms, the API, mappings, components, import, export. It
//! checks the rights of whoever asks, the collection's published definition, unique fields and references, and keeps
//! indexes, history and audit in the same transaction. Nobody else touches [`Table::Records`](signalsync_store::Table).
//!
//! A collection without a published definition takes any JSON document.
//!
//! Knows neither components nor HTTP: the tenant's validation components judge in the crate `records`, after the gate.

mod access;
pub mod archive;
mod attached;
mod collection;
mod compiled;
mod definition;
mod effects;
mod encode;
mod error;
mod formula;
mod gate;
mod history;
mod index;
mod kind;
mod layout;
mod preview;
mod publish;
mod query;
mod reference;
mod row;
mod safety;
mod schemas;
mod text;
mod upkeep;

pub use attached::{ATTACHMENTS_MAX, file_deleted, file_written};
pub use collection::{
    COLLECTIONS_MAX, Collection, Published, Usage, create, delete, find, list, require, usages, version, visible,
};
pub use compiled::{Compiled, VIOLATIONS_MAX};
pub use definition::{Definition, IndexDraft};
pub use effects::{Bin, EFFECTS_MAX};
pub use error::DataError;
pub use gate::{Change, Gate, Staged};
pub use history::{Act, VERSIONS_KEPT, Version};
pub use kind::Kind;
pub use preview::{PREVIEWED_MAX, Preview};
pub use publish::{discard, draft, draft_version, form, publish, published, save};
pub use query::{Count, Filter, Found, LOOKS_MAX, Op, Query, Sort};
pub use reference::OnDelete;
pub use row::{About, Record};
pub use schemas::Schemas;
pub use text::folded;
pub use upkeep::{IndexState, Progress, STEP_RECORDS, States, indexes, step};
