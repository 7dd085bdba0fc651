//! What goes along, in the order in which it is taken in.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use signalsync_calendar::archive as calendar;
use signalsync_components::archive as components;
use signalsync_core::CollectionName;
use signalsync_data::archive as data;
use signalsync_people::archive as people;
use signalsync_store::lines::Lines;
use signalsync_store::{Shelves, StoreError, Transaction};
use signalsync_workflow::archive as workflow;

/// How much of a tenant is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Everything that it owns.
    #[default]
    Whole,
    /// How it is set up, without its people, records and files: a template for others.
    Configuration,
}

/// Things of one kind. Their order is that in which they are taken: what something refers to comes before it, and people
/// come late, so that nobody comes in before everything else is there. What begins by itself comes last, because it asks
/// people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Settings,
    Roles,
    Departments,
    Calendars,
    Definitions,
    Collections,
    Records(CollectionName),
    History(CollectionName),
    Bin(CollectionName),
    Components,
    Versions,
    Deployments,
    NoticeTemplates,
    WorkflowVersions,
    Workflows,
    WorkflowRoles,
    Folders,
    Attachments,
    Runs,
    Tasks,
    RunItems,
    Signals,
    Notices,
    Absences,
    NoticeSettings,
    People,
    Teams,
    Schedules,
    Waits,
}

impl Part {
    /// What there is of a tenant, in order.
    pub(crate) fn all(tx: &Transaction, extent: Extent) -> Result<BTreeSet<Self>, StoreError> {
        let mut all = BTreeSet::from([
            Self::Settings,
            Self::Roles,
            Self::Departments,
            Self::Calendars,
            Self::Definitions,
            Self::Collections,
            Self::Components,
            Self::Versions,
            Self::Deployments,
            Self::NoticeTemplates,
            Self::WorkflowVersions,
            Self::Workflows,
            Self::WorkflowRoles,
            Self::Schedules,
        ]);
        if extent == Extent::Whole {
            all.extend([Self::Folders, Self::Attachments, Self::People, Self::Teams]);
            all.extend([Self::Runs, Self::Tasks, Self::RunItems, Self::Signals, Self::Waits]);
            all.extend([Self::Notices, Self::Absences, Self::NoticeSettings]);
            for name in data::names(tx)? {
                all.extend([Self::Records(name.clone()), Self::History(name.clone()), Self::Bin(name)]);
            }
        }
        Ok(all)
    }

