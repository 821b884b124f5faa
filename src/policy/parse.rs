//! Policy documents, read strictly: what AWS would not store is a flaw, with its place.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::condition::{Operand, Operator, Test};
use super::document::{
    ActionPattern, Condition, Effect, Element, Names, Policy, PolicyType, ResourcePattern, Statement, Written,
};
use super::glob::Glob;
use super::template::Template;
use super::tree::{Shape, Tree};
use super::truth::Reason;
use crate::model::{Unknown, Value};
use crate::syntax::{Fault, Faults, Node, SourceFile, nearest, parse};

/// AWS stores some ten thousand characters; what is far longer is no policy.
const MAX_BYTES: usize = 256 * 1024;

/// Something that AWS would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub span: Option<Range<usize>>,
    pub message: String,
    pub help: String,
}

/// Reads a policy from a file.
///
/// # Errors
/// Text that is not JSON or YAML, and every flaw, each with its line.
pub fn read_policy(file: &SourceFile, policy_type: PolicyType) -> Result<Policy, Faults> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&file.text)
        && file.name.to_ascii_lowercase().ends_with(".json")
    {
        let start = offset(&file.text, error.line(), error.column());
        let message = format!("it is not JSON: {error}");
        return Err(Fault::at(file, start..start + 1, message)
            .help("correct the JSON; AWS refuses it as it is")
            .into());
    }
    read_policy_node(file, &parse(file)?, policy_type)
}

/// As [`read_policy`], for a document inside another one.
///
/// # Errors
/// Every flaw, each with its line.
pub fn read_policy_node(file: &SourceFile, node: &Node, policy_type: PolicyType) -> Result<Policy, Faults> {
    let (policy, flaws) = read(&file.name, &Tree::of_node(node), policy_type, Some(file));
    let fault =
        |flaw: Flaw| Fault::at(file, flaw.span.unwrap_or_else(|| node.span.clone()), flaw.message).help(flaw.help);
    Faults::check(flaws.into_iter().map(fault).collect())?;
    Ok(policy)
}

/// Reads a policy from a property of a resource: an object, or a text that holds JSON. Unknown leaves stay open.
///
/// # Errors
/// Every flaw.
pub fn read_policy_value(name: &str, value: &Value, policy_type: PolicyType) -> Result<Policy, Vec<Flaw>> {
    let parsed = match value {
        Value::String(text) => serde_json::from_str::<serde_json::Value>(text).map(Value::from).map_err(|error| {
            vec![Flaw {
                span: None,
                message: format!("the policy is not JSON: {error}"),
                help: "correct the JSON; AWS refuses it as it is".into(),
            }]
        })?,
        value => value.clone(),
    };
    let (policy, flaws) = read(name, &Tree::of_value(&parsed), policy_type, None);
    if flaws.is_empty() { Ok(policy) } else { Err(flaws) }
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

fn read(name: &str, tree: &Tree, policy_type: PolicyType, file: Option<&SourceFile>) -> (Policy, Vec<Flaw>) {
    let mut reader = Reader { flaws: Vec::new(), policy_type, variables: false, missing: None, file, bytes: 0 };
    let statements = reader.document(tree);
    if reader.bytes > MAX_BYTES {
        let message = format!("its texts are longer than {} KiB", MAX_BYTES >> 10);
        reader.flaw(tree, message, "AWS stores no policy of that size; check the file");
    }
    let policy = Policy { name: name.into(), variables: reader.variables, statements, missing: reader.missing };
    (policy, reader.flaws)
}

struct Reader<'a> {
    flaws: Vec<Flaw>,
    policy_type: PolicyType,
    variables: bool,
    missing: Option<Arc<Unknown>>,
    file: Option<&'a SourceFile>,
    /// How long the texts are so far.
    bytes: usize,
}

