//! Policies that a central team exports: a folder of JSON files, one policy each, and a small file that says what is
//! attached where.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::{Policy, PolicyType};
use super::evaluate::{Hierarchy, Level};
use super::parse::{read_policy, read_policy_value};
use crate::model::Value;
use crate::syntax::{Fault, Faults, SourceFile, nearest, parse};

/// AWS attaches this policy everywhere until somebody takes it away.
pub const FULL_ACCESS: &str = "FullAWSAccess";

/// The file that says what is attached where. Without it every policy of the folder binds every account.
pub const TREE_FILE: &str = "tree.yaml";

/// More files than an organization has policies.
const MAX_FILES: usize = 5_000;

/// What is attached where, as people write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Whether the organization has switched service control policies on.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The account that no policy binds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management: Option<String>,
    pub root: Root,
}

fn yes() -> bool {
    true
}

fn full_access() -> Vec<String> {
    vec![FULL_ACCESS.to_owned()]
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Names of files without `.json`; by default FullAWSAccess alone.
    #[serde(default = "full_access")]
    pub policies: Vec<String>,
    #[serde(default)]
    pub units: Vec<Unit>,
    #[serde(default)]
    pub accounts: Vec<Member>,
}

/// An organizational unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    pub name: String,
    #[serde(default = "full_access")]
    pub policies: Vec<String>,
    #[serde(default)]
    pub units: Vec<Unit>,
    #[serde(default)]
    pub accounts: Vec<Member>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub id: String,
    #[serde(default = "full_access")]
    pub policies: Vec<String>,
}

/// The policies of an organization.
#[derive(Clone, Debug)]
pub struct Exported {
    policies: BTreeMap<String, Arc<Policy>>,
    /// The policies as they are written.
    documents: BTreeMap<String, Value>,
    tree: Option<Tree>,
}

/// An account that the tree does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the exported policies do not say where the account {0} is")]
pub struct UnknownAccount(pub String);

