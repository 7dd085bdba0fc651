//! What a caller may do: permissions over the platform's own resources, and rules over records.
//!
//! A caller has the rights of all its roles together: what one role allows, no other takes away. A rule says
//! what a role reaches in a collection; a field is hidden from a record only when every rule that shows the record
//! hides it. The whole gate is this file: routes ask [`Rights::allows`], every door to records asks [`Rights::on`].

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{DepartmentId, UserId};
use crate::name::{CollectionName, RoleName};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// An action on a kind of resource. Routes declare the one that they need.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Permission {
            /// Every permission, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// `resource:action`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

permissions! {
    /// See components, deployments and their versions.
    ComponentsRead = "components:read";
    /// Upload and delete components; deploy, activate, roll back, try.
    ComponentsManage = "components:manage";
    /// See execution records, with the data that components saw.
    ExecutionsRead = "executions:read";
    /// Send messages to mappings.
    MappingsCall = "mappings:call";
    /// Start runs of workflows.
    WorkflowsStart = "workflows:start";
    /// See all runs and tasks, whoever may act on them.
    WorkflowsRead = "workflows:read";
    /// Publish workflows, bind their roles; cancel, suspend, resume, retry and migrate runs.
    WorkflowsManage = "workflows:manage";
    /// Define collections and their forms.
    CollectionsDesign = "collections:design";
    /// Take records out in bulk. What is taken out is what the record rules show.
    RecordsExport = "records:export";
    /// Bring records in, in bulk, and undo it.
    RecordsImport = "records:import";
    /// Read files of folders. Attachments follow their record instead.
    FilesRead = "files:read";
    /// Write and delete files of folders.
    FilesWrite = "files:write";
    /// See people, departments, teams and roles.
    PeopleRead = "people:read";
    /// Invite, change, deactivate people; departments and teams.
    PeopleManage = "people:manage";
    /// Define roles and give them to people.
    RolesManage = "roles:manage";
    /// Make, change and revoke API keys.
    KeysManage = "keys:manage";
    /// See the audit.
    AuditRead = "audit:read";
    /// See what mail was sent, with its text.
    MailRead = "mail:read";
    /// Name, language, sign-in policy and the like.
    SettingsManage = "settings:manage";
    /// Take the whole tenant out.
    TenantArchive = "tenant:archive";
}

/// How far a rule reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reach {
    /// No record.
    #[default]
    None,
    /// Records whose owner is the caller.
    Own,
    /// Records whose owner's department is one of the caller's or below it.
    Department,
    /// Records with this value in a top-level field.
    Where {
        /// Name of the field.
        field: String,
        /// A text, number or truth value.
        equals: Value,
    },
    /// All records.
    All,
}

impl Reach {
    fn holds(&self, who: &Person, record: &RecordFacts<'_>) -> bool {
        match self {
            Self::None => false,
            Self::Own => record.owner.is_some() && record.owner == who.user,
            Self::Department => record.department.is_some_and(|department| who.departments.contains(&department)),
            Self::Where { field, equals } => record.body.get(field) == Some(equals),
            Self::All => true,
        }
    }
}

/// What a role may do with the records of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RecordRule {
    /// Which collection; none stands for every one.
    #[serde(default)]
    pub collection: Option<CollectionName>,
    /// Which records it shows.
    #[serde(default)]
    pub see: Reach,
    /// Whether it lets records be created.
    #[serde(default)]
    pub create: bool,
    /// Which records it lets be changed, of those that the caller sees. A change must not lead outside.
    #[serde(default)]
    pub change: Reach,
    /// Which records it lets be deleted and restored, of those that the caller sees.
    #[serde(default)]
    pub delete: Reach,
    /// Top-level fields that it does not show and not let be changed.
    #[serde(default)]
    pub hidden: BTreeSet<String>,
    /// Top-level fields that it shows and does not let be changed.
    #[serde(default)]
    pub fixed: BTreeSet<String>,
}

impl RecordRule {
    /// How far the rule reaches for an action.
    pub fn reach(&self, action: RecordAction) -> &Reach {
        match action {
            RecordAction::See => &self.see,
            RecordAction::Change => &self.change,
            RecordAction::Delete => &self.delete,
        }
    }

