//! What people do about themselves: profile, password, second factor, sessions.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{Permission, SessionId};
use signalsync_people::change::{ProfileChange, change_profile};
use signalsync_people::person::{self, Person};
use signalsync_people::session::Session;
use signalsync_people::{Password, SetUp, session};
use signalsync_store::Listing;

use crate::answer::{Answer, empty, json, tagged};
use crate::cookie;
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Me {
    #[serde(flatten)]
    person: Person,
    permissions: Vec<Permission>,
    session: SessionId,
    /// Whether nothing else is open before a second factor is set up.
    owes_second_factor: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Passwords {
    old: Password,
    new: Password,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PasswordProof")]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    password: Password,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "FactorCode")]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    code: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BothProofs {
    password: Password,
    code: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedSession")]
#[serde(rename_all = "kebab-case")]
pub(super) struct Listed {
    #[serde(flatten)]
    session: Session,
    current: bool,
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Me>, Problem> {
    let (id, session) = permitted.person()?;
    let mut tx = input.app.doorman.begin(permitted.scope()).await?;
    let (person, version) = person::view_versioned(&mut tx, id)?;
    let (permissions, owes_second_factor) = (permitted.rights().permissions().collect(), permitted.owes_factor());
    // For a change of the person. What else stands there changes without it, so that nothing is answered with 304.
    Ok(tagged(json(StatusCode::OK, &Me { person, permissions, session, owes_second_factor })?, version))
}

pub(super) async fn change(permitted: Permitted, input: Input<ProfileChange>) -> Result<Answer<Person>, Problem> {
    let (app, (id, _), scope) = (input.app.clone(), permitted.person()?, permitted.scope());
    let (head, asked, request) = input.document().await?;
    let terms = head.terms(request.as_ref())?;
    let edit = |tx: &mut _| {
        person::expect(tx, id, terms)?;
        change_profile(tx, scope.caller(), app.doorman.now(), id, asked.clone())
    };
    let done = app.doorman.once(scope, terms.request, edit).await?;
    Ok(tagged(json(StatusCode::OK, &done.value)?, done.version))
}

pub(super) async fn change_password(permitted: Permitted, input: Input<Passwords>) -> Result<Answer, Problem> {
    let (app, who, scope) = (input.app.clone(), permitted.person()?, permitted.scope());
    let (_, Passwords { old, new }, _) = input.document().await?;
    let token = app
        .doorman
        .change_password(scope, app.place(permitted.scope(), permitted.slug()).await?.lent(), who, &old, &new)
        .await?;
    Ok(cookie::set(empty(StatusCode::NO_CONTENT), &token))
}

pub(super) async fn begin_factor(permitted: Permitted, input: Input<Proof>) -> Result<Answer<SetUp>, Problem> {
    let (app, (id, _), scope) = (input.app.clone(), permitted.person()?, permitted.scope());
    let (_, Proof { password }, _) = input.document().await?;
    let set_up = app
        .doorman
        .begin_factor(scope, app.place(permitted.scope(), permitted.slug()).await?.lent(), id, &password)
        .await?;
    json(StatusCode::OK, &set_up)
}

pub(super) async fn confirm_factor(permitted: Permitted, input: Input<Code>) -> Result<Answer<RecoveryCodes>, Problem> {
    let (app, who, scope) = (input.app.clone(), permitted.person()?, permitted.scope());
    let (_, Code { code }, _) = input.document().await?;
    let place = app.place(permitted.scope(), permitted.slug()).await?;
    let (recovery_codes, token) = app.doorman.confirm_factor(scope, place.lent(), who, &code).await?;
    Ok(cookie::set(json(StatusCode::OK, &RecoveryCodes { recovery_codes })?, &token))
}

pub(super) async fn remove_factor(permitted: Permitted, input: Input<BothProofs>) -> Result<Answer, Problem> {
    let (app, (id, _), scope) = (input.app.clone(), permitted.person()?, permitted.scope());
    let (_, BothProofs { password, code }, _) = input.document().await?;
    app.doorman
        .remove_factor(scope, app.place(permitted.scope(), permitted.slug()).await?.lent(), id, &password, &code)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn sessions(permitted: Permitted, input: Input) -> Result<Answer<Listing<Listed>>, Problem> {
    let ((id, current), doorman) = (permitted.person()?, &input.app.doorman);
    let found = session::list(&mut doorman.begin(permitted.scope()).await?, doorman.now(), id)?;
    let items = found.items.into_iter().map(|session| Listed { current: session.id == current, session });
    json(StatusCode::OK, &Listing { items: items.collect(), next: found.next })
}

pub(super) async fn end_session(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let ((id, _), doorman, scope) = (permitted.person()?, &input.app.doorman, permitted.scope());
    let session: SessionId = input.head.name("session")?;
    doorman.edit(scope, |tx| session::end(tx, scope.caller(), doorman.now(), id, session)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn end_other_sessions(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let ((id, current), doorman, scope) = (permitted.person()?, &input.app.doorman, permitted.scope());
    let edit = |tx: &mut _| Ok(session::end_others(tx, scope.caller(), doorman.now(), id, Some(current))?);
    doorman.edit(scope, edit).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
