//! A tenant's people, for those who manage them.

use http::StatusCode;
use http::header::LOCATION;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{JobId, Permission, UserId};
use signalsync_people::PeopleError;
use signalsync_people::change::{self, Deactivation, PersonChange};
use signalsync_people::invitation::{self, Invite};
use signalsync_people::person::{self, Find, Person};
use signalsync_people::policy::{self, SignInPolicy};
use signalsync_records::{HandOvers, RecordError, Succession};
use signalsync_store::{Done, Listing};
use signalsync_workflow::{WorkflowError, hand_over};

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::openapi::Maybe;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Person>>, Problem> {
    let query = input.head.query()?;
    let find = Find { search: query.text("search").map(str::to_owned), state: query.word("state")? };
    let mut tx = input.app.doorman.begin(permitted.scope()).await?;
    json(StatusCode::OK, &person::list(&mut tx, &find, query.text("after"), query.limit()?)?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Person>, Problem> {
    let mut tx = input.app.doorman.begin(permitted.scope()).await?;
    let (person, version) = person::view_versioned(&mut tx, input.head.name("person")?)?;
    current(&input.head, version, &person)
}

pub(super) async fn change(permitted: Permitted, input: Input<PersonChange>) -> Result<Answer<Person>, Problem> {
    let (app, id, scope) = (input.app.clone(), input.head.name::<UserId>("person")?, permitted.scope());
    let (head, asked, request) = input.document().await?;
    if asked.roles.is_some() {
        permitted.require(Permission::RolesManage)?;
    }
    let terms = head.terms(request.as_ref())?;
    let edit = |tx: &mut _| {
        person::expect(tx, id, terms)?;
        change::change(tx, scope.caller(), app.doorman.now(), id, asked.clone())
    };
    changed(app.doorman.once(scope, terms.request, edit).await.map_err(|error| Problem::of_person(error, id))?)
}

pub(super) async fn deactivate(
    permitted: Permitted,
    input: Input<Maybe<Deactivation>>,
) -> Result<Answer<Deactivated>, Problem> {
    let (app, id, scope) = (input.app.clone(), input.head.name("person")?, permitted.scope());
    let (head, asked, request) = input.document_or_default().await?;
    let (terms, now) = (head.terms(request.as_ref())?, app.doorman.now());
    let edit = |tx: &mut _| {
        person::expect(tx, id, terms)?;
        let person = change::deactivate(tx, scope.caller(), now, id, &asked)?;
        hand_over(tx, id, asked.hand_over_to).map_err(not_handed_over)?;
        let who = asked.hand_over_to.map(|to| Succession { from: id, to });
        let hand_over = who.map(|who| HandOvers::start(tx, scope, who, now)).transpose().map_err(not_started)?;
        Ok(Deactivated { person, hand_over })
    };
    let done = app.doorman.once(scope, terms.request, edit).await?;
    Ok(tagged(json(StatusCode::OK, &done.value)?, done.version))
}

/// Somebody who does not come in any more.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Deactivated {
    #[serde(flatten)]
    person: Person,
    /// The job that hands over what they leave behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hand_over: Option<JobId>,
}

/// Jobs and people are nouns of their own, and meet here.
fn not_started(error: RecordError) -> PeopleError {
    match error {
        RecordError::TooManyJobs { limit } => PeopleError::TooMany { what: "open jobs", limit: limit as u64 },
        RecordError::Store(error) => PeopleError::Store(error),
        other => PeopleError::Invalid(other.to_string()),
    }
}

/// Open tasks go with whoever is deactivated, in the same transaction.
fn not_handed_over(error: WorkflowError) -> PeopleError {
    match error {
        WorkflowError::Store(error) => PeopleError::Store(error),
        WorkflowError::Conflict => PeopleError::Conflict,
        other => PeopleError::Invalid(format!("{other} (`hand-over-to`)")),
    }
}

pub(super) async fn reactivate(permitted: Permitted, input: Input) -> Result<Answer<Person>, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let request = input.head.request_key(&[])?;
    let terms = input.head.terms(request.as_ref())?;
    let edit = |tx: &mut _| {
        person::expect(tx, id, terms)?;
        change::reactivate(tx, scope.caller(), doorman.now(), id)
    };
    changed(doorman.once(scope, terms.request, edit).await?)
}

fn changed(done: Done<Person>) -> Result<Answer<Person>, Problem> {
    Ok(tagged(json(StatusCode::OK, &done.value)?, done.version))
}

pub(super) async fn clear_factor(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let place = input.app.place(permitted.scope(), permitted.slug()).await?;
    let request = input.head.request_key(&[])?;
    doorman.once(scope, request.as_ref(), |tx| doorman.clear_factor(tx, scope, place.lent(), id)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn invite(permitted: Permitted, input: Input<Invite>) -> Result<Answer<Person>, Problem> {
    let (app, scope, place) =
        (input.app.clone(), permitted.scope(), input.app.place(permitted.scope(), permitted.slug()).await?);
    let (_, new, request) = input.document().await?;
    if !new.roles.is_empty() {
        permitted.require(Permission::RolesManage)?;
    }
    let now = app.doorman.now();
    let invited = app.doorman.once(scope, request.as_ref(), |tx| {
        let (person, mail) = invitation::invite(tx, scope, now, place.lent(), new.clone())?;
        app.doorman.post(tx, scope, now, [mail])?;
        Ok(person)
    });
    let done = invited.await.map_err(|error| Problem::of_person(error, ""))?;
    let answer = tagged(json(StatusCode::CREATED, &done.value)?, done.version);
    Ok(with(answer, LOCATION, &format!("/v1/people/{}", done.value.row.id)))
}

pub(super) async fn invite_again(permitted: Permitted, input: Input) -> Result<Answer<Person>, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let (place, now) = (input.app.place(permitted.scope(), permitted.slug()).await?, doorman.now());
    let request = input.head.request_key(&[])?;
    let invited = doorman.once(scope, request.as_ref(), |tx| {
        let (person, mail) = invitation::invite_again(tx, scope.caller(), now, place.lent(), id)?;
        doorman.post(tx, scope, now, [mail])?;
        Ok(person)
    });
    changed(invited.await?)
}

pub(super) async fn withdraw(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let terms = input.head.terms(None)?;
    let withdraw = |tx: &mut _| {
        person::expect(tx, id, terms)?;
        invitation::withdraw(tx, scope.caller(), doorman.now(), id)
    };
    doorman.edit(scope, withdraw).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn policy(permitted: Permitted, input: Input) -> Result<Answer<SignInPolicy>, Problem> {
    let (policy, version) = policy::versioned(&mut input.app.doorman.begin(permitted.scope()).await?)?;
    current(&input.head, version, &policy)
}

pub(super) async fn set_policy(
    permitted: Permitted,
    input: Input<SignInPolicy>,
) -> Result<Answer<SignInPolicy>, Problem> {
    let (app, scope) = (input.app.clone(), permitted.scope());
    let (head, new, request) = input.document().await?;
    let precondition = head.precondition()?;
    let edit = |tx: &mut _| policy::set_policy(tx, scope.caller(), app.doorman.now(), &new, precondition);
    let done = app.doorman.once(scope, request.as_ref(), edit).await?;
    Ok(tagged(json(StatusCode::OK, &new)?, done.version))
}
