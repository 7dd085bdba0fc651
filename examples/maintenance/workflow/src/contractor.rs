//! Contractors: who does the work.

use serde::{Deserialize, Serialize};
use signalsync_sdk::storage::Collection;
use signalsync_sdk::workflow::{TaskDone, Who};

/// A record of the collection `contractors`, with its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contractor {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) name: String,
    /// The id of the team in which their people are.
    team: String,
}

/// What a supervisor enters: the form `dispatches`.
#[derive(Deserialize)]
struct Dispatch {
    #[serde(default)]
    contractor: Option<String>,
    #[serde(default)]
    note: Option<String>,
}

impl Contractor {
    /// Whom a supervisor has chosen, and what they said to them; none when they chose nobody. A form does not know which
    /// button is pressed, so it cannot require what only one of them needs.
    pub(crate) fn chosen(done: &TaskDone) -> Result<Option<(Self, Option<String>)>, String> {
        let Dispatch { contractor, note } = done.data()?;
        contractor.map(|id| Ok((Self::find(id)?, note))).transpose()
    }

    fn find(id: String) -> Result<Self, String> {
        let found: Option<Self> = Collection::open("contractors")?.get_as(&id)?;
        let contractor = found.ok_or_else(|| format!("there is no contractor {id}"))?;
        Ok(Self { id, ..contractor })
    }

    pub(crate) fn people(&self) -> Who {
        Who::Team(self.team.clone())
    }
}
