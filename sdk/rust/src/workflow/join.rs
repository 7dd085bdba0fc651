//! Parallel branches that come together: all of them, one of them, or some.

use serde::{Deserialize, Serialize};

use super::Action;

/// Branches by the ids of what ends them (tasks, effects, children); part of a workflow's state.
///
/// ```
/// use signalsync_sdk::workflow::{Action, Join};
///
/// let mut all = Join::all(["price", "quality"]);
/// assert!(!all.arrived("price"));
/// assert!(!all.arrived("price"), "each counts once");
/// assert!(all.arrived("quality"));
///
/// let mut any = Join::any(["ann", "bob"]);
/// assert!(any.arrived("bob"));
/// assert_eq!(any.close().collect::<Vec<_>>(), [Action::CloseTask("ann".into())]);
/// assert!(!any.arrived("ann"), "it came together before");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Join {
    open: Vec<String>,
    missing: usize,
}

impl Join {
    /// Comes together when all have arrived.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Join;
    /// assert_eq!(Join::all(["a", "b"]).open().count(), 2);
    /// ```
    pub fn all(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let open: Vec<_> = ids.into_iter().map(Into::into).collect();
        Self { missing: open.len(), open }
    }

    /// Comes together with the first that arrives.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Join;
    /// assert!(Join::any(["a", "b"]).arrived("b"));
    /// ```
    pub fn any(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::some(1, ids)
    }

    /// Comes together when so many have arrived; with fewer branches than that, when all have.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Join;
    /// let mut two = Join::some(2, ["a", "b", "c"]);
    /// assert!(!two.arrived("c") && two.arrived("a"));
    /// ```
    pub fn some(count: usize, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let all = Self::all(ids);
        Self { missing: all.missing.min(count), ..all }
    }

    /// Notes that a branch has arrived; true with the one that brings them together, and only then.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Join;
    /// assert!(!Join::all(["a"]).arrived("another"));
    /// ```
    pub fn arrived(&mut self, id: &str) -> bool {
        let before = self.open.len();
        self.open.retain(|open| open != id);
        if self.open.len() == before || self.missing == 0 {
            return false;
        }
        self.missing -= 1;
        self.missing == 0
    }

    /// Branches that have not arrived.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Join;
    /// assert_eq!(Join::any(["a", "b"]).open().collect::<Vec<_>>(), ["a", "b"]);
    /// ```
    pub fn open(&self) -> impl Iterator<Item = &str> {
        self.open.iter().map(String::as_str)
    }

    /// Closes the tasks of the branches that have not arrived.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Join;
    /// assert_eq!(Join::any(["a", "b"]).close().count(), 2);
    /// ```
    pub fn close(&self) -> impl Iterator<Item = Action> {
        self.open.iter().cloned().map(Action::CloseTask)
    }
}
