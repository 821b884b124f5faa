//! What cannot be decided is assumed, one way and the other: the worlds of a template.
//!
//! A condition may compare a parameter that nobody gives. Each way in which such comparisons may come out is a world, in
//! which the parameter has the assumed value everywhere. Worlds are found as they are needed: evaluation stops at the
//! first choice that is open, and goes on once for each answer. Beyond a number of worlds choices stay open, and
//! what hangs on them is not known: an `Fn::If` gives what its branches share, and a resource under such a condition is
//! there with no property known, beside a gap of its type.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::syntax::Faults;

/// The most worlds of one template.
pub(super) const MAX_WORLDS: usize = 64;
/// After this many choices that stay open, a world asks for no more.
const MAX_OPEN: usize = 4;

/// What is assumed of something that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Is(String),
    /// Something else than any of these.
    Not(BTreeSet<String>),
    Truth(bool),
}

/// A choice that evaluation needs, and all answers to it.
#[derive(Clone, Debug)]
pub(super) struct Need {
    /// What the choice is about, as in `Env`.
    pub subject: String,
    pub answers: Vec<Choice>,
}

/// One way in which everything that was asked came out.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    choices: BTreeMap<String, Choice>,
    /// The answer taken at each choice, which is the order of worlds.
    path: Vec<usize>,
    /// What stays open, for there would be too many worlds.
    open: BTreeSet<String>,
}

impl World {
    pub(super) fn choice(&self, subject: &str) -> Option<&Choice> {
        self.choices.get(subject)
    }

    /// Whether nothing is assumed.
    pub(super) fn is_certain(&self) -> bool {
        self.choices.is_empty() && self.open.is_empty()
    }

    /// Whether more may be asked about something.
    pub(super) fn asks(&self, subject: &str) -> bool {
        self.open.len() < MAX_OPEN && !self.open.contains(subject)
    }

    /// What is assumed, as in `Env = "prod", Size ≠ "large"`.
    pub(super) fn assumption(&self) -> String {
        let texts = self.choices.iter().map(|(subject, choice)| match choice {
            Choice::Is(value) => format!("{subject} = {value:?}"),
            Choice::Not(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                format!("{subject} ≠ {}", values.join(", "))
            }
            Choice::Truth(true) => subject.clone(),
            Choice::Truth(false) => format!("not ({subject})"),
        });
        texts.collect::<Vec<_>>().join(", ")
    }

    fn with(&self, need: &Need, answer: usize, choice: Choice) -> Self {
        let mut world = self.clone();
        world.choices.insert(need.subject.clone(), choice);
        world.path.push(answer);
        world
    }
}

/// What came of evaluating in a world.
pub(super) enum Attempt<T> {
    Done(T),
    Needs(Need),
}

/// Every world, at most `most`, with what evaluation gives in it.
///
/// # Errors
/// Those of the evaluation.
pub(super) fn explore<T>(
    most: usize,
    mut attempt: impl FnMut(&World) -> Result<Attempt<T>, Faults>,
) -> Result<Vec<(World, T)>, Faults> {
    let mut waiting = VecDeque::from([World::default()]);
    let mut done = Vec::new();
    while let Some(mut world) = waiting.pop_front() {
        match attempt(&world)? {
            Attempt::Done(result) => done.push((world, result)),
            Attempt::Needs(need) => {
                if done.len() + waiting.len() + need.answers.len() <= most && !need.answers.is_empty() {
                    let answers = need.answers.iter().cloned().enumerate();
                    waiting.extend(answers.map(|(at, choice)| world.with(&need, at, choice)));
                } else {
                    world.open.insert(need.subject);
                    waiting.push_front(world);
                }
            }
        }
    }
    done.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(subject: &str, answers: usize) -> Attempt<String> {
        let answers = (0..answers).map(|answer| Choice::Is(answer.to_string())).collect();
        Attempt::Needs(Need { subject: subject.into(), answers })
    }

    fn worlds(most: usize, subjects: &[&str], answers: usize) -> Vec<String> {
        let attempt = |world: &World| {
            let open = subjects.iter().find(|subject| world.choice(subject).is_none() && world.asks(subject));
            Ok(open.map_or_else(|| Attempt::Done(String::new()), |subject| ask(subject, answers)))
        };
        explore(most, attempt).unwrap().into_iter().map(|(world, _)| world.assumption()).collect()
    }

    #[test]
    fn every_combination_is_a_world() {
        let expected = [r#"A = "0", B = "0""#, r#"A = "0", B = "1""#, r#"A = "1", B = "0""#, r#"A = "1", B = "1""#];
        assert_eq!(worlds(64, &["A", "B"], 2), expected);
        assert_eq!(worlds(64, &[], 2), [""]);
    }

    #[test]
    fn there_are_never_more_than_the_most() {
        let subjects = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R"];
        assert_eq!(worlds(64, &subjects, 2).len(), 64);
        assert_eq!(worlds(1, &subjects, 2), [""]);
        assert_eq!(worlds(64, &["A"], 100), [""]);
    }
}
