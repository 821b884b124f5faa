//! Remarks on policies that are valid and do not do what they seem to: statements that never match, patterns that no
//! action has, placeholders that were not replaced.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use super::catalogue::Catalogue;
use super::condition::{Base, Operator, Test};
use super::document::{ActionPattern, Effect, Policy, ResourcePattern, Statement};
use super::glob::Glob;
use super::keys;
use super::template::Template;
use super::truth::{Reason, Truth};
use crate::model::Text;
use crate::syntax::nearest;

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LintCode {
    /// No documented action matches.
    DeadAction,
    /// AWS does not define the pattern.
    ActionPattern,
    /// `${Account}` and the like, or `[NAME]`.
    Placeholder,
    /// A variable in a policy whose version has none.
    VariableWithoutVersion,
    EmptyValues,
    UnknownOperator,
    /// The operator cannot read the value.
    Value,
    /// An ARN pattern with fewer than six parts.
    ShortArn,
    /// `aws:PrincipalArn` never is the ARN of a session.
    SessionArn,
    /// A multivalued key without `ForAllValues` or `ForAnyValue`.
    SetQualifier,
    /// The statement applies to no request.
    NeverMatches,
    /// The statement applies where it seems not to, for a condition holds always.
    AlwaysMatches,
}

/// A remark on a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    pub code: LintCode,
    /// The Sid, or the number.
    pub statement: String,
    pub line: Option<usize>,
    /// The place in the file.
    pub span: Option<Range<usize>>,
    pub message: Text,
}

/// All remarks on a policy, in the order of its text.
pub fn lint(policy: &Policy, catalogue: &Catalogue) -> Vec<Remark> {
    let mut linter = Linter { policy, catalogue, remarks: Vec::new() };
    for statement in &policy.statements {
        linter.statement(statement);
    }
    linter.remarks
}

struct Linter<'a> {
    policy: &'a Policy,
    catalogue: &'a Catalogue,
    remarks: Vec<Remark>,
}

