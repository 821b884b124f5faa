//! The intrinsic functions, as far as they need the template.

use crate::model::{Unknown, Value};
use crate::source::declared::UNNAMED_ACCOUNT;
use crate::source::shape;
use crate::syntax::{Kind, Node, nearest};

use super::call::{self, Call, Part, Piece as Text};
use super::evaluate::{Evaluated, Evaluator, Piece};
use super::function::{self, unresolved};
use super::parameter::Parameter;
use super::worlds::{Choice, Need};

impl<'s> Evaluator<'s, '_, '_> {
    pub(super) fn call(&mut self, whole: Part<'s>, call: Call<'s>) -> Value {
        let argument = call.argument;
        let what = || call::name(whole);
        match call.name {
            "Ref" => match self.text_of(argument) {
                Ok(name) => self.refer(&name, whole),
                Err(unknown) => unknown,
            },
            "GetAtt" => self.get_att(whole, argument),
            "Sub" => self.substitute(whole, argument),
            "Join" => self.with_text_and_list(whole, argument, |text, list| function::join(text, list, &what)),
            "Split" => match argument.items() {
                Some([delimiter, source]) => {
                    let texts = (self.text_of(delimiter.into()), self.text_of(source.into()));
                    match texts {
                        (Ok(delimiter), Ok(source)) => self.counted(function::split(&delimiter, &source, &what)),
                        (Err(unknown), _) | (_, Err(unknown)) => unknown,
                    }
                }
                _ => unresolved(what()),
            },
            "Select" => match argument.items() {
                Some([index, list]) => function::select(&self.value(index.into()), &self.value(list.into()), &what),
                _ => unresolved(what()),
            },
            "Base64" => self.text_of(argument).map_or_else(|unknown| unknown, |text| function::base64(&text)),
            "Cidr" => self.cidr(whole, argument),
            "Length" => function::length(&self.value(argument), &what),
            "ToJsonString" => function::to_json_string(&self.value(argument)),
            "FindInMap" => self.find_in_map(whole, argument),
            "ImportValue" => match self.text_of(argument) {
                Ok(name) => {
                    let export = self.run.exports.get(&name).cloned();
                    export.unwrap_or_else(|| unresolved(format!("ImportValue {name}")))
                }
                Err(unknown) => unknown,
            },
            "GetStackOutput" => self.stack_output(whole, argument),
            "Transform" => {
                let name = argument.node.get("Name").and_then(call::text).unwrap_or("Transform");
                Value::unknown(Unknown::NotRead(format!("Transform {name}")))
            }
            super::rewrite::UNREAD => Value::unknown(Unknown::NotRead(argument.text().unwrap_or_default().to_owned())),
            // Which zones there are hangs on the account.
            _ => unresolved(what()),
        }
    }

    fn with_text_and_list(
        &mut self,
        whole: Part<'s>,
        argument: Part<'s>,
        then: impl FnOnce(&str, &Value) -> Value,
    ) -> Value {
        let Some([text, list]) = argument.items() else { return unresolved(call::name(whole)) };
        match self.text_of(text.into()) {
            Ok(text) => {
                let list = self.value(list.into());
                self.counted(then(&text, &list))
            }
            Err(unknown) => unknown,
        }
    }

    /// Counts what a function made towards the limit.
    fn counted(&mut self, value: Value) -> Value {
        let size = match &value {
            Value::String(text) => text.len() / 64,
            Value::List(items) => items.len(),
            _ => 0,
        };
        self.run.spend(size, &self.stack.template.source);
        value
    }

    /// What `Ref` gives.
    fn refer(&mut self, name: &str, whole: Part<'s>) -> Value {
        if let Some(value) = self.pseudo(name) {
            return value;
        }
        if let Some((name, parameter)) = self.stack.template.parameters.get_key_value(name) {
            let value = self.parameter(name, parameter);
            return self.counted(value);
        }
        let what = || format!("Ref {name}");
        let at = self.deployment();
        self.with_resource(name, whole, &what, |piece, _| {
            shape::reference(&piece.kind, &piece.id, &piece.properties, &at)
        })
    }

