//! `accounts.yaml`: the fleet, with defaults, roles and classes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;

use super::csv;
use crate::model::{Account, AccountClass, AccountId};
use crate::syntax::{Fault, Faults, Kind, Node, SourceFile, nearest, parse};

/// An account to scan, and how to enter it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub account: Account,
    /// Without one, the account must be the caller's own.
    pub role_arn: Option<String>,
    pub external_id: Option<String>,
    /// Sorted; empty when the file says nothing.
    pub regions: Vec<String>,
}

/// What an accounts file says, in the order of account ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    pub targets: Vec<Target>,
}

/// The accounts file as its JSON Schema describes it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used; reading goes value by value to report all faults at once")]
pub struct AccountsFile {
    /// Used by every account that does not say otherwise.
    #[schemars(extend("not" = {"required": ["id"]}))]
    defaults: Option<Entry>,
    #[schemars(extend("minItems" = 1, "items" = {"$ref": "#/$defs/Entry", "required": ["id"]}))]
    accounts: Vec<Entry>,
}

/// One account, or the defaults.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Entry {
    /// 12 digits; required in `accounts`, not allowed in `defaults`.
    id: Option<AccountId>,
    name: Option<String>,
    class: Option<AccountClass>,
    environment: Option<String>,
    system: Option<String>,
    /// Who answers for the account.
    owner: Option<String>,
    /// The role to assume; it must belong to the account.
    role_arn: Option<String>,
    /// The role to assume, by its name (with its path, if any).
    role_name: Option<String>,
    external_id: Option<String>,
    /// The regions to scan.
    regions: Option<Vec<String>>,
    /// Anything else worth knowing, for rules and reports.
    labels: Option<BTreeMap<String, String>>,
}

const TOP_KEYS: [&str; 2] = ["defaults", "accounts"];
const ENTRY_KEYS: [&str; 11] = [
    "id",
    "name",
    "class",
    "environment",
    "system",
    "owner",
    "role_arn",
    "role_name",
    "external_id",
    "regions",
    "labels",
];

/// Reads an accounts file, YAML or (by its name, `*.csv`) CSV.
///
/// # Errors
/// Every fault of the file.
pub fn read_accounts(path: &Path) -> Result<Fleet, Faults> {
    let file = SourceFile::read(path)?;
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let document = if is_csv { csv::parse(&file)? } else { parse(&file)? };
    Reader { file: &file, faults: Vec::new() }.fleet(&document)
}

/// What an entry says so far.
#[derive(Clone, Default)]
struct Fields {
    id: Option<AccountId>,
    texts: BTreeMap<&'static str, String>,
    class: Option<AccountClass>,
    regions: Option<Vec<String>>,
    labels: BTreeMap<String, String>,
}

