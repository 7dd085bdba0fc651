//! From every crate's errors to problems. No `_` arms: a new error has to be given an answer here.

use std::fmt::Display;

use signalsync_archive::ArchiveError;
use signalsync_calendar::starts::ScheduleError;
use signalsync_calendar::stored::CalendarError;
use signalsync_components::{ComponentError, DeployError};
use signalsync_core::json::InvalidJson;
use signalsync_core::{CollectionName, ExecutionId, Failure, InvalidName, RecordId};
use signalsync_data::DataError;
use signalsync_integration::MessageError;
use signalsync_mail::MailError;
use signalsync_people::{PeopleError, Refusal, SignInError, StructureError};
use signalsync_records::RecordError;
use signalsync_store::{InvalidRequestKey, Reused, StoreError, Unexpected};
use signalsync_tenancy::{AuthError, TenancyError};
use signalsync_work::WorkError;
use signalsync_work::jobs::JobError;
use signalsync_workflow::WorkflowError;

use super::{Code, Problem};
use crate::templates::TemplateError;

/// How long a caller waits before it asks a store again that is being opened.
const STORE_PAUSE_MS: u64 = 1_000;

/// How long a caller waits before it asks again for what an index has to be built for.
const INDEX_PAUSE_MS: u64 = 5_000;

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let text = error.to_string();
        match error {
            AuthError::NoTenant | AuthError::Foreign => Self::not_found(),
            AuthError::Unauthenticated => Self::plain(Code::Unauthenticated),
            AuthError::Suspended { .. } => Self::new(Code::TenantSuspended, text),
            AuthError::Deleted { .. } => Self::new(Code::TenantDeleted, text),
            AuthError::ReadOnly { .. } => Self::new(Code::TenantReadOnly, text),
            AuthError::TooManyRequests { per_minute, retry_after_ms, .. } => {
                Self::new(Code::TooManyRequests, text).with("limit", per_minute).retry_after_ms(retry_after_ms)
            }
            AuthError::Directory(error) => match error {
                TenancyError::NoSuchTier(_) => Self::internal(&error),
                other => other.into(),
            },
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        let text = error.to_string();
        match error {
            ArchiveError::NotFound => Self::not_found(),
            ArchiveError::NotEmpty(_) => Self::new(Code::TenantNotEmpty, text),
            ArchiveError::TooManyJobs { limit } => Self::new(Code::TooMany, text).with("limit", limit),
            ArchiveError::Reused(error) => error.into(),
            ArchiveError::Conflict => Self::plain(Code::Conflict),
            ArchiveError::Store(error) => error.into(),
        }
    }
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::None(_) => Self::new(Code::NoSuchTemplate, error.to_string()),
            TemplateError::TooLarge { .. } | TemplateError::Unreadable { .. } => Self::internal(&error),
        }
    }
}

impl From<TenancyError> for Problem {
    fn from(error: TenancyError) -> Self {
        let text = error.to_string();
        match error {
            TenancyError::NotFurnished(error) => error.into(),
            TenancyError::SlugTaken(_) => Self::new(Code::SlugTaken, text),
            TenancyError::LooksLike(_) => Self::new(Code::LooksLike, text),
            TenancyError::WrongState(_) => Self::new(Code::WrongState, text),
            TenancyError::InvalidReason(_) => Self::new(Code::InvalidBody, text),
            TenancyError::NoSuchTenant => Self::not_found(),
            TenancyError::Structure(error) => error.into(),
            TenancyError::NoSuchTier(_) => Self::new(Code::NoSuchTier, text),
            TenancyError::InvalidKey(_) => Self::new(Code::InvalidKey, text),
            TenancyError::TooManyKeys { limit } => Self::new(Code::TooManyKeys, text).with("limit", limit),
            TenancyError::Precondition(error) => error.into(),
            TenancyError::Reused(error) => error.into(),
            TenancyError::Conflict => Self::plain(Code::Conflict),
            TenancyError::Entropy(_) => Self::internal(&text),
            TenancyError::Store(error) => error.into(),
        }
    }
}

