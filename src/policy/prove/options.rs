//! The choices that a request has, one list for each of its parts, in cases that the policies tell apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::document::Statement;
use super::super::evaluate::covers_resource;
use super::super::glob::Glob;
use super::super::keys::{self, OF_PRINCIPAL, REGIONS, Values};
use super::super::must_deny::Given;
use super::super::request::{Context, KeyValue, Principal, PrincipalKind, Request};
use super::super::truth::{Reason, Truth};
use super::cells::{self, NEW_REGION};
use super::classes::Resources;
use super::search::{Search, is_temporary};
use super::words::{Domain, Set, words};

/// One choice for a part of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    pub(super) principal: Option<Principal>,
    pub(super) resource: Option<String>,
    pub(super) key: Option<(String, KeyValue)>,
    /// It is a region that does not exist yet.
    pub(super) future: bool,
    /// It is a principal that the question declares exempt.
    pub(super) declared: bool,
    /// It is a principal whose path has characters that nobody uses, though IAM takes them.
    pub(super) odd: bool,
}

impl Choice {
    pub(super) fn put_into(&self, request: &mut Request) {
        if let Some(principal) = &self.principal {
            principal.describe_in(&mut request.context);
            request.principal = Some(principal.clone());
        }
        if let Some(resource) = &self.resource {
            request.resource = Some(resource.clone());
        }
        if let Some((key, value)) = &self.key {
            request.context.set(key, value.clone());
        }
    }
}

/// The principals that the statements tell apart, an ordinary one first; nothing when there are too many cases.
pub(super) fn principals(search: &Search<'_>, statements: &[&Statement]) -> Option<Vec<Choice>> {
    let tests = statements.iter().flat_map(|statement| statement.tests()).filter(|test| test.key == "aws:principalarn");
    let mut globs: Vec<Glob> = tests.flat_map(|test| test.globs(&search.base)).collect();
    globs.extend(search.question.except_principals.iter().cloned());
    // Told apart because no service control policy restricts it.
    globs.push(Glob::wildcards(&format!("arn:aws:iam::{}:role/aws-service-role/*", search.account)));
    globs.sort();
    globs.dedup();
    let globs: Vec<&Glob> = globs.iter().collect();
    let mut choices = Vec::new();
    for kind in &search.question.kinds {
        let (domains, seed) = principal_domain(*kind, &search.account);
        let usual = words(&domains, &globs, &[seed])?;
        let unusual = words(&odd_paths(*kind, &search.account), &globs, &[])?;
        let marked = usual.into_iter().map(|word| (word, false)).chain(unusual.into_iter().map(|word| (word, true)));
        for (word, odd) in marked {
            let Ok(principal) = Principal::parse(&word.text) else { continue };
            if principal.kind == *kind {
                let declared = search.question.exempts(&principal.arn);
                choices.push(Choice { principal: Some(principal), declared, odd, ..Choice::default() });
            }
        }
    }
    choices.sort_by_key(|choice| (choice.odd, choice.declared));
    Some(apart(choices, |choice| {
        let mut context = search.base.clone();
        if let Some(principal) = &choice.principal {
            principal.describe_in(&mut context);
        }
        let tests = statements.iter().flat_map(|statement| statement.tests());
        let tests = tests.filter(|test| OF_PRINCIPAL.contains(&test.key.as_str()));
        // Which keys go together hangs on the kind of credentials.
        tests.map(|test| test.holds(&context)).chain([is_temporary(&context).into()]).collect()
    }))
}

