//! The door: from a request to the handler that may answer it. Nothing gets past it without a host, a route,
//! and a caller whom the route lets in.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Request};
use signalsync_core::{KeyId, Origin, Permission, Rights, SessionId, TenantScope, TenantSlug, UserId};
use signalsync_people::session::SessionToken;
use signalsync_tenancy::{Actor, Entered, HostLabel};

use crate::answer::{Reply, protect};
use crate::app::App;
use crate::cookie;
use crate::host;
use crate::input::{Head, Input};
use crate::listener::{Held, Incoming, Peer};
use crate::problem::{Code, Problem};
use crate::routes::{self, Enter, Found, Handling, Needs};
use crate::web;

/// Longest value of an Authorization header that is looked at.
const AUTHORIZATION_BYTES_MAX: usize = 200;

/// The proof that a caller may touch one tenant's data by one route. Only the door makes it.
pub(crate) struct Permitted {
    scope: Arc<TenantScope>,
    slug: TenantSlug,
    /// None for a key.
    person: Option<(UserId, SessionId)>,
    /// Whether they have to set up a second factor before anything else.
    owes_factor: bool,
}

impl Permitted {
    /// For what some requests at a route need besides.
    ///
    /// # Errors
    /// `not-allowed`.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.rights().allows(permission) { Ok(()) } else { Err(Problem::not_allowed(permission)) }
    }

    /// Who is signed in, by which session.
    ///
    /// # Errors
    /// `person-needed` when it is a key.
    pub(crate) fn person(&self) -> Result<(UserId, SessionId), Problem> {
        self.person.ok_or_else(|| Problem::plain(Code::PersonNeeded))
    }

    /// Whether the caller has to set up a second factor before anything else.
    pub(crate) fn owes_factor(&self) -> bool {
        self.owes_factor
    }

    /// The tenant's name.
    pub(crate) fn slug(&self) -> &TenantSlug {
        &self.slug
    }

    /// What the caller may do. Routes ask for permissions in their table; records are asked about at their gate.
    pub(crate) fn rights(&self) -> &Rights {
        &self.scope.caller().rights
    }

    /// Access to the data.
    pub(crate) fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// Access to the data for work that outlives the request.
    pub(crate) fn shared(&self) -> Arc<TenantScope> {
        Arc::clone(&self.scope)
    }
}

/// The proof that there is a tenant at whose door somebody stands who is nobody yet. Only the door makes it.
pub(crate) struct Guest {
    scope: TenantScope,
    slug: TenantSlug,
}

impl Guest {
    /// Access without any right.
    pub(crate) fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// The tenant's name.
    pub(crate) fn slug(&self) -> &TenantSlug {
        &self.slug
    }
}

/// Who asks, after the proof.
enum Visitor {
    Operator(KeyId),
    Tenant(Permitted, Option<SessionToken>),
}

impl Visitor {
    /// The id of a key or a person.
    fn id(&self) -> String {
        match self {
            Self::Operator(key) => key.to_string(),
            Self::Tenant(permitted, _) => {
                let caller = permitted.scope.caller();
                let key = caller.origin.key.map(|key| key.to_string());
                key.or_else(|| caller.principal.user.clone()).unwrap_or_default()
            }
        }
    }
}

/// A request that was let in.
struct Admitted {
    handling: Handling,
    /// The session's new token, when it got one.
    renewed: Option<SessionToken>,
}

impl From<Handling> for Admitted {
    fn from(handling: Handling) -> Self {
        Self { handling, renewed: None }
    }
}

/// The proof that a caller is the platform's operator. Only the door makes it.
pub(crate) struct Operator {
    key: KeyId,
}

impl Operator {
    /// With which key.
    pub(crate) fn key(&self) -> KeyId {
        self.key
    }
}

/// Answers a request. What begins is carried to its end, even when the client goes away meanwhile.
pub(crate) async fn answer(app: Arc<App>, request: Request<Incoming>, held: Held) -> Result<Reply, Infallible> {
    let (parts, body) = request.into_parts();
    let is_secure = parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_secure);
    let mut answer = match enter(&app, parts, body).await {
        Ok(Admitted { handling, renewed }) => {
            let answered = carry_out(&app, handling, held).await;
            cookie::renew(answered.unwrap_or_else(Problem::into_reply), renewed.as_ref())
        }
        Err(problem) => problem.into_reply(),
    };
    protect(answer.headers_mut(), is_secure);
    Ok(answer)
}

