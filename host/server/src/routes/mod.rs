//! All addresses in one table: method, path, who may enter with which permission, and what answers.

mod archives;
mod audit;
mod calendars;
mod collections;
mod components;
mod definitions;
mod departments;
mod deployments;
mod executions;
mod exports;
mod files;
mod imports;
mod keys;
mod mails;
mod mappings;
mod me;
mod notices;
mod operator;
mod organisation;
mod people;
mod public;
mod records;
mod roles;
mod runs;
mod schedules;
mod sign_in;
mod tasks;
mod teams;
mod uploads;
mod why;
mod work;
mod workflows;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use futures_util::future::BoxFuture;
use http::Method;
use signalsync_core::Permission;

use crate::answer::Answer;
use crate::door::{Guest, Operator, Permitted};
use crate::input::Input;
use crate::problem::Problem;

/// A request that is being answered.
pub(crate) type Handling = BoxFuture<'static, Result<Answer, Problem>>;

/// Parts of a path by name, still percent-encoded.
pub(crate) type Params = Vec<(String, String)>;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, on any host.
    Public,
    /// Anyone, on a tenant's own host: to come in.
    Guest,
    /// Somebody of a tenant on the tenant's own host, with this permission; none: whoever is signed in.
    Tenant(Option<Permission>),
    /// An operator's key on the console's host.
    Operator,
}

/// A handler, which cannot be called without the proof that its kind of route needs.
pub(crate) enum Enter {
    Public(Box<dyn Fn(Input) -> Handling + Send + Sync>),
    Guest(Box<dyn Fn(Guest, Input) -> Handling + Send + Sync>),
    Tenant(Needs, Box<dyn Fn(Permitted, Input) -> Handling + Send + Sync>),
    Operator(Box<dyn Fn(Operator, Input) -> Handling + Send + Sync>),
}

/// What a route of a tenant needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs {
    /// None: whoever is signed in.
    pub(crate) permission: Option<Permission>,
    /// Whether it changes nothing of the tenant's, although its method could.
    pub(crate) only_reads: bool,
    /// Whether it is open to people who still have to set up the second factor that their tenant demands.
    pub(crate) before_factor: bool,
}

impl Enter {
    /// It changes nothing of the tenant's, so that it is open while nothing may be changed.
    fn only_reads(self) -> Self {
        match self {
            Self::Tenant(needs, handler) => Self::Tenant(Needs { only_reads: true, ..needs }, handler),
            other => other,
        }
    }

    /// It is open to people who still have to set up a second factor.
    fn before_factor(self) -> Self {
        match self {
            Self::Tenant(needs, handler) => Self::Tenant(Needs { before_factor: true, ..needs }, handler),
            other => other,
        }
    }
}

/// One line of the table.
pub struct Route {
    /// Which method.
    pub method: Method,
    /// With `{name}` for one part and `{*name}` for all the rest.
    pub path: &'static str,
    /// What comes of a request that is sent twice.
    pub repeated: Repeated,
    enter: Enter,
}

/// What comes of a request that is sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// Nothing that is not so already: the method says so, or what the request says of itself.
    Harmless,
    /// With the same `Idempotency-Key`: the effect that it had, and the answer that it got.
    Once,
    /// Its effect comes again; this is why it may.
    Again(&'static str),
}

impl Route {
    fn new(method: Method, path: &'static str, enter: Enter) -> Self {
        let repeated = if method == Method::POST { Repeated::Once } else { Repeated::Harmless };
        Self { method, path, repeated, enter }
    }

    /// A POST that takes no `Idempotency-Key`, and why it needs none.
    fn again(self, why: &'static str) -> Self {
        Self { repeated: Repeated::Again(why), ..self }
    }

    /// Who may call it.
    pub fn access(&self) -> Access {
        match self.enter {
            Enter::Public(_) => Access::Public,
            Enter::Guest(_) => Access::Guest,
            Enter::Tenant(needs, _) => Access::Tenant(needs.permission),
            Enter::Operator(_) => Access::Operator,
        }
    }
}

fn public<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    handler: impl Fn(Input) -> F + Send + Sync + 'static,
) -> Enter {
    Enter::Public(Box::new(move |input| Box::pin(handler(input))))
}

