//! The door: from a request to the handler that may answer it. Nothing gets past it without a host, a route,
//! and a caller whom the route lets in.

use std::convert::Infallible;
use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Request};
use signalsync_core::{KeyId, Origin, Permission, Rights, TenantScope};
use signalsync_tenancy::{Actor, HostLabel};

use crate::answer::{Answer, protect};
use crate::app::App;
use crate::host;
use crate::input::{Head, Input};
use crate::listener::{Held, Incoming, Peer};
use crate::problem::{Code, Problem};
use crate::routes::{self, Enter, Found, Handling};

/// Longest value of an Authorization header that is looked at.
const AUTHORIZATION_BYTES_MAX: usize = 200;

/// The proof that a caller may touch one tenant's data by one route. Only the door makes it.
pub(crate) struct Permitted {
    scope: Arc<TenantScope>,
}

impl Permitted {
    /// For a route that needs this permission; none: that somebody is signed in. A refusal is audited.
    async fn prove(app: &App, head: &Head, scope: TenantScope, needs: Option<Permission>) -> Result<Self, Problem> {
        let Some(lacking) = needs.filter(|permission| !scope.caller().rights.allows(*permission)) else {
            return Ok(Self { scope: Arc::new(scope) });
        };
        app.directory.note_denial(&scope, &head.line(), lacking).await;
        Err(Problem::not_allowed(lacking))
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
pub(crate) async fn answer(app: Arc<App>, request: Request<Incoming>, held: Held) -> Result<Answer, Infallible> {
    let (parts, body) = request.into_parts();
    let is_secure = parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_secure);
    let answered = match enter(&app, parts, body).await {
        Ok(handling) => carry_out(&app, handling, held).await,
        Err(problem) => Err(problem),
    };
    let mut answer = answered.unwrap_or_else(Problem::into_answer);
    protect(answer.headers_mut(), is_secure);
    Ok(answer)
}

async fn enter(app: &Arc<App>, parts: Parts, body: Incoming) -> Result<Handling, Problem> {
    let label = host::label(&parts, &app.base_domain)?;
    let (enter, params) = match routes::table().find(&parts.method, parts.uri.path()) {
        Found::Route { enter: Enter::Public(handler), params } => {
            return Ok(handler(Input::new(app, parts, params, body)));
        }
        found => match (found, &label) {
            (_, None) | (Found::Nothing, _) => return Err(Problem::not_found()),
            (Found::OtherMethods(allow), _) => return Err(Problem::plain(Code::MethodNotAllowed).allow(&allow)),
            (Found::Route { enter, params }, _) => (enter, params),
        },
    };
    let label = label.ok_or_else(Problem::not_found)?;
    let actor = authenticate(app, &label, &parts).await?;
    check_encoding(&parts.headers)?;
    let input = Input::new(app, parts, params, body);
    match (enter, actor) {
        (Enter::Tenant(needs, handler), Actor::Tenant(scope)) => {
            Ok(handler(Permitted::prove(app, &input.head, scope, *needs).await?, input))
        }
        (Enter::Operator(handler), Actor::Operator(key)) => Ok(handler(Operator { key }, input)),
        (Enter::Public(_) | Enter::Tenant(..) | Enter::Operator(_), _) => Err(Problem::not_found()),
    }
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
async fn carry_out(app: &App, handling: Handling, held: Held) -> Result<Answer, Problem> {
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

impl Input {
    fn new(app: &Arc<App>, parts: Parts, params: routes::Params, body: Incoming) -> Self {
        Self { app: Arc::clone(app), head: Head::new(parts, params), body }
    }
}
