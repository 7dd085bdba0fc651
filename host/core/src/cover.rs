//! Whether one caller may do everything that another may: nobody hands out more than they have.
//!
//! Rules are compared as they are written, so the answer is cautious: whoever covers somebody may do at least as much
//! with every record that there can be, but somebody who may do as much by other rules can be said not to.

use std::collections::BTreeSet;
use std::fmt;

use crate::name::{CollectionName, RoleName};
use crate::rights::{Permission, Person, Reach, RecordRule, Rights};

/// Something that one caller may do and another may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lacking {
    /// The host's own rights.
    Everything,
    /// A permission.
    Permission(Permission),
    /// What a rule of a role allows.
    Rule {
        /// The role that has the rule.
        role: RoleName,
        /// Where the rule holds; none for every collection.
        collection: Option<CollectionName>,
    },
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("the host's own rights"),
            Self::Permission(permission) => write!(f, "the permission `{}`", permission.as_str()),
            Self::Rule { role, collection: None } => write!(f, "what `{role}` may do with records of every collection"),
            Self::Rule { role, collection: Some(name) } => write!(f, "what `{role}` may do with records of `{name}`"),
        }
    }
}

impl Rights {
    /// Whether these rights hold all that the others do.
    ///
    /// # Errors
    /// The first thing that is lacking.
    pub fn covers(&self, other: &Self) -> Result<(), Lacking> {
        if self.everything {
            return Ok(());
        }
        if other.everything {
            return Err(Lacking::Everything);
        }
        if let Some(lacking) = other.permissions().find(|permission| !self.allows(*permission)) {
            return Err(Lacking::Permission(lacking));
        }
        let uncovered = other.rules.iter().find(|(_, rule)| !self.covers_rule(rule, &other.person));
        uncovered.map_or(Ok(()), |(role, rule)| {
            Err(Lacking::Rule { role: role.clone(), collection: rule.collection.clone() })
        })
    }

    /// Each part of the rule may be covered by another rule, because rules add up.
    fn covers_rule(&self, rule: &RecordRule, whose: &Person) -> bool {
        let mine = || self.rules.iter().map(|(_, mine)| mine).filter(|mine| is_within(rule, mine));
        let reaches = |part: fn(&RecordRule) -> &Reach, veil: fn(&RecordRule) -> BTreeSet<&String>| {
            let holds = |mine: &RecordRule| {
                part(mine).holds_all(&self.person, part(rule), whose) && veil(mine).is_subset(&veil(rule))
            };
            *part(rule) == Reach::None || mine().any(holds)
        };
        let creates = || mine().any(|mine| mine.create && fixed(mine).is_subset(&fixed(rule)));
        reaches(|rule| &rule.see, hidden)
            && reaches(|rule| &rule.change, fixed)
            && reaches(|rule| &rule.delete, fixed)
            && (!rule.create || creates())
    }
}

fn is_within(rule: &RecordRule, wider: &RecordRule) -> bool {
    wider.collection.is_none() || wider.collection == rule.collection
}

fn hidden(rule: &RecordRule) -> BTreeSet<&String> {
    rule.hidden.iter().collect()
}

/// What is hidden is fixed too.
fn fixed(rule: &RecordRule) -> BTreeSet<&String> {
    rule.hidden.union(&rule.fixed).collect()
}

