//! People: one row each, found by id, by mail address, and by the beginning of a name or address.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{DepartmentId, RoleName, Timestamp, UserId};
use signalsync_store::{Key, Listing, StoreError, Table, Terms, Transaction};
use unicode_normalization::UnicodeNormalization as _;

use crate::access;
use crate::error::PeopleError;
use crate::name::{Language, MailAddress};
use crate::standing;
use crate::structure::{read, versioned, write};

/// Most people in one part of a list.
const PAGE_MAX: usize = 200;

/// Words of a name that it can be found by.
const WORDS_MAX: usize = 8;

/// Bytes of what is searched for.
const SEARCH_BYTES_MAX: usize = 100;

pub(crate) const PERSON: &str = "person";
const WORD: &str = "word";
const COUNT: &str = "count";

/// Whether somebody can come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PersonState {
    /// A link was mailed and not followed yet.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot sign in, and is kept because of what they did.
    Deactivated,
}

/// A person's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PersonRow {
    /// Never changes.
    pub id: UserId,
    /// In one tenant it belongs to one person; in another tenant it is another person's.
    pub mail: MailAddress,
    /// For people.
    pub name: String,
    /// What texts for the person are written in.
    pub language: Language,
    /// Whether the person can come in.
    pub state: PersonState,
    /// Whether an operator opened the tenant for this person, and no administrator has looked at it since.
    #[serde(default)]
    pub break_glass: bool,
    /// When the person was invited first.
    pub created_at: Timestamp,
}

/// A person, as those see them who may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Person {
    /// What the person is.
    #[serde(flatten)]
    pub row: PersonRow,
    /// What they may do.
    pub roles: BTreeSet<RoleName>,
    /// Where they belong.
    pub departments: BTreeSet<DepartmentId>,
    /// When they signed in last.
    pub last_sign_in: Option<Timestamp>,
    /// Whether they sign in with a second factor.
    pub second_factor: bool,
}

/// Which people are wanted.
#[derive(Debug, Clone, Default)]
pub struct Find {
    /// Beginning of a word of the name, or of the mail address.
    pub search: Option<String>,
    /// In which state.
    pub state: Option<PersonState>,
}

/// Somebody by id.
///
/// # Errors
/// The store failed.
pub fn find(tx: &mut Transaction, id: UserId) -> Result<Option<PersonRow>, StoreError> {
    read(tx, &key(id))
}

pub(crate) fn require(tx: &mut Transaction, id: UserId) -> Result<PersonRow, PeopleError> {
    find(tx, id)?.ok_or(PeopleError::NoSuchPerson)
}

/// Somebody by mail address.
///
/// # Errors
/// The store failed.
pub fn by_mail(tx: &mut Transaction, mail: &MailAddress) -> Result<Option<PersonRow>, StoreError> {
    let Some(id) = read::<UserId>(tx, &mail_key(mail))? else { return Ok(None) };
    find(tx, id)
}

/// Somebody with all that is shown of them.
///
/// # Errors
/// `NoSuchPerson`, or the store failed.
pub fn view(tx: &mut Transaction, id: UserId) -> Result<Person, PeopleError> {
    let row = require(tx, id)?;
    Ok(seen(tx, row)?)
}

/// Somebody with all that is shown of them, and its version.
///
/// # Errors
/// `NoSuchPerson`, or the store failed.
pub fn view_versioned(tx: &mut Transaction, id: UserId) -> Result<(Person, u64), PeopleError> {
    let person = view(tx, id)?;
    Ok(versioned(tx, person, &rows(id))?)
}

/// Whether somebody is as the caller expects who is about to change them.
///
/// # Errors
/// `NoSuchPerson`, `Precondition`, or the store failed.
pub fn expect(tx: &mut Transaction, id: UserId, terms: Terms<'_>) -> Result<(), PeopleError> {
    require(tx, id)?;
    terms.check(tx, &rows(id))
}

/// What a person is made up of, as far as it is shown.
fn rows(id: UserId) -> [Key; 3] {
    [key(id), standing::key(id), access::key(id)]
}

fn seen(tx: &mut Transaction, row: PersonRow) -> Result<Person, StoreError> {
    let access = access::of(tx, row.id)?;
    let standing = standing::find(tx, row.id)?.unwrap_or_default();
    Ok(Person {
        last_sign_in: access.last_sign_in,
        second_factor: access.factor.is_some(),
        roles: standing.roles,
        departments: standing.departments,
        row,
    })
}

