//! What a run leaves behind, without what is another one each time: ids, times, and the order of what happens at once.

use serde_json::{Value, json};
use signalsync_tests::everything::{all, heard};

use crate::process::Process;
use crate::stage::Stage;

/// What is the same for two runs that went the same way.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) state: Value,
    status: Value,
    result: Value,
    /// What its steps heard, sorted.
    heard: Vec<String>,
    /// Its tasks: step, state, choice and how many chose; sorted.
    tasks: Vec<String>,
    /// The runs below it: state and result; sorted.
    children: Vec<String>,
    /// How often each of its people was told something.
    notices: Vec<usize>,
    /// Its effects outside: how many keys they came under.
    outside: usize,
    /// The records that it left.
    records: Vec<String>,
}

impl Outcome {
    pub(crate) fn of(stage: &Stage, process: &Process, id: &str, key: &str) -> Self {
        let (client, run) = (&stage.cast.tenant.client, stage.get(id));
        let tasks = all(client, &format!("/v1/runs/{id}/tasks?"), "after");
        let tasks = tasks.iter().map(|task| {
            let votes = task["votes"].as_array().map(Vec::len);
            json!([task["step"], task["state"], task["end"]["choice"], votes]).to_string()
        });
        let below = all(client, "/v1/runs?", "before");
        let below = below.iter().filter(|child| child["parent"]["run"] == *id);
        let notices = stage.cast.people.values().map(|person| {
            let notices = all(&person.client, "/v1/notifications?", "before");
            notices.iter().filter(|notice| notice["run"] == *id).count()
        });
        let told = stage.outside.told();
        Self {
            state: run["state"].clone(),
            status: run["status"]["name"].clone(),
            result: ordered(&run["result"]),
            heard: sorted(heard(client, id)),
            tasks: sorted(tasks),
            children: sorted(below.map(|child| json!([child["state"], child["result"]]).to_string())),
            notices: notices.collect(),
            outside: told.values().filter(|told| told.body["key"] == key).count(),
            records: process.records.iter().flat_map(|collection| records(stage, collection, key)).collect(),
        }
    }
}

fn sorted(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort();
    texts
}

/// A list of what happened is compared without its order, and an idempotency key is another one each time.
fn ordered(result: &Value) -> Value {
    match result {
        Value::Array(items) => json!(sorted(items.iter().map(Value::to_string))),
        Value::String(text) if text.starts_with("wrk_") => json!("wrk_"),
        other => other.clone(),
    }
}

/// Records of a collection whose ids hold the business key, with their bodies.
fn records(stage: &Stage, collection: &str, key: &str) -> Vec<String> {
    let path = format!("/v1/collections/{collection}/records?");
    let records = all(&stage.cast.tenant.client, &path, "after");
    let of_run = records.iter().filter(|record| record["id"].as_str().is_some_and(|id| id.contains(key)));
    let told = of_run.map(|record| {
        let mut body = record["body"].clone();
        body["heard"] = ordered(&body["heard"]);
        json!([record["id"], body]).to_string().replace(key, "KEY")
    });
    sorted(told)
}
