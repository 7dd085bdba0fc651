//! A process, and what happens to it from its start to its end.

use std::collections::BTreeMap;

use serde_json::Value;
use signalsync_tests::{Client, Outside, Person, Platform, Tenant};

/// A process: a workflow, how it is set up, and a script of what people, the clock and the world do.
pub(crate) struct Process {
    pub(crate) workflow: &'static str,
    /// In a tenant of its own.
    pub(crate) set_up: fn(&Platform, &Outside) -> Cast,
    /// What a run with this business key is started with.
    pub(crate) input: fn(&Outside, key: &str) -> Value,
    /// Each act once the run has made so many steps.
    pub(crate) script: Vec<(u64, Act)>,
    /// The state in which the run ends.
    pub(crate) ends: &'static str,
    /// Whether its steps take longer than a millisecond, so that they can take too long.
    pub(crate) takes_time: bool,
    /// Collections in which it leaves records whose ids hold the business key.
    pub(crate) records: &'static [&'static str],
}

/// A tenant, and its people by name.
pub(crate) struct Cast {
    pub(crate) tenant: Tenant,
    pub(crate) people: BTreeMap<&'static str, Person>,
}

/// Something that moves a run on.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Somebody does the open task with this name.
    Choose { who: &'static str, task: &'static str, choice: &'static str, data: Value },
    /// The run is told a signal.
    Signal { name: &'static str, data: Value },
    /// So many milliseconds pass.
    Later { ms: i64 },
    /// The server outside answers a request.
    Answer,
}

impl Act {
    pub(crate) fn choose(who: &'static str, task: &'static str, choice: &'static str) -> Self {
        Self::Choose { who, task, choice, data: Value::Object(serde_json::Map::new()) }
    }
}

impl Cast {
    pub(crate) fn of(platform: &Platform, names: &[&'static str]) -> Self {
        let tenant = platform.tenant("acme");
        let people = names.iter().map(|name| (*name, platform.person(&tenant, name, &["member"]))).collect();
        Self { tenant, people }
    }

    pub(crate) fn client(&self, name: &str) -> &Client {
        &self.people[name].client
    }

    /// After the program was started again.
    pub(crate) fn again(&mut self, platform: &Platform) {
        self.tenant = platform.again(&self.tenant);
        for person in self.people.values_mut() {
            person.client = self.tenant.client.with_key(person.client.key());
        }
    }
}
