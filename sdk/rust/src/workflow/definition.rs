//! How a workflow says what it is.

use super::{Choice, Definition, Leaning, Moment, Role, ServiceLevel, Signing, Status, Step, Transition, Turn};

/// Colour of a status.
///
/// ```
/// # use signalsync_sdk::workflow::{Color, Definition};
/// let definition = Definition::new("approval", "Approval").status("open", "Open", Color::Blue);
/// assert_eq!(definition.statuses[0].color, "blue");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// At rest.
    Gray,
    /// Under way.
    Blue,
    /// Well.
    Green,
    /// Waits for somebody.
    Yellow,
    /// Late, or needs a look.
    Orange,
    /// Badly.
    Red,
}

impl Color {
    fn name(self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }
}

impl Definition {
    /// A process without statuses, roles and steps. Names and ids are `[a-z][a-z0-9-]{0,62}`, labels 1 to 200 bytes; each
    /// list holds at most 200.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").name, "approval");
    /// ```
    pub fn new(name: &str, label: &str) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            input_form: None,
            statuses: Vec::new(),
            roles: Vec::new(),
            steps: Vec::new(),
            transitions: Vec::new(),
            service_levels: Vec::new(),
            templates: Vec::new(),
            mappings: Vec::new(),
            children: Vec::new(),
            signals: Vec::new(),
        }
    }

    /// The collection whose definition is the form that starts a run.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert!(Definition::new("approval", "Approval").input_form("orders").input_form.is_some());
    /// ```
    pub fn input_form(self, collection: &str) -> Self {
        Self { input_form: Some(collection.to_owned()), ..self }
    }

    /// Adds a status; the first one is where a run begins.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Color, Definition};
    /// assert_eq!(Definition::new("approval", "Approval").status("open", "Open", Color::Blue).statuses.len(), 1);
    /// ```
    pub fn status(mut self, name: &str, label: &str, color: Color) -> Self {
        let (name, label) = (name.to_owned(), label.to_owned());
        self.statuses.push(Status { name, label, color: color.name().to_owned() });
        self
    }

    /// Adds somebody who can be asked, by a name that the tenant binds to its people.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").role("manager", "Manager").roles.len(), 1);
    /// ```
    pub fn role(mut self, name: &str, label: &str) -> Self {
        self.roles.push(Role { name: name.to_owned(), label: label.to_owned() });
        self
    }

    /// Adds work for people.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Definition, Step};
    /// let step = Step::new("approve", "Approve", "manager").positive("yes", "Yes");
    /// assert_eq!(Definition::new("approval", "Approval").step(step).steps.len(), 1);
    /// ```
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Adds a way that a run can take between two statuses.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").transition("a", "b", "On").transitions.len(), 1);
    /// ```
    pub fn transition(mut self, from: &str, to: &str, label: &str) -> Self {
        self.transitions.push(Transition { from: from.to_owned(), to: to.to_owned(), label: label.to_owned() });
        self
    }

    /// Adds how long a run may stand in the statuses in which its time counts.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Definition, ServiceLevel};
    /// let level = ServiceLevel::new("reaction", "Reaction", 60, &["open"]);
    /// assert_eq!(Definition::new("repair", "Repair").service_level(level).service_levels.len(), 1);
    /// ```
    pub fn service_level(mut self, level: ServiceLevel) -> Self {
        self.service_levels.push(level);
        self
    }

    /// Adds names of the templates that `notify` uses.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").templates(&["please"]).templates.len(), 1);
    /// ```
    pub fn templates(mut self, names: &[&str]) -> Self {
        self.templates.extend(owned(names));
        self
    }

    /// Adds names of the mappings that `run_mapping` runs.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").mappings(&["export"]).mappings.len(), 1);
    /// ```
    pub fn mappings(mut self, names: &[&str]) -> Self {
        self.mappings.extend(owned(names));
        self
    }

    /// Adds names of the workflows that `start_child` starts.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("order", "Order").children(&["delivery"]).children.len(), 1);
    /// ```
    pub fn children(mut self, names: &[&str]) -> Self {
        self.children.extend(owned(names));
        self
    }

    /// Adds names of the signals that runs wait for; no other reaches one.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("order", "Order").signals(&["paid"]).signals.len(), 1);
    /// ```
    pub fn signals(mut self, names: &[&str]) -> Self {
        self.signals.extend(owned(names));
        self
    }
}

fn owned<'a>(names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    names.iter().map(|name| (*name).to_owned())
}

