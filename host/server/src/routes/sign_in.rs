//! Coming in and going out.

use http::StatusCode;
use http::header::USER_AGENT;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{SessionId, UserId};
use signalsync_people::change::ProfileChange;
use signalsync_people::{Credentials, Language, Password, PeopleError, Secret, SignedIn, session};

use crate::answer::{Answer, empty, json};
use crate::cookie;
use crate::door::{Guest, Permitted};
use crate::input::{Head, Input};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Credentials")]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    mail: String,
    password: Password,
    #[serde(default)]
    code: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "InvitationAnswer")]
#[serde(deny_unknown_fields)]
pub(super) struct Activation {
    token: String,
    password: Password,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    language: Option<Language>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Forgotten {
    mail: String,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PasswordReset")]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    token: String,
    password: Password,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Entered {
    person: UserId,
    session: SessionId,
}

/// What the client calls itself.
fn client(head: &Head) -> String {
    head.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn secret(text: &str) -> Result<Secret, PeopleError> {
    Secret::parse(text).ok_or(PeopleError::LinkInvalid)
}

fn entered(status: StatusCode, SignedIn { token, person }: &SignedIn) -> Result<Answer<Entered>, Problem> {
    Ok(cookie::set(json(status, &Entered { person: *person, session: token.session() })?, token))
}

pub(super) async fn sign_in(guest: Guest, input: Input<Shown>) -> Result<Answer<Entered>, Problem> {
    let app = input.app.clone();
    let (head, shown, _) = input.document().await?;
    let (place, client) = (app.place(guest.scope(), guest.slug()).await?, client(&head));
    let Shown { mail, password, code } = &shown;
    let shown = Credentials { mail, password, code: code.as_deref(), client: &client };
    entered(StatusCode::OK, &app.doorman.sign_in(guest.scope(), place.lent(), shown).await?)
}

pub(super) async fn activate(guest: Guest, input: Input<Activation>) -> Result<Answer<Entered>, Problem> {
    let app = input.app.clone();
    let (head, Activation { token, password, name, language }, _) = input.document().await?;
    let (place, secret, profile) =
        (app.place(guest.scope(), guest.slug()).await?, secret(&token)?, ProfileChange { name, language });
    let done = app.doorman.activate(guest.scope(), place.lent(), &secret, &password, &profile, &client(&head)).await?;
    entered(StatusCode::CREATED, &done)
}

pub(super) async fn forgot(guest: Guest, input: Input<Forgotten>) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, Forgotten { mail }, _) = input.document().await?;
    app.doorman.forgot(guest.scope(), app.place(guest.scope(), guest.slug()).await?.lent(), &mail).await?;
    Ok(empty(StatusCode::ACCEPTED))
}

pub(super) async fn reset(guest: Guest, input: Input<Reset>) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, Reset { token, password }, _) = input.document().await?;
    app.doorman
        .reset(guest.scope(), app.place(guest.scope(), guest.slug()).await?.lent(), &secret(&token)?, &password)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn sign_out(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (person, session) = permitted.person()?;
    let (doorman, scope) = (&input.app.doorman, permitted.scope());
    doorman.edit(scope, |tx| session::end(tx, scope.caller(), doorman.now(), person, session)).await?;
    Ok(cookie::clear(empty(StatusCode::NO_CONTENT)))
}