impl Exported {
    /// Reads a folder. Links are not followed.
    ///
    /// # Errors
    /// A folder that cannot be read, has no policy, or too many; every flaw of every policy; a tree that names a policy
    /// which is not there, or an account twice.
    pub fn read(folder: &Path) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let mut policies = BTreeMap::new();
        let mut documents = BTreeMap::new();
        let mut tree = None;
        for path in files(folder)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_tree = path.file_name().is_some_and(|name| name == TREE_FILE);
            if !is_tree && path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let file = match SourceFile::read(&path) {
                Ok(file) => file,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            if is_tree {
                tree = Some(file);
                continue;
            }
            match read_policy(&file, PolicyType::Scp) {
                Ok(policy) => {
                    let document: serde_json::Value = serde_json::from_str(&file.text).unwrap_or_default();
                    documents.insert(stem.clone(), Value::from(document));
                    policies.insert(stem.clone(), Arc::new(Policy { name: stem.into(), ..policy }));
                }
                Err(found) => faults.extend(found.0),
            }
        }
        Faults::check(faults)?;
        if policies.is_empty() {
            let name = folder.display().to_string();
            return Err(Fault::of_file(&name, "it has no policy").help("give a folder of JSON files").into());
        }
        let full = full_access_policy();
        policies.entry(FULL_ACCESS.to_owned()).or_insert(full);
        documents.entry(FULL_ACCESS.to_owned()).or_insert(Value::from(FULL_ACCESS_DOCUMENT));
        let tree = tree.map(|file| read_tree(&file, &policies)).transpose()?;
        Ok(Self { policies, documents, tree })
    }

    /// The accounts of the tree, sorted; none where every policy binds every account.
    pub fn accounts(&self) -> Vec<&str> {
        let mut found = Vec::new();
        if let Some(tree) = &self.tree {
            members(&tree.root.units, &tree.root.accounts, &mut |member| found.push(member.id.as_str()));
        }
        found.sort_unstable();
        found
    }

    /// The policies by name.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.policies.values()
    }

    /// The policies that bind an account, level by level.
    ///
    /// # Errors
    /// When there is a tree, and it does not have the account.
    pub fn hierarchy(&self, account: &str) -> Result<Hierarchy, UnknownAccount> {
        let Some(tree) = &self.tree else {
            let policies = self.policies.values().cloned().collect();
            let level = Level { name: "all accounts".into(), policies };
            return Ok(Hierarchy { account: Some(account.to_owned()), ..Hierarchy::new(vec![level]) });
        };
        if tree.management.as_deref() == Some(account) {
            let root = self.level("root", &tree.root.policies);
            return Ok(Hierarchy {
                account: Some(account.to_owned()),
                enabled: tree.enabled,
                management: true,
                levels: vec![root],
            });
        }
        let mut path = vec![self.level("root", &tree.root.policies)];
        if self.descend(&tree.root.units, &tree.root.accounts, account, &mut path) {
            Ok(Hierarchy { account: Some(account.to_owned()), enabled: tree.enabled, ..Hierarchy::new(path) })
        } else {
            Err(UnknownAccount(account.to_owned()))
        }
    }

    /// The policies that bind an account, as the properties of a [`POLICY_PATH`](crate::model::POLICY_PATH).
    ///
    /// # Errors
    /// When there is a tree, and it does not have the account.
    pub fn path(&self, account: &str) -> Result<Value, UnknownAccount> {
        let Hierarchy { enabled, levels, .. } = self.hierarchy(account)?;
        let policy = |policy: &Arc<Policy>| {
            let name = policy.name.as_ref();
            let document = self.documents.get(name).cloned().unwrap_or_default();
            Value::map([("Name", name.into()), ("Document", document)])
        };
        let level = |level: &Level| {
            let policies = level.policies.iter().map(policy);
            Value::map([("Name", level.name.as_ref().into()), ("Policies", Value::list(policies))])
        };
        Ok(Value::map([
            ("Source", "files".into()),
            ("Enabled", enabled.into()),
            ("ManagementAccountId", self.tree.as_ref().and_then(|tree| tree.management.clone()).into()),
            ("Levels", Value::list(levels.iter().map(level))),
        ]))
    }

    /// Extends the path down to the account. The depth of the tree is bounded by that of a document.
    fn descend(&self, units: &[Unit], accounts: &[Member], account: &str, path: &mut Vec<Level>) -> bool {
        if let Some(member) = accounts.iter().find(|member| member.id == account) {
            path.push(self.level(account, &member.policies));
            return true;
        }
        units.iter().any(|unit| {
            path.push(self.level(&unit.name, &unit.policies));
            let found = self.descend(&unit.units, &unit.accounts, account, path);
            if !found {
                path.pop();
            }
            found
        })
    }

    fn level(&self, name: &str, policies: &[String]) -> Level {
        Level {
            name: name.into(),
            policies: policies.iter().filter_map(|name| self.policies.get(name).cloned()).collect(),
        }
    }
}

const FULL_ACCESS_DOCUMENT: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

/// The policy that AWS attaches everywhere.
pub fn full_access_policy() -> Arc<Policy> {
    let read = read_policy_value(FULL_ACCESS, &Value::from(FULL_ACCESS_DOCUMENT), PolicyType::Scp);
    let nothing = || Policy { name: FULL_ACCESS.into(), variables: true, statements: Vec::new(), missing: None };
    Arc::new(read.unwrap_or_else(|_| nothing()))
}

fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>, Fault> {
    let name = folder.display().to_string();
    let failed = |error: std::io::Error| {
        Fault::of_file(&name, format!("failed to read the folder: {error}")).help("check the path and its permissions")
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Of a link this is the link itself, so that nothing outside the folder is read.
        if entry.file_type().map_err(failed)?.is_file() {
            found.push(entry.path());
        }
        if found.len() > MAX_FILES {
            let message = format!("it has more than {MAX_FILES} files");
            return Err(Fault::of_file(&name, message).help("give the folder of the policies alone"));
        }
    }
    found.sort();
    Ok(found)
}