fn guest<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    handler: impl Fn(Guest, Input) -> F + Send + Sync + 'static,
) -> Enter {
    Enter::Guest(Box::new(move |guest, input| Box::pin(handler(guest, input))))
}

fn tenant<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    needs: Permission,
    handler: impl Fn(Permitted, Input) -> F + Send + Sync + 'static,
) -> Enter {
    let needs = Needs { permission: Some(needs), only_reads: false, before_factor: false };
    Enter::Tenant(needs, Box::new(move |permitted, input| Box::pin(handler(permitted, input))))
}

/// For records and what is shown of them: their own rules say who sees what.
fn signed_in<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    handler: impl Fn(Permitted, Input) -> F + Send + Sync + 'static,
) -> Enter {
    let needs = Needs { permission: None, only_reads: false, before_factor: false };
    Enter::Tenant(needs, Box::new(move |permitted, input| Box::pin(handler(permitted, input))))
}

fn operator<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    handler: impl Fn(Operator, Input) -> F + Send + Sync + 'static,
) -> Enter {
    Enter::Operator(Box::new(move |operator, input| Box::pin(handler(operator, input))))
}

/// Every route that there is.
pub fn all() -> Vec<Route> {
    let get = |path, enter| Route::new(Method::GET, path, enter);
    let post = |path, enter| Route::new(Method::POST, path, enter);
    let put = |path, enter| Route::new(Method::PUT, path, enter);
    let patch = |path, enter| Route::new(Method::PATCH, path, enter);
    let delete = |path, enter| Route::new(Method::DELETE, path, enter);
    let options = |path, enter| Route::new(Method::OPTIONS, path, enter);
    vec![
        get("/healthz", public(public::alive)),
        get("/readyz", public(public::ready)),
        get("/problems/{code}", public(public::problem)),
        get("/v1/health", operator(operator::health)),
        get("/v1/tenants", operator(operator::list)),
        post("/v1/tenants", operator(operator::create)),
        get("/v1/tenants/{slug}", operator(operator::get)),
        patch("/v1/tenants/{slug}", operator(operator::change)),
        delete("/v1/tenants/{slug}", operator(operator::delete)),
        post("/v1/tenants/{slug}/restore", operator(operator::restore)),
        post("/v1/tenants/{slug}/clone", operator(operator::copy)),
        post("/v1/tenants/{slug}/fill", operator(operator::fill)).again("a tenant is filled once"),
        get("/v1/tenants/{slug}/jobs", operator(operator::jobs)),
        get("/v1/tenants/{slug}/jobs/{job}", operator(operator::job)),
        get("/v1/templates", operator(operator::templates)),
        get("/v1/tenants/{slug}/keys", operator(operator::keys)),
        post("/v1/tenants/{slug}/keys", operator(operator::issue_key)),
        delete("/v1/tenants/{slug}/keys/{key}", operator(operator::revoke_key)),
        post("/v1/tenants/{slug}/break-glass", operator(operator::break_glass)),
        get("/v1/receipts", operator(operator::receipts)),
        get("/v1/platform/audit", operator(audit::of_platform)),
        post("/v1/sign-in", guest(sign_in::sign_in))
            .again("a session of its own, with a secret that is not remembered"),
        post("/v1/sign-out", signed_in(sign_in::sign_out).only_reads().before_factor())
            .again("whoever signed out cannot ask again"),
        post("/v1/activate", guest(sign_in::activate)).again("a link works once"),
        post("/v1/password/forgot", guest(sign_in::forgot)).again("only the newest link works"),
        post("/v1/password/reset", guest(sign_in::reset)).again("a link works once"),
        post("/v1/password/change", signed_in(me::change_password)).again("the old password is the old one once"),
        get("/v1/me", signed_in(me::get).before_factor()),
        patch("/v1/me", signed_in(me::change)),
        post("/v1/me/second-factor", signed_in(me::begin_factor).before_factor())
            .again("only the newest secret can be confirmed"),
        post("/v1/me/second-factor/confirm", signed_in(me::confirm_factor).before_factor()).again("a code works once"),
        post("/v1/me/second-factor/remove", signed_in(me::remove_factor)).again("a code works once"),
        get("/v1/sessions", signed_in(me::sessions)),
        delete("/v1/sessions", signed_in(me::end_other_sessions)),
        delete("/v1/sessions/{session}", signed_in(me::end_session)),
        get("/v1/people", tenant(Permission::PeopleRead, people::list)),
        get("/v1/people/{person}", tenant(Permission::PeopleRead, people::get)),
        patch("/v1/people/{person}", tenant(Permission::PeopleManage, people::change)),
        post("/v1/people/{person}/deactivate", tenant(Permission::PeopleManage, people::deactivate)),
        post("/v1/people/{person}/reactivate", tenant(Permission::PeopleManage, people::reactivate)),
        post("/v1/people/{person}/clear-second-factor", tenant(Permission::PeopleManage, people::clear_factor)),
        post("/v1/invitations", tenant(Permission::PeopleManage, people::invite)),
        post("/v1/invitations/{person}/again", tenant(Permission::PeopleManage, people::invite_again)),
        delete("/v1/invitations/{person}", tenant(Permission::PeopleManage, people::withdraw)),
        get("/v1/organisation", signed_in(organisation::get)),
        put("/v1/organisation", tenant(Permission::SettingsManage, organisation::set)),
        get("/v1/sign-in-policy", tenant(Permission::SettingsManage, people::policy)),
        put("/v1/sign-in-policy", tenant(Permission::SettingsManage, people::set_policy)),
        get("/v1/roles", tenant(Permission::PeopleRead, roles::list)),
        get("/v1/roles/{role}", tenant(Permission::PeopleRead, roles::get)),
        put("/v1/roles/{role}", tenant(Permission::RolesManage, roles::put)),
        delete("/v1/roles/{role}", tenant(Permission::RolesManage, roles::delete)),
        get("/v1/departments", tenant(Permission::PeopleRead, departments::list)),
        post("/v1/departments", tenant(Permission::PeopleManage, departments::create)),
        get("/v1/departments/{department}", tenant(Permission::PeopleRead, departments::get)),
        put("/v1/departments/{department}", tenant(Permission::PeopleManage, departments::put)),
        delete("/v1/departments/{department}", tenant(Permission::PeopleManage, departments::delete)),
        get("/v1/departments/{department}/people", tenant(Permission::PeopleRead, departments::people)),
        get("/v1/calendars", signed_in(calendars::list)),
        get("/v1/calendars/{calendar}", signed_in(calendars::get)),
        put("/v1/calendars/{calendar}", tenant(Permission::SettingsManage, calendars::put)),
        delete("/v1/calendars/{calendar}", tenant(Permission::SettingsManage, calendars::delete)),
        post("/v1/calendars/{calendar}/import", tenant(Permission::SettingsManage, calendars::import))
            .again("days that are there already are not added again"),
        get("/v1/calendars/{calendar}/preview", signed_in(calendars::preview)),
        get("/v1/teams", tenant(Permission::PeopleRead, teams::list)),
        post("/v1/teams", tenant(Permission::PeopleManage, teams::create)),
        get("/v1/teams/{team}", tenant(Permission::PeopleRead, teams::get)),
        put("/v1/teams/{team}", tenant(Permission::PeopleManage, teams::put)),
        delete("/v1/teams/{team}", tenant(Permission::PeopleManage, teams::delete)),
        get("/v1/keys", tenant(Permission::KeysManage, keys::list)),
        post("/v1/keys", tenant(Permission::KeysManage, keys::issue)),
        get("/v1/keys/{key}", tenant(Permission::KeysManage, keys::get)),
        patch("/v1/keys/{key}", tenant(Permission::KeysManage, keys::change)),
        delete("/v1/keys/{key}", tenant(Permission::KeysManage, keys::revoke)),
        get("/v1/why", tenant(Permission::PeopleRead, why::get)),
        get("/v1/components", tenant(Permission::ComponentsRead, components::list)),
        post("/v1/components", tenant(Permission::ComponentsManage, components::upload))
            .again("its content is its name"),
        get("/v1/components/{digest}", tenant(Permission::ComponentsRead, components::get)),
        delete("/v1/components/{digest}", tenant(Permission::ComponentsManage, components::delete)),
        get("/v1/deployments", tenant(Permission::ComponentsRead, deployments::list)),
        get("/v1/deployments/{deployment}", tenant(Permission::ComponentsRead, deployments::get)),
        delete("/v1/deployments/{deployment}", tenant(Permission::ComponentsManage, deployments::delete)),
        get("/v1/deployments/{deployment}/versions", tenant(Permission::ComponentsRead, deployments::versions)),
        post("/v1/deployments/{deployment}/versions", tenant(Permission::ComponentsManage, deployments::deploy)),
        post("/v1/deployments/{deployment}/activate", tenant(Permission::ComponentsManage, deployments::activate)),
        post("/v1/deployments/{deployment}/rollback", tenant(Permission::ComponentsManage, deployments::roll_back)),
        post("/v1/deployments/{deployment}/trial", tenant(Permission::ComponentsManage, deployments::trial))
            .again("nothing is kept but a receipt of each call"),
        get("/v1/collections", signed_in(collections::list)),
        get("/v1/collections/{collection}", signed_in(collections::get)),
        put("/v1/collections/{collection}", tenant(Permission::CollectionsDesign, collections::put)),
        delete("/v1/collections/{collection}", tenant(Permission::CollectionsDesign, collections::delete)),
        get("/v1/collections/{collection}/definition", signed_in(definitions::get)),
        get("/v1/collections/{collection}/draft", tenant(Permission::CollectionsDesign, definitions::draft)),
        put("/v1/collections/{collection}/draft", tenant(Permission::CollectionsDesign, definitions::save)),
        delete("/v1/collections/{collection}/draft", tenant(Permission::CollectionsDesign, definitions::discard)),
        get("/v1/collections/{collection}/preview", tenant(Permission::CollectionsDesign, definitions::preview)),
        post(
            "/v1/collections/{collection}/preview",
            tenant(Permission::CollectionsDesign, definitions::preview_of).only_reads(),
        )
        .again("it only reads"),
        post("/v1/collections/{collection}/publish", tenant(Permission::CollectionsDesign, definitions::publish)),
        get("/v1/collections/{collection}/usages", tenant(Permission::CollectionsDesign, definitions::usages)),
        get("/v1/collections/{collection}/indexes", tenant(Permission::CollectionsDesign, definitions::indexes)),
        post("/v1/collections/{collection}/query", signed_in(records::query).only_reads()).again("it only reads"),
        get("/v1/collections/{collection}/bin", signed_in(records::bin)),
        get("/v1/collections/{collection}/export", tenant(Permission::RecordsExport, exports::get)),
        post("/v1/collections/{collection}/import", signed_in(imports::start)),
        get("/v1/collections/{collection}/import-template", signed_in(imports::template)),
        get("/v1/collections/{collection}/records", signed_in(records::list)),
        post("/v1/collections/{collection}/records", signed_in(records::create)),
        get("/v1/collections/{collection}/records/{record}", signed_in(records::get)),
        put("/v1/collections/{collection}/records/{record}", signed_in(records::put)),
        patch("/v1/collections/{collection}/records/{record}", signed_in(records::patch)),
        delete("/v1/collections/{collection}/records/{record}", signed_in(records::delete)),
        get("/v1/collections/{collection}/records/{record}/versions", signed_in(records::versions)),
        post("/v1/collections/{collection}/records/{record}/restore", signed_in(records::restore)),
        post("/v1/collections/{collection}/records/{record}/hand-over", signed_in(records::hand_over)),
        get("/v1/collections/{collection}/records/{record}/files", signed_in(files::list)),
        get("/v1/collections/{collection}/records/{record}/files/{*path}", signed_in(files::get)),
        put("/v1/collections/{collection}/records/{record}/files/{*path}", signed_in(files::put)),
        delete("/v1/collections/{collection}/records/{record}/files/{*path}", signed_in(files::delete)),
        post("/v1/collections/{collection}/records/{record}/uploads", signed_in(uploads::create)),
        get("/v1/workflows", tenant(Permission::WorkflowsRead, workflows::list)),
        get("/v1/workflows/{workflow}", tenant(Permission::WorkflowsRead, workflows::get)),
        patch("/v1/workflows/{workflow}", tenant(Permission::WorkflowsManage, workflows::change)),
        get("/v1/workflows/{workflow}/versions", tenant(Permission::WorkflowsRead, workflows::versions)),
        get("/v1/workflows/{workflow}/draft", tenant(Permission::WorkflowsManage, workflows::draft)),
        put("/v1/workflows/{workflow}/draft", tenant(Permission::WorkflowsManage, workflows::save)),
        post("/v1/workflows/{workflow}/publish", tenant(Permission::WorkflowsManage, workflows::publish))
            .again("a draft is published once"),
        post("/v1/workflows/{workflow}/archive", tenant(Permission::WorkflowsManage, workflows::archive))
            .again("what is archived stays so"),
        get("/v1/workflows/{workflow}/roles/{role}", tenant(Permission::WorkflowsRead, workflows::binding)),
        put("/v1/workflows/{workflow}/roles/{role}", tenant(Permission::WorkflowsManage, workflows::bind)),
        get("/v1/workflows/{workflow}/figures", tenant(Permission::WorkflowsRead, workflows::figures)),
        post("/v1/workflows/{workflow}/runs", tenant(Permission::WorkflowsStart, workflows::start)),
        post("/v1/workflows/{workflow}/signals", tenant(Permission::WorkflowsStart, workflows::signal)),
        get("/v1/schedules", tenant(Permission::WorkflowsRead, schedules::list)),
        get("/v1/schedules/{schedule}", tenant(Permission::WorkflowsRead, schedules::get)),
        put("/v1/schedules/{schedule}", tenant(Permission::WorkflowsManage, schedules::put)),
        delete("/v1/schedules/{schedule}", tenant(Permission::WorkflowsManage, schedules::delete)),
        get("/v1/runs", signed_in(runs::list)),
        post("/v1/runs/bulk", tenant(Permission::WorkflowsManage, runs::bulk)),
        get("/v1/runs/{run}", signed_in(runs::get)),
        get("/v1/runs/{run}/history", signed_in(runs::history)),
        get("/v1/runs/{run}/tasks", signed_in(runs::tasks)),
        get("/v1/runs/{run}/comments", signed_in(runs::comments)),
        post("/v1/runs/{run}/comments", signed_in(runs::comment)),
        post("/v1/runs/{run}/suspend", tenant(Permission::WorkflowsManage, runs::suspend))
            .again("a run is suspended once"),
        post("/v1/runs/{run}/resume", tenant(Permission::WorkflowsManage, runs::resume)).again("a run is resumed once"),
        post("/v1/runs/{run}/retry", tenant(Permission::WorkflowsManage, runs::retry))
            .again("an incident is retried once"),
        post("/v1/runs/{run}/cancel", tenant(Permission::WorkflowsManage, runs::cancel))
            .again("a run is asked, and ends once"),
        post("/v1/runs/{run}/migrate", tenant(Permission::WorkflowsManage, runs::migrate))
            .again("a run is on one version"),
        get("/v1/tasks", signed_in(tasks::list)),
        get("/v1/tasks/counts", signed_in(tasks::counts)),
        get("/v1/tasks/{task}", signed_in(tasks::get)),
        post("/v1/tasks/{task}/complete", signed_in(tasks::complete)),
        post("/v1/tasks/{task}/claim", signed_in(tasks::claim)).again("a task is claimed by one"),
        post("/v1/tasks/{task}/release", signed_in(tasks::release)).again("a task is released once"),
        post("/v1/tasks/{task}/delegate", signed_in(tasks::delegate)).again("whoever delegated a task has it no more"),
        post("/v1/tasks/{task}/signers", signed_in(tasks::add_signer)).again("somebody signs a task once"),
        get("/v1/me/absence", signed_in(workflows::absence)),
        put("/v1/me/absence", signed_in(workflows::set_absence)),
        delete("/v1/me/absence", signed_in(workflows::end_absence)),
        get("/v1/notifications", signed_in(notices::list)),
        get("/v1/notification-settings", signed_in(notices::settings)),
        put("/v1/notification-settings", signed_in(notices::set)),
        get("/v1/notice-templates", tenant(Permission::WorkflowsRead, notices::templates)),
        get("/v1/notice-templates/{template}", tenant(Permission::WorkflowsRead, notices::template)),
        put("/v1/notice-templates/{template}", tenant(Permission::WorkflowsManage, notices::put)),
        delete("/v1/notice-templates/{template}", tenant(Permission::WorkflowsManage, notices::delete)),
        post("/v1/notice-templates/{template}/test", tenant(Permission::WorkflowsManage, notices::test))
            .again("it is a test, and mails itself again"),
        post("/v1/notifications/read", signed_in(notices::mark_read)).again("what was read stays read"),
        post("/v1/mappings/{deployment}", tenant(Permission::MappingsCall, mappings::deliver)),
        get("/v1/folders/{folder}/files", tenant(Permission::FilesRead, files::list)),
        get("/v1/folders/{folder}/files/{*path}", tenant(Permission::FilesRead, files::get)),
        put("/v1/folders/{folder}/files/{*path}", tenant(Permission::FilesWrite, files::put)),
        delete("/v1/folders/{folder}/files/{*path}", tenant(Permission::FilesWrite, files::delete)),
        post("/v1/folders/{folder}/uploads", tenant(Permission::FilesWrite, uploads::create)),
        options("/v1/uploads", public(uploads::capabilities)),
        get("/v1/uploads/{upload}", signed_in(uploads::get)),
        patch("/v1/uploads/{upload}", signed_in(uploads::append)),
        delete("/v1/uploads/{upload}", signed_in(uploads::delete)),
        get("/v1/audit", tenant(Permission::AuditRead, audit::list)),
        get("/v1/audit/export", tenant(Permission::AuditRead, audit::export)),
        get("/v1/audit/verify", tenant(Permission::AuditRead, audit::verify)),
        post("/v1/archives", tenant(Permission::TenantArchive, archives::start)),
        get("/v1/archives/{job}", tenant(Permission::TenantArchive, archives::get)),
        get("/v1/jobs", signed_in(work::jobs)),
        get("/v1/jobs/{job}", signed_in(work::job)),
        get("/v1/jobs/{job}/problems", signed_in(work::problems)),
        get("/v1/jobs/{job}/mend", signed_in(imports::mend)),
        post("/v1/jobs/{job}/pause", signed_in(work::pause)),
        post("/v1/jobs/{job}/resume", signed_in(work::resume)),
        post("/v1/jobs/{job}/cancel", signed_in(work::cancel)),
        post("/v1/jobs/{job}/undo", signed_in(work::undo)),
        get("/v1/dead-letters", tenant(Permission::SettingsManage, work::dead_letters)),
        post("/v1/dead-letters/{work}/retry", tenant(Permission::SettingsManage, work::retry)),
        delete("/v1/dead-letters/{work}", tenant(Permission::SettingsManage, work::forget)),
        get("/v1/mails", tenant(Permission::MailRead, mails::list)),
        get("/v1/mails/{mail}", tenant(Permission::MailRead, mails::get)),
        get("/v1/mail-settings", tenant(Permission::SettingsManage, mails::divert)),
        put("/v1/mail-settings", tenant(Permission::SettingsManage, mails::set_divert)),
        get("/v1/executions", tenant(Permission::ExecutionsRead, executions::list)),
        get("/v1/executions/{execution}", tenant(Permission::ExecutionsRead, executions::get)),
    ]
}