impl Reach {
    /// Whether every record in the other's reach is in this one's. Everybody's own records are their own business.
    fn holds_all(&self, who: &Person, other: &Self, whose: &Person) -> bool {
        match (self, other) {
            (Self::All, _) | (_, Self::None) | (Self::Own, Self::Own) => true,
            (Self::Department, Self::Department) => whose.departments.is_subset(&who.departments),
            (mine @ Self::Where { .. }, other) => mine == other,
            (Self::None | Self::Own | Self::Department, _) => false,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::id::{DepartmentId, UserId};
    use crate::rights::{RecordAction, RecordFacts};

    fn rights(permissions: &[Permission], rules: &[Value], person: Person) -> Rights {
        let rule = |rule: &Value| ("clerk".parse().unwrap(), serde_json::from_value(rule.clone()).unwrap());
        Rights::of(permissions.iter().copied().collect(), rules.iter().map(rule).collect(), person)
    }

    #[test]
    fn what_is_lacking_is_named() {
        let clerk =
            rights(&[Permission::FilesRead], &[json!({"collection": "orders", "see": "all"})], Person::default());
        assert_eq!(Rights::everything().covers(&clerk), Ok(()));
        assert_eq!(clerk.covers(&clerk), Ok(()));
        let writer = rights(&[Permission::FilesRead, Permission::FilesWrite], &[], Person::default());
        assert_eq!(clerk.covers(&writer), Err(Lacking::Permission(Permission::FilesWrite)));
        let viewer = rights(&[], &[json!({"see": "all"})], Person::default());
        let lacking = clerk.covers(&viewer).unwrap_err();
        assert_eq!(lacking.to_string(), "what `clerk` may do with records of every collection");
        assert_eq!(clerk.covers(&Rights::everything()).unwrap_err(), Lacking::Everything);
    }

    #[test]
    fn departments_are_covered_by_those_who_reach_them() {
        let (sales, finance) = (DepartmentId::new(), DepartmentId::new());
        let of = |departments: &[DepartmentId]| {
            let person = Person {
                user: Some(UserId::new()),
                departments: departments.iter().copied().collect(),
                ..Person::default()
            };
            rights(&[], &[json!({"see": "department"})], person)
        };
        assert!(of(&[sales, finance]).covers(&of(&[sales])).is_ok());
        assert!(of(&[sales]).covers(&of(&[sales, finance])).is_err());
        assert!(rights(&[], &[json!({"see": "all"})], Person::default()).covers(&of(&[sales])).is_ok());
    }

    fn reach() -> impl Strategy<Value = Value> {
        prop::sample::select(vec![
            json!("none"),
            json!("own"),
            json!("department"),
            json!("all"),
            json!({"where": {"field": "status", "equals": "open"}}),
        ])
    }

    fn fields() -> impl Strategy<Value = Vec<&'static str>> {
        prop::sample::subsequence(vec!["salary", "iban"], 0..=2)
    }

    fn rule() -> impl Strategy<Value = Value> {
        let collection = prop::sample::select(vec![json!(null), json!("orders"), json!("people")]);
        (collection, reach(), any::<bool>(), reach(), reach(), fields(), fields()).prop_map(
            |(collection, see, create, change, delete, hidden, fixed)| {
                json!({"collection": collection, "see": see, "create": create, "change": change, "delete": delete,
                       "hidden": hidden, "fixed": fixed})
            },
        )
    }

    proptest! {
        /// Whoever covers somebody can do at least as much with every record.
        #[test]
        fn who_covers_can_do_as_much(
            mine in prop::collection::vec(rule(), 0..4),
            theirs in prop::collection::vec(rule(), 0..3),
            departments in prop::collection::vec((any::<bool>(), any::<bool>()), 2),
        ) {
            let (me, ids) = (UserId::new(), [DepartmentId::new(), DepartmentId::new()]);
            let person = |who: fn(&(bool, bool)) -> bool| {
                let held = ids.iter().zip(&departments).filter(|(_, held)| who(held)).map(|(id, _)| *id);
                Person { user: Some(me), departments: held.collect(), ..Person::default() }
            };
            let (mine, theirs) = (rights(&[], &mine, person(|held| held.0)), rights(&[], &theirs, person(|held| held.1)));
            if mine.covers(&theirs).is_ok() {
                let orders = "orders".parse().unwrap();
                for (body, owner, department) in [("open", Some(me), None), ("done", None, Some(ids[0])), ("open", None, Some(ids[1]))] {
                    let body = json!({"status": body});
                    let facts = RecordFacts { owner, department, body: &body };
                    for action in [RecordAction::See, RecordAction::Change, RecordAction::Delete] {
                        if let Some(veil) = theirs.on(&orders).veil(action, &facts) {
                            let own = mine.on(&orders).veil(action, &facts).unwrap();
                            prop_assert!(own.hidden.is_subset(&veil.hidden));
                            // What is fixed says something about changes only.
                            prop_assert!(action == RecordAction::See || own.fixed.is_subset(&veil.fixed));
                        }
                    }
                }
                prop_assert!(mine.on(&orders).creates() || !theirs.on(&orders).creates());
            }
        }
    }
}
