//! Carries out the steps in the body, a JSON list, and replies with what each of them answered: for
//! trying a capability exactly at its limits.
//!
//! A step is an object with `do` (the function, e.g. `"storage.put"`), its arguments, and `times` (1 where
//! absent). `#` in a text argument stands for the number of the repetition; `fill` makes a text or body
//! of that many bytes. The answer to a step is the last answer, and how often it was well.

use serde::Deserialize;
use serde_json::{Value, json};
use signalsync_sdk::files::Folder;
use signalsync_sdk::http::{self, Request};
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Denied, Error, Message, Outcome, log, mapping};

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Step {
    #[serde(rename = "do")]
    function: String,
    times: u32,
    /// The collection, the folder, or the URL.
    name: String,
    /// The id, the path, or the prefix.
    id: String,
    after: Option<String>,
    limit: u32,
    offset: u64,
    /// Bytes of the body.
    fill: usize,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            function: String::new(),
            times: 1,
            name: "data".to_owned(),
            id: "#".to_owned(),
            after: None,
            limit: 1_000,
            offset: 0,
            fill: 2,
        }
    }
}

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let steps: Vec<Step> = message.json()?;
        let answers: Vec<Value> = steps.iter().map(repeat).collect();
        Outcome::new().reply(&answers)
    }
}

fn repeat(step: &Step) -> Value {
    let mut kept = Kept::default();
    let mut last = Ok(Value::Null);
    let mut well = 0;
    for number in 0..step.times {
        last = kept.carry_out(step, &step.id.replace('#', &number.to_string()));
        well += u32::from(last.is_ok());
    }
    match last {
        Ok(value) => json!({ "well": well, "ok": value }),
        Err(error) => json!({ "well": well, "error": name(&error), "text": error.to_string() }),
    }
}

/// What stays open over the repetitions of a step.
#[derive(Default)]
struct Kept {
    collection: Option<Collection>,
    folder: Option<Folder>,
    opened: Vec<Collection>,
    folders: Vec<Folder>,
}

impl Kept {
    fn carry_out(&mut self, step: &Step, id: &str) -> Result<Value, Error> {
        match step.function.as_str() {
            "storage.open" => self.opened.push(Collection::open(&step.name)?),
            "storage.get" => return Ok(json!(self.collection(step)?.get(id)?.map(|entry| entry.body.len()))),
            "storage.list" => {
                let page = self.collection(step)?.list(id, step.after.as_deref(), step.limit)?;
                return Ok(json!({ "entries": page.entries.len(), "next": page.next }));
            }
            "storage.put" => self.collection(step)?.put(id, &"x".repeat(step.fill.saturating_sub(2)))?,
            "storage.delete" => return Ok(json!(self.collection(step)?.delete(id)?)),
            "files.open" => self.folders.push(Folder::open(&step.name)?),
            "files.list" => return Ok(json!(self.folder(step)?.list(step.after.as_deref(), step.limit)?.len())),
            "files.read" => return Ok(json!(self.folder(step)?.read(id, step.offset, step.limit)?.len())),
            "files.write" => self.folder(step)?.write(id, "text/plain", &vec![b'x'; step.fill])?,
            "files.delete" => return Ok(json!(self.folder(step)?.delete(id)?)),
            "http.send" => {
                let request = Request { body: vec![b'x'; step.fill], ..Request::post(step.name.as_str()) };
                return Ok(json!(http::send(&request)?.status));
            }
            "log.write" => log::write(log::Level::Info, &"x".repeat(step.fill)),
            unknown => return Err(Denied::Invalid(format!("no step {unknown}")).into()),
        }
        Ok(Value::Null)
    }

    fn collection(&mut self, step: &Step) -> Result<&Collection, Error> {
        match &mut self.collection {
            Some(collection) => Ok(collection),
            none => Ok(none.insert(Collection::open(&step.name)?)),
        }
    }

    fn folder(&mut self, step: &Step) -> Result<&Folder, Error> {
        match &mut self.folder {
            Some(folder) => Ok(folder),
            none => Ok(none.insert(Folder::open(&step.name)?)),
        }
    }
}

fn name(error: &Error) -> &'static str {
    match error {
        Error::Denied(Denied::NotGranted) => "not-granted",
        Error::Denied(Denied::OverLimit(_)) => "over-limit",
        Error::Denied(Denied::Invalid(_)) => "invalid",
        Error::Denied(Denied::Unavailable(_)) => "unavailable",
        Error::Document { .. } => "document",
    }
}