/// What there is at an address.
pub(crate) enum Found<'a> {
    /// A route.
    Route { enter: &'a Enter, params: Params },
    /// Routes for these methods only.
    OtherMethods(String),
    /// Nothing.
    Nothing,
}

/// The table, ready for look-up.
pub(crate) struct Table(matchit::Router<BTreeMap<String, Enter>>);

/// The table of this program.
pub(crate) fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(all()));
    &TABLE
}

impl Table {
    fn new(routes: Vec<Route>) -> Self {
        let mut paths: BTreeMap<&str, BTreeMap<String, Enter>> = BTreeMap::new();
        for route in routes {
            paths.entry(route.path).or_default().insert(route.method.to_string(), route.enter);
        }
        let mut router = matchit::Router::new();
        for (path, methods) in paths {
            router.insert(path, methods).unwrap_or_else(|error| unreachable!("the table is fixed: {path}: {error}"));
        }
        Self(router)
    }

    /// What answers this method at this path. HEAD is GET whose body is not sent.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Ok(matched) = self.0.at(path) else { return Found::Nothing };
        let asked = if method == Method::HEAD { &Method::GET } else { method };
        let Some(enter) = matched.value.get(asked.as_str()) else { return Found::OtherMethods(allow(matched.value)) };
        let params = matched.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Found::Route { enter, params }
    }
}

fn allow(methods: &BTreeMap<String, Enter>) -> String {
    let names = methods.keys().flat_map(|name| match name.as_str() {
        "GET" => vec!["GET", "HEAD"],
        name => vec![name],
    });
    names.collect::<Vec<_>>().join(", ")
}
