//! The rule pack: the guardrails inside the binary, with folders of the user's own added or put in their place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use super::about::{About, Selected};
use super::guardrail::Guardrail;
use super::params::Params;
use super::preventive::Preventive;
use crate::model::{RulePackInfo, Severity};
use crate::syntax::{Fault, Faults, SourceFile, nearest};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// The version of the embedded pack: year, month, number of the release in that month.
const PACK_VERSION: &str = "2026.11.1";

const PARAMS_FILE: &str = "params.yaml";

/// Guardrails and parameters, sorted by id.
#[derive(Debug)]
pub struct RulePack {
    pub guardrails: Vec<Arc<Guardrail>>,
    /// Guardrails over service control policies.
    pub preventive: Vec<Arc<Preventive>>,
    pub params: Params,
    files: BTreeMap<String, Arc<str>>,
}

/// Which guardrails of a pack to use.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Globs over ids and aliases; all guardrails when there are none.
    pub only: Vec<String>,
    /// Globs over ids and aliases.
    pub except: Vec<String>,
    /// At least this severe.
    pub severity: Option<Severity>,
}

impl RulePack {
    /// The embedded pack.
    ///
    /// # Errors
    /// Never in a tested build: the embedded files are loaded by the tests.
    pub fn embedded() -> Result<Self, Faults> {
        let mut files = Vec::new();
        embedded_files(&EMBEDDED, &mut files);
        Self::load(Params::default(), files)
    }

    /// The embedded pack with the rule files of a folder added; a file with the id of an embedded guardrail replaces it.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn with_folder(folder: &Path) -> Result<Self, Faults> {
        let mut files = Vec::new();
        embedded_files(&EMBEDDED, &mut files);
        files.extend(read_folder(folder)?);
        Self::load(Params::default(), files)
    }

    /// Only the rule files of a folder, which may read the parameters of the embedded pack.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn only_folder(folder: &Path) -> Result<Self, Faults> {
        let mut params = Params::default();
        if let Some(file) = embedded_params() {
            params.lend(&file)?;
        }
        Self::load(params, read_folder(folder)?)
    }

    /// Later files win over earlier ones with the same id.
    fn load(mut params: Params, files: Vec<SourceFile>) -> Result<Self, Faults> {
        let mut guardrails: BTreeMap<String, Arc<Guardrail>> = BTreeMap::new();
        let mut preventive: BTreeMap<String, Arc<Preventive>> = BTreeMap::new();
        let mut faults = Vec::new();
        for file in &files {
            if Path::new(file.name.as_ref()).file_name().is_some_and(|name| name == PARAMS_FILE) {
                faults.extend(params.declare(file).err());
                continue;
            }
            if Preventive::is_meant(file) {
                match Preventive::load(file.clone()) {
                    Ok(guardrail) => {
                        preventive.insert(guardrail.id().to_owned(), Arc::new(guardrail));
                    }
                    Err(fault) => faults.push(fault),
                }
                continue;
            }
            match Guardrail::load(file.clone()) {
                Ok(guardrail) => {
                    guardrails.insert(guardrail.id().to_owned(), Arc::new(guardrail));
                }
                Err(fault) => faults.push(fault),
            }
        }
        for guardrail in guardrails.values() {
            faults.extend(undeclared_param(&guardrail.source, guardrail.params(), &params));
        }
        for guardrail in preventive.values() {
            let names = guardrail.params();
            faults.extend(undeclared_param(&guardrail.source, names.iter().map(String::as_str), &params));
        }
        let detective = guardrails.values().map(|guardrail| (guardrail.rule.alias.as_ref(), &guardrail.source));
        let others = preventive.values().map(|guardrail| (guardrail.rule.alias.as_ref(), &guardrail.source));
        faults.extend(repeated_aliases(detective.chain(others)));
        Faults::check(faults)?;
        let files = files.into_iter().map(|file| (file.name.to_string(), file.text)).collect();
        let preventive = preventive.into_values().collect();
        Ok(Self { guardrails: guardrails.into_values().collect(), preventive, params, files })
    }

    /// Keeps the selected guardrails.
    ///
    /// # Errors
    /// A glob that is malformed or matches no guardrail, with the nearest id.
    pub fn select(&self, selection: &Selection) -> Result<Selected, String> {
        let only = self.globs(&selection.only)?;
        let except = self.globs(&selection.except)?;
        let matches = |globs: &GlobSet, about: &About<'_>| about.names().any(|name| globs.is_match(name));
        let keeps = |about: About<'_>| {
            (selection.only.is_empty() || matches(&only, &about))
                && !matches(&except, &about)
                && selection.severity.is_none_or(|least| about.severity >= least)
        };
        Ok(Selected {
            guardrails: self.guardrails.iter().filter(|guardrail| keeps(guardrail.about())).cloned().collect(),
            preventive: self.preventive.iter().filter(|guardrail| keeps(guardrail.about())).cloned().collect(),
        })
    }

    fn abouts(&self) -> impl Iterator<Item = About<'_>> {
        let preventive = self.preventive.iter().map(|guardrail| guardrail.about());
        self.guardrails.iter().map(|guardrail| guardrail.about()).chain(preventive)
    }

    /// One guardrail by its id or alias.
    pub fn find(&self, name: &str) -> Option<&Arc<Guardrail>> {
        self.guardrails.iter().find(|guardrail| is_called(guardrail.about(), name))
    }

    /// One preventive guardrail by its id or alias.
    pub fn find_preventive(&self, name: &str) -> Option<&Arc<Preventive>> {
        self.preventive.iter().find(|guardrail| is_called(guardrail.about(), name))
    }

    /// The name of a guardrail that is nearest to a mistyped one.
    pub fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, self.abouts().flat_map(|about| about.names())).map(str::to_owned)
    }

    fn globs(&self, patterns: &[String]) -> Result<GlobSet, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let glob = Glob::new(pattern).map_err(|error| format!("`{pattern}` is not a pattern: {error}"))?;
            let matcher = glob.compile_matcher();
            if !self.abouts().flat_map(|about| about.names()).any(|name| matcher.is_match(name)) {
                let hint = self.nearest(pattern).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return Err(format!("no guardrail matches `{pattern}`{hint}"));
            }
            set.add(glob);
        }
        set.build().map_err(|error| error.to_string())
    }

    /// The version and digest of the pack, for the selected guardrails.
    pub fn info(&self, selected: &Selected) -> RulePackInfo {
        let mut hash = Sha256::new();
        for (name, text) in &self.files {
            for part in [name.as_bytes(), text.as_bytes()] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        for (name, value) in self.params.effective() {
            hash.update(format!("{name}={value}\n"));
        }
        let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let guardrails = selected.abouts().into_iter().map(|about| about.id.to_owned()).collect();
        RulePackInfo { version: PACK_VERSION.to_owned(), digest, guardrails }
    }

    /// The text of every rule file by name, for the evidence.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (name.as_str(), text.as_ref()))
    }
}

