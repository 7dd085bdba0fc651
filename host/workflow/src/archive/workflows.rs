//! Workflows with their versions, whom their roles stand for, and what they say to people.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use signalsync_components::archive::check_deployed;
use signalsync_core::{DeploymentName, Kind, RoleName, TemplateName};
use signalsync_store::lines::{Lines, Rows, Sink, Unfit, parse, put};
use signalsync_store::{StoreError, Table, Transaction, row};

use super::{parsed, parts};
use crate::rows::write;
use crate::templates::{self, Template};
use crate::types::{self, Binding, DRAFT, Drafted, VERSIONS_MAX, Version, Workflow};

/// Versions of workflows, and drafts.
pub fn versions() -> impl Lines {
    Versions
}

/// Workflows. Take all their versions first.
pub fn workflows() -> impl Lines {
    Rows { table: Table::Workflows, parents: &[], take: settle }
}

/// Whom the roles of workflows stand for; with single people, if people go along. Take all workflows first.
pub fn roles(with_people: bool) -> impl Lines {
    Roles { with_people }
}

/// Templates of notices.
pub fn templates() -> impl Lines {
    Templates
}

struct Versions;

#[derive(Serialize, Deserialize)]
struct Line {
    workflow: DeploymentName,
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Version(Version),
    Draft(Drafted),
}

impl Lines for Versions {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::WorkflowVersions, &[], &mut |key, found| {
            let [workflow, number] = parts(key)?;
            let what = match number == DRAFT {
                true => What::Draft(row::read(&found.body)?),
                false => What::Version(row::read(&found.body)?),
            };
            put(to, &Line { workflow: parsed(workflow)?, what })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Line { workflow, what } = parse(line)?;
        let deployed = match &what {
            What::Version(version) => &version.deployed,
            What::Draft(draft) => &draft.deployed,
        };
        if deployed.deployment != workflow || deployed.kind != Kind::Workflow {
            return Err(Unfit::because("it is taken from something else than the workflow's deployment"));
        }
        check_deployed(deployed)?;
        match what {
            What::Version(version) => settle_version(tx, &workflow, &version),
            What::Draft(draft) => Ok(write(tx, types::draft_key(&workflow), &draft)?),
        }
    }
}

fn settle_version(tx: &mut Transaction, workflow: &DeploymentName, new: &Version) -> Result<(), Unfit> {
    if !(1..=VERSIONS_MAX).contains(&new.number) {
        return Err(Unfit::because(format!("versions are counted from 1 to {VERSIONS_MAX}")));
    }
    if let Some(flaw) = new.definition.flaws().first() {
        return Err(Unfit::because(format!("{}: {}", flaw.path, flaw.message)));
    }
    if types::has_version(tx, workflow, new.number)? {
        return Err(Unfit::because("there are two with this number"));
    }
    Ok(write(tx, types::version_key(workflow, new.number), new)?)
}

fn settle(tx: &mut Transaction, workflow: Workflow) -> Result<(), Unfit> {
    if types::find(tx, &workflow.name)?.is_some() {
        return Err(Unfit::because("there are two workflows with this name"));
    }
    let newest = Some(workflow.newest).filter(|newest| *newest > 0);
    for number in newest.into_iter().chain(workflow.published) {
        if !types::has_version(tx, &workflow.name, number)? {
            return Err(Unfit::because(format!("its version {number} is missing")));
        }
    }
    Ok(write(tx, types::key(&workflow.name), &workflow)?)
}

struct Roles {
    with_people: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Bound {
    workflow: DeploymentName,
    role: RoleName,
    stands_for: Binding,
}

impl Lines for Roles {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::WorkflowRoles, &[], &mut |key, found| {
            let [workflow, role] = parts(key)?;
            let binding: Binding = row::read(&found.body)?;
            let stands_for = match self.with_people {
                true => binding,
                // Teams are made of people.
                false => Binding { users: BTreeSet::new(), teams: BTreeSet::new(), ..binding },
            };
            put(to, &Bound { workflow: parsed(workflow)?, role: parsed(role)?, stands_for })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Bound { workflow, role, stands_for } = parse(line)?;
        stands_for.check().map_err(Unfit::because)?;
        types::find(tx, &workflow)?.ok_or_else(|| Unfit::because("its workflow is missing"))?;
        Ok(write(tx, types::binding_key(&workflow, role.as_str()), &stands_for)?)
    }
}

struct Templates;

#[derive(Serialize, Deserialize)]
struct Named {
    name: TemplateName,
    template: Template,
}

impl Lines for Templates {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Templates, &[], &mut |key, found| {
            let [name] = parts(key)?;
            put(to, &Named { name: parsed(name)?, template: row::read(&found.body)? })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Named { name, template } = parse(line)?;
        template.check().map_err(Unfit::because)?;
        Ok(write(tx, templates::key(name.as_str()), &template)?)
    }
}