    /// The pseudo parameters.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
    fn pseudo(&mut self, name: &str) -> Option<Value> {
        let stack = self.stack;
        Some(match name {
            "AWS::NoValue" => Value::Null,
            // A condition on who nobody named may come out either way.
            "AWS::AccountId" if self.deciding && stack.account == UNNAMED_ACCOUNT => unresolved("Ref AWS::AccountId"),
            "AWS::StackName" if self.deciding && !stack.named => unresolved("Ref AWS::StackName"),
            "AWS::AccountId" => stack.account.as_str().into(),
            "AWS::StackName" => stack.name.as_str().into(),
            "AWS::StackId" => stack.id().into(),
            "AWS::Region" => stack.region.as_str().into(),
            "AWS::Partition" => stack.partition().into(),
            "AWS::URLSuffix" => stack.url_suffix().into(),
            name if name.starts_with("AWS::") => unresolved(format!("Ref {name}")),
            _ => return None,
        })
    }

    /// The value of a parameter: as given, as assumed, or its default.
    pub(super) fn parameter(&mut self, name: &'s str, parameter: &'s Parameter) -> Value {
        let known = self.known_parameter(name, parameter);
        match known {
            Ok(_) if parameter.secret && !self.deciding => Value::unknown(Unknown::Withheld),
            Ok(value) => value,
            Err(unknown) => {
                if !self.deciding && !parameter.stored && !parameter.allowed.is_empty() {
                    let answers = self.allowed(name, parameter).into_iter().map(Choice::Is).collect();
                    self.need(Need { subject: self.stack.subject(name), answers });
                }
                unknown
            }
        }
    }

    fn known_parameter(&mut self, name: &str, parameter: &Parameter) -> Result<Value, Value> {
        let subject = self.stack.subject(name);
        if let Some(Choice::Is(value)) = self.run.world.choice(&subject) {
            self.varied = true;
            return Ok(parameter.value(value));
        }
        let unknown = || unresolved(format!("Ref {name}"));
        if let [only] = self.allowed(name, parameter).as_slice()
            && !parameter.stored
            && self.run.world.choice(&subject).is_some()
        {
            self.varied = true;
            return Ok(parameter.value(only));
        }
        // Given or not, what the template says is but the name of the parameter that holds the value.
        let value = match self.stack.bindings.get(name) {
            _ if parameter.stored => unknown(),
            Some(binding) => {
                self.varied |= binding.varied;
                match &binding.value {
                    Value::String(text) => parameter.value(text),
                    value => value.clone(),
                }
            }
            None => parameter.default.as_ref().map_or_else(unknown, |text| parameter.value(text)),
        };
        if matches!(value, Value::Unknown(_)) {
            self.varied = true;
            return Err(value);
        }
        Ok(value)
    }

    /// The values that a parameter may still have; none where it may have any.
    pub(super) fn allowed(&self, name: &str, parameter: &Parameter) -> Vec<String> {
        let excluded = match self.run.world.choice(&self.stack.subject(name)) {
            Some(Choice::Not(values)) => Some(values),
            _ => None,
        };
        let open = |value: &&String| excluded.is_none_or(|excluded| !excluded.contains(*value));
        parameter.allowed.iter().filter(open).cloned().collect()
    }

    fn get_att(&mut self, whole: Part<'s>, argument: Part<'s>) -> Value {
        let Some((resource, attribute)) = call::get_att(argument) else { return unresolved(call::name(whole)) };
        let name = match self.text_of(resource) {
            // The form with one text has the attribute after the first dot.
            Ok(text) if argument.items().is_none() => text.split('.').next().unwrap_or_default().to_owned(),
            Ok(text) => text,
            Err(unknown) => return unknown,
        };
        let attribute = match attribute.map_or_else(|call| self.text_of(call), |text| Ok(text.to_owned())) {
            Ok(attribute) => attribute,
            Err(unknown) => return unknown,
        };
        self.attribute(&name, &attribute, whole)
    }

