//! People of an example, and where they belong.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Ids, Tenant};

/// All who are in an example. Names are unique over all three lists.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Staff {
    pub people: Vec<Person>,
    pub departments: Vec<Department>,
    pub teams: Vec<Team>,
}

/// Somebody. Their mail address is their name at the tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Person {
    pub name: String,
    /// As others see it.
    pub title: String,
    pub roles: Vec<String>,
    /// The name of a department.
    #[serde(default)]
    pub department: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Department {
    pub name: String,
    pub title: String,
    /// The name of a person.
    #[serde(default)]
    pub lead: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Team {
    pub name: String,
    pub title: String,
    /// Names of people.
    pub members: Vec<String>,
}

impl Staff {
    pub(crate) fn set_up(&self, tenant: &mut impl Tenant) -> Result<Ids> {
        let mut ids = Ids::new();
        for department in &self.departments {
            let id = find_or_make(tenant, "/v1/departments", &json!({ "name": department.title }))?;
            ids.insert(department.name.clone(), id);
        }
        for person in &self.people {
            let id = tenant.let_in(person)?;
            let departments: Vec<_> = person.department.iter().map(|name| of(&ids, name)).collect::<Result<_>>()?;
            let change = json!({ "name": person.title, "roles": person.roles, "departments": departments });
            tenant.ask("PATCH", &format!("/v1/people/{id}"), &change)?;
            ids.insert(person.name.clone(), id);
        }
        for department in &self.departments {
            let lead = department.lead.as_ref().map(|name| of(&ids, name)).transpose()?;
            let draft = json!({ "name": department.title, "lead": lead });
            tenant.ask("PUT", &format!("/v1/departments/{}", of(&ids, &department.name)?), &draft)?;
        }
        for team in &self.teams {
            let members: Vec<_> = team.members.iter().map(|name| of(&ids, name)).collect::<Result<_>>()?;
            let id = find_or_make(tenant, "/v1/teams", &json!({ "name": team.title, "members": members }))?;
            ids.insert(team.name.clone(), id);
        }
        Ok(ids)
    }
}

fn of(ids: &Ids, name: &str) -> Result<String> {
    ids.get(name).cloned().with_context(|| format!("nobody is called {name}"))
}

/// The id of what has this name, which is made when it is not there.
fn find_or_make(tenant: &mut impl Tenant, at: &str, draft: &Value) -> Result<String> {
    let there = tenant.ask("GET", at, &Value::Null)?.unwrap_or_default();
    let found = there["items"].as_array().into_iter().flatten().find(|item| item["name"] == draft["name"]).cloned();
    let item = match found {
        Some(item) => item,
        None => tenant.ask("POST", at, draft)?.unwrap_or_default(),
    };
    let id = item["id"].as_str().with_context(|| format!("{at}: the answer has no id"))?;
    Ok(id.to_owned())
}