impl Linter<'_> {
    fn remark(&mut self, code: LintCode, at: &Statement, span: Option<&Range<usize>>, en: String, ja: String) {
        let span = span.or(at.span.as_ref()).cloned();
        let message = Text { en, ja };
        self.remarks.push(Remark { code, statement: at.label(), line: at.line, span, message });
    }

    fn statement(&mut self, statement: &Statement) {
        let live = self.actions(statement);
        let reachable = self.resources(statement);
        let mut never = !live || !reachable;
        for test in statement.tests() {
            self.test(statement, test);
            match constant(test) {
                Some(Truth::No) => never = true,
                Some(Truth::Yes) => self.remark(
                    LintCode::AlwaysMatches,
                    statement,
                    test.span.as_ref(),
                    format!("the condition {} on {} holds for every request", test.operator_name, test.key_name),
                    format!("{} の条件 {} は全てのリクエストで成り立つ", test.key_name, test.operator_name),
                ),
                _ => {}
            }
        }
        if never {
            let (en, ja) = match statement.effect {
                Effect::Deny => ("the statement denies nothing", "この文は何も拒否しない"),
                Effect::Allow => ("the statement allows nothing", "この文は何も許可しない"),
            };
            self.remark(LintCode::NeverMatches, statement, None, en.into(), ja.into());
        }
    }

    /// Whether any action, documented or not, can match.
    fn actions(&mut self, statement: &Statement) -> bool {
        let mut live = statement.action.inverted;
        for written in &statement.action.patterns {
            match &written.pattern {
                ActionPattern::Any => live = true,
                ActionPattern::Open(reason) => {
                    live = true;
                    if let Reason::ActionPattern(_) = reason.as_ref() {
                        self.remark(
                            LintCode::ActionPattern,
                            statement,
                            written.span.as_ref(),
                            format!("AWS does not define the action pattern `{}`", written.text),
                            format!("アクションの書き方 `{}` は AWS の定義にない", written.text),
                        );
                    }
                }
                ActionPattern::Of { service, name } => match self.dead(service, &name.0) {
                    None => live = true,
                    Some((en, ja)) => {
                        let en = format!("no action matches `{}`: {en}", written.text);
                        let ja = format!("`{}` に当てはまるアクションはない: {ja}", written.text);
                        self.remark(LintCode::DeadAction, statement, written.span.as_ref(), en, ja);
                    }
                },
            }
        }
        live
    }

    /// Why no documented action matches, if so.
    fn dead(&self, service: &str, name: &Glob) -> Option<(String, String)> {
        let Some(known) = self.catalogue.service(service) else {
            let near = nearest(service, self.catalogue.services.iter().map(|service| service.prefix));
            let (en, ja) = hint(near);
            let date = self.catalogue.date;
            return Some((
                format!("the catalogue of {date} has no service `{service}`{en}"),
                format!("{date} 時点のカタログにサービス `{service}` はない{ja}"),
            ));
        };
        if known.actions.iter().any(|action| name.matches(&action.lower)) {
            return None;
        }
        let text = name.text();
        let near = nearest(&text, known.actions.iter().map(|action| action.lower.as_str()));
        let near = near.and_then(|lower| known.actions.iter().find(|action| action.lower == lower));
        let (en, ja) = hint(near.map(|action| action.name));
        let date = self.catalogue.date;
        Some((
            format!("the service has none such in the catalogue of {date}{en}"),
            format!("{date} 時点のカタログにない{ja}"),
        ))
    }

    /// Whether any resource can match.
    fn resources(&mut self, statement: &Statement) -> bool {
        let mut reachable = statement.resource.inverted;
        for written in &statement.resource.patterns {
            let placeholder = self.placeholder(statement, &written.text, written.span.as_ref());
            let nothing = match &written.pattern {
                ResourcePattern::Template(template) => has_unknown_variable(template),
                _ => placeholder,
            };
            reachable |= !nothing;
        }
        reachable
    }

    fn test(&mut self, statement: &Statement, test: &Test) {
        let span = test.span.as_ref();
        let Some(operator) = &test.operator else {
            let (en, ja) = hint(nearest(&test.operator_name.to_ascii_lowercase(), Operator::names()));
            self.remark(
                LintCode::UnknownOperator,
                statement,
                span,
                format!("the condition operator `{}` is not documented{en}", test.operator_name),
                format!("条件演算子 `{}` は AWS の文書にない{ja}", test.operator_name),
            );
            return;
        };
        if test.values.is_empty() {
            self.remark(
                LintCode::EmptyValues,
                statement,
                span,
                format!("{} on {} lists no value", test.operator_name, test.key_name),
                format!("{} の {} に値がない", test.key_name, test.operator_name),
            );
        }
        if keys::about(&test.key).multivalued && operator.quantifier.is_none() && operator.base != Base::Null {
            self.remark(
                LintCode::SetQualifier,
                statement,
                span,
                format!("{} has several values, and {} is for one", test.key_name, test.operator_name),
                format!("{} は複数の値を持つが、{} は単一値用である", test.key_name, test.operator_name),
            );
        }
        let texts: Vec<String> =
            test.values.iter().filter_map(|value| value.template()).map(|text| text.written.to_string()).collect();
        for text in texts {
            self.value(statement, test, operator, &text);
        }
    }

    fn value(&mut self, statement: &Statement, test: &Test, operator: &Operator, text: &str) {
        let span = test.span.as_ref();
        if self.placeholder(statement, text, span) {
            return;
        }
        if operator.base == Base::Arn && text.matches(':').count() < 5 {
            self.remark(
                LintCode::ShortArn,
                statement,
                span,
                format!("the ARN pattern `{text}` has fewer than six parts"),
                format!("ARN パターン `{text}` の要素が 6 つに足りない"),
            );
        }
        if test.key == "aws:principalarn" && text.contains(":assumed-role/") {
            self.remark(
                LintCode::SessionArn,
                statement,
                span,
                format!("aws:PrincipalArn is the ARN of the role, never that of a session such as `{text}`"),
                format!("aws:PrincipalArn はロールの ARN であり、`{text}` のようなセッションの ARN にはならない"),
            );
        }
        if !operator.base.reads(text) && !text.contains("${") {
            self.remark(
                LintCode::Value,
                statement,
                span,
                format!("{} cannot read the value `{text}`", test.operator_name),
                format!("{} では値 `{text}` を解釈できない", test.operator_name),
            );
        }
    }

    /// Whether a text has a placeholder, after a remark on it.
    fn placeholder(&mut self, statement: &Statement, text: &str, span: Option<&Range<usize>>) -> bool {
        if !self.policy.variables && text.contains("${") {
            self.remark(
                LintCode::VariableWithoutVersion,
                statement,
                span,
                format!("without \"Version\": \"2012-10-17\" the variable in `{text}` is an ordinary text"),
                format!("\"Version\": \"2012-10-17\" がないため `{text}` の変数はただの文字列になる"),
            );
            return false;
        }
        let found = has_unknown_variable(&Template::parse(text, true)) || is_bracketed(text);
        if found {
            self.remark(
                LintCode::Placeholder,
                statement,
                span,
                format!("the placeholder in `{text}` was not replaced, so that it matches nothing"),
                format!("`{text}` のプレースホルダーが置き換えられておらず、何にも当てはまらない"),
            );
        }
        found
    }
}

fn hint(near: Option<&str>) -> (String, String) {
    match near {
        Some(name) => (format!("; did you mean `{name}`?"), format!("（`{name}` のことか）")),
        None => (String::new(), String::new()),
    }
}

/// Keys have a prefix; what has none is not a policy variable, and never has a value.
fn has_unknown_variable(template: &Template) -> bool {
    template.variables().any(|key| !key.contains(':'))
}

/// `[CLOUDTRAIL_NAME]`, as samples write what the reader must fill in.
fn is_bracketed(text: &str) -> bool {
    let inside = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(inside, _)| inside);
    inside.is_some_and(|inside| {
        !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte == b'-')
    })
}

