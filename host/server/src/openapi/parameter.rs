//! Parameters: of a path, which are names and ids, and of a query, which a route declares.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};
use signalsync_core::{
    CalendarName, CollectionName, DepartmentId, DeploymentName, Digest, ExecutionId, FilePath, FolderName, JobId,
    KeyId, MailId, RecordId, RoleName, RunId, ScheduleName, SessionId, TaskId, TeamId, TemplateName, TenantSlug,
    UploadId, UserId, WorkId,
};

/// A parameter of a query. A route knows those that it declares, and refuses others.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    pub(crate) name: &'static str,
    about: &'static str,
    is_required: bool,
    of: fn(&mut SchemaGenerator) -> Schema,
}

impl Parameter {
    /// One that may be left out.
    pub(crate) const fn new<T: JsonSchema>(name: &'static str, about: &'static str) -> Self {
        Self { name, about, is_required: false, of: |schemas| schemas.subschema_for::<T>() }
    }

    /// One that must be there.
    pub(crate) const fn required<T: JsonSchema>(name: &'static str, about: &'static str) -> Self {
        Self { is_required: true, ..Self::new::<T>(name, about) }
    }

    pub(super) fn schema(&self, schemas: &mut SchemaGenerator) -> Value {
        (self.of)(schemas).to_value()
    }

    pub(super) fn document(&self, schema: Value) -> Value {
        json!({ "name": self.name, "in": "query", "description": self.about, "required": self.is_required, "schema": schema })
    }
}

/// What stands in a path under this name, and its rule.
pub(super) fn of_path(name: &str) -> Value {
    let mut schemas = schemars::generate::SchemaSettings::draft2020_12();
    schemas.inline_subschemas = true;
    schemas.meta_schema = None;
    let mut schemas = schemas.into_generator();
    let schemas = &mut schemas;
    let schema = match name {
        "calendar" => CalendarName::json_schema(schemas),
        "collection" => CollectionName::json_schema(schemas),
        "department" => DepartmentId::json_schema(schemas),
        "deployment" | "workflow" => DeploymentName::json_schema(schemas),
        "digest" => Digest::json_schema(schemas),
        "execution" => ExecutionId::json_schema(schemas),
        "folder" => FolderName::json_schema(schemas),
        "job" => JobId::json_schema(schemas),
        "key" => KeyId::json_schema(schemas),
        "mail" => MailId::json_schema(schemas),
        "path" => FilePath::json_schema(schemas),
        "person" => UserId::json_schema(schemas),
        "record" => RecordId::json_schema(schemas),
        "role" => RoleName::json_schema(schemas),
        "run" => RunId::json_schema(schemas),
        "schedule" => ScheduleName::json_schema(schemas),
        "session" => SessionId::json_schema(schemas),
        "slug" => TenantSlug::json_schema(schemas),
        "task" => TaskId::json_schema(schemas),
        "team" => TeamId::json_schema(schemas),
        "template" => TemplateName::json_schema(schemas),
        "upload" => UploadId::json_schema(schemas),
        "work" => WorkId::json_schema(schemas),
        "code" => String::json_schema(schemas),
        "number" => u32::json_schema(schemas),
        other => unreachable!("no route has a part {{{other}}}; say here what it is"),
    };
    schema.to_value()
}
