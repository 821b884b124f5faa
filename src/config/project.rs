//! `govcheck.yaml`: what a repository says about where its templates and plans are deployed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_region;
use crate::model::{AccountClass, AccountId};
use crate::syntax::{Fault, Faults, Node, SourceFile, parse};

/// Where templates and plans are deployed; options of the command line come before it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectFile {
    /// What the account is for.
    pub class: Option<AccountClass>,
    /// Its id, where a file does not say it.
    pub account: Option<AccountId>,
    /// The region, where a file does not say it.
    pub region: Option<String>,
    /// Values of template parameters by name, before their defaults.
    pub parameters: BTreeMap<String, Scalar>,
    /// A folder of rule files beside the built-in ones.
    pub rules: Option<PathBuf>,
    /// A file of parameter values for the guardrails.
    pub params: Option<PathBuf>,
    /// What differs for some files; the last match wins.
    pub paths: Vec<PathEntry>,
}

/// What differs for the files of a pattern.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathEntry {
    /// A glob over the path as it is given to `govcheck check`, as in `web/**`.
    #[serde(rename = "match")]
    pub pattern: String,
    #[serde(default)]
    pub class: Option<AccountClass>,
    #[serde(default)]
    pub account: Option<AccountId>,
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub parameters: BTreeMap<String, Scalar>,
}

/// A text, a number, or true or false: the value of a parameter, as a text.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(from = "serde_json::Value")]
pub struct Scalar(pub String);

impl From<serde_json::Value> for Scalar {
    fn from(value: serde_json::Value) -> Self {
        Self(match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Array(items) => {
                items.into_iter().map(|item| Self::from(item).0).collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        })
    }
}

/// The file, read, with its patterns compiled.
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub file: ProjectFile,
    patterns: Vec<GlobMatcher>,
}

/// What holds for one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployed {
    pub class: Option<AccountClass>,
    pub account: Option<AccountId>,
    pub region: Option<String>,
    pub parameters: BTreeMap<String, String>,
}

impl Project {
    /// Reads a project file.
    ///
    /// # Errors
    /// Every fault of the file, with its line.
    pub fn read(path: &Path) -> Result<Self, Faults> {
        let source = SourceFile::read(path)?;
        let document = parse(&source)?;
        let file: ProjectFile = match document.kind {
            crate::syntax::Kind::Null => ProjectFile::default(),
            _ => document
                .read(&source)
                .map_err(|fault| fault.help("`govcheck schema config` prints the JSON Schema of this file"))?,
        };
        let entries = document.get("paths");
        let at = |position: usize, key: &str| {
            let entry = entries.and_then(|entries| match &entries.kind {
                crate::syntax::Kind::List(items) => items.get(position),
                _ => None,
            });
            entry.and_then(|entry| entry.get(key)).map_or(0..0, |node: &Node| node.span.clone())
        };
        let not_region = |span| Fault::at(&source, span, "this is not a region").help("as in ap-northeast-1");
        let mut faults = Vec::new();
        let mut patterns = Vec::new();
        if file.region.as_deref().is_some_and(|region| !is_region(region)) {
            faults.push(not_region(document.get("region").map_or(0..0, |node| node.span.clone())));
        }
        for (position, entry) in file.paths.iter().enumerate() {
            if entry.region.as_deref().is_some_and(|region| !is_region(region)) {
                faults.push(not_region(at(position, "region")));
            }
            match Glob::new(&entry.pattern) {
                Ok(glob) => patterns.push(glob.compile_matcher()),
                Err(error) => {
                    let fault = Fault::at(&source, at(position, "match"), format!("this is not a pattern: {error}"));
                    faults.push(fault.help("as in web/**"));
                }
            }
        }
        Faults::check(faults)?;
        Ok(Self { file, patterns })
    }

    /// What the file says of a path.
    pub fn deployed(&self, path: &str) -> Deployed {
        let ProjectFile { class, account, region, parameters, .. } = &self.file;
        let texts = |parameters: &BTreeMap<String, Scalar>| -> Vec<(String, String)> {
            parameters.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect()
        };
        let mut deployed = Deployed {
            class: *class,
            account: account.clone(),
            region: region.clone(),
            parameters: texts(parameters).into_iter().collect(),
        };
        for (entry, _) in self.file.paths.iter().zip(&self.patterns).filter(|(_, pattern)| pattern.is_match(path)) {
            deployed.class = entry.class.or(deployed.class);
            deployed.account = entry.account.clone().or(deployed.account);
            deployed.region = entry.region.clone().or(deployed.region);
            deployed.parameters.extend(texts(&entry.parameters));
        }
        deployed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Project, Faults> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("govcheck.yaml");
        std::fs::write(&path, text).unwrap();
        Project::read(&path)
    }

    #[test]
    fn the_last_pattern_that_matches_wins() {
        let text = "class: number-use\nregion: ap-northeast-1\nparameters: {Env: prod, Size: 3}\n\
            paths:\n  - {match: 'web/**', class: internet-facing}\n  - {match: '**/osaka.yaml', region: ap-northeast-3, parameters: {Size: 1}}\n";
        let project = read(text).unwrap();
        assert_eq!(project.deployed("a.yaml").class, Some(AccountClass::NumberUse));
        let osaka = project.deployed("web/osaka.yaml");
        assert_eq!(osaka.class, Some(AccountClass::InternetFacing));
        assert_eq!(osaka.region.as_deref(), Some("ap-northeast-3"));
        assert_eq!(osaka.parameters["Size"], "1");
        assert_eq!(osaka.parameters["Env"], "prod");
    }

    #[test]
    fn faults_come_with_their_line() {
        let messages = |text: &str| -> Vec<String> {
            let faults = read(text).unwrap_err().0;
            faults.iter().map(|fault| fault.to_string().rsplit_once('/').unwrap().1.to_owned()).collect()
        };
        assert!(messages("klass: general\n")[0].starts_with("govcheck.yaml:1: unknown field `klass`"));
        assert_eq!(
            messages("region: tokyo\npaths:\n  - {match: 'a', region: osaka}\n"),
            ["govcheck.yaml:1: this is not a region", "govcheck.yaml:3: this is not a region"]
        );
        assert!(messages("paths:\n  - {match: '['}\n")[0].starts_with("govcheck.yaml:2: this is not a pattern"));
    }
}