fn read_tree(file: &SourceFile, policies: &BTreeMap<String, Arc<Policy>>) -> Result<Tree, Faults> {
    let document = parse(file)?;
    let tree: Tree = document.read(file)?;
    let mut faults = Vec::new();
    let mut named: Vec<&String> = tree.root.policies.iter().collect();
    units(&tree.root.units, &mut |unit| named.extend(&unit.policies));
    let mut seen = BTreeSet::new();
    members(&tree.root.units, &tree.root.accounts, &mut |member| {
        named.extend(&member.policies);
        if !seen.insert(member.id.as_str()) {
            let message = format!("the account {} stands twice", member.id);
            faults.push(Fault::of_file(&file.name, message).help("an account is in one unit"));
        }
    });
    for name in named.into_iter().filter(|name| !policies.contains_key(*name)).collect::<BTreeSet<_>>() {
        let help = match nearest(name, policies.keys().map(String::as_str)) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("put {name}.json into the folder"),
        };
        faults.push(Fault::of_file(&file.name, format!("there is no policy `{name}`")).help(help));
    }
    Faults::check(faults)?;
    Ok(tree)
}

fn units<'a>(list: &'a [Unit], call: &mut impl FnMut(&'a Unit)) {
    for unit in list {
        call(unit);
        units(&unit.units, call);
    }
}

fn members<'a>(list: &'a [Unit], accounts: &'a [Member], call: &mut impl FnMut(&'a Member)) {
    accounts.iter().for_each(&mut *call);
    for unit in list {
        members(&unit.units, &unit.accounts, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn levels(hierarchy: &Hierarchy) -> Vec<(String, Vec<String>)> {
        let names = |level: &Level| level.policies.iter().map(|policy| policy.name.to_string()).collect();
        hierarchy.levels.iter().map(|level| (level.name.to_string(), names(level))).collect()
    }

    fn faults(files: &[(&str, &str)]) -> String {
        Exported::read(folder(files).path())
            .unwrap_err()
            .0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn the_fixture_says_what_binds_whom() {
        let exported = Exported::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scp")).unwrap();
        assert_eq!(exported.accounts(), ["111111111111", "222222222222", "333333333333"]);
        let bound = levels(&exported.hierarchy("111111111111").unwrap());
        let own = |name: &str| vec![FULL_ACCESS.to_owned(), name.to_owned()];
        assert_eq!(bound[0], ("root".to_owned(), own("control-tower-region-lock")));
        assert_eq!(bound[1], ("number-use".to_owned(), own("no-internet-gateway")));
        assert_eq!(bound[2], ("111111111111".to_owned(), own("protect-config")));
        assert_eq!(levels(&exported.hierarchy("333333333333").unwrap())[2].1, Vec::<String>::new());
        assert!(exported.hierarchy("999999999999").unwrap().management);
        assert_eq!(exported.hierarchy("444444444444"), Err(UnknownAccount("444444444444".into())));
    }

    #[test]
    fn without_a_tree_every_policy_binds_every_account() {
        let exported = Exported::read(folder(&[("deny.json", DENY), ("readme.md", "x")]).path()).unwrap();
        let bound = exported.hierarchy("111111111111").unwrap();
        assert_eq!(levels(&bound), [("all accounts".to_owned(), vec![FULL_ACCESS.to_owned(), "deny".to_owned()])]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let twice = "root:\n  accounts: [{id: '1'}, {id: '1', policies: [denny]}]\n";
        let found = faults(&[("deny.json", DENY), ("tree.yaml", twice)]);
        assert!(found.contains("the account 1 stands twice") && found.contains("no policy `denny`"), "{found}");
        assert!(faults(&[("deny.json", "{\n\"Version\": }")]).contains("deny.json:2: it is not JSON"));
        assert!(faults(&[]).contains("it has no policy"));
        let found = faults(&[("a.json", &DENY.replace("Deny", "Denny")), ("b.json", &DENY.replace("Action", "Acton"))]);
        assert!(
            found.contains("a.json:1: the Effect") && found.contains("b.json:1: a statement has no element `Acton`"),
            "{found}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_not_followed() {
        let outside = folder(&[("secret.json", DENY)]);
        let inside = folder(&[("deny.json", DENY)]);
        std::os::unix::fs::symlink(outside.path().join("secret.json"), inside.path().join("secret.json")).unwrap();
        let exported = Exported::read(inside.path()).unwrap();
        assert!(exported.policies().all(|policy| policy.name.as_ref() != "secret"));
    }
}
