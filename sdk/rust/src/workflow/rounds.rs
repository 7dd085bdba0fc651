//! Loops that end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How often something was done, and how often it may be; part of a workflow's state.
///
/// ```
/// use signalsync_sdk::workflow::Rounds;
///
/// let mut rounds = Rounds::at_most(2);
/// assert_eq!(rounds.again(), Ok(1));
/// assert_eq!(rounds.again(), Ok(2));
/// assert_eq!(rounds.again().unwrap_err().to_string(), "it was done 2 times, and may not be done again");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounds {
    max: u32,
    done: u32,
}

/// It may not be done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// How often it was done.
    pub rounds: u32,
}

impl Rounds {
    /// At most so often.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Rounds;
    /// assert!(Rounds::at_most(0).again().is_err());
    /// ```
    pub fn at_most(max: u32) -> Self {
        Self { max, done: 0 }
    }

    /// The number of the next round, from 1.
    ///
    /// # Errors
    /// [`Exhausted`] when there are no rounds left.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Rounds;
    /// assert_eq!(Rounds::at_most(1).again(), Ok(1));
    /// ```
    pub fn again(&mut self) -> Result<u32, Exhausted> {
        if self.done >= self.max {
            return Err(Exhausted { rounds: self.done });
        }
        self.done += 1;
        Ok(self.done)
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it was done {} times, and may not be done again", self.rounds)
    }
}

impl std::error::Error for Exhausted {}

impl From<Exhausted> for String {
    fn from(exhausted: Exhausted) -> Self {
        exhausted.to_string()
    }
}