/// People behind `after`: those who were invited first come first; with `search`, in the order of what was found.
/// A page may be short and still have a `next`.
///
/// # Errors
/// The store failed.
pub fn list(
    tx: &mut Transaction,
    wanted: &Find,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Person>, StoreError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let (rows, next) = match &wanted.search {
        None => {
            let page = Listing::<PersonRow>::of(tx.scan(Table::People, &[PERSON], "", after, limit, usize::MAX)?)?;
            (page.items, page.next)
        }
        Some(text) => search(tx, text, after, limit)?,
    };
    let fits = |row: &PersonRow| wanted.state.is_none_or(|state| row.state == state);
    let items = rows.into_iter().filter(fits).map(|row| seen(tx, row)).collect::<Result<_, _>>()?;
    Ok(Listing { items, next })
}

fn search(
    tx: &mut Transaction,
    text: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<PersonRow>, Option<String>), StoreError> {
    let folded = fold(text);
    if folded.is_empty() || folded.len() > SEARCH_BYTES_MAX {
        return Ok((Vec::new(), None));
    }
    let page = Listing::<UserId>::of(tx.scan(Table::People, &[WORD], &folded, after, limit, usize::MAX)?)?;
    let mut once = BTreeSet::new();
    let ids = page.items.into_iter().filter(|id| once.insert(*id));
    let rows = ids.map(|id| find(tx, id)).collect::<Result<Vec<_>, _>>()?;
    Ok((rows.into_iter().flatten().collect(), page.next))
}

/// Adds somebody.
///
/// # Errors
/// `MailTaken`, `TooMany`, or the store failed.
pub(crate) fn add(tx: &mut Transaction, new: &PersonRow, people_max: u32) -> Result<(), PeopleError> {
    let count: u64 = read(tx, &count_key())?.unwrap_or(0);
    if count >= u64::from(people_max) {
        return Err(PeopleError::TooMany { what: "people", limit: people_max.into() });
    }
    write(tx, count_key(), &(count + 1))?;
    save(tx, None, new)
}

/// Writes somebody's row and what it is found by.
///
/// # Errors
/// `MailTaken`, or the store failed.
pub(crate) fn save(tx: &mut Transaction, old: Option<&PersonRow>, new: &PersonRow) -> Result<(), PeopleError> {
    if old.is_none_or(|old| old.mail != new.mail) {
        if tx.get(&mail_key(&new.mail))?.is_some() {
            return Err(PeopleError::MailTaken);
        }
        old.map(|old| tx.delete(&mail_key(&old.mail))).transpose()?;
        write(tx, mail_key(&new.mail), &new.id)?;
    }
    let (before, now) = (old.map(words).unwrap_or_default(), words(new));
    for gone in before.difference(&now) {
        tx.delete(&word_key(gone, new.id))?;
    }
    for come in now.difference(&before) {
        write(tx, word_key(come, new.id), &new.id)?;
    }
    Ok(write(tx, key(new.id), new)?)
}

/// Removes somebody who never came in.
///
/// # Errors
/// The store failed.
pub(crate) fn remove(tx: &mut Transaction, row: &PersonRow) -> Result<(), StoreError> {
    let count: u64 = read(tx, &count_key())?.unwrap_or(0);
    write(tx, count_key(), &count.saturating_sub(1))?;
    for word in words(row) {
        tx.delete(&word_key(&word, row.id))?;
    }
    tx.delete(&mail_key(&row.mail))?;
    access::remove(tx, row.id)?;
    tx.delete(&key(row.id)).map(drop)
}

/// What somebody is found by: the words of the name, the name as a whole, and the address.
fn words(row: &PersonRow) -> BTreeSet<String> {
    let name = fold(&row.name);
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(WORDS_MAX);
    words.map(str::to_owned).chain([name.clone(), row.mail.to_string()]).collect()
}

/// Capitals, accents and widths make no difference when people search.
pub(crate) fn fold(text: &str) -> String {
    let bare = text.trim().nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c) && !c.is_control());
    bare.flat_map(char::to_lowercase).collect()
}

fn key(id: UserId) -> Key {
    Key::new(Table::People, &[PERSON, &id.to_string()])
}

