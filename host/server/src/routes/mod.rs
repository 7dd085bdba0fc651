//! All addresses in one table: method, path, who may enter, and what answers.

mod collections;
mod components;
mod deployments;
mod executions;
mod files;
mod mappings;
mod operator;
mod public;
mod records;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use futures_util::future::BoxFuture;
use http::Method;

use crate::answer::Answer;
use crate::door::{Operator, Permitted};
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
    /// A tenant's key on the tenant's own host.
    Tenant,
    /// An operator's key on the console's host.
    Operator,
}

/// A handler, which cannot be called without the proof that its kind of route needs.
pub(crate) enum Enter {
    Public(Box<dyn Fn(Input) -> Handling + Send + Sync>),
    Tenant(Box<dyn Fn(Permitted, Input) -> Handling + Send + Sync>),
    Operator(Box<dyn Fn(Operator, Input) -> Handling + Send + Sync>),
}

/// One line of the table.
pub struct Route {
    /// Which method.
    pub method: Method,
    /// With `{name}` for one part and `{*name}` for all the rest.
    pub path: &'static str,
    enter: Enter,
}

impl Route {
    /// Who may call it.
    pub fn access(&self) -> Access {
        match self.enter {
            Enter::Public(_) => Access::Public,
            Enter::Tenant(_) => Access::Tenant,
            Enter::Operator(_) => Access::Operator,
        }
    }
}

fn public<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    handler: impl Fn(Input) -> F + Send + Sync + 'static,
) -> Enter {
    Enter::Public(Box::new(move |input| Box::pin(handler(input))))
}

fn tenant<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    handler: impl Fn(Permitted, Input) -> F + Send + Sync + 'static,
) -> Enter {
    Enter::Tenant(Box::new(move |permitted, input| Box::pin(handler(permitted, input))))
}

fn operator<F: Future<Output = Result<Answer, Problem>> + Send + 'static>(
    handler: impl Fn(Operator, Input) -> F + Send + Sync + 'static,
) -> Enter {
    Enter::Operator(Box::new(move |operator, input| Box::pin(handler(operator, input))))
}

/// Every route that there is.
pub fn all() -> Vec<Route> {
    let route = |method: Method, path, enter| Route { method, path, enter };
    let get = |path, enter| route(Method::GET, path, enter);
    let post = |path, enter| route(Method::POST, path, enter);
    let put = |path, enter| route(Method::PUT, path, enter);
    let delete = |path, enter| route(Method::DELETE, path, enter);
    vec![
        get("/healthz", public(public::alive)),
        get("/readyz", public(public::ready)),
        get("/problems/{code}", public(public::problem)),
        get("/v1/health", operator(operator::health)),
        get("/v1/tenants", operator(operator::list)),
        post("/v1/tenants", operator(operator::create)),
        get("/v1/tenants/{slug}", operator(operator::get)),
        get("/v1/tenants/{slug}/keys", operator(operator::keys)),
        post("/v1/tenants/{slug}/keys", operator(operator::issue_key)),
        delete("/v1/tenants/{slug}/keys/{key}", operator(operator::revoke_key)),
        get("/v1/components", tenant(components::list)),
        post("/v1/components", tenant(components::upload)),
        get("/v1/components/{digest}", tenant(components::get)),
        delete("/v1/components/{digest}", tenant(components::delete)),
        get("/v1/deployments", tenant(deployments::list)),
        get("/v1/deployments/{deployment}", tenant(deployments::get)),
        delete("/v1/deployments/{deployment}", tenant(deployments::delete)),
        get("/v1/deployments/{deployment}/versions", tenant(deployments::versions)),
        post("/v1/deployments/{deployment}/versions", tenant(deployments::deploy)),
        post("/v1/deployments/{deployment}/activate", tenant(deployments::activate)),
        post("/v1/deployments/{deployment}/rollback", tenant(deployments::roll_back)),
        post("/v1/deployments/{deployment}/trial", tenant(deployments::trial)),
        get("/v1/collections", tenant(collections::list)),
        get("/v1/collections/{collection}", tenant(collections::get)),
        put("/v1/collections/{collection}", tenant(collections::put)),
        delete("/v1/collections/{collection}", tenant(collections::delete)),
        get("/v1/collections/{collection}/records", tenant(records::list)),
        post("/v1/collections/{collection}/records", tenant(records::create)),
        get("/v1/collections/{collection}/records/{record}", tenant(records::get)),
        put("/v1/collections/{collection}/records/{record}", tenant(records::put)),
        delete("/v1/collections/{collection}/records/{record}", tenant(records::delete)),
        post("/v1/mappings/{deployment}", tenant(mappings::deliver)),
        get("/v1/folders/{folder}/files", tenant(files::list)),
        get("/v1/folders/{folder}/files/{*path}", tenant(files::get)),
        put("/v1/folders/{folder}/files/{*path}", tenant(files::put)),
        delete("/v1/folders/{folder}/files/{*path}", tenant(files::delete)),
        get("/v1/executions", tenant(executions::list)),
        get("/v1/executions/{execution}", tenant(executions::get)),
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
