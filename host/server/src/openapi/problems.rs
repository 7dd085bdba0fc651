//! Which problems a route may answer with. It follows from what the route is: each rule stands here once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::problem::Code;
use crate::routes::{Access, Route};

/// The statuses of a route's problems.
pub(super) fn of(route: &Route) -> Vec<StatusCode> {
    // The host header and the address are looked at first, and the process may be busy or failing.
    let mut statuses = vec![
        StatusCode::BAD_REQUEST,
        StatusCode::NOT_FOUND,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if route.access() != Access::Public {
        // A key or a session, what it may do, how often it may ask, and bodies without Content-Encoding.
        statuses.extend([
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
    if route.shape.takes_body {
        let body = [StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY];
        statuses.extend(body);
    }
    if !route.method.is_safe() && route.access() != Access::Public {
        // What it says may meet rules, other changes and limits; where nobody is signed in, links may be used up.
        statuses.extend([
            StatusCode::CONFLICT,
            StatusCode::GONE,
            StatusCode::PRECONDITION_FAILED,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::INSUFFICIENT_STORAGE,
        ]);
    }
    statuses.extend(route.also);
    if route.method == Method::GET && route.is_partial() {
        statuses.push(StatusCode::RANGE_NOT_SATISFIABLE);
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// Where the answer of a problem stands.
pub(super) fn reference(status: StatusCode) -> Value {
    json!({ "$ref": format!("#/components/responses/{}", name(status)) })
}

fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("Problem").split([' ', '-']).collect()
}

/// One answer for each status, with the codes that it can have.
pub(super) fn responses() -> Map<String, Value> {
    let mut codes: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL {
        codes.entry(code.status()).or_default().push(*code);
    }
    codes.into_iter().map(|(status, codes)| (name(status), response(status, &codes))).collect()
}

fn response(status: StatusCode, codes: &[Code]) -> Value {
    let mut about = String::new();
    for code in codes {
        let _ = writeln!(about, "* `{}`: {}. {}", code.as_str(), code.title(), code.explanation());
    }
    let names: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    let schema = json!({
        "allOf": [{ "$ref": "#/components/schemas/Problem" }],
        "properties": { "status": { "const": status.as_u16() }, "code": { "enum": names } },
    });
    let mut response = json!({ "description": about, "content": { "application/problem+json": { "schema": schema } } });
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        let about = "Seconds after which trying again can help.";
        response["headers"] =
            json!({ "Retry-After": { "description": about, "schema": { "type": "integer", "minimum": 1 } } });
    }
    response
}

/// RFC 9457, with what all of ours have.
pub(super) fn schema() -> Value {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457). Some codes have more members.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string", "description": "`/problems/{code}`, an address that explains it." },
            "title": { "type": "string", "description": "The same for every occurrence." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What is wrong this time, and what to do." },
            "code": { "type": "string", "enum": codes },
            "retry-after": { "type": "integer", "minimum": 1, "description": "Seconds, as in the header." },
        },
    })
}
