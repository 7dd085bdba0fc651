//! One line of the table as an operation.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::parameter::of_path;
use super::problems;
use super::schemas::Schemas;
use crate::routes::{Access, Conditions, Repeated, Route};

pub(super) fn of(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": id(route),
        "tags": [tag(route)],
        "summary": route.about,
        "description": description(route),
        "security": security(route.access()),
        "parameters": parameters(route, schemas),
        "responses": responses(route, schemas),
    });
    if let Some(body) = (route.shape.takes)(&mut schemas.taken) {
        operation["requestBody"] = schemas.renamed(body.document());
    }
    if let Access::Tenant(Some(permission)) = route.access() {
        operation["x-permission"] = json!(permission);
    }
    operation
}

/// The method and the parts of the path.
fn id(route: &Route) -> String {
    let parts = route.path.split(['/', '{', '}', '*', '.', '-']).filter(|part| !matches!(*part, "" | "v1"));
    std::iter::once(route.method.as_str().to_ascii_lowercase())
        .chain(parts.map(str::to_owned))
        .collect::<Vec<_>>()
        .join("_")
}

/// The noun that the address begins with; all that operators do is one.
fn tag(route: &Route) -> &'static str {
    match route.access() {
        Access::Operator => "platform",
        _ => route.path.trim_start_matches("/v1").split('/').nth(1).unwrap_or("platform"),
    }
}

fn description(route: &Route) -> String {
    let who = match route.access() {
        Access::Public => "For anyone, on any host.".to_owned(),
        Access::Guest => "For anyone, on a tenant's own host.".to_owned(),
        Access::Tenant(None) => {
            "For whoever is signed in; what they see and change is a matter of their rights.".to_owned()
        }
        Access::Tenant(Some(permission)) => format!("Needs the permission `{}`.", permission.as_str()),
        Access::Operator => "For operators, on the console's host.".to_owned(),
    };
    match route.repeated {
        Repeated::Again(why) => format!("{who} Takes no `Idempotency-Key`: {why}."),
        Repeated::Once | Repeated::Harmless => who,
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Public | Access::Guest => json!([]),
        Access::Tenant(_) => json!([{ "key": [] }, { "session": [] }]),
        Access::Operator => json!([{ "key": [] }]),
    }
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = names.map(|name| name.trim_start_matches('*'));
    let mut all: Vec<Value> =
        in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": of_path(name) })).collect();
    for parameter in route.parameters {
        let schema = parameter.schema(&mut schemas.taken);
        all.push(parameter.document(schemas.renamed(schema)));
    }
    all.extend(headers(route).into_iter().map(|(name, is_required, about)| {
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": "header", "required": is_required, "description": about, "schema": schema })
    }));
    all
}

/// Headers that say something of this request: its name, what the client expects or has, and those of tus.
fn headers(route: &Route) -> Vec<(&'static str, bool, &'static str)> {
    let mut headers = Vec::new();
    if route.repeated == Repeated::Once {
        headers.push(("Idempotency-Key", false, "A name for this request: sent again, it has its effect once."));
    }
    match route.conditions {
        Conditions::None => {}
        Conditions::Known => {
            headers.push(("If-None-Match", false, "Tags that the client has; 304 if one of them is current."))
        }
        Conditions::Expected => {
            headers.push(("If-Match", false, "The tag that the client expects, or `*` for any."));
            headers.push(("If-None-Match", false, "`*`: there must be nothing yet."));
        }
    }
    if route.is_partial() {
        headers.push(("Range", false, "One range of bytes (RFC 9110, 14.2)."));
        headers.push(("If-Range", false, "The tag for which the range is wanted."));
    }
    headers.extend(route.headers);
    headers
}

fn responses(route: &Route, schemas: &mut Schemas) -> Map<String, Value> {
    let mut responses = Map::new();
    for status in route.successes() {
        let content = (route.shape.gives)(&mut schemas.given).filter(|_| *status != StatusCode::NOT_MODIFIED);
        let mut response = json!({ "description": success(*status) });
        if let Some(content) = content {
            response["content"] = content.document();
        }
        let headers = answered(route, *status);
        if !headers.is_empty() {
            response["headers"] = headers.into();
        }
        responses.insert(status.as_str().to_owned(), response);
    }
    for status in problems::of(route) {
        responses.insert(status.as_str().to_owned(), problems::reference(status));
    }
    responses
}

fn success(status: StatusCode) -> &'static str {
    match status {
        StatusCode::CREATED => "It was made.",
        StatusCode::ACCEPTED => "It is on its way.",
        StatusCode::NO_CONTENT => "It is done.",
        StatusCode::PARTIAL_CONTENT => "The range that was asked for.",
        StatusCode::NOT_MODIFIED => "The client has it already.",
        _ => "As asked.",
    }
}

fn answered(route: &Route, status: StatusCode) -> Map<String, Value> {
    let mut headers = Map::new();
    if route.is_tagged {
        let about = "The version; for `If-Match` and `If-None-Match`.";
        headers.insert("ETag".to_owned(), json!({ "description": about, "schema": { "type": "string" } }));
    }
    if status == StatusCode::CREATED && route.method == Method::POST || status == StatusCode::ACCEPTED {
        let about = "Where it is, if it has an address.";
        headers.insert("Location".to_owned(), json!({ "description": about, "schema": { "type": "string" } }));
    }
    headers
}