/// The answer of a test to every request, where it has just one.
fn constant(test: &Test) -> Option<Truth> {
    let operator = test.operator.as_ref()?;
    let nothing = |value: &super::condition::Operand| value.template().is_some_and(has_unknown_variable);
    let vacuous = test.values.is_empty() || (operator.base.style().is_some() && test.values.iter().all(nothing));
    if !vacuous || operator.base == Base::Null {
        return None;
    }
    match (operator.negated, operator.if_exists, operator.quantifier) {
        (true, _, None) => Some(Truth::Yes),
        (false, false, None | Some(super::condition::Quantifier::Any)) => Some(Truth::No),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PolicyType, read_policy};
    use super::*;
    use crate::syntax::SourceFile;
    use serde_json::json;

    fn codes(statement: serde_json::Value) -> Vec<(LintCode, String)> {
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        let policy = read_policy(&SourceFile::new("p.json", document.to_string()), PolicyType::Scp).unwrap();
        let remarks = lint(&policy, Catalogue::load().unwrap());
        remarks.into_iter().map(|remark| (remark.code, remark.message.en)).collect()
    }

    fn only_codes(statement: serde_json::Value) -> Vec<LintCode> {
        codes(statement).into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn dead_actions_are_named() {
        let found =
            codes(json!({"Effect": "Deny", "Action": ["macie:*", "ec2:RunInstance", "ec2:*"], "Resource": "*"}));
        assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [LintCode::DeadAction; 2]);
        assert!(found[0].1.contains("did you mean `macie2`"), "{}", found[0].1);
        assert!(found[1].1.contains("did you mean `RunInstances`"), "{}", found[1].1);
        let dead = only_codes(json!({"Effect": "Deny", "Action": ["macie:*"], "Resource": "*"}));
        assert_eq!(dead, [LintCode::DeadAction, LintCode::NeverMatches]);
        let exempt = only_codes(json!({"Effect": "Deny", "NotAction": ["macie:*"], "Resource": "*"}));
        assert_eq!(exempt, [LintCode::DeadAction]);
    }

    #[test]
    fn placeholders_are_found_where_they_stand() {
        let with = |resource: &str, condition: serde_json::Value| {
            only_codes(
                json!({"Effect": "Deny", "Action": "cloudtrail:*", "Resource": resource, "Condition": condition}),
            )
        };
        use LintCode::{AlwaysMatches, NeverMatches, Placeholder};
        let arn = "arn:aws:cloudtrail:${Region}:${Account}:trail/x";
        assert_eq!(with(arn, json!({})), [Placeholder, NeverMatches]);
        assert_eq!(with("arn:aws:cloudtrail:*:*:trail/[NAME]", json!({})), [Placeholder, NeverMatches]);
        let exempt = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::${Account}:role/x"}});
        assert_eq!(with("*", exempt), [Placeholder, AlwaysMatches]);
        let only = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${Account}:role/x"}});
        assert_eq!(with("*", only), [Placeholder, NeverMatches]);
        let fine = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/x"}});
        assert_eq!(with("*", fine), []);
    }

    #[test]
    fn conditions_that_say_nothing_are_named() {
        let with = |condition: serde_json::Value| {
            only_codes(json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}))
        };
        use LintCode::*;
        assert_eq!(with(json!({"StringNotEquals": {"aws:RequestedRegion": []}})), [EmptyValues, AlwaysMatches]);
        assert_eq!(with(json!({"StringEquals": {"aws:RequestedRegion": []}})), [EmptyValues, NeverMatches]);
        assert_eq!(with(json!({"StringEqual": {"aws:RequestedRegion": "x"}})), [UnknownOperator]);
        assert_eq!(with(json!({"StringNotEquals": {"aws:CalledVia": "x"}})), [SetQualifier]);
        assert_eq!(with(json!({"ArnLike": {"aws:PrincipalArn": "*"}})), [ShortArn]);
        assert_eq!(with(json!({"Bool": {"aws:SecureTransport": "no"}})), [Value]);
        assert_eq!(with(json!({"DateLessThan": {"aws:CurrentTime": "soon"}})), [Value]);
        let session = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_x/me";
        assert_eq!(with(json!({"ArnNotLike": {"aws:PrincipalArn": session}})), [SessionArn]);
        assert_eq!(with(json!({"StringNotEquals": {"aws:RequestedRegion": "ap-northeast-1"}})), []);
    }

    #[test]
    fn a_policy_without_its_version_has_no_variables() {
        let document =
            json!({"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}"}});
        let policy = read_policy(&SourceFile::new("p.json", document.to_string()), PolicyType::Scp).unwrap();
        let remarks = lint(&policy, Catalogue::load().unwrap());
        assert_eq!(remarks.iter().map(|remark| remark.code).collect::<Vec<_>>(), [LintCode::VariableWithoutVersion]);
    }
}
