//! From the contract's plain values to the generated ones and back. No decisions here.

use signalsync_core::contract::{self as c, workflow as cw};

use crate::generated::mapping as m;
use crate::generated::types as t;
use crate::generated::validation as v;
use crate::generated::workflow_types as w;

fn all<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(Into::into).collect()
}

impl From<c::Subject> for v::Subject {
    fn from(s: c::Subject) -> Self {
        Self { collection: s.collection, id: s.id, before: s.before, after: s.after }
    }
}

impl From<t::Violation> for c::Violation {
    fn from(v: t::Violation) -> Self {
        let severity = match v.severity {
            t::Severity::Error => c::Severity::Error,
            t::Severity::Warning => c::Severity::Warning,
        };
        Self { path: v.path, code: v.code, severity, message: v.message }
    }
}

impl From<c::Message> for m::Message {
    fn from(message: c::Message) -> Self {
        Self {
            source: message.source,
            media_type: message.media_type,
            headers: all(message.headers),
            body: message.body,
        }
    }
}

impl From<m::Action> for c::MappingAction {
    fn from(action: m::Action) -> Self {
        match action {
            m::Action::Upsert(a) => Self::Upsert(c::Change { collection: a.collection, id: a.id, body: a.body }),
            m::Action::Start(a) => Self::Start(c::Start { workflow: a.workflow, key: a.key, input: a.input }),
            m::Action::Signal(a) => Self::Signal(c::Signal { run: a.run, name: a.name, data: a.data }),
            m::Action::Send(a) => Self::Send(a.into()),
        }
    }
}

impl From<m::Outcome> for c::Outcome {
    fn from(outcome: m::Outcome) -> Self {
        Self { actions: all(outcome.actions), reply: outcome.reply }
    }
}

signalsync_core::workflow_from_wit!(w);

impl From<cw::Event> for w::Event {
    fn from(event: cw::Event) -> Self {
        match event {
            cw::Event::Started(e) => Self::Started(w::Started { input: e.input, by: e.by, key: e.key, run: e.run }),
            cw::Event::TaskDone(e) => Self::TaskDone(w::TaskDone {
                id: e.id,
                step: e.step,
                choice: e.choice,
                data: e.data,
                by: e.by,
                votes: all(e.votes),
            }),
            cw::Event::TaskDue(e) => Self::TaskDue(w::TaskDue { id: e.id, step: e.step }),
            cw::Event::Timer(id) => Self::Timer(id),
            cw::Event::EffectDone(e) => Self::EffectDone(w::EffectDone { id: e.id, data: e.data }),
            cw::Event::EffectFailed(e) => Self::EffectFailed(w::EffectFailed { id: e.id, reason: e.reason }),
            cw::Event::ChildEnded(e) => Self::ChildEnded(w::ChildEnded { id: e.id, outcome: outcome(e.outcome) }),
            cw::Event::Signal(e) => Self::Signal(w::Signalled { name: e.name, data: e.data }),
            cw::Event::ServiceLevel(e) => Self::ServiceLevel(w::ServiceLevelReached { id: e.id, percent: e.percent }),
            cw::Event::Cancel(reason) => Self::Cancel(reason),
        }
    }
}

impl From<cw::Vote> for w::Vote {
    fn from(vote: cw::Vote) -> Self {
        Self { by: vote.by, choice: vote.choice, data: vote.data, at: vote.at.0 }
    }
}

fn outcome(ending: cw::Ending) -> Result<String, String> {
    match ending {
        cw::Ending::Completed(result) => Ok(result),
        cw::Ending::Failed(reason) => Err(reason),
    }
}
