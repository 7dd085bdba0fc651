//! Workflows: processes that last as long as they last. The component decides, the host acts.
//!
//! **A step is exactly once.** What happens to a run is an event in its [inbox](inbox), put there in the transaction of
//! its cause. A piece of work takes the next event, calls the workflow, and commits the event taken, the new state, what
//! was decided, what the component wrote itself, the history and the receipt together, under the work's epoch.
//!
//! **What is decision is pure**: [`machine`] makes of a run, an event and a decision the run afterwards and what has to be
//! done. Everything else here reads and writes rows.
//!
//! **What fails** is tried again where that can help, and else is an incident of its run, which waits until somebody
//! retries it. Nothing else of the tenant stops.
//!
//! Knows neither WebAssembly nor HTTP: workflows run through `Invoke`, and who carries out mappings is told by
//! [`Mappings`].

mod absence;
mod apply;
pub mod archive;
mod deliver;
mod effects;
mod error;
mod figures;
mod history;
mod inbox;
mod levels;
mod live;
pub mod machine;
mod notices;
mod planned;
mod replay;
mod retention;
mod rows;
mod runs;
mod signals;
mod start;
mod step;
mod tasks;
mod templates;
mod timers;
mod types;
mod who;

pub use absence::{Absence, Absences};
pub use deliver::{Deliveries, NoticeSettings};
pub use effects::{Effects, Mappings, NotMapped};
pub use error::WorkflowError;
pub use figures::{Figures, StepFigures, Took};
pub use history::{Entry, What};
pub use inbox::INBOX_MAX;
pub use live::{Change as LiveChange, Listener, Live, News, Topic};
pub use machine::{Run, RunState, Task};
pub use notices::{Notice, Notices, Unread};
pub use planned::{Planned, Starter};
pub use replay::{Bounds, Compared, Comparison, Replay, Told};
pub use retention::runs_of;
pub use runs::{Act as RunAct, BULK, Bulk, BulkJob, Detail, Filter, Preview, Rehearsal, Rehearsed, Runs, Trial};
pub use signals::{EARLY_MAX, Signal, signal, signal_run};
pub use start::{Order, Start, begin};
pub use step::Steps;
pub use tasks::{Answer, Comment, Counts, Draft, Shown, TaskAct, TaskFilter, Tasks, hand_over};
pub use templates::{LANGUAGES_MAX, Named as NamedTemplate, TEMPLATES_MAX, Template, Templates, Wording};
pub use timers::register as register_timers;
pub use types::{Binding, DraftOrder, Drafted, Offer, Rule, Version, Workflow, Workflows};