fn mail_key(mail: &MailAddress) -> Key {
    Key::new(Table::PeopleByMail, &[mail.as_str()])
}

/// No word has a control character in it.
fn word_key(word: &str, id: UserId) -> Key {
    Key::new(Table::People, &[WORD, &format!("{word}\0{id}")])
}

fn count_key() -> Key {
    Key::new(Table::People, &[COUNT])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn person(mail: &str, name: &str) -> PersonRow {
        PersonRow {
            id: UserId::new(),
            mail: mail.parse().unwrap(),
            name: name.to_owned(),
            language: Language::default(),
            state: PersonState::Active,
            break_glass: false,
            created_at: Timestamp(0),
        }
    }

    fn found(tx: &mut Transaction, search: &str) -> Vec<String> {
        let wanted = Find { search: Some(search.to_owned()), state: None };
        let mut names: Vec<String> =
            list(tx, &wanted, None, 100).unwrap().items.into_iter().map(|person| person.row.name).collect();
        names.sort();
        names
    }

    #[test]
    fn people_are_found_by_the_beginning_of_words_and_of_the_address() {
        let mut tx = Transaction::detached();
        let (ann, zoe) = (person("boss@example.org", "Ann-Marie Öztürk"), person("zoe@example.org", "Zoë Ann"));
        add(&mut tx, &ann, 10).unwrap();
        add(&mut tx, &zoe, 10).unwrap();
        assert_eq!(found(&mut tx, "ann"), ["Ann-Marie Öztürk", "Zoë Ann"]);
        assert_eq!(found(&mut tx, "OZT"), ["Ann-Marie Öztürk"]);
        assert_eq!(found(&mut tx, "zoe ann"), ["Zoë Ann"]);
        assert_eq!(found(&mut tx, "BOSS@"), ["Ann-Marie Öztürk"]);
        for nothing in ["", " ", "nn", "\0", &"x".repeat(1_000)] {
            assert!(found(&mut tx, nothing).is_empty(), "{nothing:?}");
        }
        let renamed = PersonRow { name: "Bea".to_owned(), mail: "bea@example.org".parse().unwrap(), ..ann.clone() };
        save(&mut tx, Some(&ann), &renamed).unwrap();
        assert_eq!(found(&mut tx, "ann"), ["Zoë Ann"]);
        assert_eq!(by_mail(&mut tx, &renamed.mail).unwrap().unwrap().id, ann.id);
        assert_eq!(by_mail(&mut tx, &ann.mail).unwrap(), None, "the old address is free again");
        remove(&mut tx, &renamed).unwrap();
        assert!(found(&mut tx, "bea").is_empty() && find(&mut tx, ann.id).unwrap().is_none());
    }

    #[test]
    fn an_address_belongs_to_one_and_people_are_counted() {
        let mut tx = Transaction::detached();
        add(&mut tx, &person("a@example.org", "A"), 2).unwrap();
        assert!(matches!(add(&mut tx, &person("a@example.org", "B"), 2), Err(PeopleError::MailTaken)));
        let mut tx = Transaction::detached();
        let first = person("a@example.org", "A");
        add(&mut tx, &first, 2).unwrap();
        add(&mut tx, &person("b@example.org", "B"), 2).unwrap();
        let third = person("c@example.org", "C");
        assert!(matches!(add(&mut tx, &third, 2), Err(PeopleError::TooMany { limit: 2, .. })));
        remove(&mut tx, &first).unwrap();
        add(&mut tx, &third, 2).unwrap();
    }

    #[test]
    fn a_list_goes_on_behind_its_cursor() {
        let mut tx = Transaction::detached();
        let all: Vec<_> = (0..7).map(|n| person(&format!("p{n}@example.org"), &format!("P{n}"))).collect();
        all.iter().for_each(|row| add(&mut tx, row, 10).unwrap());
        for search in [None, Some("p".to_owned())] {
            let (mut seen, mut after) = (BTreeSet::new(), None);
            loop {
                let wanted = Find { search: search.clone(), state: Some(PersonState::Active) };
                let page = list(&mut tx, &wanted, after.as_deref(), 3).unwrap();
                seen.extend(page.items.into_iter().map(|person| person.row.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, all.iter().map(|row| row.id).collect());
        }
    }
}
