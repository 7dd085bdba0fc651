//! The registry of problems: one line for each code, and what `GET /problems/{code}` says about it.

use http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $code:literal, $status:ident, $title:literal, $explanation:literal;)*) => {
        /// A stable name for a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As it stands in answers.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The status of the answer.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// The same for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What it means and what to do.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }

            /// The code with this name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }
        }
    };
}

impl Code {
    /// Whether it says that the caller lacks a right.
    pub(crate) fn is_denial(self) -> bool {
        matches!(self, Self::NotAllowed | Self::BeyondYourRights)
    }
}

codes! {
    // The request itself.
    BadRequest = "bad-request", BAD_REQUEST, "The request is malformed",
        "A header, the address or the query cannot be understood. The detail says which.";
    BadHost = "bad-host", BAD_REQUEST, "The Host header is malformed",
        "A request needs exactly one Host header with a name, and an absolute address must name the same host.";
    InvalidName = "invalid-name", BAD_REQUEST, "A name breaks its rule",
        "A name in the address is not spelled as such names are. The detail is the rule.";
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not acceptable JSON",
        "The body must be one JSON document in UTF-8: no key twice in an object, at most 64 levels, numbers that fit a double. Line and column are in the answer.";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "You are not signed in",
        "Sign in, or send `Authorization: Bearer <key>` with a key that is valid for this address.";
    CrossOrigin = "cross-origin", FORBIDDEN, "The request does not come from a page of this address",
        "What a session proves is done only for pages of the same address: browsers say so in Sec-Fetch-Site and Origin. Programs use keys.";
    PersonNeeded = "person-needed", FORBIDDEN, "Only a person can do this",
        "A key stands for nobody here. Sign in.";
    // Coming in.
    SignInRefused = "sign-in-refused", UNAUTHORIZED, "Nobody can sign in with this",
        "No active person has this mail address and password. It is not said which of them is wrong.";
    CodeNeeded = "code-needed", UNAUTHORIZED, "A code is needed",
        "The password is right. Send a `code` of the second factor, or a recovery code, with it.";
    CodeWrong = "code-wrong", UNAUTHORIZED, "The code is wrong",
        "Codes work for about a minute and once. Take the next one, or a recovery code.";
    SecondFactorNeeded = "second-factor-needed", FORBIDDEN, "This tenant demands a second factor",
        "Set yours up first: `POST /v1/me/second-factor`, then `/v1/me/second-factor/confirm` with a code of it.";
    PasswordExpired = "password-expired", FORBIDDEN, "The password is too old",
        "Set a new one at `/v1/password/reset` with the `token` in the answer.";
    TenantSuspended = "tenant-suspended", FORBIDDEN, "The tenant is suspended",
        "The detail says why. Everything is kept; the tenant's administrators speak to the platform's operator.";
    TenantDeleted = "tenant-deleted", FORBIDDEN, "The tenant was deleted",
        "The detail says why, and until when the platform's operator can bring it back.";
    TenantReadOnly = "tenant-read-only", FORBIDDEN, "Nothing can be changed in this tenant at the moment",
        "The detail says why. Reading goes on.";
    LooksLike = "looks-like", CONFLICT, "Another tenant has a name that looks the same",
        "Choose a name that nobody takes for it.";
    TooManyRequests = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests",
        "Send them more evenly: wait as long as Retry-After says. The detail names the limit, of the tenant or of the key.";
    TooManyStreams = "too-many-streams", TOO_MANY_REQUESTS, "Too many streams of events are open",
        "Close windows that are not needed; the detail names the limits.";
    TooManyAttempts = "too-many-attempts", TOO_MANY_REQUESTS, "Too many attempts failed",
        "Wait for as long as Retry-After says. Others who come from elsewhere do not have to wait.";
    SignInBusy = "sign-in-busy", SERVICE_UNAVAILABLE, "Too many people sign in at the same time",
        "Try again in a moment.";
    LinkInvalid = "link-invalid", GONE, "The link is not valid any more",
        "It was used, replaced by a newer one, or is too old. Ask for a new one.";
    PasswordRefused = "password-refused", UNPROCESSABLE_ENTITY, "The password is not good enough",
        "The detail says why, and `flaws` lists it.";
    PasswordWrong = "password-wrong", FORBIDDEN, "The password is not the right one",
        "This needs your password of today as a proof that it is you.";
    MailTaken = "mail-taken", CONFLICT, "Somebody else has this mail address",
        "A mail address belongs to one person of a tenant.";
    WrongState = "wrong-state", CONFLICT, "It is not in the state for this",
        "The detail says for which state it is.";
    NotAllowed = "not-allowed", FORBIDDEN, "You may not do this",
        "Your roles do not allow it. The detail names what is missing and who can give it to you.";
    NotFound = "not-found", NOT_FOUND, "Not found",
        "There is nothing at this address, or it is not yours to see.";
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The address does not know this method",
        "The Allow header lists the methods that it knows.";
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request came too slowly",
        "The body did not arrive at the rate that is needed. Send it again over a better connection, or in smaller parts.";
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The body is too large",
        "The body has more bytes than the limit in the answer.";
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body has the wrong media type",
        "The detail says which Content-Type the address takes. Bodies are sent without Content-Encoding.";
    RangeNotSatisfiable = "range-not-satisfiable", RANGE_NOT_SATISFIABLE, "The range is outside of the file",
        "Ask for one range that begins within the file, or for the whole file.";
    InvalidBody = "invalid-body", UNPROCESSABLE_ENTITY, "The body does not have the right fields",
        "The body is JSON, but not the document that the address takes. The detail says what is wrong.";
    UnknownField = "unknown-field", UNPROCESSABLE_ENTITY, "The body has a field that is not known",
        "Fields that the platform does not know, or does not let callers set, are refused. The detail names it.";
    PreconditionFailed = "precondition-failed", PRECONDITION_FAILED, "It is not in the expected state",
        "If-Match or If-None-Match does not hold: somebody else changed it. Read it again and decide anew.";
    IdempotencyKeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key belongs to another request",
        "A key names one request. Use a new key for a new request.";
    Conflict = "conflict", CONFLICT, "Others changed the same at the same time",
        "The operation was tried several times and met other changes each time. Try again.";
    // Tenants and keys.
    SlugTaken = "slug-taken", CONFLICT, "The tenant name is taken",
        "Choose another name.";
    NoSuchTier = "no-such-tier", UNPROCESSABLE_ENTITY, "There is no such tier",
        "Tiers are named in the configuration under [tiers].";
    NoSuchTemplate = "no-such-template", UNPROCESSABLE_ENTITY, "There is no such template",
        "Templates are files of the operator's folder; `GET /v1/templates` lists them.";
    TenantNotEmpty = "tenant-not-empty", CONFLICT, "The tenant has something already",
        "An archive goes into a tenant that was just created and has nothing of its own. Create another one.";
    InvalidKey = "invalid-key", UNPROCESSABLE_ENTITY, "The key's name breaks its rule",
        "The detail is the rule.";
    TooManyKeys = "too-many-keys", CONFLICT, "There are too many keys",
        "Delete a key that is not needed.";
    // Roles, departments, teams.
    BeyondYourRights = "beyond-your-rights", FORBIDDEN, "This is more than you may do yourself",
        "Nobody gives, changes or takes away rights that they do not have. The detail names the first of them. Ask somebody who has them.";
    LastAdministrator = "last-administrator", CONFLICT, "Nobody could administrate any more",
        "Make somebody else an administrator first. A key does not stand in for the last person.";
    SystemRole = "system-role", CONFLICT, "The role belongs to the platform",
        "It is the same for everybody and cannot be changed. Define a role of your own.";
    RoleInUse = "role-in-use", CONFLICT, "Somebody has the role",
        "Take it from all people and keys that have it first. The detail names one.";
    NoSuchReference = "no-such-reference", UNPROCESSABLE_ENTITY, "The body names something that is not there",
        "The detail says what.";
    NameTaken = "name-taken", CONFLICT, "The name is taken",
        "Choose another one. Upper and lower case make no difference.";
    DepartmentCycle = "department-cycle", CONFLICT, "A department cannot be below itself",
        "Move it elsewhere, or move the other one first.";
    DepartmentNotEmpty = "department-not-empty", CONFLICT, "The department is not empty",
        "Move what is below it, and say with `move-to` where its people go.";
    CalendarInUse = "calendar-in-use", CONFLICT, "Somebody works by the calendar",
        "Have them use another one first. The detail names one of them.";
    DefaultCalendar = "default-calendar", CONFLICT, "This is the default calendar",
        "A tenant that has calendars has a default. Make another calendar the default first.";
    DepartmentHasCalendar = "department-has-calendar", CONFLICT, "A department has another calendar",
        "A department has one calendar. The detail says which; take the department away from it first.";
    BadCalendarFile = "bad-calendar-file", UNPROCESSABLE_ENTITY, "The iCalendar file cannot be read",
        "The line is where it is wrong. Nothing was brought in.";
    NeverDue = "never-due", UNPROCESSABLE_ENTITY, "There is not so much working time",
        "Ask for less, or look at the holidays and exceptions of the calendar.";
    TooMany = "too-many", CONFLICT, "There are as many as there may be",
        "The detail says of what. Delete something that is not needed.";
    // Components.
    NotAComponent = "not-a-component", UNPROCESSABLE_ENTITY, "This is not WebAssembly",
        "Upload the `.wasm` file of a component, uncompressed.";
    CoreModule = "core-module", UNPROCESSABLE_ENTITY, "This is a core module, not a component",
        "Build for `wasm32-wasip2`, or make a component of it with `wasm-tools component new`.";
    TextFormat = "text-format", UNPROCESSABLE_ENTITY, "This is the text form of WebAssembly",
        "Upload the binary that `wasm-tools parse` makes of it.";
    Precompiled = "precompiled", UNPROCESSABLE_ENTITY, "This is machine code",
        "Upload the WebAssembly component that it was made from.";
    Malformed = "malformed", UNPROCESSABLE_ENTITY, "The component is damaged",
        "The detail says where. Build and upload it again.";
    TooComplex = "too-complex", UNPROCESSABLE_ENTITY, "The component is too complex",
        "A part of the component is over its limit; the detail says which.";
    UnknownImport = "unknown-import", UNPROCESSABLE_ENTITY, "The component imports something unknown",
        "Components may import what the contract `signalsync:plugin` offers. The detail names the import.";
    ContractVersion = "contract-version", UNPROCESSABLE_ENTITY, "The component was built against another version of the contract",
        "Build it against a version that this platform serves.";
    UnknownKind = "unknown-kind", UNPROCESSABLE_ENTITY, "The component answers no known question",
        "A component exports one of the worlds of the contract: validation, mapping or workflow.";
    UnsupportedFeature = "unsupported-feature", UNPROCESSABLE_ENTITY, "The component uses a feature that is not supported",
        "The detail names the feature of WebAssembly. Build without it.";
    CompileBudget = "compile-budget", UNPROCESSABLE_ENTITY, "Compiling the component takes too much",
        "Compilation used up its time or memory. Make functions smaller, or split the component.";
    CompileFailed = "compile-failed", UNPROCESSABLE_ENTITY, "The component does not compile",
        "The detail is what the compiler says.";
    WrongType = "wrong-type", UNPROCESSABLE_ENTITY, "An import or export has the wrong type",
        "Build against the contract's WIT files as they are.";
    TrapsAtStart = "traps-at-start", UNPROCESSABLE_ENTITY, "The component fails before its first call",
        "It was instantiated once, dry, and trapped. The detail says how.";
    OverLimit = "over-limit", UNPROCESSABLE_ENTITY, "The component starts over its limits",
        "It was instantiated once, dry, and used more than a call may.";
    DescribeFailed = "describe-failed", UNPROCESSABLE_ENTITY, "The workflow does not say what it is",
        "Its `describe` was called once, dry, and did not answer. The detail says why.";
    ComponentRefused = "component-refused", UNPROCESSABLE_ENTITY, "The component cannot run here",
        "The detail says why.";
    ComponentInUse = "component-in-use", CONFLICT, "A deployment uses the component",
        "Delete the deployment first.";
    DeploymentInUse = "deployment-in-use", CONFLICT, "Something stands on the deployment",
        "The detail says what, and what to do.";
    TooManyComponents = "too-many-components", CONFLICT, "The tenant has too many components",
        "Delete components that are not deployed.";
    CompileQueueFull = "compile-queue-full", TOO_MANY_REQUESTS, "Too many components wait to be compiled",
        "Try again after the time in Retry-After.";
    // Deployments.
    NothingBefore = "nothing-before", CONFLICT, "There is nothing to roll back to",
        "No other version of the deployment was active before this one.";
    NotActive = "not-active", CONFLICT, "No version of the deployment is active",
        "Activate a version first.";
    ComponentNotReady = "component-not-ready", CONFLICT, "The component is not ready",
        "It is unknown, still being checked, or was refused. Ask for its state at /v1/components/{digest}.";
    NotGranted = "not-granted", UNPROCESSABLE_ENTITY, "A capability is not granted",
        "The component imports a capability that the grants do not mention. The detail says what to add.";
    BadGrant = "bad-grant", UNPROCESSABLE_ENTITY, "A grant is not acceptable",
        "The detail says which.";
    NoSuchCollection = "no-such-collection", UNPROCESSABLE_ENTITY, "A collection is named that does not exist",
        "Create the collection first.";
    BadSettings = "bad-settings", UNPROCESSABLE_ENTITY, "The settings are not acceptable",
        "Settings are a JSON object of bounded size.";
    NotForKind = "not-for-kind", UNPROCESSABLE_ENTITY, "This does not fit the component's kind",
        "The detail says what.";
    TooManyDeployments = "too-many-deployments", CONFLICT, "The tenant has too many deployments",
        "Delete a deployment that is not needed.";
    TooManyVersions = "too-many-versions", CONFLICT, "The deployment has too many versions",
        "Delete the deployment and deploy anew.";
    // Calls.
    GuestError = "guest-error", UNPROCESSABLE_ENTITY, "The component answered with an error",
        "The detail is the component's own text. The execution record says more.";
    Trap = "trap", UNPROCESSABLE_ENTITY, "The component trapped",
        "The component broke a rule of WebAssembly or of the contract. The execution record has its call stack.";
    InvalidOutput = "invalid-output", UNPROCESSABLE_ENTITY, "The component's answer is not acceptable",
        "The answer breaks a limit or rule of the contract. The detail says which.";
    OutOfFuel = "out-of-fuel", UNPROCESSABLE_ENTITY, "The component used up its fuel",
        "The call took more instructions than the tenant's tier allows.";
    OutOfMemory = "out-of-memory", UNPROCESSABLE_ENTITY, "The component used up its memory",
        "The call needs more memory than the tenant's tier allows.";
    OutOfTime = "out-of-time", UNPROCESSABLE_ENTITY, "The component took too long",
        "The call took longer than the tenant's tier allows.";
    TooManyCalls = "too-many-calls", TOO_MANY_REQUESTS, "Too many calls wait",
        "The tenant, or the platform, has as many calls waiting as it may. Try again after the time in Retry-After.";
    Quarantined = "quarantined", SERVICE_UNAVAILABLE, "The component is suspended for a moment",
        "It failed many times in a row. It is let in again after the time in Retry-After.";
    ComponentUnavailable = "component-unavailable", SERVICE_UNAVAILABLE, "The component cannot be run at the moment",
        "Try again after the time in Retry-After.";
    BadAction = "bad-action", UNPROCESSABLE_ENTITY, "The mapping asks for something that cannot be done",
        "The detail says which of its actions, and why. Nothing was changed.";
    // Workflows.
    NotPublished = "not-published", CONFLICT, "No version of the workflow is published",
        "Publish a version first: `PUT /v1/workflows/{workflow}/draft`, then `POST …/publish`.";
    NotPublishable = "not-publishable", UNPROCESSABLE_ENTITY, "The workflow cannot be published as it is",
        "The violations say all that is wrong with its definition, and what it names that is not there. The draft is kept.";
    StartsStopped = "starts-stopped", CONFLICT, "New runs of the workflow are stopped",
        "What is running goes on. Whoever manages workflows lets new runs start again.";
    TaskEnded = "task-ended", CONFLICT, "The task has ended meanwhile",
        "The answer says how: somebody chose, or the run needs it no more. Nothing was changed.";
    TaskClaimed = "task-claimed", CONFLICT, "Somebody else has claimed the task",
        "The answer says who. They can release it, or delegate it to you.";
    // Records and files.
    NotValid = "not-valid", UNPROCESSABLE_ENTITY, "The record is not valid",
        "The violations say which rule is broken where. Nothing was changed.";
    NotJudged = "not-judged", UNPROCESSABLE_ENTITY, "A validation could not judge the record",
        "The validation failed, and it is deployed to refuse the write then. The execution record says why it failed.";
    TouchedNotValid = "touched-not-valid", UNPROCESSABLE_ENTITY, "A component wrote a record that is not valid",
        "Nothing was written. The component that is named has to be corrected; the violations are those of its record.";
    TooManyTouched = "too-many-touched", UNPROCESSABLE_ENTITY, "Components wrote too many records in one request",
        "Nothing was written. Send less at once.";
    EndlessJudgement = "endless-judgement", UNPROCESSABLE_ENTITY, "Components judge each other's records without end",
        "Nothing was written. A validation must not write into what it judges, unless it writes the same again.";
    NotUnique = "not-unique", CONFLICT, "Another record has the same value in a unique field",
        "Change the fields that are named, or the other record.";
    WrongOffset = "wrong-offset", CONFLICT, "The upload goes on elsewhere",
        "Go on at the byte that the answer names: so much of the file is there.";
    BadSheet = "bad-sheet", UNPROCESSABLE_ENTITY, "The file of records cannot be read",
        "The detail says what is wrong with it, and where. A template is at `/v1/collections/{collection}/import-template`.";
    FileTypeRefused = "file-type-refused", UNPROCESSABLE_ENTITY, "Files of this type are not kept",
        "What a file is, its content says, whatever its name is. The tier says which types are not kept.";
    Referenced = "referenced", CONFLICT, "Other records refer to this one",
        "Change or delete them first; those that you see are named.";
    TooManyEffects = "too-many-effects", CONFLICT, "The deletion would change too many other records",
        "Delete the records that refer to it first, in parts.";
    RecordExists = "record-exists", CONFLICT, "There is a record with this id again",
        "A deleted record comes back only where there is none.";
    IndexNotReady = "index-not-ready", SERVICE_UNAVAILABLE, "An index is still being built",
        "Try again after the time in Retry-After, or ask without it.";
    BadDefinition = "bad-definition", UNPROCESSABLE_ENTITY, "The definition is not acceptable",
        "The violations say where in the definition, and why. The draft is kept.";
    NoDraft = "no-draft", CONFLICT, "There is no draft to publish",
        "Save a draft first.";
    NoTable = "no-table", CONFLICT, "The collection has no definition, and so no columns",
        "Publish a definition first, or export as `jsonl`.";
    CollectionReferredTo = "collection-referred-to", CONFLICT, "Another collection refers to this one",
        "Change the definition of the other collection first.";
    Clearing = "clearing", SERVICE_UNAVAILABLE, "The collection's deleted records are being removed",
        "Ask again after the time in Retry-After.";
    NotEmpty = "not-empty", CONFLICT, "The collection still has records",
        "Delete its records first.";
    CollectionValidated = "collection-validated", CONFLICT, "A deployment validates the collection",
        "Delete or change the deployment first.";
    QuotaUsedUp = "quota-used-up", INSUFFICIENT_STORAGE, "The tenant's disk space is used up",
        "Delete records or files, or ask for a larger tier.";
    // The platform.
    StorageFull = "storage-full", INSUFFICIENT_STORAGE, "The platform's disk is full",
        "Reads go on. The operator has to make room.";
    AuditBroken = "audit-broken", CONFLICT, "The audit is not what was written",
        "The detail says from which entry on. Tell the platform's operator; nothing that comes after it can be trusted.";
    StoreUnavailable = "store-unavailable", SERVICE_UNAVAILABLE, "The data cannot be reached at the moment",
        "Try again after the time in Retry-After.";
    Draining = "draining", SERVICE_UNAVAILABLE, "The process is going away",
        "It takes no new work. Send the request again; another process answers it.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "The platform failed",
        "This is the platform's fault. The operator has been told.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_one_of_a_kind_and_says_something() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code:?} stands twice");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.title().ends_with('.') && code.explanation().ends_with('.'), "{code:?}");
        }
    }
}