/// The ARNs that a kind of principal has, and a plain one of them. Paths have the characters of names.
fn principal_domain(kind: PrincipalKind, account: &str) -> (Vec<Domain>, String) {
    let named = |prefix: &str, name: &str| {
        let start = Domain::default().text(prefix);
        let short = start.clone().some(Set::Name);
        let path = start.one(Set::Name).many(Set::NameOrSlash).one(Set::Name);
        (vec![short, path], format!("{prefix}{name}"))
    };
    match kind {
        PrincipalKind::Root => {
            let arn = format!("arn:aws:iam::{account}:root");
            (vec![Domain::default().text(&arn)], arn)
        }
        PrincipalKind::User => named(&format!("arn:aws:iam::{account}:user/"), "developer"),
        PrincipalKind::Role | PrincipalKind::ServiceLinkedRole => {
            named(&format!("arn:aws:iam::{account}:role/"), "Developer")
        }
        PrincipalKind::FederatedUser => {
            let prefix = format!("arn:aws:sts::{account}:federated-user/");
            (vec![Domain::default().text(&prefix).some(Set::Name)], format!("{prefix}developer"))
        }
    }
}

/// The ARNs with paths of any character that IAM's API takes. They are no examples, for nobody has them; but what lets
/// them through is not proved.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>, "Path"
fn odd_paths(kind: PrincipalKind, account: &str) -> Vec<Domain> {
    let place = match kind {
        PrincipalKind::User => "user",
        PrincipalKind::Role | PrincipalKind::ServiceLinkedRole => "role",
        PrincipalKind::Root | PrincipalKind::FederatedUser => return Vec::new(),
    };
    let start = Domain::default().text(&format!("arn:aws:iam::{account}:{place}/"));
    vec![start.some(Set::Path).text("/").some(Set::Name)]
}

/// The regions that are asked about and told apart, those that exist first; nothing when there are too many cases.
pub(super) fn regions(search: &Search<'_>, statements: &[&Statement], only: Option<&[&str]>) -> Option<Vec<Choice>> {
    let choice = |region: &str, future| Choice {
        key: Some(("aws:requestedregion".to_owned(), KeyValue::Values(vec![region.to_owned()]))),
        future,
        ..Choice::default()
    };
    let exist = only.unwrap_or(&REGIONS);
    let mut choices: Vec<Choice> = exist.iter().map(|region| choice(region, false)).collect();
    if only.is_none() {
        let tests = statements.iter().flat_map(|statement| statement.tests());
        let globs: Vec<Glob> =
            tests.filter(|test| test.key == "aws:requestedregion").flat_map(|test| test.globs(&search.base)).collect();
        let words = words(&[Domain::region()], &globs.iter().collect::<Vec<_>>(), &[NEW_REGION.to_owned()])?;
        let new = words.into_iter().filter(|word| !REGIONS.contains(&word.text.as_str()));
        choices.extend(new.map(|word| choice(&word.text, true)));
    }
    choices.retain(|choice| match &choice.key {
        Some((_, KeyValue::Values(values))) => values.iter().all(|region| search.question.asks_region(region)),
        _ => true,
    });
    Some(apart(choices, |choice| side(search, statements, "aws:requestedregion", choice)))
}

/// The states of another key, in which the question gives it or which the statements tell apart.
pub(super) fn key(
    search: &Search<'_>,
    statements: &[&Statement],
    name: &str,
    given: Option<&Vec<Given>>,
) -> Vec<Choice> {
    let tests: Vec<_> =
        statements.iter().flat_map(|statement| statement.tests()).filter(|test| test.key == name).collect();
    let states = match given {
        Some(given) => cells::given(name, &tests, given, &search.base),
        None => cells::of_key(name, &tests, &search.base),
    };
    let is_region = keys::about(name).values == Values::Region;
    let is_new = |region: &String| !REGIONS.contains(&region.as_str());
    let choice = |state| Choice {
        future: matches!(&state, KeyValue::Values(values) if is_region && values.iter().any(is_new)),
        key: Some((name.to_owned(), state)),
        ..Choice::default()
    };
    let mut choices: Vec<Choice> = states.into_iter().map(choice).collect();
    choices.sort_by_key(|choice| choice.future);
    apart(choices, |choice| side(search, statements, name, choice))
}