impl Step {
    /// Work that one person of a role does. Give it at least one choice.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Step;
    /// assert_eq!(Step::new("approve", "Approve the order", "manager").role, "manager");
    /// ```
    pub fn new(id: &str, label: &str, role: &str) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            role: role.to_owned(),
            form: None,
            choices: Vec::new(),
            signing: Signing::Any,
            turn: Turn::Together,
            not_by: Vec::new(),
            due: None,
        }
    }

    /// Adds a choice that says yes.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Leaning, Step};
    /// let step = Step::new("approve", "Approve", "manager").positive("yes", "Approve");
    /// assert_eq!(step.choices[0].leaning, Leaning::Positive);
    /// ```
    pub fn positive(self, id: &str, label: &str) -> Self {
        self.choice(id, label, Leaning::Positive)
    }

    /// Adds a choice that says neither yes nor no.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Leaning, Step};
    /// let step = Step::new("approve", "Approve", "manager").neutral("ask", "Ask back");
    /// assert_eq!(step.choices[0].leaning, Leaning::Neutral);
    /// ```
    pub fn neutral(self, id: &str, label: &str) -> Self {
        self.choice(id, label, Leaning::Neutral)
    }

    /// Adds a choice that says no. Where several sign, one of these can end the task at once.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Leaning, Step};
    /// let step = Step::new("approve", "Approve", "manager").negative("no", "Reject");
    /// assert_eq!(step.choices[0].leaning, Leaning::Negative);
    /// ```
    pub fn negative(self, id: &str, label: &str) -> Self {
        self.choice(id, label, Leaning::Negative)
    }

    fn choice(mut self, id: &str, label: &str, leaning: Leaning) -> Self {
        self.choices.push(Choice { id: id.to_owned(), label: label.to_owned(), leaning });
        self
    }

    /// The collection whose definition is the form.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Step;
    /// assert!(Step::new("report", "Report", "worker").form("reports").form.is_some());
    /// ```
    pub fn form(self, collection: &str) -> Self {
        Self { form: Some(collection.to_owned()), ..self }
    }

    /// Everybody who is asked has to choose; a negative choice ends the task at once.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Signing, Step};
    /// assert_eq!(Step::new("sign", "Sign", "board").by_all().signing, Signing::All);
    /// ```
    pub fn by_all(self) -> Self {
        Self { signing: Signing::All, ..self }
    }

    /// So many have to make the same choice (1 to 100).
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Signing, Step};
    /// assert_eq!(Step::new("sign", "Sign", "board").by_votes(2).signing, Signing::Votes(2));
    /// ```
    pub fn by_votes(self, votes: u32) -> Self {
        Self { signing: Signing::Votes(votes), ..self }
    }

    /// Those who sign are asked one after the other.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Step, Turn};
    /// assert_eq!(Step::new("sign", "Sign", "board").by_all().in_order().turn, Turn::InOrder);
    /// ```
    pub fn in_order(self) -> Self {
        Self { turn: Turn::InOrder, ..self }
    }

    /// Four eyes: whoever did this other step of the same run may not do this one; `start` stands for whoever started it.
    ///
    /// ```
    /// use signalsync_sdk::testing::{self, Run};
    /// use signalsync_sdk::workflow::{Color, Decision, Definition, Event, OpenTask, Started, Step, Workflow};
    ///
    /// struct Payment;
    ///
    /// impl Workflow for Payment {
    ///     type State = ();
    ///     type Error = String;
    ///
    ///     fn definition() -> Definition {
    ///         Definition::new("payment", "Payment")
    ///             .status("open", "Open", Color::Yellow)
    ///             .role("clerk", "Clerk")
    ///             .step(Step::new("release", "Release", "clerk").positive("yes", "Release").not_by("start"))
    ///     }
    ///
    ///     fn start(_: Started) -> Result<Decision<()>, String> {
    ///         Ok(Decision::new((), "open").open(OpenTask::new("release")))
    ///     }
    ///
    ///     fn advance(_: (), _: Event) -> Result<Decision<()>, String> {
    ///         Ok(Decision::new((), "open").complete(&())?)
    ///     }
    /// }
    ///
    /// let mut run = Run::<Payment>::new();
    /// let (ann, bob) = (testing::user(1), testing::user(2));
    /// run.start_by(&ann, &()).unwrap();
    /// assert!(run.choose("release", &ann, "yes", &()).unwrap_err().contains("may not do this one"));
    /// assert!(run.choose("release", &bob, "yes", &()).unwrap());
    /// ```
    pub fn not_by(mut self, step: &str) -> Self {
        self.not_by.push(step.to_owned());
        self
    }

    /// When it is due, unless a task says otherwise.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Moment, Step};
    /// assert!(Step::new("approve", "Approve", "manager").due(Moment::working_hours(8)).due.is_some());
    /// ```
    pub fn due(self, due: Moment) -> Self {
        Self { due: Some(due), ..self }
    }
}

impl ServiceLevel {
    /// `target` minutes of working time, which count in these statuses and pause in all others.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::ServiceLevel;
    /// assert_eq!(ServiceLevel::new("reaction", "Reaction", 60, &["open"]).target, 60);
    /// ```
    pub fn new(id: &str, label: &str, target: u32, counts_in: &[&str]) -> Self {
        let counts_in = owned(counts_in).collect();
        Self { id: id.to_owned(), label: label.to_owned(), target, counts_in, alerts: Vec::new() }
    }

    /// Tells the run when this part of the target is used up, in percent (1 to 1,000). At most 10 times.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::ServiceLevel;
    /// assert_eq!(ServiceLevel::new("reaction", "Reaction", 60, &["open"]).alert(80).alert(100).alerts, [80, 100]);
    /// ```
    pub fn alert(mut self, percent: u32) -> Self {
        self.alerts.push(percent);
        self
    }
}

impl Moment {
    /// After so many minutes, by the clock on the wall.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Moment;
    /// assert_eq!(Moment::minutes(2), Moment::After(120_000));
    /// ```
    pub const fn minutes(minutes: u32) -> Self {
        Self::After(minutes as u64 * 60_000)
    }

    /// After so many hours, by the clock on the wall.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Moment;
    /// assert_eq!(Moment::hours(1), Moment::minutes(60));
    /// ```
    pub const fn hours(hours: u32) -> Self {
        Self::After(hours as u64 * 3_600_000)
    }

    /// After so many times 24 hours, by the clock on the wall.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Moment;
    /// assert_eq!(Moment::days(1), Moment::hours(24));
    /// ```
    pub const fn days(days: u32) -> Self {
        Self::After(days as u64 * 86_400_000)
    }

    /// After so many hours of working time.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Moment;
    /// assert_eq!(Moment::working_hours(8), Moment::Working(480));
    /// ```
    pub const fn working_hours(hours: u32) -> Self {
        Self::Working(hours.saturating_mul(60))
    }
}
