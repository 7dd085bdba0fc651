//! What a tenant says of itself.

use http::StatusCode;
use signalsync_people::organisation::{Organisation, set_organisation, versioned};

use crate::answer::{Answer, current, json, tagged};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Organisation>, Problem> {
    let (organisation, version) = versioned(&mut input.app.doorman.begin(permitted.scope()).await?)?;
    current(&input.head, version, &organisation)
}

pub(super) async fn set(permitted: Permitted, input: Input<Organisation>) -> Result<Answer<Organisation>, Problem> {
    let (app, scope) = (input.app.clone(), permitted.scope());
    let (head, new, request) = input.document().await?;
    let precondition = head.precondition()?;
    let edit = |tx: &mut _| set_organisation(tx, scope.caller(), app.doorman.now(), &new, precondition);
    let done = app.doorman.once(scope, request.as_ref(), edit).await?;
    Ok(tagged(json(StatusCode::OK, &new)?, done.version))
}
