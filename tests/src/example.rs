//! Examples in a tenant: its people, forms and processes, from the files that the demo uses too.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use example_setup as setup;
use serde_json::Value;

use crate::client::Client;
use crate::people::Person;
use crate::platform::{Platform, Tenant, component, wait_for};

/// A tenant in which examples were set up.
pub struct Stage {
    pub tenant: Tenant,
    people: BTreeMap<String, Person>,
    ids: setup::Ids,
    digests: BTreeMap<String, String>,
}

/// A tenant that is being set up.
struct Scene<'a> {
    platform: &'a Platform,
    stage: &'a mut Stage,
}

impl Stage {
    /// Sets these examples up in a new tenant, one after the other.
    #[track_caller]
    pub fn of(platform: &Platform, slug: &str, examples: &[&str]) -> Self {
        let tenant = platform.tenant(slug);
        let (people, ids, digests) = (BTreeMap::new(), setup::Ids::new(), BTreeMap::new());
        let mut stage = Self { tenant, people, ids, digests };
        for example in examples {
            let mut scene = Scene { platform, stage: &mut stage };
            let ids = setup::Example::named(example).set_up(&mut scene).expect("the example fits the platform");
            stage.ids.extend(ids);
        }
        stage
    }

    /// Publishes a version of a workflow of an example.
    #[track_caller]
    pub fn publish(&mut self, platform: &Platform, example: &str, workflow: &str, version: usize) {
        let ids = self.ids.clone();
        let mut scene = Scene { platform, stage: self };
        setup::Example::named(example).publish(&mut scene, &ids, workflow, version).expect("the version fits");
    }

    /// The id of a person, a department or a team.
    #[track_caller]
    pub fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// What speaks as this person.
    #[track_caller]
    pub fn person(&self, name: &str) -> &Client {
        &self.people.get(name).unwrap_or_else(|| panic!("nobody is called {name}")).client
    }

    /// Starts a run as this person; its id.
    #[track_caller]
    pub fn start(&self, person: &str, workflow: &str, body: &Value) -> String {
        let started = self.person(person).post(&format!("/v1/workflows/{workflow}/runs"), body).expect(201).json();
        started["run"].as_str().expect("an id").to_owned()
    }

    /// The run, as soon as this holds of it.
    #[track_caller]
    pub fn run_when(&self, run: &str, holds: impl Fn(&Value) -> bool) -> Value {
        wait_for(|| {
            let found = self.tenant.client.get(&format!("/v1/runs/{run}")).expect(200).json();
            assert_ne!(found["state"], "incident", "{found}");
            Some(found).filter(&holds)
        })
    }

    /// The run, as soon as it stands there.
    #[track_caller]
    pub fn stands(&self, run: &str, status: &str) -> Value {
        self.run_when(run, |run| run["status"]["name"] == status)
    }

    /// The open task of a run in the inbox of this person, as soon as it is there.
    #[track_caller]
    pub fn task(&self, person: &str, run: &str, step: &str) -> Value {
        wait_for(|| {
            let inbox = self.person(person).get(&format!("/v1/tasks?run={run}")).expect(200).json();
            inbox["items"].as_array()?.iter().find(|task| task["step"] == step).cloned()
        })
    }

    /// Lets this person choose in the task of this step, once they are asked.
    #[track_caller]
    pub fn choose(&self, person: &str, run: &str, step: &str, choice: &str, data: &Value) {
        let task = self.task(person, run, step);
        let body = serde_json::json!({ "choice": choice, "data": data });
        self.person(person).post(&complete(&task), &body).expect(200);
    }
}

/// Where a task is done.
pub fn complete(task: &Value) -> String {
    format!("/v1/tasks/{}/complete", task["id"].as_str().expect("an id"))
}

impl setup::Tenant for Scene<'_> {
    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Option<Value>> {
        let (headers, body) = match body {
            Value::Null => (&[][..], String::new()),
            body => (&[("content-type", "application/json")][..], body.to_string()),
        };
        let answer = self.stage.tenant.client.send(method, path, headers, body.as_bytes());
        if answer.status == 404 {
            return Ok(None);
        }
        ensure!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text());
        Ok(Some(answer.json()))
    }

    fn component(&mut self, name: &str) -> Result<String> {
        if let Some(digest) = self.stage.digests.get(name) {
            return Ok(digest.clone());
        }
        let path = Path::new(crate::guests::ACCEPT_ALL).with_file_name(format!("{name}.wasm"));
        let answer = self.stage.tenant.upload(&component(path));
        ensure!(matches!(answer.status, 201 | 202), "{name}: {}", answer.text());
        let digest = answer.json()["digest"].as_str().expect("a digest").to_owned();
        self.stage.digests.insert(name.to_owned(), digest.clone());
        Ok(digest)
    }

    fn let_in(&mut self, person: &setup::Person) -> Result<String> {
        if let Some(there) = self.stage.people.get(&person.name) {
            return Ok(there.id.clone());
        }
        let roles: Vec<_> = person.roles.iter().map(String::as_str).collect();
        let somebody = self.platform.person(&self.stage.tenant, &person.name, &roles);
        let id = somebody.id.clone();
        self.stage.people.insert(person.name.clone(), somebody);
        Ok(id)
    }
}