/// Any value of a key, where there are too many cases.
pub(super) fn any_value(name: &str) -> Vec<Choice> {
    let state = KeyValue::Open(Arc::new(Reason::TooManyCases));
    vec![Choice { key: Some((name.to_owned(), state)), ..Choice::default() }]
}

/// What the tests of a key say about a choice.
fn side(search: &Search<'_>, statements: &[&Statement], key: &str, choice: &Choice) -> Vec<Truth> {
    let mut context: Context = search.base.clone();
    if let Some((key, value)) = &choice.key {
        context.set(key, value.clone());
    }
    let tests = statements.iter().flat_map(|statement| statement.tests());
    let answers = tests.filter(|test| test.key == key).map(|test| test.holds(&context));
    // Which keys go together hangs on their presence, and on whether MFA was used.
    let value = context.get(key);
    let absent = value == KeyValue::Absent;
    let mfa = key == "aws:multifactorauthpresent" && value == KeyValue::Values(vec!["true".to_owned()]);
    answers.chain([absent.into(), mfa.into()]).collect()
}

/// For each resource type, the resources that are asked about and told apart; nothing when there are too many cases.
pub(super) fn resources(search: &Search<'_>, statements: &[&Statement], of: &Resources) -> Option<Vec<Vec<Choice>>> {
    let domains: Vec<Option<Domain>> = match of {
        Resources::Whatever => return Some(vec![vec![Choice::default()]]),
        Resources::Types(_, "") => vec![None],
        Resources::Types(service, types) => {
            let service = search.catalogue.service(service);
            let arn = |name| service.and_then(|service| service.arn(name));
            let of_type = |name| arn(name).map_or_else(Domain::arn, |arn| arn_domain(arn, &search.account));
            let named = types.split(',').map(|name| Some(of_type(name.trim_end_matches('!'))));
            // A call that need not name any may be about none.
            let none = (!types.contains('!')).then_some(None);
            named.chain(none).collect()
        }
        Resources::Unnamed => vec![None, Some(Domain::arn())],
    };
    let mut globs: Vec<Glob> = search.question.resources.clone();
    for pattern in statements.iter().flat_map(|statement| &statement.resource.patterns) {
        if let Ok(glob) = pattern.pattern.glob(&search.base) {
            globs.push(glob.within_parts(true));
            globs.push(glob.into_owned());
        }
    }
    globs.sort();
    globs.dedup();
    let mut found = Vec::new();
    for domain in domains {
        let texts = match domain {
            None => vec!["*".to_owned()],
            Some(domain) => {
                let words = words(&[domain], &globs.iter().collect::<Vec<_>>(), &[])?;
                words.into_iter().map(|word| word.text).collect()
            }
        };
        let asked = texts.into_iter().filter(|text| search.question.asks_resource(text));
        let choices: Vec<Choice> = asked.map(|text| Choice { resource: Some(text), ..Choice::default() }).collect();
        let choices = apart(choices, |choice| {
            let mut request = search.blank("");
            choice.put_into(&mut request);
            statements.iter().map(|statement| covers_resource(statement, &request)).collect()
        });
        if !choices.is_empty() {
            found.push(choices);
        }
    }
    Some(found)
}

/// The ARNs of a resource type. Only the last of its names may hold a colon.
fn arn_domain(template: &str, account: &str) -> Domain {
    let mut domain = Domain::default();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        domain = domain.text(before);
        domain = match name {
            "Partition" => domain.text("aws"),
            "Account" => domain.text(account),
            "Region" => domain.some(Set::LowerOrDigitOrDash),
            _ if after.contains("${") => domain.some(Set::NoColon),
            _ => domain.some(Set::Any),
        };
        rest = after;
    }
    domain.text(rest)
}

/// Keeps the first of the choices that nothing tells apart.
fn apart(choices: Vec<Choice>, signature: impl Fn(&Choice) -> Vec<Truth>) -> Vec<Choice> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for choice in choices {
        if seen.insert((signature(&choice), choice.declared)) {
            kept.push(choice);
        }
    }
    kept
}