    /// What is left of the rule within these collections: one rule for each.
    fn within(&self, collections: Option<&BTreeSet<CollectionName>>) -> Vec<Self> {
        let Some(collections) = collections else { return vec![self.clone()] };
        let named = |name: &&CollectionName| self.collection.as_ref().is_none_or(|own| own == *name);
        let alone = |name: &CollectionName| Self { collection: Some(name.clone()), ..self.clone() };
        collections.iter().filter(named).map(alone).collect()
    }
}

/// Who asks, as far as record rules look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// None for the host and for keys that stand for nobody.
    pub user: Option<UserId>,
    /// The department that the caller's new records belong to.
    pub home: Option<DepartmentId>,
    /// The caller's departments and all below them.
    pub departments: BTreeSet<DepartmentId>,
}

/// A record, as far as record rules look at it.
#[derive(Debug, Clone, Copy)]
pub struct RecordFacts<'a> {
    /// Who is responsible for it: who created it, until it is handed over.
    pub owner: Option<UserId>,
    /// The owner's department when the record was created or handed over.
    pub department: Option<DepartmentId>,
    /// The document.
    pub body: &'a Value,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecordAction {
    See,
    Change,
    Delete,
}

/// All that a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    permissions: BTreeSet<Permission>,
    pub(crate) rules: Vec<(RoleName, RecordRule)>,
    pub(crate) person: Person,
    pub(crate) everything: bool,
}

impl Rights {
    /// Everything: the host's own rights.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::of(BTreeSet::new(), Vec::new(), Person::default()) }
    }

    /// The rights of a person's roles together. The name beside a rule is that of the role that it comes from.
    pub fn of(permissions: BTreeSet<Permission>, rules: Vec<(RoleName, RecordRule)>, person: Person) -> Self {
        Self { permissions, rules, person, everything: false }
    }

    /// Whether the caller has a permission.
    pub fn allows(&self, permission: Permission) -> bool {
        self.everything || self.permissions.contains(&permission)
    }

    /// Every permission that the caller has.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(|permission| self.allows(*permission))
    }

    /// The same roles in the hands of somebody else, or of the same person elsewhere.
    #[must_use]
    pub fn of_person(&self, person: Person) -> Self {
        Self { person, ..self.clone() }
    }

    /// The same, but of the permissions only these, and of the records only those of these collections.
    #[must_use]
    pub fn narrowed(
        &self,
        permissions: Option<&BTreeSet<Permission>>,
        collections: Option<&BTreeSet<CollectionName>>,
    ) -> Self {
        let kept = |permission: &Permission| permissions.is_none_or(|kept| kept.contains(permission));
        let rules = self
            .rules
            .iter()
            .flat_map(|(role, rule)| rule.within(collections).into_iter().map(move |rule| (role.clone(), rule)));
        Self::of(self.permissions().filter(kept).collect(), rules.collect(), self.person.clone())
    }

    /// How much memory the rules and departments take, roughly.
    pub fn bytes(&self) -> usize {
        let fields =
            |rule: &RecordRule| rule.hidden.iter().chain(&rule.fixed).map(|field| field.len() + 64).sum::<usize>();
        let rules = self.rules.iter().map(|(_, rule)| fields(rule) + 512);
        rules.sum::<usize>() + 32 * self.person.departments.len()
    }

    /// Who asks.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// What the caller may do in a collection.
    pub fn on(&self, collection: &CollectionName) -> CollectionRights<'_> {
        let rules =
            self.rules.iter().filter(|(_, rule)| rule.collection.as_ref().is_none_or(|name| name == collection));
        CollectionRights { rules: rules.collect(), person: &self.person, everything: self.everything }
    }
}

/// What a caller may do in one collection.
#[derive(Debug)]
pub struct CollectionRights<'a> {
    rules: Vec<&'a (RoleName, RecordRule)>,
    person: &'a Person,
    everything: bool,
}

