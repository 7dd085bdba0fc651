//! Two tenants, each with the e-invoicing components and some invoices.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use ureq::http::Method;

use super::state::State;
use crate::api::Api;
use crate::workspace::{files, root};

/// The tenants of the demo.
pub(super) const TENANTS: [&str; 2] = ["acme", "globex"];

/// The deployment that reads invoices.
pub(crate) const MAPPING: &str = "ubl-invoice";

/// The deployment that checks invoices.
const VALIDATION: &str = "en16931";

/// The collection that they go to.
pub(super) const COLLECTION: &str = "invoices";

/// The folder that the documents attached to them go to.
const DOCUMENTS: &str = "invoice-documents";

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

/// Uploads and activates the components for both tenants.
pub(super) fn components(state: &State, folder: &Path) -> Result<()> {
    for slug in TENANTS {
        let api = state.api(slug);
        api.send(
            Method::PUT,
            &format!("/v1/collections/{COLLECTION}"),
            "application/json",
            br#"{"title": "Invoices"}"#,
        )?
        .good("the collection of invoices")?;
        let mapping = upload(&api, &folder.join("e-invoicing-mapping.wasm"))?;
        let version = json!({
            "component": mapping,
            "grants": { "files": { DOCUMENTS: "read-write" } },
            "settings": { "documents": DOCUMENTS },
        });
        deploy(&api, MAPPING, &version)?;
        let validation = upload(&api, &folder.join("e-invoicing-validation.wasm"))?;
        let version = json!({ "component": validation, "validates": [COLLECTION], "on-failure": "closed" });
        deploy(&api, VALIDATION, &version)?;
    }
    Ok(())
}

/// Returns the digest.
fn upload(api: &Api, path: &Path) -> Result<String> {
    let component = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let answer = api.send(Method::POST, "/v1/components", "application/wasm", &component)?;
    text(&answer.good(&format!("the upload of {}", path.display()))?, "digest")
}

fn deploy(api: &Api, name: &str, version: &Value) -> Result<()> {
    let answer = api.post(&format!("/v1/deployments/{name}/versions"), version)?;
    answer.good(&format!("the deployment {name}")).map(drop)
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

fn text(value: &Value, field: &str) -> Result<String> {
    let text = value.get(field).and_then(Value::as_str);
    Ok(text.with_context(|| format!("the host's answer has no `{field}`: {value}"))?.to_owned())
}
