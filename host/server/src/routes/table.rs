//! The table: method, path, what is there, who may enter with which permission, and what answers.

use http::{Method, StatusCode};
use signalsync_core::Permission;

use super::parameters::{
    ACTION, ACTOR, AFTER, AFTER_EXECUTION, AFTER_FILE, AFTER_TENANT, BEFORE, BEFORE_JOB, BEFORE_MAIL, BEFORE_NUMBER,
    BEFORE_VERSION, BUSINESS_KEY, DEFINITION_VERSION, DRY_RUN, DUE_BEFORE, EXTENT, FIELD, FORMAT, FROM, HOLDER,
    INCIDENT, LIMIT, MAIL_STATUS, MINE, MINUTES, MOVE_TO, OF_DEPLOYMENT, OF_RUN, OUTCOME, PERSON_STATE, PREFIX,
    PRIORITY, REASON, RECORD_ACTION, RUN_STATE, SEARCH_PEOPLE, SINCE, STATUS, SUBJECT, UNTIL, UPSERT_KEY,
    WHICH_COLLECTION, WHICH_RECORD, WHOSE, WORKFLOW,
};
use super::route::{Route, guest, operator, public, signed_in, tenant};
use super::{
    archives, audit, calendars, collections, components, definitions, departments, deployments, executions, exports,
    files, imports, keys, mails, mappings, me, notices, operator, organisation, people, public, records, roles, runs,
    schedules, sign_in, tasks, teams, uploads, why, work, workflows,
};

const OK: &[StatusCode] = &[StatusCode::OK];
const CREATED: &[StatusCode] = &[StatusCode::CREATED];
const ACCEPTED: &[StatusCode] = &[StatusCode::ACCEPTED];
const CONFLICT: &[StatusCode] = &[StatusCode::CONFLICT];
const UNPROCESSABLE: &[StatusCode] = &[StatusCode::UNPROCESSABLE_ENTITY];
const UNEXPECTED: &[StatusCode] = &[StatusCode::PRECONDITION_FAILED];
const TOO_LARGE: &[StatusCode] = &[StatusCode::PAYLOAD_TOO_LARGE];
/// It was there, or was not.
const MADE: &[StatusCode] = &[StatusCode::OK, StatusCode::CREATED];
const OK_OR_ACCEPTED: &[StatusCode] = &[StatusCode::OK, StatusCode::ACCEPTED];
const CREATED_OR_ACCEPTED: &[StatusCode] = &[StatusCode::CREATED, StatusCode::ACCEPTED];
/// The whole, or a part of it.
const PARTS: &[StatusCode] = &[StatusCode::OK, StatusCode::PARTIAL_CONTENT];

