//! The search through the cases of one class of actions.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::super::catalogue::Catalogue;
use super::super::document::{ResourcePattern, Statement};
use super::super::evaluate::{Decision, Exemption, Hierarchy, applies_beside, decide, exemption};
use super::super::keys::{self, OF_PRINCIPAL};
use super::super::must_deny::Question;
use super::super::request::{Context, KeyValue, Request};
use super::super::truth::{Reason, Truth};
use super::SOME_ACCOUNT;
use super::classes::{Class, Resources};
use super::options::{self, Choice};

/// More cases than this of one class are not looked at.
const MAX_CASES: usize = 100_000;

/// Everything that stays the same over all classes.
pub(super) struct Search<'a> {
    pub(super) hierarchy: &'a Hierarchy,
    pub(super) question: &'a Question,
    pub(super) catalogue: &'a Catalogue,
    pub(super) statements: Vec<&'a Statement>,
    pub(super) account: String,
    /// What is the same in every request.
    pub(super) base: Context,
    sides: RefCell<BTreeMap<SidesKey<'a>, SharedSides>>,
}

/// The statements that may apply, the regions of the actions, and the keys that the question gives for them.
type SidesKey<'a> = (Vec<usize>, Option<Vec<String>>, Vec<&'a str>);

/// The choices for each part of a request but the resource.
type Sides = Vec<Vec<Choice>>;

/// They are the same for every class that the same statements may bind.
type SharedSides = Rc<Result<Sides, Arc<Reason>>>;

/// What the search of a class found.
#[derive(Default)]
pub(super) struct Found {
    /// Whether there is any request that is asked about.
    pub(super) asked: bool,
    /// A request that gets through.
    pub(super) hole: Option<Request>,
    /// One that would, in a region that does not exist yet.
    pub(super) future: Option<Request>,
    /// The principals that get through, if an ordinary one does not.
    pub(super) only: Vec<String>,
    /// Principals that are declared exempt, and do get through.
    pub(super) declared: BTreeSet<String>,
    pub(super) undecided: Option<Arc<Reason>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(hierarchy: &'a Hierarchy, question: &'a Question, catalogue: &'a Catalogue) -> Self {
        let account = hierarchy.account.clone().unwrap_or_else(|| SOME_ACCOUNT.to_owned());
        let mut base = Context::closed().with("aws:PrincipalAccount", &account);
        base.fix_variables(&["aws:principalaccount"]);
        let statements = hierarchy.statements().collect();
        Self { hierarchy, question, catalogue, statements, account, base, sides: RefCell::default() }
    }

    /// Why no policy applies to anybody of the account.
    pub(super) fn exemption(&self) -> Option<Exemption> {
        exemption(self.hierarchy, &self.blank(""))
    }

    pub(super) fn blank(&self, action: &str) -> Request {
        let context = self.base.clone();
        Request { action: action.to_owned(), resource: None, principal: None, context }
    }

    /// Whether a statement that may cover the actions, or the question, looks at the resource.
    pub(super) fn looks_at_resources(&self, covers: &[Truth]) -> bool {
        let specific = |statement: &Statement| {
            let all = |pattern: &ResourcePattern| match pattern.glob(&self.base) {
                Ok(glob) => glob.is_everything(),
                Err(answer) => answer == Truth::Yes,
            };
            !statement.resource.patterns.iter().any(|written| all(&written.pattern))
        };
        let relevant = self.statements.iter().zip(covers).filter(|(_, covers)| **covers != Truth::No);
        !self.question.resources.is_empty() || relevant.map(|(statement, _)| statement).any(|own| specific(own))
    }

    pub(super) fn class(&self, class: &Class<'a>) -> Found {
        let relevant: Vec<usize> = (0..self.statements.len()).filter(|at| class.covers[*at] != Truth::No).collect();
        let statements: Vec<&Statement> = relevant.iter().map(|at| self.statements[*at]).collect();
        let sides = self.sides(relevant, &statements, class);
        let sides = match sides.as_ref() {
            Ok(sides) => sides,
            Err(reason) => return Found { undecided: Some(Arc::clone(reason)), ..Found::default() },
        };
        let Some(kinds) = options::resources(self, &statements, &class.resources) else {
            return Found { undecided: Some(Arc::new(Reason::TooManyCases)), ..Found::default() };
        };
        let action = class.actions.first().map(String::as_str).unwrap_or_default();
        let found: Vec<Found> = kinds.iter().map(|resources| self.cases(action, class, sides, resources)).collect();
        combine(found, action, matches!(class.resources, Resources::Types(..)))
    }

