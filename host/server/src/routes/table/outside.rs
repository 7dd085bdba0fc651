//! Messages, files, the audit, archives, jobs, mails and receipts of calls.

use signalsync_core::Permission;

use super::{
    ACCEPTED, CONFLICT, CREATED, MADE, OK, PARTS, TOO_LARGE, UNEXPECTED, delete, get, options, patch, post, put,
};
use crate::routes::parameters::{
    ACTION, ACTOR, AFTER, AFTER_EXECUTION, AFTER_FILE, BEFORE_JOB, BEFORE_MAIL, BEFORE_NUMBER, DRY_RUN, EXTENT, LIMIT,
    MAIL_STATUS, OF_DEPLOYMENT, OUTCOME, SINCE, SUBJECT, UNTIL,
};
use crate::routes::route::{Route, public, signed_in, tenant};
use crate::routes::{archives, audit, executions, files, imports, mails, mappings, uploads, work};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post(
            "/v1/mappings/{deployment}",
            "Hands a message to a mapping, whose changes are made; with `dry-run` only said",
            tenant(Permission::MappingsCall, mappings::deliver),
        )
        .query(&[DRY_RUN]),
        get("/v1/folders/{folder}/files", "Files of a folder, by path", tenant(Permission::FilesRead, files::list))
            .query(&[AFTER_FILE, LIMIT]),
        get(
            "/v1/folders/{folder}/files/{*path}",
            "A file, whole or a range of it",
            tenant(Permission::FilesRead, files::get),
        )
        .gives(PARTS)
        .tagged(),
        put(
            "/v1/folders/{folder}/files/{*path}",
            "Puts a file into a folder",
            tenant(Permission::FilesWrite, files::put),
        )
        .gives(MADE)
        .tagged()
        .expected(),
        delete("/v1/folders/{folder}/files/{*path}", "Deletes a file", tenant(Permission::FilesWrite, files::delete))
            .expected(),
        post(
            "/v1/folders/{folder}/uploads",
            "Begins to send a file in parts (tus 1.0.0)",
            tenant(Permission::FilesWrite, uploads::create),
        )
        .gives(CREATED)
        .headers(uploads::BEGINS)
        .also(TOO_LARGE),
        options("/v1/uploads", "What of tus is spoken here", public(uploads::capabilities)),
        get("/v1/uploads/{upload}", "How much of a file has arrived", signed_in(uploads::get))
            .gives(OK)
            .headers(uploads::SPEAKS)
            .also(UNEXPECTED),
        patch("/v1/uploads/{upload}", "Sends the next part of a file", signed_in(uploads::append))
            .headers(uploads::GOES_ON),
        delete("/v1/uploads/{upload}", "Gives an upload up", signed_in(uploads::delete)).headers(uploads::SPEAKS),
        get("/v1/audit", "Who did what, newest first", tenant(Permission::AuditRead, audit::list)).query(&[
            ACTION,
            ACTOR,
            SUBJECT,
            OUTCOME,
            SINCE,
            UNTIL,
            BEFORE_NUMBER,
            LIMIT,
        ]),
        get(
            "/v1/audit/export",
            "All entries of the audit that fit, an object on each line",
            tenant(Permission::AuditRead, audit::export),
        )
        .query(&[ACTION, ACTOR, SUBJECT, OUTCOME, SINCE, UNTIL, BEFORE_NUMBER, LIMIT]),
        get("/v1/audit/verify", "Whether the audit is whole", tenant(Permission::AuditRead, audit::verify)),
        post(
            "/v1/archives",
            "Packs the tenant into a file; the answer is the job that does it",
            tenant(Permission::TenantArchive, archives::start),
        )
        .gives(ACCEPTED)
        .query(&[EXTENT]),
        get(
            "/v1/archives/{job}",
            "An archive, whole or a range of it",
            tenant(Permission::TenantArchive, archives::get),
        )
        .gives(PARTS)
        .with_tag(),
        get("/v1/jobs", "Jobs that the caller started, newest first", signed_in(work::jobs))
            .query(&[BEFORE_JOB, LIMIT]),
        get("/v1/jobs/{job}", "A job", signed_in(work::job)),
        get("/v1/jobs/{job}/problems", "What a job could not do", signed_in(work::problems)).query(&[AFTER, LIMIT]),
        get(
            "/v1/jobs/{job}/mend",
            "The rows of an import that were not acceptable, as a file to mend",
            signed_in(imports::mend),
        )
        .also(CONFLICT),
        post("/v1/jobs/{job}/pause", "Pauses a job", signed_in(work::pause)),
        post("/v1/jobs/{job}/resume", "Goes on with a job", signed_in(work::resume)),
        post("/v1/jobs/{job}/cancel", "Cancels a job", signed_in(work::cancel)),
        post("/v1/jobs/{job}/undo", "Undoes what a job did", signed_in(work::undo)),
        get("/v1/dead-letters", "Work that was given up", tenant(Permission::SettingsManage, work::dead_letters))
            .query(&[AFTER, LIMIT]),
        post(
            "/v1/dead-letters/{work}/retry",
            "Tries given-up work again",
            tenant(Permission::SettingsManage, work::retry),
        ),
        delete("/v1/dead-letters/{work}", "Forgets given-up work", tenant(Permission::SettingsManage, work::forget)),
        get("/v1/mails", "Mails, newest first", tenant(Permission::MailRead, mails::list)).query(&[
            MAIL_STATUS,
            BEFORE_MAIL,
            LIMIT,
        ]),
        get("/v1/mails/{mail}", "A mail", tenant(Permission::MailRead, mails::get)),
        get(
            "/v1/mail-settings",
            "Where mails go instead, if they are diverted",
            tenant(Permission::SettingsManage, mails::divert),
        )
        .tagged(),
        put(
            "/v1/mail-settings",
            "Diverts all mails to one address, or no more",
            tenant(Permission::SettingsManage, mails::set_divert),
        )
        .expected(),
        get("/v1/executions", "Receipts of calls, newest first", tenant(Permission::ExecutionsRead, executions::list))
            .query(&[OF_DEPLOYMENT, AFTER_EXECUTION, LIMIT]),
        get("/v1/executions/{execution}", "The receipt of a call", tenant(Permission::ExecutionsRead, executions::get)),
    ]
}
