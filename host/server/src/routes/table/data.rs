//! Components and their deployments, collections and records.

use signalsync_core::Permission;

use super::{ACCEPTED, CONFLICT, CREATED, CREATED_OR_ACCEPTED, MADE, PARTS, TOO_LARGE, delete, get, patch, post, put};
use crate::routes::parameters::{
    AFTER, AFTER_FILE, BEFORE_VERSION, DEFINITION_VERSION, DRY_RUN, FIELD, FORMAT, LIMIT, PREFIX, UPSERT_KEY,
};
use crate::routes::route::{Route, signed_in, tenant};
use crate::routes::{collections, components, definitions, deployments, exports, files, imports, records, uploads};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/components", "Components that were uploaded", tenant(Permission::ComponentsRead, components::list))
            .query(&[AFTER, LIMIT]),
        post(
            "/v1/components",
            "Uploads a component, which is checked and compiled",
            tenant(Permission::ComponentsManage, components::upload),
        )
        .gives(CREATED_OR_ACCEPTED)
        .again("its content is its name"),
        get(
            "/v1/components/{digest}",
            "A component, with the definition of a workflow",
            tenant(Permission::ComponentsRead, components::get),
        ),
        delete(
            "/v1/components/{digest}",
            "Forgets a component that no deployment uses",
            tenant(Permission::ComponentsManage, components::delete),
        ),
        get("/v1/deployments", "Deployments, by name", tenant(Permission::ComponentsRead, deployments::list))
            .query(&[AFTER, LIMIT]),
        get("/v1/deployments/{deployment}", "A deployment", tenant(Permission::ComponentsRead, deployments::get))
            .tagged(),
        delete(
            "/v1/deployments/{deployment}",
            "Deletes a deployment",
            tenant(Permission::ComponentsManage, deployments::delete),
        )
        .expected(),
        get(
            "/v1/deployments/{deployment}/versions",
            "Versions of a deployment, newest first",
            tenant(Permission::ComponentsRead, deployments::versions),
        )
        .query(&[AFTER, LIMIT]),
        post(
            "/v1/deployments/{deployment}/versions",
            "Adds a version to a deployment",
            tenant(Permission::ComponentsManage, deployments::deploy),
        )
        .gives(CREATED)
        .tagged()
        .expected(),
        post(
            "/v1/deployments/{deployment}/activate",
            "Puts a version to work",
            tenant(Permission::ComponentsManage, deployments::activate),
        )
        .tagged()
        .expected(),
        post(
            "/v1/deployments/{deployment}/rollback",
            "Puts the version to work that was at work before",
            tenant(Permission::ComponentsManage, deployments::roll_back),
        )
        .tagged()
        .expected(),
        post(
            "/v1/deployments/{deployment}/trial",
            "Calls a component and keeps nothing but the receipt",
            tenant(Permission::ComponentsManage, deployments::trial),
        )
        .again("nothing is kept but a receipt of each call"),
        get("/v1/collections", "Collections, by name", signed_in(collections::list)).query(&[AFTER, LIMIT]),
        get("/v1/collections/{collection}", "A collection", signed_in(collections::get)).tagged(),
        put(
            "/v1/collections/{collection}",
            "Makes a collection, or changes its title",
            tenant(Permission::CollectionsDesign, collections::put),
        )
        .gives(MADE)
        .tagged()
        .expected(),
        delete(
            "/v1/collections/{collection}",
            "Deletes a collection that is empty",
            tenant(Permission::CollectionsDesign, collections::delete),
        )
        .expected(),
        get(
            "/v1/collections/{collection}/definition",
            "A published definition, the newest without `version`",
            signed_in(definitions::get),
        )
        .query(&[DEFINITION_VERSION]),
        get(
            "/v1/collections/{collection}/draft",
            "The draft of a definition",
            tenant(Permission::CollectionsDesign, definitions::draft),
        )
        .tagged(),
        put(
            "/v1/collections/{collection}/draft",
            "Keeps a draft, whether it can be published or not",
            tenant(Permission::CollectionsDesign, definitions::save),
        )
        .tagged()
        .expected(),
        delete(
            "/v1/collections/{collection}/draft",
            "Throws the draft away",
            tenant(Permission::CollectionsDesign, definitions::discard),
        )
        .expected(),
        get(
            "/v1/collections/{collection}/preview",
            "What publishing the draft would do to the records there are",
            tenant(Permission::CollectionsDesign, definitions::preview),
        ),
        post(
            "/v1/collections/{collection}/preview",
            "What publishing this definition would do to the records there are",
            tenant(Permission::CollectionsDesign, definitions::preview_of).only_reads(),
        )
        .again("it only reads"),
        post(
            "/v1/collections/{collection}/publish",
            "Publishes the draft",
            tenant(Permission::CollectionsDesign, definitions::publish),
        )
        .tagged()
        .expected(),
        get(
            "/v1/collections/{collection}/usages",
            "What uses the collection, or one of its fields",
            tenant(Permission::CollectionsDesign, definitions::usages),
        )
        .query(&[FIELD]),
        get(
            "/v1/collections/{collection}/indexes",
            "How far indexes are built",
            tenant(Permission::CollectionsDesign, definitions::indexes),
        ),
        post("/v1/collections/{collection}/query", "Looks for records", signed_in(records::query).only_reads())
            .again("it only reads"),
        get("/v1/collections/{collection}/bin", "Deleted records that can be brought back", signed_in(records::bin))
            .query(&[AFTER, LIMIT]),
        get(
            "/v1/collections/{collection}/export",
            "All records that the caller sees, as a file",
            tenant(Permission::RecordsExport, exports::get),
        )
        .also(CONFLICT)
        .query(&[FORMAT]),
        post(
            "/v1/collections/{collection}/import",
            "Brings the records of a file in; the answer is the job that does it",
            signed_in(imports::start),
        )
        .gives(ACCEPTED)
        .query(&[DRY_RUN, UPSERT_KEY]),
        get(
            "/v1/collections/{collection}/import-template",
            "An empty file for an import",
            signed_in(imports::template),
        )
        .also(CONFLICT)
        .query(&[FORMAT]),
        get("/v1/collections/{collection}/records", "Records, by id", signed_in(records::list))
            .query(&[PREFIX, AFTER, LIMIT]),
        post("/v1/collections/{collection}/records", "Adds a record", signed_in(records::create))
            .gives(MADE)
            .tagged()
            .expected(),
        get("/v1/collections/{collection}/records/{record}", "A record", signed_in(records::get)).tagged(),
        put("/v1/collections/{collection}/records/{record}", "Adds or replaces a record", signed_in(records::put))
            .gives(MADE)
            .tagged()
            .expected(),
        patch(
            "/v1/collections/{collection}/records/{record}",
            "Changes fields of a record (RFC 7396)",
            signed_in(records::patch),
        )
        .gives(MADE)
        .tagged()
        .expected(),
        delete(
            "/v1/collections/{collection}/records/{record}",
            "Deletes a record; it can be brought back",
            signed_in(records::delete),
        )
        .expected(),
        get(
            "/v1/collections/{collection}/records/{record}/versions",
            "What a record was, newest first",
            signed_in(records::versions),
        )
        .query(&[BEFORE_VERSION, LIMIT]),
        post(
            "/v1/collections/{collection}/records/{record}/restore",
            "Brings a deleted record back",
            signed_in(records::restore),
        )
        .gives(MADE)
        .tagged(),
        post(
            "/v1/collections/{collection}/records/{record}/hand-over",
            "Gives a record to somebody else",
            signed_in(records::hand_over),
        )
        .tagged()
        .expected(),
        get("/v1/collections/{collection}/records/{record}/files", "Files on a record", signed_in(files::list))
            .query(&[AFTER_FILE, LIMIT]),
        get(
            "/v1/collections/{collection}/records/{record}/files/{*path}",
            "A file on a record, whole or a range of it",
            signed_in(files::get),
        )
        .gives(PARTS)
        .tagged(),
        put(
            "/v1/collections/{collection}/records/{record}/files/{*path}",
            "Puts a file on a record",
            signed_in(files::put),
        )
        .gives(MADE)
        .tagged()
        .expected(),
        delete(
            "/v1/collections/{collection}/records/{record}/files/{*path}",
            "Deletes a file of a record",
            signed_in(files::delete),
        )
        .expected(),
        post(
            "/v1/collections/{collection}/records/{record}/uploads",
            "Begins to send a file onto a record in parts (tus 1.0.0)",
            signed_in(uploads::create),
        )
        .gives(CREATED)
        .headers(uploads::BEGINS)
        .also(TOO_LARGE),
    ]
}