    fn sides(&self, relevant: Vec<usize>, statements: &[&Statement], class: &Class<'a>) -> SharedSides {
        let regions = class.regions.map(|regions| regions.iter().map(|region| (*region).to_owned()).collect());
        let key = (relevant, regions, class.given.clone());
        if let Some(sides) = self.sides.borrow().get(&key) {
            return Rc::clone(sides);
        }
        let sides = Rc::new(self.make_sides(statements, class));
        self.sides.borrow_mut().insert(key, Rc::clone(&sides));
        sides
    }

    fn make_sides(&self, statements: &[&Statement], class: &Class<'a>) -> Result<Sides, Arc<Reason>> {
        let many = || Arc::new(Reason::TooManyCases);
        let principals = options::principals(self, statements).ok_or_else(many)?;
        let regions = options::regions(self, statements, class.regions).ok_or_else(many)?;
        let tests = statements.iter().flat_map(|statement| statement.tests());
        let mut keys: BTreeSet<&str> = tests.map(|test| test.key.as_str()).collect();
        keys.extend(&class.given);
        keys.retain(|key| *key != "aws:requestedregion" && !OF_PRINCIPAL.contains(key));
        let mut sides = vec![principals, regions];
        let given = |key| self.question.context.get(key).filter(|_| class.given.contains(&key));
        sides.extend(keys.iter().map(|key| options::key(self, statements, key, given(*key))));
        let cases = sides.iter().try_fold(1_usize, |product, side| product.checked_mul(side.len().max(1)));
        if cases.is_none_or(|cases| cases > MAX_CASES) {
            sides.truncate(2);
            sides.extend(keys.iter().map(|key| options::any_value(key)));
        }
        Ok(sides)
    }

    /// Decides every case of a class whose resource is one of these.
    fn cases(&self, action: &str, class: &Class<'_>, sides: &Sides, resources: &[Choice]) -> Found {
        let lists: Vec<&[Choice]> = sides.iter().map(Vec::as_slice).chain([resources]).collect();
        let mut found = Found::default();
        let mut best = (true, usize::MAX);
        let mut through = BTreeSet::new();
        let mut ordinary = false;
        for_each_case(&lists, |at| {
            let choices: Vec<&Choice> = lists.iter().zip(at).filter_map(|(list, at)| list.get(*at)).collect();
            let mut request = self.blank(action);
            choices.iter().for_each(|choice| choice.put_into(&mut request));
            if !is_possible(&request.context) {
                return;
            }
            let declared = choices.iter().any(|choice| choice.declared);
            let future = choices.iter().any(|choice| choice.future);
            found.asked |= !declared && !future;
            let odd = choices.iter().any(|choice| choice.odd);
            let (decision, reason) = self.decide(class, &request);
            let arn = request.principal.as_ref().map(|principal| principal.arn.clone()).unwrap_or_default();
            match decision {
                Decision::ExplicitlyDenied | Decision::ImplicitlyDenied => {}
                _ if declared => {
                    found.declared.insert(arn);
                }
                Decision::Allowed if odd => {
                    found.undecided.get_or_insert_with(|| Arc::new(Reason::OddPath(arn)));
                }
                Decision::Undecided => found.undecided = found.undecided.take().or(reason),
                Decision::Allowed if foreign_key(&request).is_some() => {
                    let (action, key) = (action.to_owned(), foreign_key(&request).unwrap_or_default());
                    found.undecided.get_or_insert_with(|| Arc::new(Reason::ForeignKey { action, key }));
                }
                Decision::Allowed if future => found.future = found.future.take().or(Some(request)),
                Decision::Allowed => {
                    ordinary |= at.first() == Some(&0);
                    through.insert(arn);
                    let oddness = (at.first() != Some(&0), at.iter().filter(|at| **at != 0).count());
                    if oddness < best {
                        best = oddness;
                        found.hole = Some(request);
                    }
                }
            }
        });
        if !ordinary {
            found.only = through.into_iter().collect();
        }
        found
    }

