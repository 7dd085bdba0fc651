//! Sets an example up in a tenant, from the files of its folder `data/`. The demo and the tests do it with this, so that
//! both have the same forms, people and processes.
//!
//! | file | what it becomes |
//! | --- | --- |
//! | `people.json` | [`Staff`]: people, departments and teams |
//! | `roles/NAME.json`, `calendars/NAME.json`, `templates/NAME.json`, `schedules/NAME.json` | the same at the API |
//! | `collections/NAME.json` | `title`, and `definition` where it has one |
//! | `deployments/NAME.json` | a version of a deployment, whose `component` is the name of one that was built |
//! | `workflows/NAME.json` | [`Process`]: its versions, of which the first is published |
//! | `records/NAME.json` | records of a collection by their ids; collections in the order of their names |
//! | `runs.json` | [`Start`]: runs for a demo |
//!
//! A text `@NAME` anywhere stands for the id of the person, the department or the team of that name.

mod files;
mod staff;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::files::{Named, filled, list, read};
pub use crate::staff::{Person, Staff};

/// A tenant that is set up, by whoever administrates it.
pub trait Tenant {
    /// Sends a request; the body of the answer, or none when there is no such thing (404).
    ///
    /// # Errors
    /// Any other answer that is not good.
    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Option<Value>>;

    /// Uploads the component of this name, when it is not there; its digest.
    ///
    /// # Errors
    /// It is not built, or refused.
    fn component(&mut self, name: &str) -> Result<String>;

    /// Lets somebody in who can sign in then and has their roles, when they are not there; their id.
    ///
    /// # Errors
    /// They cannot be let in.
    fn let_in(&mut self, person: &Person) -> Result<String>;
}

/// An example: its folder `data/`.
#[derive(Debug)]
pub struct Example {
    folder: PathBuf,
}

/// A workflow of an example.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Process {
    /// Names of the components, oldest first.
    pub versions: Vec<String>,
    pub grants: Value,
    #[serde(default = "nothing")]
    pub settings: Value,
    /// Whom its roles stand for.
    pub roles: BTreeMap<String, Value>,
}

fn nothing() -> Value {
    json!({})
}

/// A run that somebody starts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Start {
    /// The name of a person.
    pub by: String,
    pub workflow: String,
    pub key: String,
    pub input: Value,
}

/// How often a component is looked at that is being checked: for two minutes.
const LOOKS_MAX: u32 = 600;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Ids of people, departments and teams by their names.
pub type Ids = BTreeMap<String, String>;

impl Example {
    /// The example in `examples/NAME` of this workspace.
    pub fn named(name: &str) -> Self {
        Self::at(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("data"))
    }