    /// Where it is in the payload.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Settings => "settings".to_owned(),
            Self::Roles => "roles".to_owned(),
            Self::Departments => "departments".to_owned(),
            Self::Calendars => "calendars".to_owned(),
            Self::Definitions => "definitions".to_owned(),
            Self::Collections => "collections".to_owned(),
            Self::Records(collection) => format!("records/{collection}"),
            Self::History(collection) => format!("history/{collection}"),
            Self::Bin(collection) => format!("bin/{collection}"),
            Self::Components => "components".to_owned(),
            Self::Versions => "versions".to_owned(),
            Self::Deployments => "deployments".to_owned(),
            Self::NoticeTemplates => "notice-templates".to_owned(),
            Self::WorkflowVersions => "workflow-versions".to_owned(),
            Self::Workflows => "workflows".to_owned(),
            Self::WorkflowRoles => "workflow-roles".to_owned(),
            Self::Folders => "folders".to_owned(),
            Self::Attachments => "attachments".to_owned(),
            Self::Runs => "runs".to_owned(),
            Self::Tasks => "tasks".to_owned(),
            Self::RunItems => "run-items".to_owned(),
            Self::Signals => "signals".to_owned(),
            Self::Notices => "notices".to_owned(),
            Self::Absences => "absences".to_owned(),
            Self::NoticeSettings => "notice-settings".to_owned(),
            Self::People => "people".to_owned(),
            Self::Teams => "teams".to_owned(),
            Self::Schedules => "schedules".to_owned(),
            Self::Waits => "waits".to_owned(),
        }
    }

    /// What is at this place of the payload.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let of = |name: &str| name.parse().ok();
        Some(match path.split_once('/') {
            Some(("records", name)) => Self::Records(of(name)?),
            Some(("history", name)) => Self::History(of(name)?),
            Some(("bin", name)) => Self::Bin(of(name)?),
            Some(_) => return None,
            None => match path {
                "settings" => Self::Settings,
                "roles" => Self::Roles,
                "departments" => Self::Departments,
                "calendars" => Self::Calendars,
                "definitions" => Self::Definitions,
                "collections" => Self::Collections,
                "components" => Self::Components,
                "versions" => Self::Versions,
                "deployments" => Self::Deployments,
                "notice-templates" => Self::NoticeTemplates,
                "workflow-versions" => Self::WorkflowVersions,
                "workflows" => Self::Workflows,
                "workflow-roles" => Self::WorkflowRoles,
                "folders" => Self::Folders,
                "attachments" => Self::Attachments,
                "runs" => Self::Runs,
                "tasks" => Self::Tasks,
                "run-items" => Self::RunItems,
                "signals" => Self::Signals,
                "notices" => Self::Notices,
                "absences" => Self::Absences,
                "notice-settings" => Self::NoticeSettings,
                "people" => Self::People,
                "teams" => Self::Teams,
                "schedules" => Self::Schedules,
                "waits" => Self::Waits,
                _ => return None,
            },
        })
    }

    /// How its lines are read and written, in an archive of so much.
    pub(crate) fn form(&self, extent: Extent) -> Form {
        let with_people = extent == Extent::Whole;
        Form::Lines(match self {
            Self::Settings => Box::new(people::settings()),
            Self::Roles => Box::new(people::roles()),
            Self::Departments => Box::new(people::departments(with_people)),
            Self::Calendars => Box::new(calendar::calendars()),
            Self::Definitions => Box::new(data::definitions()),
            Self::Collections => Box::new(data::collections()),
            Self::Records(collection) => Box::new(data::records(collection.clone())),
            Self::History(collection) => Box::new(data::versions(collection.clone())),
            Self::Bin(collection) => Box::new(data::bin(collection.clone())),
            Self::Components => Box::new(components::components()),
            Self::Versions => Box::new(components::versions()),
            Self::Deployments => Box::new(components::deployments()),
            Self::NoticeTemplates => Box::new(workflow::templates()),
            Self::WorkflowVersions => Box::new(workflow::versions()),
            Self::Workflows => Box::new(workflow::workflows()),
            Self::WorkflowRoles => Box::new(workflow::roles(with_people)),
            Self::Runs => Box::new(workflow::runs()),
            Self::Tasks => Box::new(workflow::tasks()),
            Self::RunItems => Box::new(workflow::items()),
            Self::Signals => Box::new(workflow::signals()),
            Self::Notices => Box::new(workflow::notices()),
            Self::Absences => Box::new(workflow::absences()),
            Self::NoticeSettings => Box::new(workflow::notice_settings()),
            Self::Schedules => Box::new(workflow::schedules(with_people)),
            Self::Waits => Box::new(workflow::waits()),
            Self::People => Box::new(people::people()),
            Self::Teams => Box::new(people::teams()),
            Self::Folders => return Form::Files(Shelves::Folders),
            Self::Attachments => return Form::Files(Shelves::Records),
        })
    }
}

/// How things of a part are packed.
pub(crate) enum Form {
    /// A line for each.
    Lines(Box<dyn Lines>),
    /// A line for each, and its content beside it.
    Files(Shelves),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_one_place() {
        let (tx, name) = (Transaction::detached(), || "orders".parse::<CollectionName>().expect("a name"));
        let mut all = Part::all(&tx, Extent::Whole).expect("an empty store can be read");
        all.extend([Part::Records(name()), Part::History(name()), Part::Bin(name())]);
        let places: BTreeSet<_> = all.iter().map(Part::path).collect();
        assert_eq!(places.len(), all.len());
        for part in all {
            assert_eq!(Part::at(&part.path()), Some(part));
        }
        for nothing in ["", "record", "records/", "records/A B", "people/x", "../people", "records/a/b"] {
            assert_eq!(Part::at(nothing), None, "{nothing}");
        }
    }
}
