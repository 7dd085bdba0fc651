//! Whether two decisions are the same, and where they are not.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use signalsync_core::contract::workflow::{Action, Decision, Event};
use signalsync_core::{Digest, LogLine};

use super::opened;
use super::recording::Then;

/// How a step went the second time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "outcome")]
#[schemars(rename = "ReplayComparison")]
pub enum Comparison {
    /// It decides the same and remembers the same.
    Same,
    /// It decides the same, and remembers something else from then on.
    Remembers {
        /// From what was remembered to what would be (RFC 6902); none when the first is not known any more.
        difference: Option<Vec<Value>>,
    },
    /// It decides otherwise.
    Differs {
        /// What came of it at first.
        recorded: Box<Told>,
        /// What would come of it.
        now: Box<Told>,
        /// From the one to the other (RFC 6902).
        difference: Vec<Value>,
        /// What the component wrote into its log the second time.
        log: Vec<LogLine>,
    },
    /// The run would not have come to it.
    NotReached { why: String },
    /// Nothing can be said.
    NotReplayed { why: String },
}

impl Comparison {
    /// Whether the run would go otherwise.
    pub fn is_different(&self) -> bool {
        !matches!(self, Self::Same | Self::NotReplayed { .. })
    }

    /// About how large it is.
    pub(super) fn bytes(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.len()) + 100
    }
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", untagged)]
#[schemars(rename = "ReplayTold")]
pub enum Told {
    /// A decision.
    Decided {
        status: String,
        /// With the documents in them opened.
        actions: Vec<Value>,
        /// What it remembers, when that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<Value>,
        /// Functions that write or send, which it called at first and not now.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<String>,
        #[serde(skip)]
        digest: Option<Digest>,
    },
    /// A failure.
    Failed {
        /// Stable.
        failed: String,
        detail: String,
    },
}

impl Told {
    pub(super) fn failed(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Failed { failed: code.into(), detail: detail.into() }
    }

    pub(super) fn decided(decision: &Decision, left_out: Vec<String>) -> Self {
        Self::Decided {
            status: decision.status.clone(),
            actions: decision.actions.iter().map(action).collect(),
            state: Some(opened(&decision.state)),
            left_out,
            digest: Some(Digest::of(decision.state.as_bytes())),
        }
    }

    fn recorded(then: &Then, after: Option<&str>) -> Self {
        match then {
            Then::Decided { status, actions, state } => Self::Decided {
                status: status.clone(),
                actions: actions.iter().map(action).collect(),
                state: after.map(opened),
                left_out: Vec::new(),
                digest: Some(*state),
            },
            Then::Failed { code, detail } => Self::failed(code, detail),
        }
    }
}

/// Holds what came of a step the second time against what came of it at first.
pub(super) fn compare(then: &Then, after: Option<&str>, now: Told, log: Vec<LogLine>) -> Comparison {
    let recorded = Told::recorded(then, after);
    match (&recorded, &now) {
        (Told::Failed { failed: before, .. }, Told::Failed { failed: after, .. }) if before == after => {
            return Comparison::Same;
        }
        (
            Told::Decided { status, actions, state, digest, .. },
            Told::Decided { status: new_status, actions: new_actions, state: new, digest: new_digest, left_out },
        ) if status == new_status && actions == new_actions && left_out.is_empty() => {
            return match (digest == new_digest, state, new) {
                (true, _, _) => Comparison::Same,
                (false, Some(state), Some(new)) if state == new => Comparison::Same,
                (false, Some(state), Some(new)) => Comparison::Remembers { difference: Some(patch(state, new)) },
                (false, ..) => Comparison::Remembers { difference: None },
            };
        }
        _ => {}
    }
    let difference = patch(&json!(recorded), &json!(now));
    Comparison::Differs { recorded: Box::new(recorded), now: Box::new(now), difference, log }
}

fn patch(before: &Value, after: &Value) -> Vec<Value> {
    json_patch::diff(before, after).0.iter().map(|step| json!(step)).collect()
}

/// An action whose documents are opened, so that a difference in them is seen where it is.
fn action(action: &Action) -> Value {
    let mut value = json!(action);
    if let Some(body) = value.as_object_mut().and_then(|action| action.values_mut().next()) {
        let is_end = matches!(action, Action::Complete(_));
        match body {
            Value::String(text) if is_end => *body = opened(text),
            Value::Object(fields) => {
                for name in ["data", "input"] {
                    if let Some(Value::String(text)) = fields.get(name) {
                        let document = opened(text);
                        fields.insert(name.to_owned(), document);
                    }
                }
            }
            _ => {}
        }
    }
    value
}

/// What happened, in few words: `task-done first: yes`.
pub(super) fn in_words(event: &Event) -> String {
    match event {
        Event::Started(_) => "started".to_owned(),
        Event::TaskDone(done) => format!("task-done {}: {}", done.id, done.choice),
        Event::TaskDue(due) => format!("task-due {}", due.id),
        Event::Timer(id) => format!("timer {id}"),
        Event::EffectDone(done) => format!("effect-done {}", done.id),
        Event::EffectFailed(failed) => format!("effect-failed {}", failed.id),
        Event::ChildEnded(ended) => format!("child-ended {}", ended.id),
        Event::Signal(signal) => format!("signal {}", signal.name),
        Event::ServiceLevel(reached) => format!("service-level {}: {} %", reached.id, reached.percent),
        Event::Cancel(_) => "cancel".to_owned(),
    }
}