struct Reader<'a> {
    file: &'a SourceFile,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fleet(mut self, document: &Node) -> Result<Fleet, Faults> {
        for (key, _) in self.entries(document, "the file") {
            self.check_key(key, &TOP_KEYS);
        }
        let defaults = document.get("defaults").map(|node| {
            if let Some(id) = node.get("id") {
                self.fault(id, "`defaults` cannot give an id", "give it to the account");
            }
            self.fields(node)
        });
        let defaults = defaults.unwrap_or_default();
        let mut targets: BTreeMap<AccountId, Target> = BTreeMap::new();
        match document.get("accounts").map(|node| (&node.kind, node)) {
            Some((Kind::List(items), node)) => {
                if items.is_empty() {
                    self.fault(node, "there is no account", "add `- id: \"123456789012\"` below `accounts`");
                }
                for item in items {
                    let Some(target) = self.target(item, &defaults) else { continue };
                    let id = target.account.id.clone();
                    if targets.insert(id.clone(), target).is_some() {
                        let place = item.get("id").unwrap_or(item);
                        self.fault(place, format!("the account {id} stands twice"), "remove one of them");
                    }
                }
            }
            Some((_, node)) => self.fault(node, "`accounts` is not a list", "write each account as `- id: …`"),
            None => self.fault(document, "there is no `accounts` list", "`govcheck schema accounts` shows the form"),
        }
        Faults::check(self.faults)?;
        Ok(Fleet { targets: targets.into_values().collect() })
    }

    fn target(&mut self, item: &Node, defaults: &Fields) -> Option<Target> {
        let known = self.faults.len();
        let own = self.fields(item);
        if own.id.is_none() && item.get("id").is_none() {
            self.fault(item, "the account has no id", "add `id: \"123456789012\"`");
        }
        let id = own.id.clone()?;
        let text = |key: &str| own.texts.get(key).or_else(|| defaults.texts.get(key)).cloned();
        let own_role = own.texts.get("role_arn").cloned();
        if let Some(arn) = &own_role
            && arn.split(':').nth(4) != Some(id.as_str())
        {
            let place = item.get("role_arn").unwrap_or(item);
            self.fault(place, format!("the role does not belong to the account {id}"), "check the id and the ARN");
        }
        let role_arn = own_role.or_else(|| Some(role_arn(&id, &text("role_name")?)));
        let labels =
            defaults.labels.iter().chain(&own.labels).map(|(key, value)| (key.clone(), value.clone())).collect();
        let account = Account {
            name: text("name"),
            class: own.class.or(defaults.class),
            environment: text("environment"),
            system: text("system"),
            owner: text("owner"),
            labels,
            id,
        };
        let regions = own.regions.clone().or_else(|| defaults.regions.clone()).unwrap_or_default();
        let target = Target { account, role_arn, external_id: text("external_id"), regions };
        (self.faults.len() == known).then_some(target)
    }

    fn fields(&mut self, node: &Node) -> Fields {
        let mut fields = Fields::default();
        for (key, value) in self.entries(node, "an account") {
            let Some(name) = self.check_key(key, &ENTRY_KEYS) else { continue };
            if matches!(value.kind, Kind::Null) {
                continue;
            }
            match name {
                "id" => fields.id = self.id(value),
                "class" => fields.class = self.class(value),
                "regions" => fields.regions = self.regions(value),
                "labels" => fields.labels = self.labels(value),
                _ => {
                    if let Some(text) = self.text(value, name) {
                        if name == "role_arn" && !is_role_arn(&text) {
                            self.fault(
                                value,
                                "this is not the ARN of a role",
                                "as in arn:aws:iam::123456789012:role/govcheck",
                            );
                        }
                        fields.texts.insert(name, text);
                    }
                }
            }
        }
        fields
    }

    fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Node, Node)] {
        match &node.kind {
            Kind::Map(entries) => entries,
            _ => {
                self.fault(
                    node,
                    format!("{what} must be `key: value` lines"),
                    "`govcheck schema accounts` shows the form",
                );
                &[]
            }
        }
    }

    fn check_key(&mut self, key: &Node, known: &'static [&'static str]) -> Option<&'static str> {
        let name = key.scalar_text().unwrap_or_default();
        let found = known.iter().find(|other| **other == name).copied();
        if found.is_none() {
            let help = match nearest(&name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", known.join(", ")),
            };
            self.fault(key, format!("there is no key `{name}`"), help);
        }
        found
    }

    fn id(&mut self, node: &Node) -> Option<AccountId> {
        let text = node.scalar_text().unwrap_or_default();
        let parsed = text.parse();
        if parsed.is_err() {
            self.fault(
                node,
                format!("`{text}` is not an account id"),
                "an account id is 12 digits; quote one that begins with 0",
            );
        }
        parsed.ok()
    }

    fn class(&mut self, node: &Node) -> Option<AccountClass> {
        let text = node.scalar_text().unwrap_or_default();
        let class = text.parse().ok();
        if class.is_none() {
            let names = AccountClass::ALL.map(AccountClass::as_str);
            let help = match nearest(&text, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the classes are {}", names.join(", ")),
            };
            self.fault(node, format!("there is no class `{text}`"), help);
        }
        class
    }

    fn regions(&mut self, node: &Node) -> Option<Vec<String>> {
        let Kind::List(items) = &node.kind else {
            self.fault(node, "`regions` is not a list", "as in [ap-northeast-1, ap-northeast-3]");
            return None;
        };
        let mut regions = BTreeSet::new();
        for item in items {
            match item.scalar_text().filter(|text| is_region(text)) {
                Some(region) => {
                    regions.insert(region);
                }
                None => self.fault(item, "this is not a region", "as in ap-northeast-1"),
            }
        }
        Some(regions.into_iter().collect())
    }

    fn labels(&mut self, node: &Node) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::new();
        for (key, value) in self.entries(node, "`labels`") {
            if let (Some(key), Some(value)) = (key.scalar_text(), self.text(value, "a label")) {
                labels.insert(key, value);
            }
        }
        labels
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = node.scalar_text();
        if text.is_none() {
            self.fault(node, format!("`{what}` must be a text"), "write it in one line");
        }
        text
    }

    fn fault(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault::at(self.file, node.span.clone(), message).help(help));
    }
}

