//! What makes a tenant of the demo an organisation: somebody who can sign in, a role, and a collection with a definition.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use ureq::http::Method;

use super::setup::{COLLECTION, TENANTS};
use super::state::State;
use crate::api::Api;

/// Of the administrators of the demo, for nothing else.
pub(crate) const PASSWORD: &str = "ledgers at autumn dusk";

/// The collection of those who sent invoices.
const SUPPLIERS: &str = "suppliers";

/// Who administrates a tenant of the demo.
pub(crate) fn administrator(slug: &str) -> String {
    format!("admin@{slug}.example")
}

/// Lets an administrator in for each tenant that has nobody yet: through the operator's door, because nobody is there
/// who could invite them.
pub(super) fn people(state: &State) -> Result<()> {
    for slug in TENANTS {
        let api = state.api(slug);
        let people = api.get("/v1/people?limit=1")?.good("the people")?;
        if people["items"].as_array().is_some_and(|items| !items.is_empty()) {
            continue;
        }
        let body = json!({ "mail": administrator(slug), "name": "Administrator" });
        let opened = state.console().post(&format!("/v1/tenants/{slug}/break-glass"), &body)?;
        let opened = opened.good(&format!("an administrator for {slug}"))?;
        let link = opened["link"].as_str().context("the host gives a link")?;
        let (_, token) = link.split_once('#').context("the link ends with its secret")?;
        let activated = api.post("/v1/activate", &json!({ "token": token, "password": PASSWORD }))?;
        activated.good("the administrator's password")?;
    }
    Ok(())
}

/// A collection with a definition, and a role that does not see all of it.
pub(super) fn suppliers(state: &State) -> Result<()> {
    for slug in TENANTS {
        let api = state.api(slug);
        put(&api, &format!("/v1/collections/{SUPPLIERS}"), &json!({ "title": "Suppliers" }))?;
        if api.get(&format!("/v1/collections/{SUPPLIERS}/definition"))?.status == 404 {
            put(&api, &format!("/v1/collections/{SUPPLIERS}/draft"), &definition())?;
            api.post(&format!("/v1/collections/{SUPPLIERS}/publish"), &json!({}))?.good("the definition")?;
        }
        let rule = json!({
            "collection": SUPPLIERS, "see": "all", "create": true, "change": "own", "hidden": ["rating"],
        });
        put(&api, "/v1/roles/clerk", &json!({ "title": "Clerk", "records": [rule] }))?;
    }
    from_invoices(&state.api(TENANTS[0]))
}

fn definition() -> Value {
    json!({
        "schema": { "type": "object", "required": ["name"], "properties": {
            "name": { "x-kind": "text", "title": "Name" },
            "vat": { "x-kind": "text", "title": "VAT number" },
            "country": { "x-kind": "text", "title": "Country" },
            "rating": { "x-kind": "rating", "title": "How we find them" },
            "invoice": { "x-kind": "reference", "x-collection": COLLECTION, "x-on-delete": "clear" },
        }},
        "indexes": [{ "fields": ["vat"], "unique": true }, { "fields": ["country", "name"] }],
        "search": ["name"],
    })
}

/// The sellers of the invoices that came in.
fn from_invoices(api: &Api) -> Result<()> {
    let invoices = api.get(&format!("/v1/collections/{COLLECTION}/records?limit=1000"))?.good("the invoices")?;
    for invoice in invoices["items"].as_array().into_iter().flatten() {
        let seller = &invoice["body"]["seller"];
        let (Some(name), Some(vat)) = (seller["name"].as_str(), seller["vat-identifier"].as_str()) else { continue };
        let record = json!({
            "name": name, "vat": vat, "country": seller["postal-address"]["country"], "invoice": invoice["id"],
        });
        let path = format!(
            "/v1/collections/{SUPPLIERS}/records/{}",
            vat.replace(|sign: char| !sign.is_ascii_alphanumeric(), "-")
        );
        put(api, &path, &record)?;
    }
    Ok(())
}

fn put(api: &Api, path: &str, body: &Value) -> Result<()> {
    let answer = api.send(Method::PUT, path, "application/json", body.to_string().as_bytes())?;
    answer.good(path).map(drop)
}
