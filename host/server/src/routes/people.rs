//! A tenant's people, for those who manage them.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_core::{Permission, UserId};
use signalsync_people::PeopleError;
use signalsync_people::change::{self, PersonChange};
use signalsync_people::invitation::{self, Invite};
use signalsync_people::person::{self, Find, PersonState};
use signalsync_people::policy::{self, SignInPolicy};
use signalsync_workflow::{WorkflowError, hand_over};

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::{Input, bad};
use crate::problem::Problem;

fn state(text: &str) -> Result<PersonState, Problem> {
    let state = serde_json::from_value(text.into());
    state.map_err(|_| bad("the query parameter `state` is `invited`, `active` or `deactivated`"))
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["search", "state", "after", "limit"])?;
    let find =
        Find { search: query.text("search").map(str::to_owned), state: query.text("state").map(state).transpose()? };
    let mut tx = input.app.doorman.begin(permitted.scope()).await?;
    json(StatusCode::OK, &person::list(&mut tx, &find, query.text("after"), query.limit()?)?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.doorman.person(permitted.scope(), input.head.name("person")?).await?)
}

pub(super) async fn change(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, id, scope) = (input.app.clone(), input.head.name::<UserId>("person")?, permitted.scope());
    let (_, asked, _) = input.document::<PersonChange>().await?;
    if asked.roles.is_some() {
        permitted.require(Permission::RolesManage)?;
    }
    let edit = |tx: &mut _| change::change(tx, scope.caller(), app.doorman.now(), id, asked.clone());
    let done = app.doorman.edit(scope, edit).await.map_err(|error| Problem::of_person(error, id))?;
    json(StatusCode::OK, &done)
}

pub(super) async fn deactivate(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let to = input.head.query(&["tasks-to"])?.parsed("tasks-to")?;
    let edit = |tx: &mut _| {
        let person = change::deactivate(tx, scope.caller(), doorman.now(), id)?;
        hand_over(tx, id, to).map_err(not_handed_over)?;
        Ok(person)
    };
    json(StatusCode::OK, &doorman.edit(scope, edit).await?)
}

/// Open tasks go with whoever is deactivated, in the same transaction.
fn not_handed_over(error: WorkflowError) -> PeopleError {
    match error {
        WorkflowError::Store(error) => PeopleError::Store(error),
        WorkflowError::Conflict => PeopleError::Conflict,
        other => PeopleError::Invalid(format!("{other} (`?tasks-to=<person>`)")),
    }
}

pub(super) async fn reactivate(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let edit = |tx: &mut _| change::reactivate(tx, scope.caller(), doorman.now(), id);
    json(StatusCode::OK, &doorman.edit(scope, edit).await?)
}

pub(super) async fn clear_factor(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let place = input.app.place(permitted.scope(), permitted.slug()).await?;
    doorman.edit(scope, |tx| doorman.clear_factor(tx, scope, place.lent(), id)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn invite(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, scope, place) =
        (input.app.clone(), permitted.scope(), input.app.place(permitted.scope(), permitted.slug()).await?);
    let (_, new, _) = input.document::<Invite>().await?;
    if !new.roles.is_empty() {
        permitted.require(Permission::RolesManage)?;
    }
    let now = app.doorman.now();
    let invited = app.doorman.edit(scope, |tx| {
        let (person, mail) = invitation::invite(tx, scope, now, place.lent(), new.clone())?;
        app.doorman.post(tx, scope, now, [mail])?;
        Ok(person)
    });
    let person = invited.await.map_err(|error| Problem::of_person(error, ""))?;
    Ok(with(json(StatusCode::CREATED, &person)?, LOCATION, &format!("/v1/people/{}", person.row.id)))
}

pub(super) async fn invite_again(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    let (place, now) = (input.app.place(permitted.scope(), permitted.slug()).await?, doorman.now());
    let invited = doorman.edit(scope, |tx| {
        let (person, mail) = invitation::invite_again(tx, scope.caller(), now, place.lent(), id)?;
        doorman.post(tx, scope, now, [mail])?;
        Ok(person)
    });
    json(StatusCode::OK, &invited.await?)
}

pub(super) async fn withdraw(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (doorman, id, scope) = (&input.app.doorman, input.head.name("person")?, permitted.scope());
    doorman.edit(scope, |tx| invitation::withdraw(tx, scope.caller(), doorman.now(), id)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn policy(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &policy::policy(&mut input.app.doorman.begin(permitted.scope()).await?)?)
}

pub(super) async fn set_policy(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, scope) = (input.app.clone(), permitted.scope());
    let (_, new, _) = input.document::<SignInPolicy>().await?;
    app.doorman.edit(scope, |tx| policy::set_policy(tx, scope.caller(), app.doorman.now(), &new)).await?;
    json(StatusCode::OK, &new)
}