async fn enter(app: &Arc<App>, parts: Parts, body: Incoming) -> Result<Admitted, Problem> {
    let label = host::label(&parts, &app.base_domain)?;
    let (route, params) = match routes::table().find(&parts.method, parts.uri.path()) {
        Found::Route { route, params } if matches!(route.enter, Enter::Public(_)) || label.is_some() => (route, params),
        Found::OtherMethods(allow) if label.is_some() => {
            return Err(Problem::plain(Code::MethodNotAllowed).allow(&allow));
        }
        Found::Nothing if label.is_some() => {
            let page = web::answer(&parts).ok_or_else(Problem::not_found);
            return Ok(Handling::from(Box::pin(ready(page))).into());
        }
        Found::Route { .. } | Found::OtherMethods(_) | Found::Nothing => return Err(Problem::not_found()),
    };
    let input = |parts, asker| Input::new(Arc::clone(app), route.head(parts, params, asker), body);
    if let Enter::Public(handler) = &route.enter {
        let input = input(parts, String::new());
        input.head.query()?;
        return Ok(handler(input).into());
    }
    let label = label.ok_or_else(Problem::not_found)?;
    if let Enter::Guest(handler) = &route.enter {
        let guest = welcome(app, label, &parts).await?;
        let input = input(parts, String::new());
        input.head.query()?;
        return Ok(handler(guest, input).into());
    }
    let visitor = recognise(app, label, &parts).await?;
    let input = input(parts, visitor.id());
    match (&route.enter, visitor) {
        (Enter::Tenant(needs, handler), Visitor::Tenant(permitted, renewed)) => {
            let (scope, line) = (permitted.shared(), input.head.line());
            let handling = match let_in(app, permitted, &input.head, *needs).await {
                Ok(permitted) => handler(permitted, input),
                Err(problem) => Box::pin(ready(Err(problem))),
            };
            Ok(Admitted { handling: watched(Arc::clone(app), scope, line, handling), renewed })
        }
        (Enter::Operator(handler), Visitor::Operator(key)) => {
            input.head.query()?;
            Ok(handler(Operator { key }, input).into())
        }
        (Enter::Public(_) | Enter::Guest(_) | Enter::Tenant(..) | Enter::Operator(_), _) => Err(Problem::not_found()),
    }
}

/// With the permission that the route needs, and while what it does may be done.
async fn let_in(app: &App, permitted: Permitted, head: &Head, needs: Needs) -> Result<Permitted, Problem> {
    if permitted.owes_factor && !needs.before_factor {
        return Err(Problem::plain(Code::SecondFactorNeeded));
    }
    needs.permission.map_or(Ok(()), |permission| permitted.require(permission))?;
    if !needs.only_reads && !head.is_safe() {
        app.directory.check_changes(permitted.slug()).await?;
    }
    head.query()?;
    Ok(permitted)
}

/// What lacks a right is audited, whether the door refuses it or what is behind: a record's rule, or the rule that nobody
/// gives more than they have.
fn watched(app: Arc<App>, scope: Arc<TenantScope>, line: String, handling: Handling) -> Handling {
    Box::pin(async move {
        let answered = handling.await;
        if let Err(problem) = &answered
            && problem.code().is_denial()
        {
            app.directory.note_denial(&scope, &line, (problem.code().as_str(), problem.detail())).await;
        }
        answered
    })
}

async fn welcome(app: &App, label: HostLabel, parts: &Parts) -> Result<Guest, Problem> {
    let HostLabel::Tenant(slug) = label else { return Err(Problem::not_found()) };
    let scope = app.directory.guest(&slug, origin(parts)).await?;
    cookie::check_not_foreign(parts)?;
    check_encoding(&parts.headers)?;
    Ok(Guest { scope, slug })
}

/// By a key if one is shown, else by a session.
async fn recognise(app: &App, label: HostLabel, parts: &Parts) -> Result<Visitor, Problem> {
    let session = cookie::token(&parts.headers).filter(|_| !parts.headers.contains_key(AUTHORIZATION));
    if let (Some(token), HostLabel::Tenant(slug)) = (&session, &label) {
        cookie::check_ours(parts)?;
        check_encoding(&parts.headers)?;
        let Entered { scope, person, session, owes_factor, renewed } =
            app.directory.enter(slug, token, origin(parts)).await?;
        let permitted =
            Permitted { scope: Arc::new(scope), slug: slug.clone(), person: Some((person, session)), owes_factor };
        return Ok(Visitor::Tenant(permitted, renewed));
    }
    let actor = authenticate(app, &label, parts).await?;
    check_encoding(&parts.headers)?;
    match (actor, label) {
        (Actor::Tenant(scope), HostLabel::Tenant(slug)) => {
            Ok(Visitor::Tenant(Permitted { scope: Arc::new(scope), slug, person: None, owes_factor: false }, None))
        }
        (Actor::Operator(key), HostLabel::Console) => Ok(Visitor::Operator(key)),
        (Actor::Tenant(_) | Actor::Operator(_), _) => Err(Problem::not_found()),
    }
}

/// For the audit, and for what is slowed down by where it comes from.
fn origin(parts: &Parts) -> Origin {
    let address = parts.extensions.get::<Peer>().map(|peer| peer.address);
    Origin { address, ..Origin::default() }
}

async fn authenticate(app: &App, label: &HostLabel, parts: &Parts) -> Result<Actor, Problem> {
    let address = parts.extensions.get::<Peer>().map(|peer| peer.address);
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let token = match (values.next(), values.next()) {
        (Some(value), None) if value.len() <= AUTHORIZATION_BYTES_MAX => value.to_str().ok().and_then(bearer),
        _ => None,
    };
    Ok(app.directory.authenticate(label, token, Origin { address, ..Origin::default() }).await?)
}

/// The scheme's name is not case-sensitive (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let plain =
        headers.get_all(CONTENT_ENCODING).iter().all(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
    let refused = || Problem::new(Code::UnsupportedMediaType, "send the body without Content-Encoding");
    if plain { Ok(()) } else { Err(refused()) }
}

/// In a task of its own, so that a client that goes away does not stop it half-way. The work keeps the connection's
/// place, so that going away makes no room for more of it.
async fn carry_out(app: &App, handling: Handling, held: Held) -> Result<Reply, Problem> {
    let task = tokio::spawn(async move {
        let answered = handling.await;
        drop(held);
        answered
    });
    task.await.unwrap_or_else(|error| {
        app.note_panic();
        Err(Problem::internal(&error))
    })
}
