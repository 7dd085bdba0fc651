//! One line of the table: its parts, and how they are put together.

use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{Method, StatusCode};
use schemars::SchemaGenerator;
use signalsync_core::Permission;

use crate::answer::{Answer, Reply};
use crate::door::{Guest, Operator, Permitted};
use crate::input::{Head, Input};
use crate::openapi::{Body, Content, Gives, Parameter, Takes};
use crate::problem::Problem;

/// A request that is being answered.
pub(crate) type Handling = BoxFuture<'static, Result<Reply, Problem>>;

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

/// The types in a handler's signature, as schemas.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) takes: fn(&mut SchemaGenerator) -> Option<Body>,
    pub(crate) gives: fn(&mut SchemaGenerator) -> Option<Content>,
    pub(crate) takes_body: bool,
    gives_body: bool,
}

impl Shape {
    fn of<B: Takes, A: Gives>() -> Self {
        Self { takes: B::takes, gives: A::gives, takes_body: B::IS_LOOKED_AT, gives_body: A::HAS_BODY }
    }
}

/// A handler with the types in its signature.
pub(crate) struct Entry {
    enter: Enter,
    shape: Shape,
}

impl Entry {
    fn map(self, change: impl FnOnce(Needs) -> Needs) -> Self {
        let enter = match self.enter {
            Enter::Tenant(needs, handler) => Enter::Tenant(change(needs), handler),
            other => other,
        };
        Self { enter, ..self }
    }

    /// It changes nothing of the tenant's, so that it is open while nothing may be changed.
    pub(super) fn only_reads(self) -> Self {
        self.map(|needs| Needs { only_reads: true, ..needs })
    }

    /// It is open to people who still have to set up a second factor.
    pub(super) fn before_factor(self) -> Self {
        self.map(|needs| Needs { before_factor: true, ..needs })
    }
}

/// One line of the table.
pub struct Route {
    /// Which method.
    pub method: Method,
    /// With `{name}` for one part and `{*name}` for all the rest.
    pub path: &'static str,
    /// What is there, in a few words.
    pub about: &'static str,
    /// What comes of a request that is sent twice.
    pub repeated: Repeated,
    /// What the query may have.
    pub parameters: &'static [Parameter],
    /// On which conditions it can be asked.
    pub conditions: Conditions,
    /// Whether answers have an entity tag.
    pub is_tagged: bool,
    /// Headers of its protocol: name, whether it must be there, what it is.
    pub(crate) headers: &'static [(&'static str, bool, &'static str)],
    pub(crate) shape: Shape,
    pub(crate) enter: Enter,
    statuses: Vec<StatusCode>,
    /// Problems that do not follow from what it is.
    pub(crate) also: &'static [StatusCode],
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

/// What a request may say of the version that it is about (RFC 9110, 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditions {
    /// Nothing.
    None,
    /// Which versions the client has: `If-None-Match` of a GET.
    Known,
    /// Which version the client expects: `If-Match`, and `If-None-Match: *`.
    Expected,
}

impl Route {
    pub(super) fn new(method: Method, path: &'static str, about: &'static str, entry: Entry) -> Self {
        let repeated = if method == Method::POST { Repeated::Once } else { Repeated::Harmless };
        let Entry { enter, shape } = entry;
        let status = if shape.gives_body { StatusCode::OK } else { StatusCode::NO_CONTENT };
        Self {
            method,
            path,
            about,
            repeated,
            parameters: &[],
            conditions: Conditions::None,
            is_tagged: false,
            headers: &[],
            shape,
            enter,
            statuses: vec![status],
            also: &[],
        }
    }

    /// A POST that takes no `Idempotency-Key`, and why it needs none.
    pub(super) fn again(self, why: &'static str) -> Self {
        Self { repeated: Repeated::Again(why), ..self }
    }

