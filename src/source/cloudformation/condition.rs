//! Conditions, in three values; what cannot be decided is asked for as a choice between worlds.

use std::collections::BTreeSet;

use crate::model::Value;

use super::call::{self, Call, Part};
use super::evaluate::{Evaluator, MAX_DEPTH};
use super::function::{self, unresolved};
use super::worlds::{Choice, Need};

impl<'s> Evaluator<'s, '_, '_> {
    /// `Fn::If`: of a condition that stays open, what both branches share.
    pub(super) fn choose(&mut self, whole: Part<'s>, argument: Part<'s>) -> Value {
        let Some([condition, then, otherwise]) = argument.items() else { return unresolved(call::name(whole)) };
        let condition = Part::from(condition);
        let holds = match condition.text() {
            Some(name) => self.condition(name, condition),
            None => self.test(condition),
        };
        match holds {
            Some(true) => self.value(then.into()),
            Some(false) => self.value(otherwise.into()),
            None if self.run.stopped() => unresolved(call::name(whole)),
            None => {
                self.doubts += 1;
                let branches = (self.value(then.into()), self.value(otherwise.into()));
                self.doubts -= 1;
                let what = format!("the condition {}", condition.text().unwrap_or_default());
                function::either(&branches.0, &branches.1, &what)
            }
        }
    }

    /// Whether a condition holds; nothing for one that stays open.
    pub(super) fn condition(&mut self, name: &'s str, at: Part<'s>) -> Option<bool> {
        if let Some((holds, varied)) = self.conditions.get(name) {
            self.varied |= varied;
            return *holds;
        }
        let Some(node) = self.stack.template.condition(name) else {
            let fault = self.stack.template.source.fault(at.node, format!("there is no condition `{name}`"));
            self.fault(fault.help("declare it under `Conditions`, or correct the name"));
            return None;
        };
        let around = (std::mem::take(&mut self.varied), std::mem::replace(&mut self.deciding, true), self.trace.take());
        let holds = self.test(node.into());
        let varied = self.varied;
        (self.deciding, self.trace) = (around.1, around.2);
        self.varied = around.0 || varied;
        if !self.run.stopped() {
            self.conditions.insert(name, (holds, varied));
        }
        holds
    }

    fn test(&mut self, part: Part<'s>) -> Option<bool> {
        // Conditions that name each other in a longer chain stay open.
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let holds = self.tested(part);
        self.depth -= 1;
        holds
    }

    fn tested(&mut self, part: Part<'s>) -> Option<bool> {
        if let Some(name) = part.condition() {
            return self.condition(name, part);
        }
        match (part.call().map(|call| call.name), part.call().and_then(|call| call.argument.items())) {
            (Some("And"), Some(operands)) => self.all(operands, true),
            (Some("Or"), Some(operands)) => self.all(operands, false).map(|none| !none),
            (Some("Not"), Some([operand])) => self.test(operand.into()).map(|holds| !holds),
            (Some("Equals"), Some([one, other])) => self.equals(one.into(), other.into()),
            _ => match function::scalar(&self.value(part)).as_deref() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => self.truth(call::describe(part)),
            },
        }
    }

    /// Whether all operands come out as `wanted`. One that does not decides, whatever the others need.
    fn all(&mut self, operands: &'s [crate::syntax::Node], wanted: bool) -> Option<bool> {
        let before = self.run.need.take();
        let mut all = Some(true);
        let mut needed = None;
        for operand in operands {
            match self.test(operand.into()) {
                Some(holds) if holds != wanted => {
                    self.run.need = before;
                    return Some(false);
                }
                Some(_) => {}
                None => all = None,
            }
            needed = needed.or(self.run.need.take());
        }
        self.run.need = before.or(needed);
        all
    }

    /// CloudFormation compares texts.
    fn equals(&mut self, one: Part<'s>, other: Part<'s>) -> Option<bool> {
        let values = (self.value(one), self.value(other));
        match (function::scalar(&values.0), function::scalar(&values.1), &values.0, &values.1) {
            (Some(a), Some(b), ..) => Some(a == b),
            (Some(text), None, _, Value::Unknown(_)) => self.is(other, &text),
            (None, Some(text), Value::Unknown(_), _) => self.is(one, &text),
            (.., a, b) => match a.equals(b) {
                Some(equal) => Some(equal),
                None => self.truth(format!("{} = {}", call::describe(one), call::describe(other))),
            },
        }
    }

    /// Whether something that is not known is a certain text.
    fn is(&mut self, part: Part<'s>, text: &str) -> Option<bool> {
        self.varied = true;
        let parameter = match part.call() {
            Some(Call { name: "Ref", argument }) => {
                argument.text().and_then(|name| self.stack.template.parameters.get_key_value(name))
            }
            _ => None,
        };
        let subject = match (parameter, part.call()) {
            (Some((name, _)), _) => self.stack.subject(name),
            (None, Some(Call { name: "Ref", argument }))
                if argument.text().is_some_and(|name| name == "AWS::AccountId") =>
            {
                "AWS::AccountId".to_owned()
            }
            _ => format!("{}{}", self.stack.label, call::describe(part)),
        };
        let mut excluded = match self.run.world.choice(&subject) {
            Some(Choice::Is(value)) => return Some(value == text),
            Some(Choice::Not(values)) => values.clone(),
            _ => BTreeSet::new(),
        };
        if excluded.contains(text) {
            return Some(false);
        }
        if let Some((name, parameter)) =
            parameter.filter(|(_, parameter)| !parameter.stored && !parameter.allowed.is_empty())
        {
            let open = self.allowed(name, parameter);
            if !open.iter().any(|value| value == text) {
                return Some(false);
            }
            if open.len() == 1 {
                return Some(true);
            }
        }
        excluded.insert(text.to_owned());
        self.need(Need { subject, answers: vec![Choice::Is(text.to_owned()), Choice::Not(excluded)] });
        None
    }

    /// A comparison that is a choice of its own.
    fn truth(&mut self, what: String) -> Option<bool> {
        self.varied = true;
        let subject = format!("{}{what}", self.stack.label);
        if let Some(Choice::Truth(holds)) = self.run.world.choice(&subject) {
            return Some(*holds);
        }
        self.need(Need { subject, answers: vec![Choice::Truth(true), Choice::Truth(false)] });
        None
    }
}