/// The fields that a caller does not see, or not change, of a record that it may otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Veil {
    /// Not shown.
    pub hidden: BTreeSet<String>,
    /// Not changed; what is hidden is in it.
    pub fixed: BTreeSet<String>,
}

impl<'a> CollectionRights<'a> {
    /// Whether the caller sees every record with every field, so that nothing has to be looked at.
    pub fn sees_all(&self) -> bool {
        let plain = |rule: &RecordRule| rule.see == Reach::All && rule.hidden.is_empty();
        self.everything || self.rules.iter().any(|(_, rule)| plain(rule))
    }

    /// Whether there can be a record that the caller sees.
    pub fn sees_any(&self) -> bool {
        self.everything || self.rules.iter().any(|(_, rule)| rule.see != Reach::None)
    }

    /// Whether the rights have no bounds here: the host's own.
    pub fn unlimited(&self) -> bool {
        self.everything
    }

    /// Who asks.
    pub fn person(&self) -> &'a Person {
        self.person
    }

    /// Every rule that concerns the collection, with the role that it comes from.
    pub fn rules(&self) -> impl Iterator<Item = (&'a RoleName, &'a RecordRule)> {
        self.rules.iter().map(|(role, rule)| (role, rule))
    }

    /// Whether there can be a record that the caller sees without this field. By such a field nothing may be
    /// found or put in order: that would show what it holds.
    pub fn may_hide(&self, field: &str) -> bool {
        let hides = |rule: &RecordRule| rule.see != Reach::None && rule.hidden.contains(field);
        let shows_always = |rule: &RecordRule| rule.see == Reach::All && !rule.hidden.contains(field);
        !self.everything
            && self.rules.iter().any(|(_, rule)| hides(rule))
            && !self.rules.iter().any(|(_, rule)| shows_always(rule))
    }

    /// The fields that the caller may not fill in a record that it creates; none when it may not create any.
    pub fn creation(&self) -> Option<BTreeSet<String>> {
        if self.everything {
            return Some(BTreeSet::new());
        }
        let creating = self.rules.iter().filter(|(_, rule)| rule.create);
        common(&creating.map(|(_, rule)| rule).collect::<Vec<_>>(), |rule| rule.hidden.clone())
    }

    /// Whether the caller may create records.
    pub fn creates(&self) -> bool {
        self.everything || self.rules.iter().any(|(_, rule)| rule.create)
    }

    /// What the caller does not see of a record; none when it may not do this with it at all.
    pub fn veil(&self, action: RecordAction, record: &RecordFacts<'_>) -> Option<Veil> {
        if self.everything {
            return Some(Veil::default());
        }
        let holding = |action| self.why(action, record).map(|(_, rule)| rule).collect::<Vec<_>>();
        let seen = holding(RecordAction::See);
        let reached = if action == RecordAction::See { seen.clone() } else { holding(action) };
        let hidden = common(&seen, |rule| rule.hidden.clone())?;
        let fixed = common(&reached, |rule| rule.hidden.union(&rule.fixed).cloned().collect())?;
        Some(Veil { fixed: fixed.union(&hidden).cloned().collect(), hidden })
    }
    /// The roles and rules by which the caller may do this: the answer to "why can this person see this?".
    pub fn why(
        &self,
        action: RecordAction,
        record: &RecordFacts<'_>,
    ) -> impl Iterator<Item = (&'a RoleName, &'a RecordRule)> {
        let holds = move |rule: &'a RecordRule| rule.reach(action).holds(self.person, record);
        self.rules.iter().filter(move |(_, rule)| holds(rule)).map(|(role, rule)| (role, rule))
    }
}

