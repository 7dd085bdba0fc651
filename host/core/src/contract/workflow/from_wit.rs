//! From the types that a generator of bindings makes of `wit/workflow/` to these.
//!
//! The host and the SDK's test player each have bindings of their own, with the same names. What both say of a workflow is
//! judged by the rules beside this file, so both come here, by the one way that is written down.

/// Writes `From<w::Definition> for Definition` and `From<w::Decision> for Decision`, with all that they are made of, where
/// `w` is the module of the generated types.
#[macro_export]
macro_rules! workflow_from_wit {
    ($w:ident) => {
        const _: () = {
            use $crate::Timestamp;
            use $crate::contract::workflow as plain;

            fn all<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
                items.into_iter().map(Into::into).collect()
            }

            impl From<$w::Definition> for plain::Definition {
                fn from(d: $w::Definition) -> Self {
                    Self {
                        name: d.name,
                        label: d.label,
                        input_form: d.input_form,
                        statuses: all(d.statuses),
                        roles: all(d.roles),
                        steps: all(d.steps),
                        transitions: all(d.transitions),
                        service_levels: all(d.service_levels),
                        templates: d.templates,
                        mappings: d.mappings,
                        children: d.children,
                        signals: d.signals,
                    }
                }
            }

            impl From<$w::Status> for plain::Status {
                fn from(s: $w::Status) -> Self {
                    Self { name: s.name, label: s.label, color: s.color }
                }
            }

            impl From<$w::Role> for plain::Role {
                fn from(r: $w::Role) -> Self {
                    Self { name: r.name, label: r.label }
                }
            }

            impl From<$w::Step> for plain::Step {
                fn from(s: $w::Step) -> Self {
                    let signing = match s.signing {
                        $w::Signing::Any => plain::Signing::Any,
                        $w::Signing::All => plain::Signing::All,
                        $w::Signing::Votes(votes) => plain::Signing::Votes(votes),
                    };
                    let turn = match s.turn {
                        $w::Turn::Together => plain::Turn::Together,
                        $w::Turn::InOrder => plain::Turn::InOrder,
                    };
                    Self {
                        id: s.id,
                        label: s.label,
                        role: s.role,
                        form: s.form,
                        choices: all(s.choices),
                        signing,
                        turn,
                        not_by: s.not_by,
                        due: s.due.map(Into::into),
                    }
                }
            }

            impl From<$w::Choice> for plain::Choice {
                fn from(c: $w::Choice) -> Self {
                    let leaning = match c.leaning {
                        $w::Leaning::Positive => plain::Leaning::Positive,
                        $w::Leaning::Neutral => plain::Leaning::Neutral,
                        $w::Leaning::Negative => plain::Leaning::Negative,
                    };
                    Self { id: c.id, label: c.label, leaning }
                }
            }

            impl From<$w::Moment> for plain::Moment {
                fn from(m: $w::Moment) -> Self {
                    match m {
                        $w::Moment::At(at) => Self::At(Timestamp(at)),
                        $w::Moment::After(ms) => Self::After(ms),
                        $w::Moment::Working(minutes) => Self::Working(minutes),
                    }
                }
            }

            impl From<$w::Transition> for plain::Transition {
                fn from(t: $w::Transition) -> Self {
                    Self { from: t.from, to: t.to, label: t.label }
                }
            }

            impl From<$w::ServiceLevel> for plain::ServiceLevel {
                fn from(l: $w::ServiceLevel) -> Self {
                    Self { id: l.id, label: l.label, target: l.target, counts_in: l.counts_in, alerts: l.alerts }
                }
            }

            impl From<$w::Decision> for plain::Decision {
                fn from(d: $w::Decision) -> Self {
                    Self { state: d.state, status: d.status, actions: all(d.actions) }
                }
            }

            impl From<$w::Action> for plain::Action {
                fn from(action: $w::Action) -> Self {
                    match action {
                        $w::Action::OpenTask(a) => Self::OpenTask(a.into()),
                        $w::Action::CloseTask(id) => Self::CloseTask(id),
                        $w::Action::SetTimer(a) => Self::SetTimer(plain::Timer { id: a.id, at: a.at.into() }),
                        $w::Action::ClearTimer(id) => Self::ClearTimer(id),
                        $w::Action::Notify(a) => {
                            Self::Notify(plain::Notify { to: all(a.to), template: a.template, data: a.data })
                        }
                        $w::Action::RunMapping(a) => {
                            Self::RunMapping(plain::RunMapping { id: a.id, mapping: a.mapping, input: a.input })
                        }
                        $w::Action::StartChild(a) => {
                            let $w::Child { id, workflow, key, input } = a;
                            Self::StartChild(plain::Child { id, workflow, key, input })
                        }
                        $w::Action::CancelChild(id) => Self::CancelChild(id),
                        $w::Action::SendSignal(a) => {
                            let $w::SendSignal { workflow, key, name, data } = a;
                            Self::SendSignal(plain::SendSignal { workflow, key, name, data })
                        }
                        $w::Action::Complete(result) => Self::Complete(result),
                        $w::Action::Fail(reason) => Self::Fail(reason),
                    }
                }
            }

            impl From<$w::OpenTask> for plain::OpenTask {
                fn from(t: $w::OpenTask) -> Self {
                    let priority = match t.priority {
                        $w::Priority::Low => plain::Priority::Low,
                        $w::Priority::Normal => plain::Priority::Normal,
                        $w::Priority::High => plain::Priority::High,
                        $w::Priority::Urgent => plain::Priority::Urgent,
                    };
                    Self {
                        id: t.id,
                        step: t.step,
                        people: all(t.people),
                        due: t.due.map(Into::into),
                        priority,
                        data: t.data,
                    }
                }
            }

            impl From<$w::Who> for plain::Who {
                fn from(who: $w::Who) -> Self {
                    match who {
                        $w::Who::Role(name) => Self::Role(name),
                        $w::Who::User(id) => Self::User(id),
                        $w::Who::TenantRole(name) => Self::TenantRole(name),
                        $w::Who::Team(name) => Self::Team(name),
                        $w::Who::Department(name) => Self::Department(name),
                        $w::Who::ManagerOf(id) => Self::ManagerOf(id),
                        $w::Who::Starter => Self::Starter,
                    }
                }
            }
        };
    };
}
