//! The examples in the tenants of the demo, and their people.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use example_setup::{Example, Person, Tenant};
use serde_json::{Value, json};
use ureq::http::Method;

use super::organisation::PASSWORD;
use super::setup::{TENANTS, text};
use super::state::State;
use crate::api::Api;

/// What every tenant has.
const EVERYWHERE: &[&str] = &["e-invoicing"];

/// What only the first tenant has, because it has people.
const WITH_PEOPLE: &[&str] = &["invoice-approval", "maintenance"];

/// The e-invoicing components, in all tenants.
pub(super) fn everywhere(state: &State, components: &Path) -> Result<()> {
    TENANTS.iter().try_for_each(|slug| set_up(state, slug, components, EVERYWHERE))
}

/// Processes with their people, and some runs.
pub(super) fn processes(state: &State, components: &Path) -> Result<()> {
    let slug = TENANTS[0];
    set_up(state, slug, components, WITH_PEOPLE)?;
    WITH_PEOPLE.iter().try_for_each(|example| begin(state, slug, &Example::named(example)))
}

/// Who can sign in, and as what.
pub(super) fn people() -> Result<Vec<Person>> {
    let staff = WITH_PEOPLE.iter().map(|example| Ok(Example::named(example).staff()?.people));
    Ok(staff.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The address of somebody of the first tenant.
pub(super) fn mail(name: &str) -> String {
    format!("{name}@{}.example", TENANTS[0])
}

fn set_up(state: &State, slug: &str, components: &Path, examples: &[&str]) -> Result<()> {
    let digests = BTreeMap::new();
    let mut tenant = Setting { state, slug, api: state.api(slug), components, digests };
    for example in examples {
        Example::named(example).set_up(&mut tenant).with_context(|| format!("the example {example} in {slug}"))?;
    }
    Ok(())
}

/// Starts runs as the people who start them, each once.
fn begin(state: &State, slug: &str, example: &Example) -> Result<()> {
    let api = state.api(slug);
    for start in example.runs()? {
        let there = api.get(&format!("/v1/runs?workflow={}&key={}&limit=1", start.workflow, start.key))?;
        if there.good("the runs")?["items"].as_array().is_some_and(|runs| !runs.is_empty()) {
            continue;
        }
        let body = json!({ "key": start.key, "input": start.input });
        let person = api.signed_in(&mail(&start.by), PASSWORD)?;
        let started = person.post(&format!("/v1/workflows/{}/runs", start.workflow), &body)?;
        started.good(&format!("a run of {}", start.workflow))?;
    }
    Ok(())
}

/// A tenant that is being set up.
struct Setting<'a> {
    state: &'a State,
    slug: &'a str,
    api: Api,
    /// Where components are built to.
    components: &'a Path,
    /// Of those that were uploaded.
    digests: BTreeMap<String, String>,
}

impl Tenant for Setting<'_> {
    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Option<Value>> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let method = Method::from_bytes(method.as_bytes())?;
        let answer = self.api.send(method, path, "application/json", text.as_bytes())?;
        if answer.status == 404 { Ok(None) } else { answer.good(path).map(Some) }
    }

    fn component(&mut self, name: &str) -> Result<String> {
        if let Some(digest) = self.digests.get(name) {
            return Ok(digest.clone());
        }
        let path = self.components.join(name).with_extension("wasm");
        let component = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let answer = self.api.send(Method::POST, "/v1/components", "application/wasm", &component)?;
        let digest = text(&answer.good(&format!("the upload of {name}"))?, "digest")?;
        self.digests.insert(name.to_owned(), digest.clone());
        Ok(digest)
    }

    /// By the operator's door: nobody reads the mails of a demo.
    fn let_in(&mut self, person: &Person) -> Result<String> {
        let (mail, title) = (format!("{}@{}.example", person.name, self.slug), &person.title);
        if let Some(id) = self.find(&mail)? {
            return Ok(id);
        }
        let body = json!({ "mail": mail, "name": title });
        let opened = self.state.console().post(&format!("/v1/tenants/{}/break-glass", self.slug), &body)?;
        let link = text(&opened.good(&format!("{title} in {}", self.slug))?, "link")?;
        let (_, token) = link.split_once('#').context("the link ends with its secret")?;
        let activated = self.api.post("/v1/activate", &json!({ "token": token, "password": PASSWORD }))?;
        activated.good(&format!("the password of {title}"))?;
        let id = self.find(&mail)?.with_context(|| format!("{title} is not there"))?;
        self.ask("PATCH", &format!("/v1/people/{id}"), &json!({ "break-glass": false }))?;
        Ok(id)
    }
}

impl Setting<'_> {
    fn find(&self, mail: &str) -> Result<Option<String>> {
        let found = self.api.get(&format!("/v1/people?search={mail}&limit=1"))?.good("the people")?;
        Ok(found["items"][0]["id"].as_str().map(str::to_owned))
    }
}