/// What all rules have in common; none when there is no rule.
fn common(rules: &[&RecordRule], fields: impl Fn(&RecordRule) -> BTreeSet<String>) -> Option<BTreeSet<String>> {
    rules.iter().map(|rule| fields(rule)).reduce(|all, more| all.intersection(&more).cloned().collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(value: Value) -> (RoleName, RecordRule) {
        ("clerk".parse().unwrap(), serde_json::from_value(value).unwrap())
    }

    fn rights(rules: &[Value], person: Person) -> Rights {
        Rights::of(BTreeSet::new(), rules.iter().cloned().map(rule).collect(), person)
    }

    fn facts(owner: Option<UserId>, department: Option<DepartmentId>, body: &Value) -> RecordFacts<'_> {
        RecordFacts { owner, department, body }
    }

    #[test]
    fn nobody_sees_anything_without_a_rule() {
        let (body, orders) = (json!({}), "orders".parse().unwrap());
        let nobody = rights(&[], Person::default());
        assert_eq!(nobody.on(&orders).veil(RecordAction::See, &facts(None, None, &body)), None);
        assert!(!nobody.on(&orders).sees_any() && !nobody.on(&orders).creates());
        let other = rights(&[json!({"collection": "invoices", "see": "all"})], Person::default());
        assert!(!other.on(&orders).sees_any());
    }

    #[test]
    fn reach_is_by_owner_department_or_field() {
        let (me, mine) = (UserId::new(), DepartmentId::new());
        let person = Person { user: Some(me), departments: BTreeSet::from([mine]), ..Person::default() };
        let orders = "orders".parse().unwrap();
        let sees = |reach: Value, owner, department, body: &Value| {
            let rights = rights(&[json!({"see": reach})], person.clone());
            rights.on(&orders).veil(RecordAction::See, &facts(owner, department, body)).is_some()
        };
        let body = json!({"status": "open"});
        assert!(sees(json!("own"), Some(me), None, &body));
        assert!(!sees(json!("own"), Some(UserId::new()), None, &body) && !sees(json!("own"), None, None, &body));
        assert!(sees(json!("department"), None, Some(mine), &body));
        assert!(!sees(json!("department"), None, Some(DepartmentId::new()), &body));
        assert!(sees(json!({"where": {"field": "status", "equals": "open"}}), None, None, &body));
        assert!(!sees(json!({"where": {"field": "status", "equals": "closed"}}), None, None, &body));
        assert!(!sees(json!({"where": {"field": "none", "equals": null}}), None, None, &body));
    }

    #[test]
    fn roles_add_up_and_a_field_is_hidden_only_when_all_hide_it() {
        let (body, orders) = (json!({"salary": 1}), "orders".parse().unwrap());
        let veil = |rules: &[Value], action| {
            rights(rules, Person::default()).on(&orders).veil(action, &facts(None, None, &body))
        };
        let hides = json!({"see": "all", "change": "all", "hidden": ["salary", "iban"]});
        let shows = json!({"see": "all", "hidden": ["iban"]});
        let salary_and_iban = BTreeSet::from(["salary".to_owned(), "iban".to_owned()]);
        assert_eq!(veil(std::slice::from_ref(&hides), RecordAction::See).unwrap().hidden, salary_and_iban);
        let both = veil(&[hides, shows], RecordAction::Change).unwrap();
        assert_eq!(both.hidden, BTreeSet::from(["iban".to_owned()]));
        assert_eq!(both.fixed, salary_and_iban, "seen by one role, not changed by the other");
    }

    #[test]
    fn a_field_that_may_be_hidden_somewhere_is_known() {
        let orders = "orders".parse().unwrap();
        let hides = json!({"see": "own", "create": true, "hidden": ["salary"]});
        let some = rights(std::slice::from_ref(&hides), Person::default());
        assert!(some.on(&orders).may_hide("salary") && !some.on(&orders).may_hide("name"));
        assert_eq!(some.on(&orders).creation(), Some(BTreeSet::from(["salary".to_owned()])));
        let all = rights(&[hides, json!({"see": "all"})], Person::default());
        assert!(!all.on(&orders).may_hide("salary"), "the second rule shows it in every record");
        assert_eq!(rights(&[json!({"see": "all"})], Person::default()).on(&orders).creation(), None);
    }

    #[test]
    fn what_is_not_seen_is_not_changed() {
        let (body, orders) = (json!({}), "orders".parse().unwrap());
        let rights = rights(&[json!({"see": "none", "change": "all", "delete": "all"})], Person::default());
        for action in [RecordAction::Change, RecordAction::Delete] {
            assert_eq!(rights.on(&orders).veil(action, &facts(None, None, &body)), None);
        }
    }
}