    /// What its query may have.
    pub(super) fn query(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// Its answers have an entity tag, and what the client has already is not sent again.
    pub(super) fn tagged(self) -> Self {
        let tagged = self.with_tag();
        if tagged.method != Method::GET {
            return tagged;
        }
        let mut statuses = tagged.statuses;
        statuses.push(StatusCode::NOT_MODIFIED);
        Self { conditions: Conditions::Known, statuses, ..tagged }
    }

    /// Its answers have an entity tag, and are always sent.
    pub(super) fn with_tag(self) -> Self {
        Self { is_tagged: true, ..self }
    }

    /// The client can say what it expects.
    pub(super) fn expected(self) -> Self {
        Self { conditions: Conditions::Expected, ..self }
    }

    /// How it answers when all is well, if not with 200, or with 204 for no body.
    pub(super) fn gives(self, statuses: &[StatusCode]) -> Self {
        let known = self.statuses.iter().filter(|status| **status == StatusCode::NOT_MODIFIED);
        Self { statuses: statuses.iter().chain(known).copied().collect(), ..self }
    }

    /// Problems with these statuses can come of it besides those that follow from what it is.
    pub(super) fn also(self, also: &'static [StatusCode]) -> Self {
        Self { also, ..self }
    }

    /// It speaks a protocol that has headers of its own.
    pub(super) fn headers(self, headers: &'static [(&'static str, bool, &'static str)]) -> Self {
        Self { headers, ..self }
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

    /// How it answers when all is well.
    pub fn successes(&self) -> &[StatusCode] {
        &self.statuses
    }

    /// Whether a part can be asked for.
    pub(crate) fn is_partial(&self) -> bool {
        self.statuses.contains(&StatusCode::PARTIAL_CONTENT)
    }

    /// A request to it, without its body.
    pub(crate) fn head(&self, parts: Parts, params: Params, asker: String) -> Head {
        Head::new(parts, params, self.parameters, asker)
    }
}

pub(super) fn public<B: Takes, A: Gives + 'static, F>(handler: impl Fn(Input<B>) -> F + Send + Sync + 'static) -> Entry
where
    F: Future<Output = Result<Answer<A>, Problem>> + Send + 'static,
{
    Entry { enter: Enter::Public(Box::new(move |input| handle(handler(input.wanting())))), shape: Shape::of::<B, A>() }
}

pub(super) fn guest<B: Takes, A: Gives + 'static, F>(
    handler: impl Fn(Guest, Input<B>) -> F + Send + Sync + 'static,
) -> Entry
where
    F: Future<Output = Result<Answer<A>, Problem>> + Send + 'static,
{
    let enter = Enter::Guest(Box::new(move |guest, input| handle(handler(guest, input.wanting()))));
    Entry { enter, shape: Shape::of::<B, A>() }
}

pub(super) fn tenant<B: Takes, A: Gives + 'static, F>(
    permission: Permission,
    handler: impl Fn(Permitted, Input<B>) -> F + Send + Sync + 'static,
) -> Entry
where
    F: Future<Output = Result<Answer<A>, Problem>> + Send + 'static,
{
    signed_in(handler).map(|needs| Needs { permission: Some(permission), ..needs })
}

/// For records and what is shown of them: their own rules say who sees what.
pub(super) fn signed_in<B: Takes, A: Gives + 'static, F>(
    handler: impl Fn(Permitted, Input<B>) -> F + Send + Sync + 'static,
) -> Entry
where
    F: Future<Output = Result<Answer<A>, Problem>> + Send + 'static,
{
    let needs = Needs { permission: None, only_reads: false, before_factor: false };
    let enter = Enter::Tenant(needs, Box::new(move |permitted, input| handle(handler(permitted, input.wanting()))));
    Entry { enter, shape: Shape::of::<B, A>() }
}

pub(super) fn operator<B: Takes, A: Gives + 'static, F>(
    handler: impl Fn(Operator, Input<B>) -> F + Send + Sync + 'static,
) -> Entry
where
    F: Future<Output = Result<Answer<A>, Problem>> + Send + 'static,
{
    let enter = Enter::Operator(Box::new(move |operator, input| handle(handler(operator, input.wanting()))));
    Entry { enter, shape: Shape::of::<B, A>() }
}

fn handle<A: 'static>(answered: impl Future<Output = Result<Answer<A>, Problem>> + Send + 'static) -> Handling {
    Box::pin(async move { answered.await.map(Answer::into_reply) })
}
