//! Two tenants, and the invoices of the first.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use ureq::http::Method;

use super::state::State;
use crate::workspace::{files, root};

/// The tenants of the demo.
pub(super) const TENANTS: [&str; 2] = ["acme", "globex"];

/// The deployment that reads invoices.
pub(crate) const MAPPING: &str = "ubl-invoice";

/// The collection that they go to.
pub(super) const COLLECTION: &str = "invoices";

/// Creates the tenants that do not exist, and keys for those whose key does not open them.
pub(super) fn tenants(state: &mut State) -> Result<()> {
    let console = state.console();
    for slug in TENANTS {
        if !state.tenant(slug).is_empty() && state.api(slug).get("/v1/collections")?.status == 200 {
            continue;
        }
        let created = console.post("/v1/tenants", &json!({ "slug": slug, "tier": "standard" }))?;
        if created.status != 409 {
            created.good(&format!("tenant {slug}"))?;
        }
        let key = console
            .post(&format!("/v1/tenants/{slug}/keys"), &json!({ "name": "demo", "roles": ["administrator"] }))?;
        let key = key.good(&format!("a key for {slug}"))?;
        state.tenants.insert(slug.to_owned(), text(&key, "secret")?);
    }
    Ok(())
}

/// Posts the invoices to the first tenant.
pub(super) fn invoices(state: &State) -> Result<()> {
    let api = state.api(TENANTS[0]);
    for file in files(&root().join("examples/e-invoicing/data/invoices"), "xml")? {
        let invoice = fs::read(&file)?;
        let answer = api.send(Method::POST, &format!("/v1/mappings/{MAPPING}"), "application/xml", &invoice)?;
        let name = file.file_name().unwrap_or_default().display();
        match answer.status {
            200 => println!("{name}: accepted"),
            status => println!("{name}: status {status}, {}", answer.reason()),
        }
    }
    Ok(())
}

/// A text of an answer.
pub(super) fn text(value: &Value, field: &str) -> Result<String> {
    let text = value.get(field).and_then(Value::as_str);
    Ok(text.with_context(|| format!("the host's answer has no `{field}`: {value}"))?.to_owned())
}
