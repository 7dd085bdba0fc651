//! Every action that is audited: the one registry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What was done, as `noun.verb`. A text is never used again for something else.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditAction")]
        pub enum Action {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Action {
            /// Every action, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// `noun.verb`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

actions! {
    /// Something was asked for that the caller may not do.
    RequestDenied = "request.deny";

    /// A tenant was created.
    TenantCreated = "tenant.create";
    /// Name, tier, state or settings of a tenant changed.
    TenantChanged = "tenant.change";
    /// A tenant was deleted.
    TenantDeleted = "tenant.delete";
    /// The keys and the data of a deleted tenant were destroyed.
    TenantDestroyed = "tenant.destroy";
    /// All that a tenant has was taken out.
    TenantArchived = "tenant.archive";
    /// All that another tenant had was brought in, or a template was.
    TenantFilled = "tenant.fill";

    /// An API key was made.
    KeyIssued = "key.issue";
    /// An API key was changed.
    KeyChanged = "key.change";
    /// An API key was made worthless.
    KeyRevoked = "key.revoke";

    /// Somebody was invited.
    PersonInvited = "person.invite";
    /// An invitation was taken back.
    InvitationWithdrawn = "person.withdraw";
    /// Somebody followed an invitation.
    PersonActivated = "person.activate";
    /// Name, address, roles or departments of a person changed.
    PersonChanged = "person.change";
    /// A person may not sign in any more.
    PersonDeactivated = "person.deactivate";
    /// A person may sign in again.
    PersonReactivated = "person.reactivate";
    /// An operator opened a tenant for its administrator again.
    GlassBroken = "person.break-glass";
    /// A password was changed or reset.
    PasswordChanged = "password.change";
    /// A second factor was set up.
    SecondFactorAdded = "second-factor.add";
    /// A second factor was removed.
    SecondFactorRemoved = "second-factor.remove";

    /// Somebody signed in.
    SignedIn = "session.sign-in";
    /// Somebody tried to sign in.
    SignInRefused = "session.refuse";
    /// A sign-in was ended.
    SignedOut = "session.end";

    /// A role was defined or changed.
    RoleChanged = "role.change";
    /// A role was deleted.
    RoleDeleted = "role.delete";
    /// A department was made, moved or renamed.
    DepartmentChanged = "department.change";
    /// A department was deleted.
    DepartmentDeleted = "department.delete";
    /// A team was made or changed.
    TeamChanged = "team.change";
    /// A team was deleted.
    TeamDeleted = "team.delete";
    /// Something that an administrator sets was changed.
    SettingChanged = "setting.change";

    /// A calendar was made or changed.
    CalendarChanged = "calendar.change";
    /// A calendar was deleted.
    CalendarDeleted = "calendar.delete";
    /// Something that starts by the clock was set up or changed.
    ScheduleChanged = "schedule.change";
    /// Something does not start by the clock any more.
    ScheduleDeleted = "schedule.delete";

    /// A component was uploaded.
    ComponentUploaded = "component.upload";
    /// A component was deleted.
    ComponentDeleted = "component.delete";
    /// A version of a deployment was made.
    DeploymentChanged = "deployment.change";
    /// Another version of a deployment is at work.
    DeploymentActivated = "deployment.activate";
    /// A deployment was deleted.
    DeploymentDeleted = "deployment.delete";

    /// The draft of a workflow, whom a role stands for, or whether runs may start was changed.
    WorkflowChanged = "workflow.change";
    /// A version of a workflow was published.
    WorkflowPublished = "workflow.publish";
    /// No version of a workflow is published any more.
    WorkflowArchived = "workflow.archive";
    /// A run was started.
    RunStarted = "run.start";
    /// Somebody wants a run to end.
    RunCancelled = "run.cancel";
    /// A run was stopped until it is resumed.
    RunSuspended = "run.suspend";
    /// A run goes on.
    RunResumed = "run.resume";
    /// A run that could not go on was tried again.
    RunRetried = "run.retry";
    /// A run was put on another version.
    RunMigrated = "run.migrate";
    /// What runs say to people was changed.
    TemplateChanged = "template.change";
    /// Somebody chose.
    TaskCompleted = "task.complete";
    /// A task was claimed, released, delegated or given another signer.
    TaskChanged = "task.change";

    /// A collection was made, or its definition changed.
    CollectionChanged = "collection.change";
    /// A definition of a collection was published.
    CollectionPublished = "collection.publish";
    /// A collection was deleted.
    CollectionDeleted = "collection.delete";
    /// A record was created.
    RecordCreated = "record.create";
    /// A record was changed.
    RecordChanged = "record.change";
    /// A record was deleted.
    RecordDeleted = "record.delete";
    /// A deleted record was brought back.
    RecordRestored = "record.restore";
    /// A record was given to another owner.
    RecordHandedOver = "record.hand-over";
    /// A file was written.
    FileWritten = "file.write";
    /// A file was deleted.
    FileDeleted = "file.delete";
    /// Records were brought in.
    ImportRun = "import.run";
    /// An import was undone.
    ImportUndone = "import.undo";
    /// Records were taken out.
    ExportRun = "export.run";
}