    fn attribute(&mut self, name: &str, attribute: &str, whole: Part<'s>) -> Value {
        let at = self.deployment();
        let what = || format!("GetAtt {name}.{attribute}");
        self.with_resource(name, whole, &what, |piece, evaluated| {
            match (piece.kind.as_str(), attribute.strip_prefix("Outputs.")) {
                ("AWS::CloudFormation::Stack", Some(output)) => {
                    evaluated.outputs.get(output).cloned().unwrap_or_else(|| unresolved(what()))
                }
                (kind, _) if is_custom(kind) => unresolved(what()),
                (kind, _) => shape::attribute(kind, &piece.id, &piece.properties, attribute, &at),
            }
        })
    }

    /// What `then` makes of a resource; unknown where it is left out, or refers to itself.
    fn with_resource(
        &mut self,
        name: &str,
        whole: Part<'s>,
        what: &impl Fn() -> String,
        then: impl FnOnce(&Piece, &Evaluated) -> Value,
    ) -> Value {
        let template = &self.stack.template;
        let declared = template.resource(name).or_else(|| self.maker_of(name));
        let Some(declared) = declared else {
            let may_be_made = template.serverless || !template.unread.is_empty() || name.contains('.');
            if !may_be_made {
                let known = template.resources.iter().map(|resource| resource.id.as_str());
                let known = known.chain(template.parameters.keys().map(String::as_str));
                let message = format!("there is no resource or parameter `{name}`");
                let fault = template.source.fault(whole.node, message);
                let near = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                self.fault(fault.help(near.unwrap_or_else(|| "declare it, or correct the name".into())));
            }
            return unresolved(what());
        };
        let Some(evaluated) = self.resource(declared) else { return unresolved(what()) };
        self.varied |= evaluated.varied;
        let id = self.stack.label(name);
        match evaluated.pieces.iter().find(|piece| piece.id == id) {
            Some(piece) if !is_module(&piece.kind) => then(piece, &evaluated),
            _ => unresolved(what()),
        }
    }

    /// The serverless resource whose name a generated one begins with.
    fn maker_of(&self, name: &str) -> Option<usize> {
        let template = &self.stack.template;
        let makes = |kind: &str| kind.starts_with("AWS::Serverless::");
        if !template.serverless {
            return None;
        }
        (1..name.len())
            .rev()
            .filter(|end| name.is_char_boundary(*end))
            .find_map(|end| template.resource(&name[..end]).filter(|found| makes(&template.resources[*found].kind)))
    }

    fn substitute(&mut self, whole: Part<'s>, argument: Part<'s>) -> Value {
        let (text, variables) = match argument.items() {
            Some([text]) => (Part::from(text), None),
            Some([text, variables]) => (text.into(), Some(variables)),
            Some(_) => return unresolved(call::name(whole)),
            None => (argument, None),
        };
        let Some(text) = text.text() else { return unresolved(call::name(whole)) };
        let mut result = String::with_capacity(text.len());
        for piece in call::pieces(text) {
            match piece {
                Text::Text(text) => result.push_str(text),
                Text::Name(name) => {
                    let value = match (variables.and_then(|variables| variables.get(name)), name.split_once('.')) {
                        (Some(node), _) => self.value(node.into()),
                        (None, Some((resource, attribute))) => self.attribute(resource, attribute, whole),
                        (None, None) => self.refer(name, whole),
                    };
                    match function::expect_text(&value, &|| format!("Sub {name}")) {
                        Ok(text) => result.push_str(&text),
                        Err(unknown) => return unknown,
                    }
                }
            }
            if result.len() > 4 << 20 {
                break;
            }
        }
        self.counted(function::text(result))
    }

    fn cidr(&mut self, whole: Part<'s>, argument: Part<'s>) -> Value {
        let Some(nodes @ [_, _, _]) = argument.items() else { return unresolved(call::name(whole)) };
        let mut texts = Vec::new();
        for node in nodes {
            match self.text_of(node.into()) {
                Ok(text) => texts.push(text),
                Err(unknown) => return unknown,
            }
        }
        let blocks = match texts.as_slice() {
            [block, count, bits] => function::cidr(block, count, bits),
            _ => None,
        };
        self.counted(blocks.unwrap_or_else(|| unresolved(call::name(whole))))
    }

