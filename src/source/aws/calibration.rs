//! Whether the simulator can be believed: requests of which the answer is known.

use super::call::Unit;
use super::regions::GOVERNMENT_CLOUD;
use super::simulate::SIMULATE;
use super::simulation::{Answer, Said};
use crate::model::Question;

/// What nobody allows abroad and everybody at home, and no list of global services exempts.
const EVERYWHERE: &str = "ec2:DescribeInstances";

/// Where IAM is, and a region that is abroad for every account of the Government Cloud.
const ABROAD: &str = "us-east-1";

/// Three requests: one that was just made, and a pair that must differ.
pub(super) struct Calibration([Question; 3]);

impl Calibration {
    /// The region abroad is the first that a question asks about.
    pub(super) fn of(unit: &Unit) -> Self {
        let is_home = |region: &str| GOVERNMENT_CLOUD.contains(&region);
        let home = if is_home(&unit.region) { unit.region.as_str() } else { GOVERNMENT_CLOUD[0] };
        let asked = unit.inquiry.questions.iter().map(|question| question.region.as_str());
        let abroad = asked.into_iter().find(|region| !is_home(region)).unwrap_or(ABROAD);
        let pairs = [(SIMULATE, ABROAD), (EVERYWHERE, home), (EVERYWHERE, abroad)];
        Self(pairs.map(|(action, region)| Question {
            action: action.to_owned(),
            resource: "*".to_owned(),
            region: region.to_owned(),
            principal: None,
            context: Default::default(),
        }))
    }

    pub(super) fn questions(&self) -> &[Question] {
        &self.0
    }

    /// Why the answers do not count; nothing when they are as they must be.
    ///
    /// - `unanswered`: an answer leaves out the organization's policies, as for an account that is in none;
    /// - `performed_action_denied`: what was just done is said to be denied;
    /// - `home_denied`: everything seems to be denied;
    /// - `nothing_denied`: the request abroad is allowed too: either there is no region lock, or the simulator does not
    ///   see the policies, which cannot be told apart;
    /// - `exclusion_without_effect`: what is denied stays so without the policies: they are not its cause.
    pub(super) fn problem<'a>(&self, said: impl Fn(&Question) -> Option<&'a Said>) -> Option<&'static str> {
        let Self(questions) = self;
        let [Some(performed), Some(home), Some(abroad)] = questions.each_ref().map(said) else {
            return Some("unanswered");
        };
        let known = |answer| matches!(answer, Answer::Allowed | Answer::Denied);
        if [performed, home, abroad].iter().any(|said| !known(said.with) || !known(said.without)) {
            Some("unanswered")
        } else if performed.with == Answer::Denied {
            Some("performed_action_denied")
        } else if home.with == Answer::Denied {
            Some("home_denied")
        } else if abroad.with == Answer::Allowed {
            Some("nothing_denied")
        } else if abroad.without == Answer::Denied {
            Some("exclusion_without_effect")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Answer::{Allowed, Denied, Unsaid};
    use super::*;

    const HEALTHY: [[Answer; 2]; 3] = [[Allowed, Allowed], [Allowed, Allowed], [Denied, Allowed]];

    fn problem(answers: [[Answer; 2]; 3]) -> Option<&'static str> {
        let question = |region: &str| Question {
            action: EVERYWHERE.into(),
            resource: "*".into(),
            region: region.into(),
            principal: None,
            context: Default::default(),
        };
        let calibration = Calibration(["performed", "home", "abroad"].map(question));
        let said = answers.map(|[with, without]| Said { with, without });
        calibration.problem(|asked| {
            let at = calibration.0.iter().position(|question| question == asked)?;
            said.get(at)
        })
    }

    #[test]
    fn only_the_expected_answers_count() {
        assert_eq!(problem(HEALTHY), None);
        assert_eq!(problem([[Denied, Allowed]; 3]), Some("performed_action_denied"));
        assert_eq!(problem([[Denied, Denied]; 3]), Some("performed_action_denied"));
        assert_eq!(problem([HEALTHY[0], [Denied, Allowed], HEALTHY[2]]), Some("home_denied"));
        assert_eq!(problem([[Allowed, Allowed]; 3]), Some("nothing_denied"));
        assert_eq!(problem([HEALTHY[0], HEALTHY[1], [Denied, Denied]]), Some("exclusion_without_effect"));
    }

    #[test]
    fn one_answer_that_is_missing_is_enough() {
        for at in 0..3 {
            for side in 0..2 {
                let mut answers = HEALTHY;
                answers[at][side] = Unsaid;
                assert_eq!(problem(answers), Some("unanswered"));
            }
        }
    }
}
