//! What a tenant says of itself.

use http::StatusCode;
use signalsync_people::organisation::{Organisation, organisation, set_organisation};

use crate::answer::{Answer, json};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &organisation(&mut input.app.doorman.begin(permitted.scope()).await?)?)
}

pub(super) async fn set(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, scope) = (input.app.clone(), permitted.scope());
    let (_, new, _) = input.document::<Organisation>().await?;
    let edit = |tx: &mut _| set_organisation(tx, scope.caller(), app.doorman.now(), &new);
    app.doorman.edit(scope, edit).await?;
    json(StatusCode::OK, &new)
}
