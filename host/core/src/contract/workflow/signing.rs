//! What several people together decided.

use super::{Choice, Leaning, Signing, Step, Vote};

impl Step {
    /// The choice that the task has come to; none while somebody still has to choose. `signers` is how many people are
    /// asked in all, and each vote is of another one of them.
    pub fn decided(&self, signers: usize, votes: &[Vote]) -> Option<&Choice> {
        match self.signing {
            Signing::Any => votes.first().and_then(|vote| self.choice(&vote.choice)),
            Signing::All => {
                let negative =
                    votes.iter().filter_map(|vote| self.choice(&vote.choice)).find(|choice| is_negative(choice));
                negative.or_else(|| if votes.len() >= signers { self.most_chosen(votes, |_| true) } else { None })
            }
            Signing::Votes(wanted) => self.voted(wanted as usize, signers, votes),
        }
    }

    /// The choice with this id.
    pub fn choice(&self, id: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.id == id)
    }

    fn voted(&self, wanted: usize, signers: usize, votes: &[Vote]) -> Option<&Choice> {
        let leading = self.most_chosen(votes, |_| true)?;
        let (count, left) = (self.count(leading, votes), signers.saturating_sub(votes.len()));
        if count >= wanted {
            return Some(leading);
        }
        if count + left >= wanted {
            return None;
        }
        // Nobody got enough: that must not be read as a yes while anybody said less than that.
        let by = |leaning| self.most_chosen(votes, move |choice| choice.leaning == leaning);
        by(Leaning::Negative).or_else(|| by(Leaning::Neutral)).or(Some(leading))
    }

    /// What most chose of the choices that count; the first of the list where some are equal.
    fn most_chosen(&self, votes: &[Vote], counts: impl Fn(&Choice) -> bool) -> Option<&Choice> {
        let mut most: Option<(&Choice, usize)> = None;
        for choice in self.choices.iter().filter(|choice| counts(choice)) {
            let count = self.count(choice, votes);
            if count > most.map_or(0, |(_, count)| count) {
                most = Some((choice, count));
            }
        }
        most.map(|(choice, _)| choice)
    }

    fn count(&self, choice: &Choice, votes: &[Vote]) -> usize {
        votes.iter().filter(|vote| vote.choice == choice.id).count()
    }
}

fn is_negative(choice: &Choice) -> bool {
    choice.leaning == Leaning::Negative
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::contract::workflow::Turn;

    fn step(signing: Signing) -> Step {
        let choice = |id: &str, leaning| Choice { id: id.to_owned(), label: id.to_owned(), leaning };
        let choices = vec![
            choice("yes", Leaning::Positive),
            choice("also", Leaning::Positive),
            choice("later", Leaning::Neutral),
            choice("no", Leaning::Negative),
        ];
        let (id, label, role) = ("approve".to_owned(), "Approve".to_owned(), "manager".to_owned());
        Step { id, label, role, form: None, choices, signing, turn: Turn::Together, not_by: vec![], due: None }
    }

    #[track_caller]
    fn check(signing: Signing, signers: usize, choices: &[&str], decided: Option<&str>) {
        let vote = |(by, choice): (usize, &&str)| Vote {
            by: format!("usr_{by}"),
            choice: (*choice).to_owned(),
            data: "null".to_owned(),
            at: Timestamp(by as u64),
        };
        let votes: Vec<_> = choices.iter().enumerate().map(vote).collect();
        assert_eq!(step(signing).decided(signers, &votes).map(|choice| choice.id.as_str()), decided);
    }

    #[test]
    fn any_is_the_first_who_chooses() {
        check(Signing::Any, 3, &[], None);
        check(Signing::Any, 3, &["later"], Some("later"));
    }

    #[test]
    fn all_ends_with_the_last_or_with_a_no() {
        check(Signing::All, 3, &["yes", "yes"], None);
        check(Signing::All, 3, &["yes", "no"], Some("no"));
        check(Signing::All, 3, &["later", "yes", "yes"], Some("yes"));
        check(Signing::All, 2, &["later", "yes"], Some("yes"));
    }

    #[test]
    fn votes_are_counted_until_enough_agree_or_no_longer_can() {
        check(Signing::Votes(2), 3, &["yes"], None);
        check(Signing::Votes(2), 3, &["yes", "yes"], Some("yes"));
        check(Signing::Votes(2), 3, &["no", "yes"], None);
        check(Signing::Votes(2), 3, &["no", "no"], Some("no"));
        check(Signing::Votes(2), 3, &["yes", "no", "later"], Some("no"));
        check(Signing::Votes(3), 3, &["yes", "no"], Some("no"));
        check(Signing::Votes(2), 3, &["yes", "also", "later"], Some("later"));
        check(Signing::Votes(2), 2, &["also", "yes"], Some("yes"));
    }

    /// With fewer people than votes nobody can get enough: one yes must not pass for two.
    #[test]
    fn too_few_people_never_agree_beside_a_no() {
        check(Signing::Votes(2), 1, &["no"], Some("no"));
        check(Signing::Votes(3), 2, &["yes", "later"], Some("later"));
    }
}