/// The ARN of a role by its name.
pub fn role_arn(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{}", name.trim_start_matches('/'))
}

/// Whether a text is `arn:PARTITION:iam::ACCOUNT:role/NAME`.
pub fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws") && account.parse::<AccountId>().is_ok() && role.len() > 5 && role.starts_with("role/"))
}

/// Whether a text has the form of a region's code, as in `ap-northeast-1`.
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
        && parts.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(name: &str, text: &str) -> Result<Fleet, Faults> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read_accounts(&path)
    }

    fn messages(name: &str, text: &str) -> Vec<String> {
        let faults = read(name, text).unwrap_err().0;
        faults.iter().map(|fault| fault.to_string().rsplit_once('/').unwrap().1.to_owned()).collect()
    }

    #[test]
    fn defaults_fill_what_an_account_leaves_out() {
        let text = "defaults: {role_name: govcheck, class: general, regions: [ap-northeast-3, ap-northeast-1], labels: {a: x}}\n\
            accounts:\n  - {id: '111111111111', class: number-use, labels: {b: y}}\n  - {id: 222222222222, role_arn: 'arn:aws:iam::222222222222:role/path/other'}\n";
        let targets = read("accounts.yaml", text).unwrap().targets;
        assert_eq!(targets[0].role_arn.as_deref(), Some("arn:aws:iam::111111111111:role/govcheck"));
        assert_eq!(targets[0].account.class, Some(AccountClass::NumberUse));
        assert_eq!(targets[0].account.labels.len(), 2);
        assert_eq!(targets[0].regions, ["ap-northeast-1", "ap-northeast-3"]);
        assert_eq!(targets[1].role_arn.as_deref(), Some("arn:aws:iam::222222222222:role/path/other"));
        assert_eq!(targets[1].account.class, Some(AccountClass::General));
    }

    #[test]
    fn every_fault_is_reported_with_its_line() {
        let text = "accounts:\n  - id: 1234\n    clas: general\n  - id: '111111111111'\n    class: number-used\n  - id: '111111111111'\n  - id: '111111111111'\n    regions: tokyo\n  - name: nobody\n";
        assert_eq!(
            messages("accounts.yaml", text),
            [
                "accounts.yaml:2: `1234` is not an account id",
                "accounts.yaml:3: there is no key `clas`",
                "accounts.yaml:5: there is no class `number-used`",
                "accounts.yaml:8: `regions` is not a list",
                "accounts.yaml:9: the account has no id",
            ]
        );
        let twice = "accounts:\n  - id: '111111111111'\n  - id: '111111111111'\n";
        assert_eq!(messages("accounts.yaml", twice), ["accounts.yaml:3: the account 111111111111 stands twice"]);
    }

    #[test]
    fn csv_says_the_same() {
        let text = "id,name,class,role_name,regions,label:team\n111111111111,税,number-use,govcheck,ap-northeast-1;ap-northeast-3,a\n";
        let fleet = read("accounts.csv", text).unwrap();
        assert_eq!(fleet.targets[0].account.name.as_deref(), Some("税"));
        assert_eq!(fleet.targets[0].regions.len(), 2);
        assert_eq!(fleet.targets[0].account.labels["team"], "a");
        let broken = "id,klass\n111111111111,general\n22,general\n";
        assert_eq!(
            messages("accounts.csv", broken),
            [
                "accounts.csv:2: there is no key `klass`",
                "accounts.csv:3: `22` is not an account id",
                "accounts.csv:3: there is no key `klass`",
            ]
        );
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = serde_json::to_value(schemars::schema_for!(AccountsFile)).unwrap();
        let keys =
            |node: &serde_json::Value| node["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&schema), TOP_KEYS.map(String::from).into());
        assert_eq!(keys(&schema["$defs"]["Entry"]), ENTRY_KEYS.map(String::from).into());
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(text in "(accounts|defaults|id|class|regions|: |- |\\[|\\]|\\{|\\}|\n|  |1111|'|\"|あ|,){0,60}") {
            let _ = read("accounts.yaml", &text);
            let _ = read("accounts.csv", &text);
        }
    }
}
