//! Parameters of queries, each said once.

use signalsync_archive::Extent;
use signalsync_audit::Outcome;
use signalsync_core::contract::workflow::Priority;
use signalsync_core::rights::RecordAction;
use signalsync_core::{
    CollectionName, DepartmentId, DeploymentName, ExecutionId, FilePath, JobId, MailId, RecordId, RunId, TenantId,
    Timestamp, UserId,
};
use signalsync_people::person::PersonState;
use signalsync_workflow::RunState;

use super::exports::Named as Format;
use super::tasks::Held;
use crate::input::Limit;
use crate::openapi::Parameter;

const PAGE: &str = "Where the page begins: the `next` of the page before.";

pub(super) const LIMIT: Parameter = Parameter::new::<Limit>("limit", "How many entries; 100 when it is left out.");
pub(super) const AFTER: Parameter = Parameter::new::<String>("after", PAGE);
pub(super) const AFTER_EXECUTION: Parameter = Parameter::new::<ExecutionId>("after", PAGE);
pub(super) const AFTER_FILE: Parameter = Parameter::new::<FilePath>("after", PAGE);
pub(super) const AFTER_TENANT: Parameter = Parameter::new::<TenantId>("after", PAGE);
pub(super) const BEFORE: Parameter = Parameter::new::<String>("before", PAGE);
pub(super) const BEFORE_JOB: Parameter = Parameter::new::<JobId>("before", PAGE);
pub(super) const BEFORE_MAIL: Parameter = Parameter::new::<MailId>("before", PAGE);
pub(super) const BEFORE_NUMBER: Parameter = Parameter::new::<u64>("before", PAGE);
pub(super) const BEFORE_VERSION: Parameter = Parameter::new::<u64>("before", PAGE);
pub(super) const PREFIX: Parameter = Parameter::new::<String>("prefix", "What the ids begin with.");

pub(super) const DRY_RUN: Parameter =
    Parameter::new::<bool>("dry-run", "Whether it is only said what would happen; `false` when it is left out.");
pub(super) const REASON: Parameter = Parameter::new::<String>("reason", "Why; people of the tenant are told.");
pub(super) const MOVE_TO: Parameter =
    Parameter::new::<DepartmentId>("move-to", "Where the people of the department go.");

pub(super) const ACTION: Parameter = Parameter::new::<String>("action", "Only this action.");
pub(super) const ACTOR: Parameter = Parameter::new::<String>("actor", "Only by this person or key.");
pub(super) const SUBJECT: Parameter = Parameter::new::<String>("subject", "Only about this.");
pub(super) const OUTCOME: Parameter = Parameter::new::<Outcome>("outcome", "Only with this outcome.");
pub(super) const SINCE: Parameter = Parameter::new::<Timestamp>("since", "From this time on.");
pub(super) const UNTIL: Parameter = Parameter::new::<Timestamp>("until", "Before this time.");

pub(super) const SEARCH_PEOPLE: Parameter =
    Parameter::new::<String>("search", "What the name or mail address has in it.");
pub(super) const PERSON_STATE: Parameter = Parameter::new::<PersonState>("state", "Only people in this state.");

pub(super) const FROM: Parameter = Parameter::new::<Timestamp>("from", "When it begins; now when it is left out.");
pub(super) const MINUTES: Parameter = Parameter::required::<u64>("minutes", "How much working time passes.");

pub(super) const WHOSE: Parameter = Parameter::required::<UserId>("person", "Whose rights.");
pub(super) const WHICH_COLLECTION: Parameter =
    Parameter::required::<CollectionName>("collection", "In which collection.");
pub(super) const WHICH_RECORD: Parameter =
    Parameter::new::<RecordId>("record", "Of which record; of any when it is left out.");
pub(super) const RECORD_ACTION: Parameter =
    Parameter::new::<RecordAction>("action", "What they would do; `see` when it is left out.");

pub(super) const DEFINITION_VERSION: Parameter =
    Parameter::new::<u32>("version", "Which one; the newest when it is left out.");
pub(super) const FIELD: Parameter = Parameter::new::<String>("field", "Only of this field.");
pub(super) const FORMAT: Parameter =
    Parameter::new::<Format>("format", "The kind of file; `jsonl` when it is left out.");
pub(super) const UPSERT_KEY: Parameter =
    Parameter::new::<String>("key", "The field by which a row finds the record that it replaces.");
pub(super) const EXTENT: Parameter = Parameter::new::<Extent>("extent", "How much of it; `whole` when it is left out.");

pub(super) const WORKFLOW: Parameter = Parameter::new::<DeploymentName>("workflow", "Only of this workflow.");
pub(super) const RUN_STATE: Parameter = Parameter::new::<RunState>("state", "Only runs in this state.");
pub(super) const STATUS: Parameter =
    Parameter::new::<String>("status", "Only runs with this status of their workflow.");
pub(super) const BUSINESS_KEY: Parameter = Parameter::new::<String>("key", "Only the run with this key.");
pub(super) const MINE: Parameter = Parameter::new::<bool>("mine", "Only what the caller started.");
pub(super) const INCIDENT: Parameter = Parameter::new::<String>("incident", "Only runs with an incident of this code.");
pub(super) const HOLDER: Parameter =
    Parameter::new::<Held>("holder", "Only tasks of this person, role, team or department.");
pub(super) const OF_RUN: Parameter = Parameter::new::<RunId>("run", "Only of this run.");
pub(super) const PRIORITY: Parameter = Parameter::new::<Priority>("priority", "Only with this priority.");
pub(super) const DUE_BEFORE: Parameter =
    Parameter::new::<Timestamp>("due-before", "Only what is due before this time.");

pub(super) const MAIL_STATUS: Parameter =
    Parameter::new::<signalsync_mail::Status>("status", "Only mails with this status.");
pub(super) const OF_DEPLOYMENT: Parameter = Parameter::new::<DeploymentName>("deployment", "Only of this deployment.");
