//! Keys: one byte for the table, then the parts.
//!
//! All parts but the last are preceded by their length in one byte, so that no part can run into the next;
//! the last one stands bare, so that a range of keys is a range of texts. Byte 0 is the store's own.

use bytes::Bytes;

use crate::shelf::Shelf;

/// Every kind of row that there is: the one registry of first bytes. A number is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Collections by name.
    Collections = 1,
    /// Records by collection and id.
    Records = 2,
    /// Files by folder and path.
    Files = 3,
    /// Components by digest.
    Components = 4,
    /// Deployments by name: which version is active.
    Deployments = 5,
    /// Versions of deployments by name and number.
    DeploymentVersions = 6,
    /// Execution records by id.
    Executions = 7,
    /// Answers to requests that may be repeated, by day and key.
    Idempotency = 8,
    /// The audit: a chain, by number.
    Audit = 9,
    /// Work that waits for its time, by id.
    Work = 10,
    /// When work is due, by time and id.
    WorkDue = 11,
    /// Mails by id.
    Mails = 12,
    /// People by id.
    People = 13,
    /// People by mail address.
    PeopleByMail = 14,
    /// Roles by name.
    Roles = 15,
    /// Tenants by id, in the platform's store.
    Tenants = 16,
    /// Tenants by name, in the platform's store.
    Slugs = 17,
    /// API keys by prefix, in the platform's store.
    Keys = 18,
    /// What tenants used, in the platform's store.
    Usage = 19,
    /// Departments by id.
    Departments = 20,
    /// Teams by id.
    Teams = 21,
    /// Sign-ins by id.
    Sessions = 22,
    /// Invitations and other links that were mailed, by the hash of their secret.
    Links = 23,
    /// Failed sign-ins by what is throttled.
    Throttles = 24,
    /// What a tenant's administrator sets, by name.
    Settings = 25,
    /// Indexed values of records: collection, field, value and id.
    Index = 26,
    /// Earlier versions of records, by collection, id and number.
    RecordVersions = 27,
    /// Who refers to a record: collection, id, and the referring record and field.
    References = 28,
    /// Versions of collections' definitions, by name and number.
    CollectionVersions = 29,
    /// Long actions by id.
    Jobs = 30,
    /// What a long action did or found, by its id and a number.
    JobItems = 31,
    /// What stays of tenants that were destroyed, by id, in the platform's store.
    Receipts = 32,
    /// Files of records, by collection, id and path.
    Attachments = 33,
    /// Files that long actions work on, by id and path.
    JobFiles = 34,
    /// Uploads that go on, by id.
    Uploads = 35,
    /// What has arrived of uploads, by id and place.
    UploadParts = 36,
    /// Calendars by name, which one is for whom, and what uses them.
    Calendars = 37,
    /// What starts by the clock, by name.
    Schedules = 38,
    /// What workflows say of themselves, by the component's digest.
    ComponentDefinitions = 39,
    /// Workflows by name: which version is published.
    Workflows = 40,
    /// Versions of workflows by name and number, and their drafts.
    WorkflowVersions = 41,
    /// Whom the roles of workflows stand for, by workflow and role.
    WorkflowRoles = 42,
    /// Runs of workflows by id.
    Runs = 43,
    /// Runs in their lists, by list and id.
    RunIndex = 44,
    /// Runs that have not ended, by workflow and business key.
    RunKeys = 45,
    /// What hangs on a run: events that wait, history, tasks, comments; by run, kind and number.
    RunItems = 46,
    /// Tasks of people by id.
    Tasks = 47,
    /// Tasks that are open, by who is asked and when they are due.
    Inboxes = 48,
    /// Signals to runs that have not begun, by workflow, business key and id.
    Signals = 49,
    /// Who is away and who stands in, by person; and by deputy.
    Absences = 50,
    /// What runs tell people, by person and id.
    Notices = 51,
    /// Figures of workflows: what was noted, and what it adds up to.
    WorkflowFigures = 52,
    /// What runs say to people, by template.
    Templates = 53,
    /// How people want to be told, by person.
    NoticeSettings = 54,
    /// Work that somebody is at, by id, with who that is.
    WorkClaims = 55,
}

/// The address of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

/// Bytes of a part that is not the last.
const PARENT_BYTES_MAX: usize = 255;

impl Key {
    /// The key of the row with these parts. Parts before the last are names of at most 255 bytes;
    /// longer ones are cut, which the types of names make impossible.
    pub fn new(table: Table, parts: &[&str]) -> Self {
        let (last, parents) = parts.split_last().unwrap_or((&"", &[]));
        let mut bytes = prefix(table, parents);
        bytes.extend_from_slice(last.as_bytes());
        Self(bytes)
    }

    /// The bytes that engines order by.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the row is in this table.
    pub fn is_of(&self, table: Table) -> bool {
        self.0.first() == Some(&(table as u8))
    }

    /// Whether the row counts against the tenant's quota: whether the tenant decides how many of them there are. What the
    /// platform writes for its own work goes on when the quota is used up.
    pub(crate) fn is_data(&self) -> bool {
        // History comes with the record that it is of; alone it comes with a deletion, which makes room.
        self.is_of(Table::Records) || Shelf::TABLES.into_iter().any(|table| self.is_of(table))
    }

    /// The texts that the key was made of, with so many parents; none when it is no such key.
    pub fn parts(&self, parents: usize) -> Option<Vec<&str>> {
        let mut parts = Vec::with_capacity(parents + 1);
        let mut rest = self.0.get(1..)?;
        for _ in 0..parents {
            let (length, behind) = rest.split_first()?;
            let (part, behind) = behind.split_at_checked(usize::from(*length))?;
            parts.push(std::str::from_utf8(part).ok()?);
            rest = behind;
        }
        parts.push(std::str::from_utf8(rest).ok()?);
        Some(parts)
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// What all keys below these parents begin with.
pub(crate) fn prefix(table: Table, parents: &[&str]) -> Vec<u8> {
    let mut bytes = vec![table as u8];
    for parent in parents {
        let parent = &parent.as_bytes()[..parent.len().min(PARENT_BYTES_MAX)];
        bytes.push(parent.len() as u8);
        bytes.extend_from_slice(parent);
    }
    bytes
}

/// The first key behind all keys that begin with these bytes; none when there is no such key.
pub(crate) fn behind(mut prefix: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            return Some(prefix);
        }
    }
    None
}

/// A row, and which commit wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// Number of the commit, counted within the store; 0 for a write of the transaction that reads it.
    pub version: u64,
    /// The row.
    pub body: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(Key::new(Table::Records, &["a", "bc"]), Key::new(Table::Records, &["ab", "c"]));
        assert!(!Key::new(Table::Records, &["aa", "x"]).as_bytes().starts_with(&prefix(Table::Records, &["a"])));
    }

    #[test]
    fn a_key_knows_its_parts() {
        let key = Key::new(Table::Records, &["orders", "a/b"]);
        assert_eq!(key.parts(1), Some(vec!["orders", "a/b"]));
        assert_eq!(key.parts(2), None);
    }

    #[test]
    fn a_range_ends_behind_its_prefix() {
        assert_eq!(behind(vec![1, 2]), Some(vec![1, 3]));
        assert_eq!(behind(vec![1, 255, 255]), Some(vec![2]));
        assert_eq!(behind(vec![255]), None);
    }
}