impl Reader<'_> {
    fn flaw(&mut self, at: &Tree, message: impl Into<String>, help: impl Into<String>) {
        self.flaws.push(Flaw { span: at.span.clone(), message: message.into(), help: help.into() });
    }

    fn document(&mut self, tree: &Tree) -> Vec<Statement> {
        let entries = match &tree.shape {
            Shape::Map(entries) => entries,
            Shape::Open(cause) => {
                self.missing = Some(Arc::clone(cause));
                return Vec::new();
            }
            _ => {
                self.flaw(
                    tree,
                    "a policy must be an object",
                    "write {\"Version\": \"2012-10-17\", \"Statement\": […]}",
                );
                return Vec::new();
            }
        };
        self.check_names(entries, &["Version", "Id", "Statement"], "a policy");
        // Variables can only be read when the version is known.
        match entries.iter().find(|(key, _)| key == "Version") {
            Some((_, version)) => self.version(version),
            None if self.policy_type == PolicyType::Rcp => {
                self.flaw(tree, "a resource control policy has a Version", "add \"Version\": \"2012-10-17\"");
            }
            None => {}
        }
        let Some((_, list)) = entries.iter().find(|(key, _)| key == "Statement") else {
            self.flaw(tree, "it has no Statement", "add the statements");
            return Vec::new();
        };
        let mut sids = BTreeSet::new();
        let mut statements = Vec::new();
        for (at, tree) in list.one_or_many().iter().enumerate() {
            if let Some(statement) = self.statement(tree, at + 1) {
                if let Some(sid) = statement.sid.clone()
                    && !sids.insert(sid.clone())
                {
                    self.flaw(tree, format!("the Sid `{sid}` stands twice"), "give each statement a Sid of its own");
                }
                statements.push(statement);
            }
        }
        statements
    }

    fn version(&mut self, tree: &Tree) {
        match &tree.shape {
            Shape::Text(text) if text == "2012-10-17" => self.variables = true,
            Shape::Text(text) if text == "2008-10-17" && self.policy_type == PolicyType::Scp => {}
            Shape::Open(cause) => {
                self.missing = Some(Arc::clone(cause));
            }
            _ => self.flaw(tree, "the Version is not one of AWS's", "write \"2012-10-17\", in quotes"),
        }
    }

    fn check_names(&mut self, entries: &[(String, Tree)], known: &[&str], whose: &str) {
        for (key, value) in entries {
            if !known.contains(&key.as_str()) {
                let help = match nearest(key, known.iter().copied()) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("{whose} has {}", known.join(", ")),
                };
                self.flaw(value, format!("{whose} has no element `{key}`"), help);
            }
        }
    }

    /// A statement; nothing when it is not known, or has a flaw.
    fn statement(&mut self, tree: &Tree, number: usize) -> Option<Statement> {
        let entries = match &tree.shape {
            Shape::Map(entries) => entries,
            Shape::Open(cause) => {
                self.missing = Some(Arc::clone(cause));
                return None;
            }
            _ => {
                self.flaw(
                    tree,
                    "a statement must be an object",
                    "write {\"Effect\": …, \"Action\": …, \"Resource\": …}",
                );
                return None;
            }
        };
        let known: &[&str] = match self.policy_type {
            PolicyType::Scp => &["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"],
            PolicyType::Rcp => &["Sid", "Effect", "Action", "Resource", "NotResource", "Condition"],
        };
        let get = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        self.principal(tree, get("Principal"), get("NotPrincipal"));
        let others: Vec<_> = entries
            .iter()
            .filter(|(key, _)| key != "Principal" && key != "NotPrincipal")
            .map(|(key, value)| (key.clone(), Tree { span: value.span.clone(), shape: Shape::Null }))
            .collect();
        self.check_names(&others, known, "a statement");
        let effect = self.effect(tree, get("Effect"));
        let action =
            self.element(tree, "Action", get("Action"), get("NotAction"), |text, _| ActionPattern::parse(text));
        let resource = self.element(tree, "Resource", get("Resource"), get("NotResource"), resource_pattern);
        let conditions = get("Condition").map(|tree| self.conditions(tree)).unwrap_or_default();
        let sid = get("Sid").and_then(|tree| match &tree.shape {
            Shape::Text(text) => Some(text.clone()),
            _ => None,
        });
        let line = self.file.zip(tree.span.as_ref()).map(|(file, span)| file.line_of(span.start));
        let (effect, action, resource) = (effect?, action?, resource?);
        if self.policy_type == PolicyType::Rcp && effect == Effect::Allow {
            self.flaw(tree, "a resource control policy cannot allow", "write a Deny");
        }
        Some(Statement { sid, number, line, span: tree.span.clone(), effect, action, resource, conditions })
    }

    fn principal(&mut self, statement: &Tree, principal: Option<&Tree>, not_principal: Option<&Tree>) {
        let is_everyone = |tree: &Tree| matches!(&tree.shape, Shape::Text(text) if text == "*");
        match (self.policy_type, principal, not_principal) {
            (PolicyType::Scp, Some(tree), _) | (PolicyType::Scp, _, Some(tree)) => self.flaw(
                tree,
                "a service control policy has no Principal",
                "limit whom it binds with a condition on aws:PrincipalArn",
            ),
            (PolicyType::Rcp, Some(tree), None) if is_everyone(tree) => {}
            (PolicyType::Rcp, ..) => self.flaw(
                statement,
                "the Principal of a resource control policy must be `*`",
                "write \"Principal\": \"*\", and limit it with conditions",
            ),
            (PolicyType::Scp, None, None) => {}
        }
    }

    fn effect(&mut self, statement: &Tree, tree: Option<&Tree>) -> Option<Effect> {
        match tree.map(|tree| &tree.shape) {
            Some(Shape::Text(text)) if text == "Allow" => return Some(Effect::Allow),
            Some(Shape::Text(text)) if text == "Deny" => return Some(Effect::Deny),
            Some(Shape::Open(cause)) => self.missing = Some(Arc::clone(cause)),
            _ => self.flaw(tree.unwrap_or(statement), "the Effect must be Allow or Deny", "write it with a capital"),
        }
        None
    }

    fn element<P>(
        &mut self,
        statement: &Tree,
        name: &str,
        plain: Option<&Tree>,
        inverted: Option<&Tree>,
        read: impl Fn(&str, bool) -> P,
    ) -> Option<Element<P>>
    where
        P: FromReason,
    {
        let tree = match (plain, inverted) {
            (Some(tree), None) | (None, Some(tree)) => tree,
            (None, None) => {
                self.flaw(statement, format!("a statement has neither {name} nor Not{name}"), format!("add {name}"));
                return None;
            }
            (Some(_), Some(tree)) => {
                self.flaw(tree, format!("a statement has both {name} and Not{name}"), "keep one of them");
                return None;
            }
        };
        let mut patterns = Vec::new();
        for item in tree.one_or_many() {
            let (text, pattern): (Arc<str>, P) = match &item.shape {
                Shape::Text(text) => (text.as_str().into(), read(text, self.variables)),
                Shape::Open(cause) => ("?".into(), P::from_reason(Arc::new(Reason::NotKnown(Arc::clone(cause))))),
                _ => {
                    self.flaw(item, format!("{name} takes texts"), "write a text, or a list of texts");
                    continue;
                }
            };
            self.bytes += text.len();
            patterns.push(Written { text, span: item.span.clone(), pattern });
        }
        if patterns.is_empty() {
            self.flaw(tree, format!("the list of {name} is empty"), "name at least one");
            return None;
        }
        Some(Element { inverted: inverted.is_some(), patterns })
    }

    fn conditions(&mut self, tree: &Tree) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (operator, keys) in self.entries(tree, "Condition", &mut conditions) {
            for (key, values) in self.entries(keys, operator, &mut conditions) {
                conditions.push(Condition::Test(self.test(operator, key, values)));
            }
        }
        conditions
    }

    /// The entries of an object; one that is not known is a condition that is not known.
    fn entries<'t>(&mut self, tree: &'t Tree, name: &str, into: &mut Vec<Condition>) -> Vec<(&'t str, &'t Tree)> {
        match &tree.shape {
            Shape::Map(entries) => return entries.iter().map(|(key, value)| (key.as_str(), value)).collect(),
            Shape::Open(cause) => into.push(Condition::Open(Arc::clone(cause))),
            _ => self.flaw(tree, format!("`{name}` must be an object"), "write {\"Operator\": {\"key\": \"value\"}}"),
        }
        Vec::new()
    }

    fn test(&mut self, operator_name: &str, key_name: &str, tree: &Tree) -> Test {
        let operator = Operator::parse(operator_name);
        let mut values = Vec::new();
        for item in tree.one_or_many() {
            match &item.shape {
                Shape::Text(text) | Shape::Scalar(text) => {
                    self.bytes += text.len();
                    values.push(Operand::new(Template::parse(text, self.variables), operator.as_ref()));
                }
                Shape::Open(cause) => values.push(Operand::Open(Arc::clone(cause))),
                _ => self.flaw(item, format!("`{key_name}` takes texts"), "write a text, or a list of texts"),
            }
        }
        Test {
            operator_name: operator_name.to_owned(),
            operator,
            key_name: key_name.to_owned(),
            key: key_name.to_ascii_lowercase(),
            values,
            span: tree.span.clone(),
        }
    }
}

