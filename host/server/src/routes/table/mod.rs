//! The table: method, path, what is there, who may enter with which permission, and what answers.

mod data;
mod organisation;
mod outside;
mod processes;

use http::{Method, StatusCode};

use super::route::{Entry, Route};

const OK: &[StatusCode] = &[StatusCode::OK];
const CREATED: &[StatusCode] = &[StatusCode::CREATED];
const ACCEPTED: &[StatusCode] = &[StatusCode::ACCEPTED];
const CONFLICT: &[StatusCode] = &[StatusCode::CONFLICT];
const UNPROCESSABLE: &[StatusCode] = &[StatusCode::UNPROCESSABLE_ENTITY];
const UNEXPECTED: &[StatusCode] = &[StatusCode::PRECONDITION_FAILED];
const TOO_LARGE: &[StatusCode] = &[StatusCode::PAYLOAD_TOO_LARGE];
/// It was there, or was not.
const MADE: &[StatusCode] = &[StatusCode::OK, StatusCode::CREATED];
const OK_OR_ACCEPTED: &[StatusCode] = &[StatusCode::OK, StatusCode::ACCEPTED];
const CREATED_OR_ACCEPTED: &[StatusCode] = &[StatusCode::CREATED, StatusCode::ACCEPTED];
/// The whole, or a part of it.
const PARTS: &[StatusCode] = &[StatusCode::OK, StatusCode::PARTIAL_CONTENT];

/// Every route that there is.
pub fn all() -> Vec<Route> {
    [organisation::routes(), data::routes(), processes::routes(), outside::routes()].into_iter().flatten().collect()
}

fn get(path: &'static str, about: &'static str, entry: Entry) -> Route {
    Route::new(Method::GET, path, about, entry)
}

fn post(path: &'static str, about: &'static str, entry: Entry) -> Route {
    Route::new(Method::POST, path, about, entry)
}

fn put(path: &'static str, about: &'static str, entry: Entry) -> Route {
    Route::new(Method::PUT, path, about, entry)
}

fn patch(path: &'static str, about: &'static str, entry: Entry) -> Route {
    Route::new(Method::PATCH, path, about, entry)
}

fn delete(path: &'static str, about: &'static str, entry: Entry) -> Route {
    Route::new(Method::DELETE, path, about, entry)
}

fn options(path: &'static str, about: &'static str, entry: Entry) -> Route {
    Route::new(Method::OPTIONS, path, about, entry)
}