    /// `Fn::FindInMap`. A key that is a parameter of which nobody knows the value is assumed to be each key in turn.
    fn find_in_map(&mut self, whole: Part<'s>, argument: Part<'s>) -> Value {
        let (map, keys, default) = match argument.items() {
            Some([map, top, second]) => (map, [top, second], None),
            Some([map, top, second, more]) => (map, [top, second], more.get("DefaultValue")),
            _ => return unresolved(call::name(whole)),
        };
        let mut node = match self.text_of(map.into()) {
            Ok(name) => self.stack.template.mapping(&name),
            Err(unknown) => return unknown,
        };
        for key in keys {
            let text = match self.text_of(key.into()) {
                Ok(text) => text,
                Err(unknown) => {
                    self.assume_key(key.into(), node, default.is_some());
                    return unknown;
                }
            };
            node = node.and_then(|node| node.get(&text));
        }
        match (node, default) {
            (Some(node), _) => self.value(node.into()),
            (None, Some(default)) => self.value(default.into()),
            (None, None) => unresolved(call::name(whole)),
        }
    }

    fn assume_key(&mut self, key: Part<'s>, map: Option<&'s Node>, has_default: bool) {
        let Some(Call { name: "Ref", argument }) = key.call() else { return };
        let Some((name, parameter)) =
            argument.text().and_then(|name| self.stack.template.parameters.get_key_value(name))
        else {
            return;
        };
        let Some(Kind::Map(entries)) = map.map(|node| &node.kind) else { return };
        let subject = self.stack.subject(name);
        let mut excluded = match self.run.world.choice(&subject) {
            Some(Choice::Not(values)) => values.clone(),
            _ => std::collections::BTreeSet::new(),
        };
        let allowed = |key: &&str| {
            parameter.stored || parameter.allowed.is_empty() || parameter.allowed.iter().any(|value| value == key)
        };
        let keys = entries.iter().filter_map(|(key, _)| call::text(key));
        let keys: Vec<String> =
            keys.filter(allowed).filter(|key| !excluded.contains(*key)).map(str::to_owned).collect();
        if keys.is_empty() {
            return;
        }
        let mut answers: Vec<Choice> = keys.iter().cloned().map(Choice::Is).collect();
        excluded.extend(keys);
        // Without a default, CloudFormation refuses a key that the map does not have.
        if has_default
            && (parameter.stored
                || parameter.allowed.is_empty()
                || parameter.allowed.iter().any(|value| !excluded.contains(value)))
        {
            answers.push(Choice::Not(excluded));
        }
        self.need(Need { subject, answers });
    }

    /// `Fn::GetStackOutput`, of a stack that is read together with this one.
    fn stack_output(&mut self, whole: Part<'s>, argument: Part<'s>) -> Value {
        let [stack, output] = ["StackName", "OutputName"].map(|key| argument.node.get(key));
        let (Some(stack), Some(output)) = (stack, output) else { return unresolved(call::name(whole)) };
        // CDK always names the region, also where it is that of the stack.
        let region = argument.node.get("Region").map(|node| self.text_of(node.into()));
        let here = region.is_none_or(|region| region.as_deref() == Ok(&self.stack.region));
        let elsewhere = !here || argument.node.get("RoleArn").is_some();
        match (self.text_of(stack.into()), self.text_of(output.into())) {
            (Ok(stack), Ok(output)) if !elsewhere => {
                let value = self.run.outputs.get(&(stack, output)).cloned();
                value.unwrap_or_else(|| unresolved(call::name(whole)))
            }
            (Err(unknown), _) | (_, Err(unknown)) => unknown,
            _ => unresolved(call::name(whole)),
        }
    }
}

/// Custom resources answer with what their providers make up.
pub(super) fn is_custom(kind: &str) -> bool {
    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

/// Modules stand for resources that their registry knows.
pub(super) fn is_module(kind: &str) -> bool {
    kind.ends_with("::MODULE")
}
