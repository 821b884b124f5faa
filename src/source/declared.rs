//! What files declare: the inventories that templates and plans come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Inventory;

/// One template, stack, assembly or plan, ready to be judged.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The file's path, and where it holds several units, which one: `cdk.out (Prod)`.
    pub name: Arc<str>,
    /// One for each way in which conditions that cannot be decided may come out; at least one.
    pub worlds: Vec<World>,
    /// Resource types that are not read, with how many resources they have: no guardrail looks at these.
    pub unread: BTreeMap<String, usize>,
}

/// One way in which conditions may come out.
#[derive(Clone, Debug)]
pub struct World {
    /// What is assumed, as in `Env = "prod"`; empty when nothing is.
    pub assumption: String,
    pub inventory: Inventory,
}

impl Declared {
    /// Without a condition that is not known.
    pub fn certain(name: impl Into<Arc<str>>, inventory: Inventory) -> Self {
        let world = World { assumption: String::new(), inventory };
        Self { name: name.into(), worlds: vec![world], unread: BTreeMap::new() }
    }
}

/// What the caller says of files that do not say it themselves.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The account that the files are deployed to: its id ([`UNNAMED_ACCOUNT`] where nobody said), class and so on.
    pub account: crate::model::Account,
    /// The region, where the file does not say it.
    pub region: String,
    /// Values of template parameters by name, before their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The types that the selected guardrails need.
    pub types: std::collections::BTreeSet<String>,
}

/// Stands for the account that nobody named: equal to itself, and no real account.
pub const UNNAMED_ACCOUNT: &str = "000000000000";
