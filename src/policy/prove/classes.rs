//! Classes of actions that no statement tells apart.

use std::collections::BTreeMap;

use super::super::catalogue::Action;
use super::super::document::{ActionPattern, Statement};
use super::super::evaluate::ActionParts;
use super::super::glob::{Glob, Token};
use super::super::truth::Truth;
use super::search::Search;
use super::words::{Domain, Set, words};

/// Actions of one class.
pub(super) struct Class<'a> {
    /// The most telling first.
    pub(super) actions: Vec<String>,
    /// For every statement, in the order of the hierarchy, whether it covers them.
    pub(super) covers: Vec<Truth>,
    /// The only regions that their requests are signed for.
    pub(super) regions: Option<&'a [&'static str]>,
    pub(super) resources: Resources,
    /// The keys that the question gives in their requests.
    pub(super) given: Vec<&'a str>,
}

/// What the actions of a class can be called on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Resources {
    /// No statement looks at it.
    Whatever,
    /// Resource types of a service, as the catalogue writes them; empty for actions without a resource.
    Types(&'static str, &'static str),
    /// An action that does not exist yet may have any.
    Unnamed,
}

/// Services that readers know, the first ones best.
const WELL_KNOWN: [&str; 14] = [
    "ec2",
    "s3",
    "iam",
    "kms",
    "config",
    "cloudtrail",
    "guardduty",
    "securityhub",
    "rds",
    "lambda",
    "dynamodb",
    "sts",
    "logs",
    "ecs",
];

/// Lower for actions that tell a reader more: those that change something, of services that everybody knows.
pub(in crate::policy) fn rank(action: &Action) -> (bool, usize, &'static str, &'static str) {
    (!action.writes(), familiarity(action.service), action.service, action.name)
}

/// Lower for services that more readers know.
pub fn familiarity(service: &str) -> usize {
    WELL_KNOWN.iter().position(|known| *known == service).unwrap_or(WELL_KNOWN.len())
}

/// The classes of the documented actions that are asked about.
pub(super) fn named<'a>(search: &Search<'a>) -> Vec<Class<'a>> {
    type Key<'k> = (Vec<Truth>, Option<&'k [&'static str]>, Resources, Vec<&'k str>);
    let mut classes: BTreeMap<Key<'a>, Vec<&Action>> = BTreeMap::new();
    for service in &search.catalogue.services {
        let prefix = service.prefix.to_ascii_lowercase();
        let given = search.question.given(&prefix);
        let near: Vec<Near<'_>> = search.statements.iter().map(|statement| Near::new(statement, &prefix)).collect();
        for action in &service.actions {
            if !search.question.asks(&prefix, &action.lower) {
                continue;
            }
            let covers: Vec<Truth> = near.iter().map(|near| near.covers(&action.lower)).collect();
            let regions = search.catalogue.only_regions(&prefix, &action.lower);
            let resources = if search.looks_at_resources(&covers) {
                Resources::Types(service.prefix, action.types_text())
            } else {
                Resources::Whatever
            };
            classes.entry((covers, regions, resources, given.clone())).or_default().push(action);
        }
    }
    let class = |((covers, regions, resources, given), mut actions): (Key<'a>, Vec<&Action>)| {
        actions.sort_by_key(|action| rank(action));
        let actions = actions.into_iter().map(Action::full_name).collect();
        Class { actions, covers, regions, resources, given }
    };
    classes.into_iter().map(class).collect()
}

/// The patterns of a statement that may cover actions of one service.
struct Near<'a> {
    inverted: bool,
    always: Truth,
    names: Vec<&'a Glob>,
}

impl<'a> Near<'a> {
    fn new(statement: &'a Statement, service: &str) -> Self {
        let mut near = Self { inverted: statement.action.inverted, always: Truth::No, names: Vec::new() };
        for written in &statement.action.patterns {
            match &written.pattern {
                ActionPattern::Of { service: own, name } if own == service => near.names.push(&name.0),
                ActionPattern::Of { .. } => {}
                ActionPattern::Any => near.always = Truth::Yes,
                ActionPattern::Open(reason) => {
                    near.always = Truth::any([near.always, Truth::Open(reason.clone())]);
                }
            }
        }
        near
    }

    fn covers(&self, name: &str) -> Truth {
        let matched = self.names.iter().any(|glob| glob.matches(name));
        let any = if matched { Truth::Yes } else { self.always.clone() };
        if self.inverted { any.negate() } else { any }
    }
}

/// The classes of actions that do not exist, and are asked about; nothing when there are too many cases.
pub(super) fn unnamed<'a>(search: &Search<'a>) -> Option<Vec<Class<'a>>> {
    let asked = search.question.actions.iter().chain(&search.question.except_actions);
    let stated = search.statements.iter().flat_map(|statement| &statement.action.patterns);
    let mut globs: Vec<Glob> = asked.chain(stated.map(|written| &written.pattern)).filter_map(full_glob).collect();
    globs.extend(search.question.services.iter().map(|service| Glob::wildcards(&format!("{service}:*"))));
    globs.sort();
    globs.dedup();
    let name = Domain::default().one(Set::Lower).many(Set::LowerOrDigitOrDash).text(":").some(Set::LowerOrDigit);
    let words = words(&[name], &globs.iter().collect::<Vec<_>>(), &[])?;
    let mut classes: BTreeMap<(Vec<Truth>, Vec<&'a str>), String> = BTreeMap::new();
    for word in words {
        let parts = ActionParts::new(&word.text);
        if !search.question.asks(&parts.service, &parts.name) || search.catalogue.find(&word.text).is_some() {
            continue;
        }
        let covers: Vec<Truth> = search
            .statements
            .iter()
            .map(|statement| super::super::evaluate::covers_action(statement, &parts))
            .collect();
        classes.entry((covers, search.question.given(&parts.service))).or_insert(word.text);
    }
    let class = |((covers, given), action): ((Vec<Truth>, Vec<&'a str>), String)| {
        let parts = ActionParts::new(&action);
        let regions = search.catalogue.only_regions(&parts.service, &parts.name);
        let looked_at = search.looks_at_resources(&covers);
        let resources = if looked_at { Resources::Unnamed } else { Resources::Whatever };
        Class { actions: vec![action], covers, regions, resources, given }
    };
    Some(classes.into_iter().map(class).collect())
}

/// A pattern of an action over its full name.
fn full_glob(pattern: &ActionPattern) -> Option<Glob> {
    match pattern {
        ActionPattern::Of { service, name } => {
            let prefix = service.chars().chain([':']).map(Token::Char);
            Some(Glob::folded(prefix.chain(name.0.tokens.iter().copied())))
        }
        ActionPattern::Any | ActionPattern::Open(_) => None,
    }
}
