//! What one evaluation works with: the stack at hand, the world that is assumed, the limits.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::model::Value;
use crate::source::files::Files;
use crate::source::shape::Deployment;
use crate::syntax::{Fault, Faults, Node};

use super::evaluate::{Evaluated, Evaluator};
use super::rewrite;
use super::template::{MAX_FAULTS, Source, Template};
use super::worlds::{Need, World};

/// How many values a template may evaluate to in one world.
const MAX_VALUES: usize = 4_000_000;

/// One evaluation in one world.
pub(super) struct Run<'x> {
    pub files: &'x Files,
    pub world: &'x World,
    pub memory: &'x mut Memory,
    /// The choice at which evaluation stopped.
    pub need: Option<Need>,
    pub faults: Vec<Fault>,
    /// What the stacks before this one export.
    pub exports: BTreeMap<String, Value>,
    /// The outputs of the stacks before this one, by the names of stack and output.
    pub outputs: BTreeMap<(String, String), Value>,
    /// How many values there are by now.
    values: usize,
}

/// What is the same in every world.
#[derive(Default)]
pub(super) struct Memory {
    /// Files by name.
    pub sources: HashMap<String, Arc<Source>>,
    /// Templates without loops by the keys of their sources.
    templates: HashMap<String, Arc<Template>>,
    /// Resources that hang on nothing that is assumed, by stack and number.
    pub resources: HashMap<(String, usize), Arc<Evaluated>>,
}

impl<'x> Run<'x> {
    pub(super) fn new(files: &'x Files, world: &'x World, memory: &'x mut Memory) -> Self {
        let (exports, outputs) = (BTreeMap::new(), BTreeMap::new());
        Self { files, world, memory, need: None, faults: Vec::new(), exports, outputs, values: 0 }
    }

    /// Whether going on is of no use.
    pub(super) fn stopped(&self) -> bool {
        self.need.is_some() || self.faults.len() >= MAX_FAULTS || self.values > MAX_VALUES
    }

    /// Counts values towards the limit.
    pub(super) fn spend(&mut self, values: usize, source: &Source) {
        let before = self.values;
        self.values = before.saturating_add(values);
        if before <= MAX_VALUES && self.values > MAX_VALUES {
            let fault = Fault::of_file(&source.file.name, format!("it evaluates to more than {MAX_VALUES} values"));
            self.faults.push(fault.help("look for lists or texts that are repeated many times"));
        }
    }

    /// The template of a file, for a stack with these values of parameters.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(super) fn template(
        &mut self,
        source: &Arc<Source>,
        stack: impl Fn(Arc<Template>) -> Stack,
    ) -> Result<Arc<Template>, Faults> {
        if let Some(template) = self.memory.templates.get(&source.key) {
            return Ok(template.clone());
        }
        let template = if rewrite::may_apply(&source.file.text) {
            let head = Template::new(source.clone(), Some(rewrite::head(source)))?;
            let head = stack(Arc::new(head));
            let mut collection = |run: &mut Run<'_>, node: &Node| Evaluator::new(&head, run).value(node.into());
            let rewritten = rewrite::rewrite(self, source, &mut collection)?;
            Template::new(source.clone(), Some(rewritten))?
        } else {
            Template::new(source.clone(), None)?
        };
        let template = Arc::new(template);
        if !template.loops {
            self.memory.templates.insert(source.key.clone(), template.clone());
        }
        Ok(template)
    }
}

/// A template as it is deployed once.
pub(super) struct Stack {
    pub template: Arc<Template>,
    /// The logical ids of the stacks around, as in `Parent/`.
    pub prefix: String,
    /// What the names of its resources begin with, so that no two of an inventory are the same.
    pub label: String,
    pub bindings: BTreeMap<String, Binding>,
    pub region: String,
    pub account: String,
    pub name: String,
    /// Whether somebody said its name.
    pub named: bool,
    /// Whether it is not known that there is such a stack.
    pub doubtful: bool,
    /// The files of the stacks around it, outermost first.
    pub around: Vec<Arc<str>>,
    /// The paths of CDK constructs by logical id, where the template does not note them itself.
    pub constructs: BTreeMap<String, String>,
}

/// The value that a parameter is given.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub value: Value,
    /// What it is called where worlds are told apart, when it is the parameter of a stack around.
    pub subject: Option<String>,
    /// Whether it hangs on what is assumed.
    pub varied: bool,
}

impl Stack {
    /// The name of a resource in the inventory.
    pub(super) fn label(&self, id: &str) -> String {
        format!("{}{id}", self.label)
    }

    /// What a parameter is called where worlds are told apart.
    pub(super) fn subject(&self, parameter: &str) -> String {
        let bound = self.bindings.get(parameter).and_then(|binding| binding.subject.clone());
        bound.unwrap_or_else(|| self.label(parameter))
    }

    pub(super) fn deployment(&self) -> Deployment<'_> {
        Deployment { partition: self.partition(), region: &self.region, account: &self.account, stack: &self.name }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    pub(super) fn partition(&self) -> &'static str {
        PARTITIONS
            .iter()
            .find(|(prefix, ..)| self.region.starts_with(prefix))
            .map_or("aws", |(_, partition, _)| partition)
    }

    pub(super) fn url_suffix(&self) -> &'static str {
        PARTITIONS
            .iter()
            .find(|(prefix, ..)| self.region.starts_with(prefix))
            .map_or("amazonaws.com", |(.., suffix)| suffix)
    }

    /// The ARN of the stack. The part that AWS makes up is made of the name, so that it is the same every time.
    pub(super) fn id(&self) -> String {
        let digest = Sha256::digest(format!("{}{}", self.label, self.name));
        let mut id = String::new();
        for (index, byte) in digest.iter().take(16).enumerate() {
            id.push_str(if [4, 6, 8, 10].contains(&index) { "-" } else { "" });
            let _ = write!(id, "{byte:02x}");
        }
        let (partition, region, account) = (self.partition(), &self.region, &self.account);
        format!("arn:{partition}:cloudformation:{region}:{account}:stack/{}/{id}", self.name)
    }
}

/// The beginnings of the regions of a partition, its name, and the end of its host names.
const PARTITIONS: [(&str, &str, &str); 6] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
];
