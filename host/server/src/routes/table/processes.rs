//! Workflows, runs, tasks, and what people are told.

use signalsync_core::Permission;

use super::{ACCEPTED, CREATED, MADE, OK_OR_ACCEPTED, UNPROCESSABLE, delete, get, patch, post, put};
use crate::routes::parameters::{
    AFTER, BEFORE, BUSINESS_KEY, DRY_RUN, DUE_BEFORE, HOLDER, INCIDENT, LIMIT, MINE, OF_RUN, PRIORITY, RUN_STATE,
    SINCE, STATUS, TASK_STATE, UNTIL, WORKFLOW,
};
use crate::routes::route::{Route, signed_in, tenant};
use crate::routes::{events, notices, runs, schedules, tasks, workflows};

pub(super) fn routes() -> Vec<Route> {
    vec![
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
            "/v1/workflows/{workflow}/versions/{number}",
            "A published version of a workflow",
            tenant(Permission::WorkflowsRead, workflows::version),
        ),
        get("/v1/catalogue", "What the caller may start", signed_in(workflows::catalogue)).query(&[AFTER, LIMIT]),
        get("/v1/catalogue/{workflow}/form", "The form that starts a run", signed_in(workflows::start_form)),
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
        get("/v1/runs/{run}/definition", "What the workflow of a run says of itself", signed_in(runs::definition)),
        post(
            "/v1/runs/{run}/replay",
            "Plays what a run has heard, on its version or another one, and says where the decisions differ",
            tenant(Permission::WorkflowsManage, runs::replay).only_reads(),
        )
        .again("it only looks"),
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
            "Puts a run on another version of its workflow; with `dry-run` only said what would differ",
            tenant(Permission::WorkflowsManage, runs::migrate),
        )
        .query(&[DRY_RUN])
        .again("a run is on one version"),
        get("/v1/tasks", "Tasks that the caller is asked to do, or did", signed_in(tasks::list))
            .query(&[TASK_STATE, HOLDER, WORKFLOW, OF_RUN, PRIORITY, DUE_BEFORE, AFTER, LIMIT]),
        get("/v1/tasks/counts", "How many open tasks the caller has", signed_in(tasks::counts)),
        get("/v1/tasks/{task}", "A task", signed_in(tasks::get)),
        get("/v1/tasks/{task}/form", "The form of a task", signed_in(tasks::form)),
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
        get("/v1/events", "What the caller sees change, as server-sent events", signed_in(events::stream)),
        get("/v1/notifications", "What the caller was told, newest first", signed_in(notices::list))
            .query(&[BEFORE, LIMIT]),
        get("/v1/notifications/unread", "How many notices the caller has not read", signed_in(notices::unread)),
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
    ]
}
