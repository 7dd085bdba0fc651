//! Contents that no file refers to any more. They are removed when no transaction is left that began
//! before they were replaced, because such a transaction still reads the file as it was.

use std::collections::{BTreeMap, VecDeque};

/// Which transactions are open, and what waits for the end of some of them.
#[derive(Debug)]
pub(crate) struct Garbage<T> {
    /// Counts how often something was thrown away.
    now: u64,
    /// Open transactions by the count at which they began.
    open: BTreeMap<u64, usize>,
    /// What was thrown away, and at which count.
    waiting: VecDeque<(u64, T)>,
}

impl<T> Default for Garbage<T> {
    fn default() -> Self {
        Self { now: 0, open: BTreeMap::new(), waiting: VecDeque::new() }
    }
}

impl<T> Garbage<T> {
    /// A transaction begins; it takes its snapshot after this.
    pub(crate) fn enter(&mut self) -> u64 {
        *self.open.entry(self.now).or_default() += 1;
        self.now
    }

    /// A transaction that entered ends. Answers what can be removed.
    pub(crate) fn leave(&mut self, entered: u64) -> Vec<T> {
        if let Some(count) = self.open.get_mut(&entered) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(&entered);
            }
        }
        self.collect()
    }

    /// A commit no longer refers to these. Answers what can be removed.
    pub(crate) fn throw(&mut self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        self.now += 1;
        let now = self.now;
        self.waiting.extend(items.into_iter().map(|item| (now, item)));
        self.collect()
    }

    fn collect(&mut self) -> Vec<T> {
        let oldest = self.open.first_key_value().map_or(u64::MAX, |(entered, _)| *entered);
        let ready = self.waiting.partition_point(|(thrown, _)| *thrown <= oldest);
        self.waiting.drain(..ready).map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_while_somebody_may_look_at_it() {
        let mut garbage = Garbage::default();
        let early = garbage.enter();
        assert!(garbage.throw(["a"]).is_empty());
        let late = garbage.enter();
        assert!(garbage.throw(["b"]).is_empty());
        assert_eq!(garbage.leave(early), ["a"]);
        assert_eq!(garbage.leave(late), ["b"]);
        assert_eq!(garbage.throw(["c"]), ["c"]);
    }

    #[test]
    fn the_oldest_reader_decides() {
        let mut garbage = Garbage::default();
        let (first, second) = (garbage.enter(), garbage.enter());
        let _ = garbage.throw(["a"]);
        let third = garbage.enter();
        assert!(garbage.leave(third).is_empty());
        assert!(garbage.leave(first).is_empty());
        assert_eq!(garbage.leave(second), ["a"]);
    }
}
