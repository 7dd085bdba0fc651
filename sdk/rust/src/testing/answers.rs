//! The mock host as a component sees it.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::installed::ask;
use super::mock::{File, Set};
use super::rules;
use crate::context::Caller;
use crate::files::Info;
use crate::host::{Collection, Folder, Host};
use crate::http::{Request, Response};
use crate::log::Level;
use crate::storage::{Entry, Page};
use crate::{Denied, Json, Timestamp};

/// The host that native builds talk to.
pub(crate) struct Mock;

impl Host for Mock {
    type Collection = MockCollection;
    type Folder = MockFolder;

    fn enter() {}

    fn send(request: &Request) -> Result<Response, Denied> {
        ask(|host| {
            host.requests.push(request.clone());
            let answer = host.answers.get(&(request.method.clone(), request.url.clone()));
            answer.cloned().unwrap_or(Err(Denied::NotGranted))
        })
    }

    fn log(level: Level, message: &str) {
        ask(|host| host.log.push((level, message.to_owned())));
    }

    fn now() -> Timestamp {
        ask(|host| host.now)
    }

    /// SplitMix64.
    fn random() -> u64 {
        ask(|host| {
            host.seed = host.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (host.seed ^ (host.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        })
    }

    fn caller() -> Caller {
        ask(|host| host.caller.clone())
    }

    fn settings() -> Json {
        ask(|host| host.settings.clone())
    }
}

pub(crate) struct MockCollection {
    name: String,
}

impl MockCollection {
    fn ask<T>(&self, question: impl FnOnce(&mut Set<Entry>) -> Result<T, Denied>) -> Result<T, Denied> {
        ask(|host| question(host.collections.get_mut(&self.name).ok_or(Denied::NotGranted)?))
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Entry>) -> T) -> Result<T, Denied> {
        self.ask(|set| if set.read_only { Err(Denied::NotGranted) } else { Ok(change(&mut set.entries)) })
    }
}

impl Collection for MockCollection {
    fn open(name: &str) -> Result<Self, Denied> {
        rules::name(name)?;
        let collection = Self { name: name.to_owned() };
        collection.ask(|_| Ok(()))?;
        Ok(collection)
    }

    fn get(&self, id: &str) -> Result<Option<Entry>, Denied> {
        rules::id(id)?;
        self.ask(|set| Ok(set.entries.get(id).cloned()))
    }

    fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page, Denied> {
        let limit = rules::limit(limit)?;
        self.ask(|set| {
            let found = behind(&set.entries, after).filter(|(id, _)| id.starts_with(prefix));
            let mut entries: Vec<Entry> = found.take(limit + 1).map(|(_, entry)| entry.clone()).collect();
            let more = entries.len() > limit;
            entries.truncate(limit);
            let next = entries.last().filter(|_| more).map(|entry| entry.id.clone());
            Ok(Page { entries, next })
        })
    }

    fn put(&self, id: &str, body: &str) -> Result<(), Denied> {
        rules::id(id)?;
        let entry = Entry { id: id.to_owned(), version: 0, body: body.to_owned() };
        self.change(|entries| entries.insert(id.to_owned(), entry)).map(drop)
    }

    fn delete(&self, id: &str) -> Result<bool, Denied> {
        rules::id(id)?;
        self.change(|entries| entries.remove(id).is_some())
    }
}

pub(crate) struct MockFolder {
    name: String,
}

impl MockFolder {
    fn ask<T>(&self, question: impl FnOnce(&mut Set<File>) -> Result<T, Denied>) -> Result<T, Denied> {
        ask(|host| question(host.folders.get_mut(&self.name).ok_or(Denied::NotGranted)?))
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, File>) -> T) -> Result<T, Denied> {
        self.ask(|set| if set.read_only { Err(Denied::NotGranted) } else { Ok(change(&mut set.entries)) })
    }
}

impl Folder for MockFolder {
    fn open(name: &str) -> Result<Self, Denied> {
        rules::name(name)?;
        let folder = Self { name: name.to_owned() };
        folder.ask(|_| Ok(()))?;
        Ok(folder)
    }

    fn list(&self, after: Option<&str>, limit: u32) -> Result<Vec<Info>, Denied> {
        let limit = rules::limit(limit)?;
        self.ask(|set| Ok(behind(&set.entries, after).take(limit).map(|(path, file)| file.info(path)).collect()))
    }

    fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Denied> {
        rules::path(path)?;
        self.ask(|set| {
            let file = set.entries.get(path).ok_or_else(|| Denied::Invalid("no such file".to_owned()))?;
            let rest = usize::try_from(offset).ok().and_then(|offset| file.body.get(offset..)).unwrap_or_default();
            Ok(rest.iter().copied().take(length as usize).collect())
        })
    }

    fn write(&self, path: &str, media_type: &str, body: &[u8]) -> Result<(), Denied> {
        rules::path(path)?;
        rules::media_type(media_type)?;
        let file = File { media_type: media_type.to_owned(), body: body.to_owned() };
        self.change(|files| files.insert(path.to_owned(), file)).map(drop)
    }

    fn delete(&self, path: &str) -> Result<bool, Denied> {
        rules::path(path)?;
        self.change(|files| files.remove(path).is_some())
    }
}

impl File {
    fn info(&self, path: &str) -> Info {
        Info { path: path.to_owned(), size: self.body.len() as u64, media_type: self.media_type.clone() }
    }
}

fn behind<'a, T>(entries: &'a BTreeMap<String, T>, after: Option<&str>) -> impl Iterator<Item = (&'a String, &'a T)> {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    entries.range::<str, _>((start, Bound::Unbounded))
}