trait FromReason {
    fn from_reason(reason: Arc<Reason>) -> Self;
}

impl FromReason for ActionPattern {
    fn from_reason(reason: Arc<Reason>) -> Self {
        Self::Open(reason)
    }
}

impl FromReason for ResourcePattern {
    fn from_reason(reason: Arc<Reason>) -> Self {
        Self::Open(reason)
    }
}

fn resource_pattern(text: &str, variables: bool) -> ResourcePattern {
    if text == "*" {
        return ResourcePattern::Any;
    }
    let template = Template::parse(text, variables);
    if template.has_early_variable() {
        ResourcePattern::Open(Arc::new(Reason::Variable(text.to_owned())))
    } else if template.has_variable() {
        ResourcePattern::Template(template)
    } else {
        ResourcePattern::Glob(Names(Glob::wildcards(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flaws(document: serde_json::Value, policy_type: PolicyType) -> Vec<String> {
        match read_policy_value("p", &Value::from_notation(document).unwrap(), policy_type) {
            Ok(_) => Vec::new(),
            Err(flaws) => flaws.into_iter().map(|flaw| flaw.message).collect(),
        }
    }

    fn scp(statement: serde_json::Value) -> Vec<String> {
        flaws(json!({"Version": "2012-10-17", "Statement": [statement]}), PolicyType::Scp)
    }

    #[test]
    fn what_aws_would_refuse_is_a_flaw() {
        let good = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
        let with = |name: &str, value: serde_json::Value| {
            let mut statement = good.clone();
            statement[name] = value;
            scp(statement)
        };
        assert_eq!(scp(good.clone()), Vec::<String>::new());
        for (name, value, message) in [
            ("Effect", json!("deny"), "the Effect must be Allow or Deny"),
            ("NotAction", json!("s3:*"), "both Action and NotAction"),
            ("Resource", json!([]), "the list of Resource is empty"),
            ("Action", json!(5), "Action takes texts"),
            ("Principal", json!("*"), "no Principal"),
            ("NotPrincipal", json!({"AWS": "*"}), "no Principal"),
            ("Condition", json!("x"), "`Condition` must be an object"),
            ("Condition", json!({"Bool": "x"}), "`Bool` must be an object"),
            ("Condition", json!({"Bool": {"aws:x": {"a": 1}}}), "`aws:x` takes texts"),
            ("Conditions", json!({}), "no element `Conditions`"),
        ] {
            let found = with(name, value);
            assert!(found.iter().any(|flaw| flaw.contains(message)), "{name}: {found:?}");
        }
        assert!(scp(json!({"Effect": "Deny", "Action": "*"}))[0].contains("neither Resource nor NotResource"));
        let twice = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"},
            {"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        ]});
        assert!(flaws(twice, PolicyType::Scp)[0].contains("stands twice"));
        assert!(flaws(json!({"Version": "2012-10-18", "Statement": []}), PolicyType::Scp)[0].contains("Version"));
        assert!(flaws(json!({"Version": "2012-10-17"}), PolicyType::Scp)[0].contains("no Statement"));
        assert!(flaws(json!([]), PolicyType::Scp)[0].contains("must be an object"));
        let long = vec!["s3:x".repeat(100); 1000];
        assert!(with("Action", json!(long))[0].contains("longer than 256 KiB"));
        assert!(flaws(json!("{"), PolicyType::Scp)[0].contains("not JSON"));
    }

    #[test]
    fn a_resource_control_policy_denies_everyone() {
        let rcp = |statement| flaws(json!({"Version": "2012-10-17", "Statement": [statement]}), PolicyType::Rcp);
        let good = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
        assert_eq!(rcp(good), Vec::<String>::new());
        assert!(
            rcp(json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}))[0]
                .contains("cannot allow")
        );
        assert!(rcp(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}))[0].contains("must be `*`"));
        let all_but = json!({"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"});
        assert!(rcp(all_but)[0].contains("no element `NotAction`"));
        let statement = json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]);
        for version in [json!(null), json!("2008-10-17")] {
            let mut document = json!({"Version": version, "Statement": statement});
            document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            assert!(flaws(document, PolicyType::Rcp)[0].contains("Version"), "{version}");
        }
    }

    #[test]
    fn what_a_template_does_not_tell_stays_open() {
        let hole = json!({"$unknown": {"unresolved": "Ref Regions"}});
        let value =
            |statement| Value::from_notation(json!({"Version": "2012-10-17", "Statement": [statement]})).unwrap();
        let read = |statement| read_policy_value("p", &value(statement), PolicyType::Scp).unwrap();
        assert!(read(hole.clone()).missing.is_some());
        assert!(read(json!({"Effect": hole, "Action": "*", "Resource": "*"})).missing.is_some());
        let deny = read(json!({"Effect": "Deny", "Action": [hole, "s3:*"], "Resource": "*", "Condition": hole}));
        assert!(matches!(deny.statements[0].conditions[0], Condition::Open(_)));
        let covers = |service: &str| deny.statements[0].action.matches(|pattern| pattern.covers(service, "x"));
        assert_eq!(covers("s3"), super::super::truth::Truth::Yes);
        assert!(matches!(covers("ec2"), super::super::truth::Truth::Open(_)));
    }

    #[test]
    fn a_flaw_in_a_file_has_its_line() {
        let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Denny\", \"Action\": \"*\", \"Resource\": \"*\"}\n  ]\n}";
        let faults = read_policy(&SourceFile::new("p.json", text), PolicyType::Scp).unwrap_err();
        assert_eq!(faults.to_string(), "p.json:4: the Effect must be Allow or Deny");
        let tabs = text.replace("    ", "\t\t").replace("  ", "\t").replace("Denny", "Deny");
        let read = read_policy(&SourceFile::new("p.json", tabs), PolicyType::Scp).unwrap();
        assert_eq!(read.statements[0].line, Some(4));
    }
}