    /// The example with this folder `data/`.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Its people; nobody when it has none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn staff(&self) -> Result<Staff> {
        Ok(read(&self.folder.join("people.json"))?.unwrap_or_default())
    }

    /// Runs to begin with.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn runs(&self) -> Result<Vec<Start>> {
        Ok(read(&self.folder.join("runs.json"))?.unwrap_or_default())
    }

    /// Sets it up, as far as it is not: what people have changed since then stays. The names that were given ids.
    ///
    /// # Errors
    /// A file cannot be read, or the tenant refuses something.
    pub fn set_up(&self, tenant: &mut impl Tenant) -> Result<Ids> {
        for Named { name, content } in self.list("roles")? {
            put(tenant, &format!("/v1/roles/{name}"), &content)?;
        }
        let ids = self.staff()?.set_up(tenant)?;
        self.put_all(tenant, &ids, "calendars", "/v1/calendars")?;
        self.collections(tenant)?;
        self.put_all(tenant, &ids, "templates", "/v1/notice-templates")?;
        for Named { name, content } in self.list("deployments")? {
            deploy(tenant, &name, &filled(content, &ids)?)?;
        }
        self.records(tenant, &ids)?;
        for Named { name, .. } in self.list("workflows")? {
            let there = tenant.ask("GET", &format!("/v1/workflows/{name}"), &Value::Null)?;
            if there.is_none_or(|workflow| workflow["published"].is_null()) {
                self.publish(tenant, &ids, &name, 1)?;
            }
        }
        self.put_all(tenant, &ids, "schedules", "/v1/schedules")?;
        Ok(ids)
    }

    /// Publishes a version of a workflow, counted from 1: new runs are on it from now on.
    ///
    /// # Errors
    /// The example has no such workflow or version, or the tenant refuses it.
    pub fn publish(&self, tenant: &mut impl Tenant, ids: &Ids, workflow: &str, version: usize) -> Result<()> {
        let path = self.folder.join("workflows").join(workflow).with_extension("json");
        let process: Process = read(&path)?.with_context(|| format!("there is no {}", path.display()))?;
        let component = version.checked_sub(1).and_then(|index| process.versions.get(index));
        let component = component.with_context(|| format!("{workflow} has no version {version}"))?;
        let draft = json!({ "component": component, "grants": process.grants, "settings": process.settings });
        deploy(tenant, workflow, &draft)?;
        put(tenant, &format!("/v1/workflows/{workflow}/draft"), &json!({}))?;
        for (role, binding) in process.roles {
            put(tenant, &format!("/v1/workflows/{workflow}/roles/{role}"), &filled(binding, ids)?)?;
        }
        tenant.ask("POST", &format!("/v1/workflows/{workflow}/publish"), &json!({})).map(drop)
    }

    /// All are made before one is defined: they refer to each other.
    fn collections(&self, tenant: &mut impl Tenant) -> Result<()> {
        let collections = self.list("collections")?;
        for Named { name, content } in &collections {
            put(tenant, &format!("/v1/collections/{name}"), &json!({ "title": content["title"] }))?;
        }
        for Named { name, content } in &collections {
            let at = format!("/v1/collections/{name}");
            let definition = &content["definition"];
            if definition.is_null() || tenant.ask("GET", &format!("{at}/definition"), &Value::Null)?.is_some() {
                continue;
            }
            put(tenant, &format!("{at}/draft"), definition)?;
            tenant.ask("POST", &format!("{at}/publish"), &json!({}))?;
        }
        Ok(())
    }

    fn records(&self, tenant: &mut impl Tenant, ids: &Ids) -> Result<()> {
        for Named { name, content } in self.list("records")? {
            for (id, record) in filled(content, ids)?.as_object().into_iter().flatten() {
                let at = format!("/v1/collections/{name}/records/{id}");
                if tenant.ask("GET", &at, &Value::Null)?.is_none() {
                    put(tenant, &at, record)?;
                }
            }
        }
        Ok(())
    }

    fn put_all(&self, tenant: &mut impl Tenant, ids: &Ids, folder: &str, at: &str) -> Result<()> {
        for Named { name, content } in self.list(folder)? {
            put(tenant, &format!("{at}/{name}"), &filled(content, ids)?)?;
        }
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<Named>> {
        list(&self.folder.join(folder))
    }
}

fn put(tenant: &mut impl Tenant, path: &str, body: &Value) -> Result<()> {
    tenant.ask("PUT", path, body)?.with_context(|| format!("PUT {path}: there is no such thing")).map(drop)
}

fn deploy(tenant: &mut impl Tenant, name: &str, draft: &Value) -> Result<()> {
    let mut draft = draft.clone();
    let component = draft["component"].as_str().with_context(|| format!("the deployment {name} names no component"))?;
    let digest = tenant.component(component)?;
    wait_until_checked(tenant, component, &digest)?;
    draft["component"] = digest.into();
    tenant.ask("POST", &format!("/v1/deployments/{name}/versions"), &draft).map(drop)
}

/// A busy machine compiles for longer than an upload waits.
fn wait_until_checked(tenant: &mut impl Tenant, name: &str, digest: &str) -> Result<()> {
    for _ in 0..LOOKS_MAX {
        let component = tenant.ask("GET", &format!("/v1/components/{digest}"), &Value::Null)?.unwrap_or_default();
        match component["state"].as_str() {
            Some("ready") => return Ok(()),
            Some("uploaded" | "checking") => std::thread::sleep(BETWEEN_LOOKS),
            _ => bail!("the component {name} was not accepted: {component}"),
        }
    }
    bail!("the component {name} is still being checked; try again later")
}
