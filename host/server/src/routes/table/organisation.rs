//! The process, the platform, coming in, and people: who is there, and what they may do.

use signalsync_core::Permission;

use super::{ACCEPTED, CREATED, MADE, UNPROCESSABLE, delete, get, patch, post, put};
use crate::routes::parameters::{
    ACTION, ACTOR, AFTER, AFTER_TENANT, BEFORE_JOB, BEFORE_NUMBER, DRY_RUN, FROM, IDS, LIMIT, MINUTES, MOVE_TO,
    OUTCOME, PERSON_STATE, REASON, RECORD_ACTION, SEARCH_NAMES, SEARCH_PEOPLE, SINCE, SUBJECT, UNTIL, WHICH_COLLECTION,
    WHICH_RECORD, WHOSE,
};
use crate::routes::route::{Route, guest, operator, public, signed_in, tenant};
use crate::routes::{
    audit, calendars, departments, directory, keys, me, operator, organisation, people, public, roles, sign_in, teams,
    why,
};

pub(super) fn routes() -> Vec<Route> {
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
        get(
            "/v1/directory",
            "Names of people who can come in; with `ids`, of people and groups",
            signed_in(directory::list),
        )
        .query(&[SEARCH_NAMES, IDS, AFTER, LIMIT]),
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
    ]
}
