//! All addresses: who may enter where, and what answers.

mod archives;
mod audit;
mod calendars;
mod collections;
mod components;
mod definitions;
mod departments;
mod deployments;
mod executions;
mod exports;
mod files;
mod imports;
mod keys;
mod mails;
mod mappings;
mod me;
mod notices;
mod operator;
mod organisation;
mod parameters;
mod people;
mod public;
mod records;
mod roles;
mod route;
mod runs;
mod schedules;
mod sign_in;
mod table;
mod tasks;
mod teams;
mod uploads;
mod why;
mod work;
mod workflows;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::Method;

pub(crate) use exports::XLSX;
pub use route::{Access, Conditions, Repeated, Route};
pub(crate) use route::{Enter, Handling, Needs, Params};
pub use table::all;

/// What there is at an address.
pub(crate) enum Found<'a> {
    /// A route.
    Route { route: &'a Route, params: Params },
    /// Routes for these methods only.
    OtherMethods(String),
    /// Nothing.
    Nothing,
}

/// The table, ready for look-up.
pub(crate) struct Table(matchit::Router<BTreeMap<String, Route>>);

/// The table of this program.
pub(crate) fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(all()));
    &TABLE
}

impl Table {
    fn new(routes: Vec<Route>) -> Self {
        let mut paths: BTreeMap<&str, BTreeMap<String, Route>> = BTreeMap::new();
        for route in routes {
            paths.entry(route.path).or_default().insert(route.method.to_string(), route);
        }
        let mut router = matchit::Router::new();
        for (path, methods) in paths {
            router.insert(path, methods).unwrap_or_else(|error| unreachable!("the table is fixed: {path}: {error}"));
        }
        Self(router)
    }

    /// What answers this method at this path. HEAD is GET whose body is not sent.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Ok(matched) = self.0.at(path) else { return Found::Nothing };
        let asked = if method == Method::HEAD { &Method::GET } else { method };
        let Some(route) = matched.value.get(asked.as_str()) else { return Found::OtherMethods(allow(matched.value)) };
        let params = matched.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Found::Route { route, params }
    }
}

fn allow(methods: &BTreeMap<String, Route>) -> String {
    let names = methods.keys().flat_map(|name| match name.as_str() {
        "GET" => vec!["GET", "HEAD"],
        name => vec![name],
    });
    names.collect::<Vec<_>>().join(", ")
}
