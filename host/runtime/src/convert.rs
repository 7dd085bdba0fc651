//! From the contract's plain values to the generated ones and back. No decisions here.

use signalsync_core::Timestamp;
use signalsync_core::contract as c;

use crate::generated::mapping as m;
use crate::generated::types as t;
use crate::generated::validation as v;
use crate::generated::workflow as w;

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

impl From<w::Definition> for c::Definition {
    fn from(d: w::Definition) -> Self {
        let step = |s: w::Step| c::Step {
            id: s.id,
            label: s.label,
            role: s.role,
            form: s.form,
            choices: s.choices.into_iter().map(|choice| c::Choice { id: choice.id, label: choice.label }).collect(),
        };
        let status = |s: w::Status| c::Status { name: s.name, label: s.label, color: s.color };
        let way = |t: w::Transition| c::Transition { from: t.from, to: t.to, label: t.label };
        Self {
            name: d.name,
            label: d.label,
            input_form: d.input_form,
            statuses: d.statuses.into_iter().map(status).collect(),
            roles: d.roles.into_iter().map(|r| c::Role { name: r.name, label: r.label }).collect(),
            steps: d.steps.into_iter().map(step).collect(),
            transitions: d.transitions.into_iter().map(way).collect(),
        }
    }
}

impl From<c::Event> for w::Event {
    fn from(event: c::Event) -> Self {
        match event {
            c::Event::Started(input) => Self::Started(input),
            c::Event::TaskDone(e) => {
                Self::TaskDone(w::TaskDone { task: e.task, step: e.step, choice: e.choice, data: e.data, by: e.by })
            }
            c::Event::Timer(id) => Self::Timer(id),
            c::Event::EffectDone(e) => Self::EffectDone(w::EffectDone { id: e.id, data: e.data }),
            c::Event::EffectFailed(e) => Self::EffectFailed(w::EffectFailed { id: e.id, reason: e.reason }),
            c::Event::Signal(e) => Self::Signal(w::Signalled { name: e.name, data: e.data }),
            c::Event::Cancelled(reason) => Self::Cancelled(reason),
        }
    }
}

impl From<w::Action> for c::WorkflowAction {
    fn from(action: w::Action) -> Self {
        match action {
            w::Action::OpenTask(a) => Self::OpenTask(c::OpenTask {
                step: a.step,
                assignee: a.assignee,
                due: a.due.map(Timestamp),
                data: a.data,
            }),
            w::Action::CloseTasks(step) => Self::CloseTasks(step),
            w::Action::SetTimer(a) => Self::SetTimer(c::Timer { id: a.id, at: Timestamp(a.at) }),
            w::Action::ClearTimer(id) => Self::ClearTimer(id),
            w::Action::Notify(a) => Self::Notify(c::Notify { role: a.role, template: a.template, data: a.data }),
            w::Action::RunMapping(a) => {
                Self::RunMapping(c::RunMapping { id: a.id, mapping: a.mapping, input: a.input })
            }
            w::Action::StartChild(a) => Self::StartChild(c::Child { id: a.id, workflow: a.workflow, input: a.input }),
            w::Action::Complete(result) => Self::Complete(result),
            w::Action::Fail(reason) => Self::Fail(reason),
        }
    }
}

impl From<w::Decision> for c::Decision {
    fn from(decision: w::Decision) -> Self {
        Self { state: decision.state, status: decision.status, actions: all(decision.actions) }
    }
}