fn is_called(about: About<'_>, name: &str) -> bool {
    about.names().any(|other| other.eq_ignore_ascii_case(name))
}

fn embedded_files(dir: &Dir<'_>, into: &mut Vec<SourceFile>) {
    for file in dir.files() {
        if let Some(text) = file.contents_utf8() {
            into.push(SourceFile::new(file.path().display().to_string(), text));
        }
    }
    dir.dirs().for_each(|dir| embedded_files(dir, into));
}

fn embedded_params() -> Option<SourceFile> {
    let text = EMBEDDED.get_file(PARAMS_FILE)?.contents_utf8()?;
    Some(SourceFile::new(PARAMS_FILE, text))
}

/// The YAML files below a folder, sorted; links are not followed.
fn read_folder(folder: &Path) -> Result<Vec<SourceFile>, Faults> {
    let mut paths = Vec::new();
    list_yaml(folder, 0, &mut paths)?;
    if paths.is_empty() {
        let name = folder.display().to_string();
        return Err(Fault::of_file(&name, "no rule file (*.yaml) in the folder").help("check the path").into());
    }
    paths.sort();
    let (files, faults): (Vec<_>, Vec<_>) = paths.iter().map(|path| SourceFile::read(path)).partition(Result::is_ok);
    Faults::check(faults.into_iter().filter_map(Result::err).collect())?;
    Ok(files.into_iter().flatten().collect())
}

fn list_yaml(folder: &Path, depth: usize, into: &mut Vec<PathBuf>) -> Result<(), Fault> {
    let unreadable = |error: std::io::Error| {
        Fault::of_file(&folder.display().to_string(), format!("failed to read the folder: {error}"))
            .help("check the path and its permissions")
    };
    if depth > 8 {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
        if kind.is_dir() {
            list_yaml(&path, depth + 1, into)?;
        } else if kind.is_file() && path.extension().is_some_and(|ext| ext == "yaml" || ext == "yml") {
            into.push(path);
        }
    }
    Ok(())
}

fn undeclared_param<'a>(
    source: &SourceFile,
    read: impl IntoIterator<Item = &'a str>,
    params: &Params,
) -> Option<Fault> {
    let name = read.into_iter().find(|name| !params.declared.contains_key(*name))?;
    let fault = fault_near(source, name, format!("it reads the parameter `{name}`, which nobody declares"));
    Some(match nearest(name, params.declared.keys().map(String::as_str)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("declare it with a default in a params.yaml beside the rule"),
    })
}

/// A fault where the file first names something.
fn fault_near(source: &SourceFile, name: &str, message: String) -> Fault {
    match source.text.find(name) {
        Some(start) => Fault::at(source, start..start + name.len(), message),
        None => Fault::of_file(&source.name, message),
    }
}

fn repeated_aliases<'a>(guardrails: impl Iterator<Item = (Option<&'a String>, &'a SourceFile)>) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    guardrails
        .filter_map(|(alias, source)| {
            let alias = alias?;
            let fault = || fault_near(source, alias, format!("the alias `{alias}` belongs to another guardrail"));
            (!seen.insert(alias)).then(fault)
        })
        .collect()
}