/// Every route that there is.
pub fn all() -> Vec<Route> {
    let get = |path, about, entry| Route::new(Method::GET, path, about, entry);
    let post = |path, about, entry| Route::new(Method::POST, path, about, entry);
    let put = |path, about, entry| Route::new(Method::PUT, path, about, entry);
    let patch = |path, about, entry| Route::new(Method::PATCH, path, about, entry);
    let delete = |path, about, entry| Route::new(Method::DELETE, path, about, entry);
    let options = |path, about, entry| Route::new(Method::OPTIONS, path, about, entry);
    vec![
        get("/healthz", "Whether the process runs", public(public::alive)),
        get("/readyz", "Whether the process takes work", public(public::ready)),
        get("/problems/{code}", "What a problem's code means", public(public::problem)),
        get("/openapi.json", "This document", public(public::openapi)).tagged(),
        get("/v1/health", "How the process does", operator(operator::health)),
        get("/v1/tenants", "Tenants, in the order of their making", operator(operator::list))
            .query(&[AFTER_TENANT, LIMIT]),
        post("/v1/tenants", "Makes a tenant", operator(operator::create)).gives(CREATED),
        get("/v1/tenants/{slug}", "A tenant", operator(operator::get)).tagged(),
        patch("/v1/tenants/{slug}", "Changes a tenant's name, tier or state", operator(operator::change))
            .tagged()
            .expected(),
        delete(
            "/v1/tenants/{slug}",
            "Deletes a tenant: its data goes when the grace period is over",
            operator(operator::delete),
        )
        .tagged()
        .expected()
        .query(&[REASON]),
        post(
            "/v1/tenants/{slug}/restore",
            "Brings a deleted tenant back within its grace period",
            operator(operator::restore),
        )
        .tagged()
        .expected(),
        post(
            "/v1/tenants/{slug}/clone",
            "Makes a neutral copy of a tenant: nothing leaves it",
            operator(operator::copy),
        )
        .gives(CREATED),
        post(
            "/v1/tenants/{slug}/fill",
            "Fills an empty tenant with an archive; the answer is the job that does it",
            operator(operator::fill),
        )
        .gives(ACCEPTED)
        .again("a tenant is filled once"),
        get("/v1/tenants/{slug}/jobs", "Jobs of a tenant, newest first", operator(operator::jobs))
            .query(&[BEFORE_JOB, LIMIT]),
        get("/v1/tenants/{slug}/jobs/{job}", "A job of a tenant", operator(operator::job)),
        get("/v1/templates", "Templates that a tenant can begin with", operator(operator::templates)),
        get("/v1/tenants/{slug}/keys", "API keys of a tenant, without their secrets", operator(operator::keys)),
        post(
            "/v1/tenants/{slug}/keys",
            "Makes an API key of a tenant; the secret is shown this once",
            operator(operator::issue_key),
        )
        .gives(CREATED)
        .tagged(),
        delete("/v1/tenants/{slug}/keys/{key}", "Revokes an API key of a tenant", operator(operator::revoke_key))
            .expected(),
        post(
            "/v1/tenants/{slug}/break-glass",
            "Lets somebody in as an administrator, when nobody else can",
            operator(operator::break_glass),
        )
        .gives(CREATED),
        get("/v1/receipts", "What is known of tenants that were destroyed", operator(operator::receipts))
            .query(&[AFTER_TENANT, LIMIT]),
        get("/v1/platform/audit", "The platform's own audit, newest first", operator(audit::of_platform)).query(&[
            ACTION,
            ACTOR,
            SUBJECT,
            OUTCOME,
            SINCE,
            UNTIL,
            BEFORE_NUMBER,
            LIMIT,
        ]),
        post("/v1/sign-in", "Signs a person in: the answer sets the session's cookie", guest(sign_in::sign_in))
            .again("a session of its own, with a secret that is not remembered"),
        post("/v1/sign-out", "Ends the session", signed_in(sign_in::sign_out).only_reads().before_factor())
            .again("whoever signed out cannot ask again"),
        post("/v1/activate", "Turns an invitation into a person who is signed in", guest(sign_in::activate))
            .gives(CREATED)
            .again("a link works once"),
        post(
            "/v1/password/forgot",
            "Mails a link for a new password, if somebody has the address",
            guest(sign_in::forgot),
        )
        .gives(ACCEPTED)
        .again("only the newest link works"),
        post("/v1/password/reset", "Sets a new password with a link from a mail", guest(sign_in::reset))
            .again("a link works once"),
        post(
            "/v1/password/change",
            "Changes one's own password; all other sessions end",
            signed_in(me::change_password),
        )
        .again("the old password is the old one once"),
        get("/v1/me", "Who is signed in, and what they may do", signed_in(me::get).before_factor()).with_tag(),
        patch("/v1/me", "Changes one's own name or language", signed_in(me::change)).tagged().expected(),
        post(
            "/v1/me/second-factor",
            "Begins to set up a second factor (RFC 6238)",
            signed_in(me::begin_factor).before_factor(),
        )
        .again("only the newest secret can be confirmed"),
        post(
            "/v1/me/second-factor/confirm",
            "Sets the second factor up with its first code",
            signed_in(me::confirm_factor).before_factor(),
        )
        .again("a code works once"),
        post("/v1/me/second-factor/remove", "Takes one's own second factor away", signed_in(me::remove_factor))
            .again("a code works once"),
        get("/v1/sessions", "One's own sessions", signed_in(me::sessions)),
        delete("/v1/sessions", "Ends all other sessions of one's own", signed_in(me::end_other_sessions)),
        delete("/v1/sessions/{session}", "Ends a session of one's own", signed_in(me::end_session)),
        get("/v1/people", "People of the tenant, by name", tenant(Permission::PeopleRead, people::list)).query(&[
            SEARCH_PEOPLE,
            PERSON_STATE,
            AFTER,
            LIMIT,
        ]),
        get("/v1/people/{person}", "A person", tenant(Permission::PeopleRead, people::get)).tagged(),
        patch(
            "/v1/people/{person}",
            "Changes a person's name, language, roles or department",
            tenant(Permission::PeopleManage, people::change),
        )
        .tagged()
        .expected(),
        post(
            "/v1/people/{person}/deactivate",
            "Lets a person in no more: their sessions end, their tasks are handed over",
            tenant(Permission::PeopleManage, people::deactivate),
        )
        .tagged()
        .expected(),
        post(
            "/v1/people/{person}/reactivate",
            "Lets a person in again",
            tenant(Permission::PeopleManage, people::reactivate),
        )
        .tagged()
        .expected(),
        post(
            "/v1/people/{person}/clear-second-factor",
            "Takes away the second factor of a person who lost it",
            tenant(Permission::PeopleManage, people::clear_factor),
        ),
        post("/v1/invitations", "Invites somebody by mail", tenant(Permission::PeopleManage, people::invite))
            .gives(CREATED)
            .tagged(),
        post(
            "/v1/invitations/{person}/again",
            "Sends an invitation again; the link before it works no more",
            tenant(Permission::PeopleManage, people::invite_again),
        )
        .tagged(),
        delete(
            "/v1/invitations/{person}",
            "Withdraws an invitation",
            tenant(Permission::PeopleManage, people::withdraw),
        )
        .expected(),
        get("/v1/organisation", "What the tenant says of itself", signed_in(organisation::get)).tagged(),
        put(
            "/v1/organisation",
            "Sets what the tenant says of itself",
            tenant(Permission::SettingsManage, organisation::set),
        )
        .tagged()
        .expected(),
        get(
            "/v1/sign-in-policy",
            "What is demanded of passwords and sessions",
            tenant(Permission::SettingsManage, people::policy),
        )
        .tagged(),
        put(
            "/v1/sign-in-policy",
            "Sets what is demanded of passwords and sessions",
            tenant(Permission::SettingsManage, people::set_policy),
        )
        .tagged()
        .expected(),
        get("/v1/roles", "Roles, the platform's own first", tenant(Permission::PeopleRead, roles::list)),
        get("/v1/roles/{role}", "A role", tenant(Permission::PeopleRead, roles::get)).tagged(),
        put("/v1/roles/{role}", "Makes or changes a role", tenant(Permission::RolesManage, roles::put))
            .gives(MADE)
            .tagged()
            .expected(),
        delete("/v1/roles/{role}", "Deletes a role that nobody has", tenant(Permission::RolesManage, roles::delete))
            .expected(),
        get("/v1/departments", "Departments, as a tree", tenant(Permission::PeopleRead, departments::list)),
        post("/v1/departments", "Makes a department", tenant(Permission::PeopleManage, departments::create))
            .gives(CREATED)
            .tagged(),
        get("/v1/departments/{department}", "A department", tenant(Permission::PeopleRead, departments::get)).tagged(),
        put("/v1/departments/{department}", "Changes a department", tenant(Permission::PeopleManage, departments::put))
            .tagged()
            .expected(),
        delete(
            "/v1/departments/{department}",
            "Deletes a department; `move-to` says where its people go",
            tenant(Permission::PeopleManage, departments::delete),
        )
        .expected()
        .query(&[MOVE_TO]),
        get(
            "/v1/departments/{department}/people",
            "People of a department and those below it",
            tenant(Permission::PeopleRead, departments::people),
        )
        .query(&[AFTER, LIMIT]),
        get("/v1/calendars", "Calendars", signed_in(calendars::list)),
        get("/v1/calendars/{calendar}", "A calendar", signed_in(calendars::get)).tagged(),
        put(
            "/v1/calendars/{calendar}",
            "Makes or changes a calendar",
            tenant(Permission::SettingsManage, calendars::put),
        )
        .gives(MADE)
        .tagged()
        .expected(),
        delete(
            "/v1/calendars/{calendar}",
            "Deletes a calendar that nobody works by",
            tenant(Permission::SettingsManage, calendars::delete),
        )
        .expected(),
        post(
            "/v1/calendars/{calendar}/import",
            "Adds the holidays of an iCalendar file (RFC 5545)",
            tenant(Permission::SettingsManage, calendars::import),
        )
        .expected()
        .query(&[DRY_RUN])
        .again("days that are there already are not added again"),
        get(
            "/v1/calendars/{calendar}/preview",
            "When so much working time has passed, and why",
            signed_in(calendars::preview),
        )
        .also(UNPROCESSABLE)
        .query(&[FROM, MINUTES]),
        get("/v1/teams", "Teams, by name", tenant(Permission::PeopleRead, teams::list)).query(&[AFTER, LIMIT]),
        post("/v1/teams", "Makes a team", tenant(Permission::PeopleManage, teams::create)).gives(CREATED).tagged(),
        get("/v1/teams/{team}", "A team", tenant(Permission::PeopleRead, teams::get)).tagged(),
        put("/v1/teams/{team}", "Changes a team", tenant(Permission::PeopleManage, teams::put)).tagged().expected(),
        delete("/v1/teams/{team}", "Deletes a team", tenant(Permission::PeopleManage, teams::delete)).expected(),
        get("/v1/keys", "API keys, without their secrets", tenant(Permission::KeysManage, keys::list)),
        post(
            "/v1/keys",
            "Makes an API key; the secret is shown this once",
            tenant(Permission::KeysManage, keys::issue),
        )
        .gives(CREATED)
        .tagged(),
        get("/v1/keys/{key}", "An API key", tenant(Permission::KeysManage, keys::get)).tagged(),
        patch("/v1/keys/{key}", "Changes an API key", tenant(Permission::KeysManage, keys::change)).tagged().expected(),
        delete("/v1/keys/{key}", "Revokes an API key", tenant(Permission::KeysManage, keys::revoke)).expected(),
        get(
            "/v1/why",
            "Why a person may do something with records, or may not",
            tenant(Permission::PeopleRead, why::get),
        )
        .query(&[WHOSE, WHICH_COLLECTION, WHICH_RECORD, RECORD_ACTION]),
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
        get("/v1/workflows", "Workflows, by name", tenant(Permission::WorkflowsRead, workflows::list))
            .query(&[AFTER, LIMIT]),
        get("/v1/workflows/{workflow}", "A workflow", tenant(Permission::WorkflowsRead, workflows::get)),
        patch(
            "/v1/workflows/{workflow}",
            "Stops new runs of a workflow, or lets them start again",
            tenant(Permission::WorkflowsManage, workflows::change),
        ),
        get(
            "/v1/workflows/{workflow}/versions",
            "Published versions of a workflow, newest first",
            tenant(Permission::WorkflowsRead, workflows::versions),
        )
        .query(&[AFTER, LIMIT]),
        get(
            "/v1/workflows/{workflow}/draft",
            "The draft of a workflow, with what stops it from being published",
            tenant(Permission::WorkflowsManage, workflows::draft),
        ),
        put(
            "/v1/workflows/{workflow}/draft",
            "Names the version that is to be published",
            tenant(Permission::WorkflowsManage, workflows::save),
        ),
        post(
            "/v1/workflows/{workflow}/publish",
            "Publishes the draft",
            tenant(Permission::WorkflowsManage, workflows::publish),
        )
        .again("a draft is published once"),
        post(
            "/v1/workflows/{workflow}/archive",
            "Archives the published version: no new runs",
            tenant(Permission::WorkflowsManage, workflows::archive),
        )
        .again("what is archived stays so"),
        get(
            "/v1/workflows/{workflow}/roles/{role}",
            "Whom a role of the workflow stands for",
            tenant(Permission::WorkflowsRead, workflows::binding),
        ),
        put(
            "/v1/workflows/{workflow}/roles/{role}",
            "Says whom a role of the workflow stands for",
            tenant(Permission::WorkflowsManage, workflows::bind),
        ),
        get(
            "/v1/workflows/{workflow}/figures",
            "How many runs there are, where they wait, and how long they took",
            tenant(Permission::WorkflowsRead, workflows::figures),
        ),
        post(
            "/v1/workflows/{workflow}/runs",
            "Starts a run; one with the same key is found again",
            tenant(Permission::WorkflowsStart, workflows::start),
        )
        .gives(MADE),
        post(
            "/v1/workflows/{workflow}/signals",
            "Tells a run something by name and key, now or when it comes",
            tenant(Permission::WorkflowsStart, workflows::signal),
        )
        .gives(ACCEPTED),
        get("/v1/schedules", "Schedules", tenant(Permission::WorkflowsRead, schedules::list)),
        get(
            "/v1/schedules/{schedule}",
            "A schedule, with its next times",
            tenant(Permission::WorkflowsRead, schedules::get),
        )
        .tagged(),
        put(
            "/v1/schedules/{schedule}",
            "Makes or changes a schedule",
            tenant(Permission::WorkflowsManage, schedules::put),
        )
        .gives(MADE)
        .tagged()
        .expected(),
        delete(
            "/v1/schedules/{schedule}",
            "Deletes a schedule",
            tenant(Permission::WorkflowsManage, schedules::delete),
        )
        .expected(),
        get("/v1/runs", "Runs that the caller may see, newest first", signed_in(runs::list))
            .also(UNPROCESSABLE)
            .query(&[WORKFLOW, RUN_STATE, STATUS, BUSINESS_KEY, MINE, INCIDENT, SINCE, UNTIL, BEFORE, LIMIT]),
        post(
            "/v1/runs/bulk",
            "Acts on many runs; the answer is the job that does it, or with `dry-run` what it would touch",
            tenant(Permission::WorkflowsManage, runs::bulk),
        )
        .gives(OK_OR_ACCEPTED)
        .query(&[DRY_RUN]),
        get("/v1/runs/{run}", "A run", signed_in(runs::get)),
        get("/v1/runs/{run}/history", "What happened to a run, oldest first", signed_in(runs::history))
            .query(&[AFTER, LIMIT]),
        get("/v1/runs/{run}/tasks", "Tasks of a run", signed_in(runs::tasks)).query(&[AFTER, LIMIT]),
        get("/v1/runs/{run}/comments", "Comments on a run, oldest first", signed_in(runs::comments))
            .query(&[AFTER, LIMIT]),
        post("/v1/runs/{run}/comments", "Comments on a run", signed_in(runs::comment)).gives(CREATED),
        post("/v1/runs/{run}/suspend", "Suspends a run", tenant(Permission::WorkflowsManage, runs::suspend))
            .again("a run is suspended once"),
        post("/v1/runs/{run}/resume", "Resumes a run", tenant(Permission::WorkflowsManage, runs::resume))
            .again("a run is resumed once"),
        post(
            "/v1/runs/{run}/retry",
            "Tries the step of an incident again",
            tenant(Permission::WorkflowsManage, runs::retry),
        )
        .again("an incident is retried once"),
        post("/v1/runs/{run}/cancel", "Cancels a run", tenant(Permission::WorkflowsManage, runs::cancel))
            .again("a run is asked, and ends once"),
        post(
            "/v1/runs/{run}/migrate",
            "Puts a run on another version of its workflow",
            tenant(Permission::WorkflowsManage, runs::migrate),
        )
        .again("a run is on one version"),
        get("/v1/tasks", "Open tasks of the caller", signed_in(tasks::list))
            .query(&[HOLDER, WORKFLOW, OF_RUN, PRIORITY, DUE_BEFORE, AFTER, LIMIT]),
        get("/v1/tasks/counts", "How many open tasks the caller has", signed_in(tasks::counts)),
        get("/v1/tasks/{task}", "A task", signed_in(tasks::get)),
        post("/v1/tasks/{task}/complete", "Does a task", signed_in(tasks::complete)),
        post("/v1/tasks/{task}/claim", "Takes a task of a group for oneself", signed_in(tasks::claim))
            .again("a task is claimed by one"),
        post("/v1/tasks/{task}/release", "Gives a claimed task back to its group", signed_in(tasks::release))
            .again("a task is released once"),
        post("/v1/tasks/{task}/delegate", "Gives a task to somebody else", signed_in(tasks::delegate))
            .again("whoever delegated a task has it no more"),
        post("/v1/tasks/{task}/signers", "Has somebody sign a task besides", signed_in(tasks::add_signer))
            .again("somebody signs a task once"),
        get("/v1/me/absence", "When one is away, and who stands in", signed_in(workflows::absence)),
        put("/v1/me/absence", "Says when one is away, and who stands in", signed_in(workflows::set_absence)),
        delete("/v1/me/absence", "Is back", signed_in(workflows::end_absence)),
        get("/v1/notifications", "What the caller was told, newest first", signed_in(notices::list))
            .query(&[BEFORE, LIMIT]),
        get("/v1/notification-settings", "How the caller wants to be told", signed_in(notices::settings)),
        put("/v1/notification-settings", "Sets how the caller wants to be told", signed_in(notices::set)),
        get("/v1/notice-templates", "Templates of notices", tenant(Permission::WorkflowsRead, notices::templates)),
        get(
            "/v1/notice-templates/{template}",
            "A template of notices",
            tenant(Permission::WorkflowsRead, notices::template),
        ),
        put(
            "/v1/notice-templates/{template}",
            "Makes or changes a template of notices",
            tenant(Permission::WorkflowsManage, notices::put),
        )
        .gives(MADE),
        delete(
            "/v1/notice-templates/{template}",
            "Deletes a template of notices",
            tenant(Permission::WorkflowsManage, notices::delete),
        ),
        post(
            "/v1/notice-templates/{template}/test",
            "Mails the caller what a template says",
            tenant(Permission::WorkflowsManage, notices::test),
        )
        .again("it is a test, and mails itself again"),
        post("/v1/notifications/read", "Marks notices as read", signed_in(notices::mark_read))
            .again("what was read stays read"),
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