    fn decide(&self, class: &Class<'_>, request: &Request) -> (Decision, Option<Arc<Reason>>) {
        if exemption(self.hierarchy, request).is_some() {
            return (Decision::Allowed, None);
        }
        let mut covers = class.covers.iter();
        decide(self.hierarchy, |statement| {
            let covers = covers.next().cloned().unwrap_or(Truth::No);
            applies_beside(covers, statement, request)
        })
    }
}

/// Joins what was found for the resource types of an action. A call may touch several of them at once, so that it gets
/// through for certain only if it does with every one.
fn combine(mut found: Vec<Found>, action: &str, typed: bool) -> Found {
    let through = found.iter().filter(|found| found.hole.is_some()).count();
    let some = typed && through > 0 && through < found.len();
    let mut joined = Found::default();
    for part in &mut found {
        joined.asked |= part.asked;
        joined.declared.append(&mut part.declared);
        joined.undecided = joined.undecided.take().or(part.undecided.take());
        joined.future = joined.future.take().or(part.future.take());
        if joined.hole.is_none() {
            joined.hole = part.hole.take();
            joined.only = std::mem::take(&mut part.only);
        }
    }
    if some {
        joined.hole = None;
        joined.only.clear();
        joined.undecided.get_or_insert_with(|| Arc::new(Reason::SeveralResources(action.to_owned())));
    }
    joined
}

/// Calls for every combination of places in the lists. A list without choices has no combination.
fn for_each_case(lists: &[&[Choice]], mut call: impl FnMut(&[usize])) {
    if lists.iter().any(|list| list.is_empty()) {
        return;
    }
    let mut at = vec![0; lists.len()];
    loop {
        call(&at);
        let mut place = 0;
        loop {
            let (Some(own), Some(list)) = (at.get_mut(place), lists.get(place)) else { return };
            *own += 1;
            if *own < list.len() {
                break;
            }
            *own = 0;
            place += 1;
        }
    }
}

/// A key that is present, and belongs to another service than the action.
fn foreign_key(request: &Request) -> Option<String> {
    let service = request.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let present = request.context.iter().filter(|(_, value)| matches!(value, KeyValue::Values(_)));
    let mut foreign = present.filter(|(key, _)| key.contains(':') && !keys::may_have(&service, key));
    foreign.next().map(|(key, _)| key.to_owned())
}

/// Whether the keys of a request go together, as far as they are known.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>: the age of MFA is there
/// just when MFA was used; temporary credentials, and only these, say when they were issued and whether MFA was used.
fn is_possible(context: &Context) -> bool {
    // Nothing for a key that is not told apart here, or may have any value.
    let told = |key: &str| {
        let told = context.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
        told.filter(|value| !matches!(value, KeyValue::Open(_)))
    };
    let present = |key: &str| told(key).map(|value| value != KeyValue::Absent);
    let is_true = |value: KeyValue| match value {
        KeyValue::Values(values) => values.iter().all(|text| text.eq_ignore_ascii_case("true")),
        _ => false,
    };
    let mfa = told("aws:multifactorauthpresent").map(is_true);
    if let (Some(used), Some(aged)) = (mfa, present("aws:multifactorauthage"))
        && used != aged
    {
        return false;
    }
    let long_term = present("aws:tokenissuetime") == Some(false);
    let says_mfa = present("aws:multifactorauthpresent") == Some(true);
    !(long_term && (says_mfa || is_temporary(context)))
}

/// Whether the principal can only have temporary credentials.
pub(super) fn is_temporary(context: &Context) -> bool {
    let kind = context.get("aws:principaltype");
    ["AssumedRole", "FederatedUser"].iter().any(|name| kind == KeyValue::Values(vec![(*name).to_owned()]))
}
