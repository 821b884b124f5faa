//! Exempt principals: can one that is not exempt make such a principal, or become it?

use super::super::document::ActionPattern;
use super::super::glob::{Glob, Token};
use super::super::must_deny::Question;
use super::super::request::{Principal, PrincipalKind};
use super::classes;
use super::search::Search;

/// A principal that gets through where others do not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Exempt {
    /// The ARN, or one that stands for all that match the exemption.
    pub principal: String,
    /// Actions by which a principal that is not exempt makes it or becomes it; none when it is protected.
    pub ways: Vec<String>,
    /// Actions of which that is not decided.
    pub undecided: Vec<String>,
}

/// Analyses one exempt principal.
pub(super) fn analyse(arn: String, search: &Search<'_>) -> Exempt {
    let kind = Principal::parse(&arn).map(|principal| principal.kind);
    let actions: &[&str] = match kind {
        Ok(PrincipalKind::Role) => {
            &["iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePolicy"]
        }
        Ok(PrincipalKind::User) => {
            &["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"]
        }
        _ => &[],
    };
    let exact = Glob::new(arn.chars().map(Token::Char).collect());
    let mut exempt = Exempt { principal: arn, ways: Vec::new(), undecided: Vec::new() };
    for action in actions {
        let question = Question {
            actions: vec![ActionPattern::parse(action)],
            except_actions: Vec::new(),
            regions: None,
            resources: vec![exact.clone()],
            kinds: search.question.kinds.clone(),
            except_principals: vec![exact.clone()],
            context: search.question.context.clone(),
            services: search.question.services.clone(),
        };
        let inner = Search::new(search.hierarchy, &question, search.catalogue);
        for class in classes::named(&inner) {
            let found = inner.class(&class);
            match (found.hole, found.undecided) {
                (Some(_), _) => exempt.ways.push((*action).to_owned()),
                (None, Some(_)) => exempt.undecided.push((*action).to_owned()),
                (None, None) => {}
            }
        }
    }
    exempt
}