impl From<StructureError> for Problem {
    fn from(error: StructureError) -> Self {
        let text = error.to_string();
        match error {
            StructureError::NoSuchRole(_)
            | StructureError::NoSuchDepartment(_)
            | StructureError::NoSuchTeam(_)
            | StructureError::NoSuchPerson(_)
            | StructureError::NoSuchKey(_) => Self::not_found(),
            StructureError::Invalid(_) => Self::new(Code::InvalidBody, text),
            StructureError::SystemRole(_) => Self::new(Code::SystemRole, text),
            StructureError::RoleInUse { .. } => Self::new(Code::RoleInUse, text),
            StructureError::NotYours(_) => Self::new(Code::BeyondYourRights, text),
            StructureError::LastAdministrator => Self::new(Code::LastAdministrator, text),
            StructureError::NameTaken(_) => Self::new(Code::NameTaken, text),
            StructureError::Cycle => Self::new(Code::DepartmentCycle, text),
            StructureError::HasDepartments | StructureError::HasPeople => Self::new(Code::DepartmentNotEmpty, text),
            StructureError::TooMany { limit, .. } => Self::new(Code::TooMany, text).with("limit", limit),
            StructureError::Precondition(error) => error.into(),
            StructureError::Reused(error) => error.into(),
            StructureError::Conflict => Self::plain(Code::Conflict),
            StructureError::Store(error) => error.into(),
        }
    }
}

impl Problem {
    /// For a change of a person whose body names other things.
    pub(crate) fn of_person(error: PeopleError, addressed: impl Display) -> Self {
        match error {
            PeopleError::Structure(error) => Self::of_structure(error, addressed),
            other => other.into(),
        }
    }

    /// For a change whose body names other things: what is missing there is not the address.
    pub(crate) fn of_structure(error: impl Into<TenancyError>, addressed: impl Display) -> Self {
        let missing = match error.into() {
            TenancyError::Structure(StructureError::NoSuchRole(name)) => name.to_string(),
            TenancyError::Structure(StructureError::NoSuchDepartment(id)) => id.to_string(),
            TenancyError::Structure(StructureError::NoSuchPerson(id)) => id.to_string(),
            other => return other.into(),
        };
        if missing == addressed.to_string() {
            return Self::not_found();
        }
        Self::new(Code::NoSuchReference, format!("there is no `{missing}`"))
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        let text = error.to_string();
        match error {
            SignInError::Failed(error) => error.into(),
            SignInError::Refused(refusal) => match refusal {
                Refusal::Wrong => Self::plain(Code::SignInRefused),
                Refusal::CodeNeeded => Self::plain(Code::CodeNeeded),
                Refusal::CodeWrong => Self::plain(Code::CodeWrong),
                Refusal::PasswordExpired { reset } => Self::plain(Code::PasswordExpired).with("token", reset),
                Refusal::Throttled { retry_after_ms } => {
                    Self::new(Code::TooManyAttempts, text).retry_after_ms(retry_after_ms)
                }
            },
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        let text = error.to_string();
        match error {
            PeopleError::NoSuchPerson | PeopleError::NoSuchSession => Self::not_found(),
            PeopleError::MailTaken => Self::plain(Code::MailTaken),
            PeopleError::WrongState(_) => Self::new(Code::WrongState, text),
            PeopleError::Invalid(_) => Self::new(Code::InvalidBody, text),
            PeopleError::TooMany { limit, .. } => Self::new(Code::TooMany, text).with("limit", limit),
            PeopleError::LinkInvalid => Self::plain(Code::LinkInvalid),
            PeopleError::PasswordRefused(flaws) => Self::new(Code::PasswordRefused, text).with("flaws", flaws),
            PeopleError::PasswordWrong => Self::plain(Code::PasswordWrong),
            PeopleError::CodeWrong => Self::plain(Code::CodeWrong),
            PeopleError::Throttled { retry_after_ms } => {
                Self::new(Code::TooManyAttempts, text).retry_after_ms(retry_after_ms)
            }
            PeopleError::Busy => Self::plain(Code::SignInBusy),
            PeopleError::Structure(error) => error.into(),
            PeopleError::Precondition(error) => error.into(),
            PeopleError::Reused(error) => error.into(),
            PeopleError::Conflict => Self::plain(Code::Conflict),
            PeopleError::Entropy(_) | PeopleError::Hashing(_) => Self::internal(&text),
            PeopleError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchTenant => Self::not_found(),
            StoreError::Full => Self::plain(Code::StorageFull),
            StoreError::QuotaUsedUp { limit } => Self::new(Code::QuotaUsedUp, error.to_string()).with("limit", limit),
            StoreError::Stopped | StoreError::InUse => {
                Self::plain(Code::StoreUnavailable).retry_after_ms(STORE_PAUSE_MS)
            }
            StoreError::Io(_) | StoreError::Corrupt(_) | StoreError::Engine(_) => Self::internal(&error),
        }
    }
}

impl From<WorkError> for Problem {
    fn from(error: WorkError) -> Self {
        let text = error.to_string();
        match error {
            WorkError::NotFound => Self::not_found(),
            WorkError::NotDead | WorkError::Replaced => Self::new(Code::WrongState, text),
            WorkError::TooLarge { limit, .. } => Self::new(Code::TooLarge, text).with("limit", limit),
            WorkError::Reused(error) => error.into(),
            WorkError::Conflict => Self::plain(Code::Conflict),
            WorkError::Store(error) => error.into(),
        }
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        let text = error.to_string();
        match error {
            JobError::NotFound => Self::not_found(),
            JobError::NotPossible { .. } => Self::new(Code::WrongState, text),
            JobError::TooMany { limit } => Self::new(Code::TooMany, text).with("limit", limit),
            JobError::Work(error) => error.into(),
        }
    }
}

impl From<CalendarError> for Problem {
    fn from(error: CalendarError) -> Self {
        let text = error.to_string();
        match error {
            CalendarError::NotFound => Self::not_found(),
            CalendarError::Invalid(_) | CalendarError::NotACalendar(_) => Self::new(Code::InvalidBody, text),
            CalendarError::BadFile(error) => Self::new(Code::BadCalendarFile, text).with("line", error.line),
            CalendarError::NeverEnough(_) => Self::new(Code::NeverDue, text),
            CalendarError::InUse { by, .. } => Self::new(Code::CalendarInUse, text).with("by", by),
            CalendarError::IsDefault => Self::new(Code::DefaultCalendar, text),
            CalendarError::Taken { calendar, .. } => {
                Self::new(Code::DepartmentHasCalendar, text).with("calendar", calendar)
            }
            CalendarError::TooMany { limit, .. } => Self::new(Code::TooMany, text).with("limit", limit),
            CalendarError::Precondition(error) => error.into(),
            CalendarError::Conflict => Self::plain(Code::Conflict),
            CalendarError::Store(error) => error.into(),
        }
    }
}

impl From<MailError> for Problem {
    fn from(error: MailError) -> Self {
        let text = error.to_string();
        match error {
            MailError::NotFound => Self::not_found(),
            MailError::InvalidAddress(_) => Self::new(Code::InvalidBody, text),
            MailError::TooMany { limit, .. } => Self::new(Code::TooMany, text).with("limit", limit),
            MailError::TooLarge { limit, .. } => Self::new(Code::TooLarge, text).with("limit", limit),
            MailError::Template(_) => Self::internal(&text),
            MailError::Precondition(error) => error.into(),
            MailError::Work(error) => error.into(),
        }
    }
}

impl From<ComponentError> for Problem {
    fn from(error: ComponentError) -> Self {
        let text = error.to_string();
        match error {
            ComponentError::NotFound => Self::not_found(),
            ComponentError::InUse { .. } => Self::new(Code::ComponentInUse, text),
            ComponentError::TooMany { limit } => Self::new(Code::TooManyComponents, text).with("limit", limit),
            ComponentError::Busy { waiting, retry_after_ms } => {
                Self::new(Code::CompileQueueFull, text).with("limit", waiting).retry_after_ms(retry_after_ms)
            }
            ComponentError::Conflict => Self::plain(Code::Conflict),
            ComponentError::Store(error) => error.into(),
        }
    }
}

impl From<DeployError> for Problem {
    fn from(error: DeployError) -> Self {
        let text = error.to_string();
        match error {
            DeployError::NotFound => Self::not_found(),
            DeployError::NothingBefore => Self::new(Code::NothingBefore, text),
            DeployError::NotActive => Self::new(Code::NotActive, text),
            DeployError::NotReady { .. } => Self::new(Code::ComponentNotReady, text),
            DeployError::NotGranted { .. } => Self::new(Code::NotGranted, text),
            DeployError::BadGrant(_) => Self::new(Code::BadGrant, text),
            DeployError::NoCollection(_) => Self::new(Code::NoSuchCollection, text),
            DeployError::BadSettings(_) => Self::new(Code::BadSettings, text),
            DeployError::NotForKind(_) => Self::new(Code::NotForKind, text),
            DeployError::TooMany { limit } => Self::new(Code::TooManyDeployments, text).with("limit", limit),
            DeployError::TooManyVersions { limit } => Self::new(Code::TooManyVersions, text).with("limit", limit),
            DeployError::InUse(_) => Self::new(Code::DeploymentInUse, text),
            DeployError::Precondition(error) => error.into(),
            DeployError::Reused(error) => error.into(),
            DeployError::Conflict => Self::plain(Code::Conflict),
            DeployError::Store(error) => error.into(),
        }
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        let text = error.to_string();
        match error {
            RecordError::NotFound => Self::not_found(),
            RecordError::Data(error) => error.into(),
            RecordError::Validated(_) => Self::new(Code::CollectionValidated, text),
            RecordError::TooLarge { limit, .. } => Self::new(Code::TooLarge, text).with("limit", limit),
            RecordError::FileTypeRefused { .. } => Self::new(Code::FileTypeRefused, text),
            RecordError::Precondition(error) => error.into(),
            RecordError::NotValid { violations, executions } => {
                Self::new(Code::NotValid, text).with("violations", violations).with("executions", executions)
            }
            RecordError::TouchedNotValid { place, violations, executions, .. } => {
                let problem = Self::new(Code::TouchedNotValid, text)
                    .with("violations", violations)
                    .with("executions", executions);
                match place {
                    Some((collection, id)) => problem.with("collection", collection).with("record", id),
                    None => problem,
                }
            }
            RecordError::TooManyTouched { limit } => Self::new(Code::TooManyTouched, text).with("limit", limit),
            RecordError::EndlessJudgement { limit, .. } => Self::new(Code::EndlessJudgement, text).with("limit", limit),
            RecordError::NotJudged { failure, execution, .. } => {
                of_call(&failure, Code::NotJudged, text).with("execution", execution)
            }
            RecordError::BadSheet(error) => {
                Self::new(Code::BadSheet, text).with("row", error.row).with("column", error.column)
            }
            RecordError::TooManyUploads { limit } | RecordError::TooManyParts { limit } => {
                Self::new(Code::TooMany, text).with("limit", limit)
            }
            RecordError::WrongOffset { offset } => Self::new(Code::WrongOffset, text).with("offset", offset),
            RecordError::TooManyJobs { limit } => Self::new(Code::TooMany, text).with("limit", limit),
            RecordError::Reused(error) => error.into(),
            RecordError::Conflict => Self::plain(Code::Conflict),
            RecordError::Store(error) => error.into(),
        }
    }
}

impl From<DataError> for Problem {
    fn from(error: DataError) -> Self {
        let text = error.to_string();
        match error {
            DataError::NoCollection | DataError::NotFound | DataError::NoDefinition => Self::not_found(),
            DataError::Forbidden(_) => Self::new(Code::NotAllowed, text),
            DataError::BadJson(error) => error.into(),
            DataError::TooLarge { limit, .. } => Self::new(Code::TooLarge, text).with("limit", limit),
            DataError::Precondition(error) => error.into(),
            DataError::NotValid { violations } => Self::new(Code::NotValid, text).with("violations", violations),
            DataError::NotUnique { fields } => Self::new(Code::NotUnique, text).with("fields", fields),
            DataError::TooManyFiles { limit } => Self::new(Code::TooMany, text).with("limit", limit),
            DataError::Referenced { by } => Self::new(Code::Referenced, text).with("by", referring(&by)),
            DataError::TooManyEffects { limit } => Self::new(Code::TooManyEffects, text).with("limit", limit),
            DataError::Exists => Self::plain(Code::RecordExists),
            DataError::BadQuery(_) => Self::new(Code::BadRequest, text),
            DataError::IndexNotReady(_) => Self::new(Code::IndexNotReady, text).retry_after_ms(INDEX_PAUSE_MS),
            DataError::BadDefinition { violations } => {
                Self::new(Code::BadDefinition, text).with("violations", violations)
            }
            DataError::NotEmpty(_) => Self::new(Code::NotEmpty, text),
            DataError::Clearing => Self::plain(Code::Clearing).retry_after_ms(STORE_PAUSE_MS),
            DataError::ReferredTo(_) => Self::new(Code::CollectionReferredTo, text),
            DataError::TooManyCollections { limit } => Self::new(Code::TooMany, text).with("limit", limit),
            DataError::Conflict => Self::plain(Code::Conflict),
            DataError::Store(error) => error.into(),
        }
    }
}

fn referring(by: &[(CollectionName, RecordId)]) -> Vec<serde_json::Value> {
    by.iter().map(|(collection, id)| serde_json::json!({"collection": collection, "record": id})).collect()
}

impl From<MessageError> for Problem {
    fn from(error: MessageError) -> Self {
        let text = error.to_string();
        match error {
            MessageError::Deployment(error) => error.into(),
            MessageError::NotMapped { failure, execution, .. } => not_mapped(&failure, text, execution),
            MessageError::BadAction { number, execution, .. } => {
                Self::new(Code::BadAction, text).with("action", number).with("execution", execution)
            }
            MessageError::Refused { number, error } => refused(error, text).with("action", number),
            MessageError::Touched(error) => error.into(),
            MessageError::Reused(error) => error.into(),
            MessageError::Conflict => Self::plain(Code::Conflict),
            MessageError::Store(error) => error.into(),
        }
    }
}

impl From<ScheduleError> for Problem {
    fn from(error: ScheduleError) -> Self {
        let text = error.to_string();
        match error {
            ScheduleError::NotFound => Self::not_found(),
            ScheduleError::Invalid(_) => Self::new(Code::InvalidBody, text),
            ScheduleError::TooMany { limit } => Self::new(Code::TooMany, text).with("limit", limit),
            ScheduleError::Precondition(error) => error.into(),
            ScheduleError::Work(error) => error.into(),
            ScheduleError::Conflict => Self::plain(Code::Conflict),
            ScheduleError::Store(error) => error.into(),
        }
    }
}

impl From<WorkflowError> for Problem {
    fn from(error: WorkflowError) -> Self {
        let text = error.to_string();
        match error {
            WorkflowError::NotFound => Self::not_found(),
            WorkflowError::NotPublished(_) => Self::new(Code::NotPublished, text),
            WorkflowError::Stopped(_) => Self::new(Code::StartsStopped, text),
            WorkflowError::Deployment(error) => error.into(),
            WorkflowError::NotPublishable { violations } => {
                Self::new(Code::NotPublishable, text).with("violations", violations)
            }
            WorkflowError::Invalid(_) => Self::new(Code::InvalidBody, text),
            WorkflowError::WrongState { .. } => Self::new(Code::WrongState, text),
            WorkflowError::TaskEnded(end) => Self::new(Code::TaskEnded, text).with("end", end),
            WorkflowError::Claimed(by) => Self::new(Code::TaskClaimed, text).with("by", by),
            WorkflowError::Unable(_) => Self::new(Code::NotAllowed, text),
            WorkflowError::PersonNeeded => Self::plain(Code::PersonNeeded),
            WorkflowError::NoSuchPerson(_) => Self::new(Code::NoSuchReference, text),
            WorkflowError::Form(error) => of_form(error, text),
            WorkflowError::TooMany { limit, .. } => Self::new(Code::TooMany, text).with("limit", limit),
            WorkflowError::Reused(error) => error.into(),
            WorkflowError::Conflict => Self::plain(Code::Conflict),
            WorkflowError::Store(error) => error.into(),
        }
    }
}

/// A form that is missing is not what the caller asked for.
fn of_form(error: RecordError, text: String) -> Problem {
    let missing = matches!(error, RecordError::Data(DataError::NoCollection | DataError::NotFound));
    if missing { Problem::new(Code::NoSuchReference, text) } else { error.into() }
}

/// A record that a mapping writes: what is missing there is the mapping's mistake, not the sender's address.
fn refused(error: RecordError, text: String) -> Problem {
    let missing = matches!(error, RecordError::Data(DataError::NoCollection | DataError::NotFound));
    if missing { Problem::new(Code::BadAction, text) } else { error.into() }
}

fn not_mapped(failure: &Failure, text: String, execution: ExecutionId) -> Problem {
    let code = Code::parse(failure.code()).unwrap_or(Code::GuestError);
    of_call(failure, code, text).with("execution", execution)
}

/// A call that did not answer: whose fault it is decides the status, not who asked.
fn of_call(failure: &Failure, otherwise: Code, text: String) -> Problem {
    match failure {
        Failure::GuestError { .. }
        | Failure::Trap { .. }
        | Failure::InvalidOutput { .. }
        | Failure::OutOfFuel { .. }
        | Failure::OutOfMemory { .. }
        | Failure::OutOfTime { .. } => Problem::new(otherwise, text).with("failure", failure),
        Failure::Denied { code, retry_after_ms, .. } => {
            let code = match code.as_str() {
                "too-many-calls" => Code::TooManyCalls,
                "quarantined" => Code::Quarantined,
                _ => Code::ComponentUnavailable,
            };
            Problem::new(code, text).retry_after_ms(retry_after_ms.unwrap_or(1_000))
        }
        Failure::HostFault => Problem::plain(Code::Internal),
    }
}

impl From<InvalidJson> for Problem {
    fn from(error: InvalidJson) -> Self {
        Self::new(Code::MalformedJson, error.to_string()).with("line", error.line).with("column", error.column)
    }
}

impl From<InvalidName> for Problem {
    fn from(error: InvalidName) -> Self {
        Self::new(Code::InvalidName, error.to_string())
    }
}

impl From<Unexpected> for Problem {
    fn from(error: Unexpected) -> Self {
        Self::new(Code::PreconditionFailed, error.to_string()).with("version", error.found)
    }
}

impl From<Reused> for Problem {
    fn from(_: Reused) -> Self {
        Self::plain(Code::IdempotencyKeyReused)
    }
}

impl From<InvalidRequestKey> for Problem {
    fn from(error: InvalidRequestKey) -> Self {
        Self::new(Code::BadRequest, error.to_string())
    }
}
