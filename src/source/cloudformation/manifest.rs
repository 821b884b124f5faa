//! Reads the manifests of a CDK assembly: which stacks there are, for which environment, and where their templates lie.
//!
//! A manifest lists artifacts; a stage is an assembly of its own in a folder below, with a manifest of its own. What is read of
//! a manifest has been the same since CDK 1 (schema versions 0.36 to 55), so that no version is refused. Source:
//! the JSON schema of the npm package `@aws-cdk/cloud-assembly-schema`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Component, Path};
use std::sync::Arc;

use serde::Deserialize;

use crate::model::AccountId;
use crate::source::files::{Files, Refusal};
use crate::syntax::{Fault, Faults, Kind, Node, SourceFile, parse};

/// How deep assemblies may lie in each other; CDK's stages are seldom nested at all.
const MAX_DEPTH: usize = 16;
/// How many stacks all assemblies together may have.
const MAX_STACKS: usize = 1_000;
/// How many bytes the files of all assemblies together may have; CloudFormation takes at most 1 MB per template.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// More faults than this are not told.
const MAX_FAULTS: usize = 10;
/// The file of an assembly that lists its artifacts.
const MANIFEST: &str = "manifest.json";

/// A stack of an assembly.
#[derive(Debug)]
pub(super) struct Stack {
    /// The artifact's id, unique in all assemblies.
    id: String,
    /// The ids of the stacks that it needs.
    needs: BTreeSet<String>,
    /// The construct's path, as in `Prod/Database`; unique in the assembly.
    pub(super) label: String,
    /// The name that CloudFormation knows it by.
    pub(super) name: String,
    /// Nothing where the app leaves it to whoever deploys.
    pub(super) account: Option<AccountId>,
    /// Nothing where the app leaves it to whoever deploys.
    pub(super) region: Option<String>,
    pub(super) template: SourceFile,
    /// The values that the app gives for the template's parameters.
    pub(super) parameters: BTreeMap<String, String>,
    /// The construct paths that the manifest gives, where the template does not have them itself.
    pub(super) constructs: Constructs,
}

/// Construct paths without the leading `/`, as in `Stack/Bucket/Resource`, each with the logical id of its resource.
pub(super) type Constructs = BTreeMap<String, String>;

/// Whether a document is the manifest of an assembly.
pub(super) fn is_manifest(document: &Node) -> bool {
    let Some(Kind::Map(artifacts)) = document.get("artifacts").map(|artifacts| &artifacts.kind) else { return false };
    document.get("version").and_then(Node::scalar_text).is_some()
        && artifacts.iter().all(|(_, artifact)| artifact.get("type").and_then(Node::scalar_text).is_some())
}

/// The stacks of the assembly in `folder` and of those inside it, each after those that it needs.
///
/// # Errors
/// A manifest that is missing or malformed, one that waits for look-ups, one that names a file outside the folder, and more
/// stacks or nesting than the limits allow.
pub(super) fn stacks(folder: &Path, files: &Files) -> Result<Vec<Stack>, Faults> {
    let mut walk = Walk { files, stacks: Vec::new(), seen: BTreeSet::new(), bytes: 0 };
    let name = folder.join(MANIFEST).display().to_string();
    let refused = |message: &str| Fault::of_file(&name, message).help("give the folder that `cdk synth` wrote");
    let file = walk.read(&name, MANIFEST, &|message| refused(&message))?;
    walk.assembly(&file, 0)?;
    Ok(ordered(walk.stacks))
}

/// Each stack after those that it needs, for these export what it imports; else in the manifests' order.
fn ordered(mut waiting: Vec<Stack>) -> Vec<Stack> {
    let mut open: BTreeSet<String> = waiting.iter().map(|stack| stack.id.clone()).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        // Stacks that need each other, which CDK does not write, come as they are.
        let next = waiting.iter().position(|stack| stack.needs.is_disjoint(&open)).unwrap_or(0);
        let stack = waiting.remove(next);
        open.remove(&stack.id);
        ordered.push(stack);
    }
    ordered
}

#[derive(Deserialize)]
struct StackProperties {
    #[serde(rename = "templateFile")]
    template: String,
    #[serde(rename = "stackName")]
    name: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct AssemblyProperties {
    #[serde(rename = "directoryName")]
    folder: String,
}

struct Walk<'a> {
    files: &'a Files,
    stacks: Vec<Stack>,
    /// The names of the files that were read.
    seen: BTreeSet<Arc<str>>,
    bytes: usize,
}

impl Walk<'_> {
    /// Takes the stacks of an assembly, given its manifest.
    fn assembly(&mut self, file: &SourceFile, depth: usize) -> Result<(), Faults> {
        let manifest = parse(file)?;
        if !is_manifest(&manifest) {
            let fault = Fault::at(file, manifest.span, "it is not the manifest of a CDK assembly");
            return Err(fault.help("give the folder that `cdk synth` wrote").into());
        }
        refuse_missing_context(file, &manifest)?;
        let Some(Kind::Map(artifacts)) = manifest.get("artifacts").map(|artifacts| &artifacts.kind) else {
            return Ok(());
        };
        let mut faults = Vec::new();
        for (id, artifact) in artifacts {
            let kind = artifact.get("type").and_then(Node::scalar_text).unwrap_or_default();
            let taken = match kind.as_str() {
                "aws:cloudformation:stack" => self.stack(file, id, artifact).map_err(Faults::from),
                "cdk:cloud-assembly" => self.inner(file, artifact, depth),
                _ => Ok(()),
            };
            faults.extend(taken.err().into_iter().flat_map(|taken| taken.0));
            if faults.len() >= MAX_FAULTS {
                break;
            }
        }
        Faults::check(faults)
    }

    fn inner(&mut self, file: &SourceFile, artifact: &Node, depth: usize) -> Result<(), Faults> {
        let properties = artifact.get("properties").unwrap_or(artifact);
        let named = properties.read::<AssemblyProperties>(file)?;
        let place = properties.get("directoryName").unwrap_or(properties).span.clone();
        if depth >= MAX_DEPTH {
            let message = format!("assemblies lie in each other deeper than {MAX_DEPTH} levels");
            return Err(Fault::at(file, place, message).into());
        }
        if !is_below(&named.folder) {
            return Err(outside(file, place, &named.folder).into());
        }
        let inner = self.named(file, place, &format!("{}/{MANIFEST}", named.folder))?;
        self.assembly(&inner, depth + 1)
    }

    fn stack(&mut self, file: &SourceFile, id: &Node, artifact: &Node) -> Result<(), Fault> {
        let properties = artifact.get("properties").unwrap_or(artifact);
        let named = properties.read::<StackProperties>(file)?;
        let place = properties.get("templateFile").unwrap_or(properties).span.clone();
        if self.stacks.len() >= MAX_STACKS {
            return Err(Fault::at(file, id.span.clone(), format!("it has more than {MAX_STACKS} stacks")));
        }
        let (account, region) = environment(file, artifact)?;
        let template = self.named(file, place, &named.template)?;
        let unique = |id: String| format!("{} {id}", file.name);
        let needs = artifact.get("dependencies").map(texts).unwrap_or_default();
        let id = id.scalar_text().unwrap_or_default();
        let stack = Stack {
            id: unique(id.clone()),
            needs: needs.into_iter().map(unique).collect(),
            label: artifact.get("displayName").and_then(Node::scalar_text).unwrap_or_else(|| id.clone()),
            name: named.name.unwrap_or(id),
            account,
            region,
            // Most templates have the paths themselves.
            constructs: if template.text.contains("aws:cdk:path") {
                Constructs::new()
            } else {
                self.constructs(file, artifact)?
            },
            template,
            parameters: named.parameters,
        };
        self.stacks.push(stack);
        Ok(())
    }

    /// The construct paths that stand in the manifest, or in the file beside it that newer versions have.
    fn constructs(&mut self, file: &SourceFile, artifact: &Node) -> Result<Constructs, Fault> {
        let mut constructs = Constructs::new();
        if let Some(metadata) = artifact.get("metadata") {
            collect_constructs(metadata, &mut constructs);
        }
        let Some(node) = artifact.get("additionalMetadataFile") else { return Ok(constructs) };
        let path = node.scalar_text().unwrap_or_default();
        if !is_below(&path) {
            return Err(outside(file, node.span.clone(), &path));
        }
        // The paths only make findings easier to follow: without the file the assembly is as good.
        let beside = self.read(&file.name, &path, &|message| Fault::of_file(&file.name, message));
        if let Ok(metadata) = beside.and_then(|beside| parse(&beside)) {
            collect_constructs(&metadata, &mut constructs);
        }
        Ok(constructs)
    }

    /// A file that a manifest names at a place.
    fn named(&mut self, file: &SourceFile, place: Range<usize>, path: &str) -> Result<SourceFile, Fault> {
        if !is_below(path) {
            return Err(outside(file, place, path));
        }
        let at = |message: String| {
            Fault::at(file, place.clone(), message).help("give the whole folder that `cdk synth` wrote")
        };
        self.read(&file.name, path, &at)
    }

    /// A file of the assembly, each only once: two stacks of one template, or a folder that leads back to itself, are not
    /// what CDK writes, and could go on for ever.
    fn read(&mut self, from: &str, path: &str, fault: &dyn Fn(String) -> Fault) -> Result<SourceFile, Fault> {
        let file = match self.files.read(from, path) {
            Ok(file) => file,
            Err(Refusal::Elsewhere) => return Err(fault(format!("the file {path:?} is missing"))),
            Err(Refusal::Unreadable(unreadable)) => return Err(unreadable),
        };
        self.bytes += file.text.len();
        if self.bytes > MAX_BYTES {
            return Err(fault(format!("the assembly's files are larger than {} MiB together", MAX_BYTES >> 20)));
        }
        if !self.seen.insert(file.name.clone()) {
            return Err(fault(format!("the file {path:?} is named twice")));
        }
        Ok(file)
    }
}

/// The texts of a list.
fn texts(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::List(items) => items.iter().filter_map(Node::scalar_text).collect(),
        _ => Vec::new(),
    }
}

/// Whether a path leads down from the folder in which it is named.
fn is_below(path: &str) -> bool {
    let mut components = Path::new(path).components();
    !path.is_empty() && components.all(|component| matches!(component, Component::Normal(_)))
}

fn outside(file: &SourceFile, place: Range<usize>, name: &str) -> Fault {
    Fault::at(file, place, format!("{name:?} is not a path below the assembly's folder"))
        .help("only files of the assembly are read; synthesise it again")
}

/// Templates of an assembly that waits for look-ups hold values that CDK made up.
fn refuse_missing_context(file: &SourceFile, manifest: &Node) -> Result<(), Fault> {
    match manifest.get("missing") {
        Some(missing @ Node { kind: Kind::List(items), .. }) if !items.is_empty() => Err(Fault::at(
            file,
            missing.span.clone(),
            "the app needs look-ups that were not made, and its templates hold made-up values",
        )
        .help("run `cdk synth` with credentials, and keep cdk.context.json beside the app")),
        _ => Ok(()),
    }
}

/// The account and region of `aws://ACCOUNT/REGION`, without those that are not known.
fn environment(file: &SourceFile, artifact: &Node) -> Result<(Option<AccountId>, Option<String>), Fault> {
    let Some(node) = artifact.get("environment") else { return Ok((None, None)) };
    let text = node.scalar_text().unwrap_or_default();
    let malformed = || {
        Fault::at(file, node.span.clone(), format!("{text:?} is not an environment"))
            .help("it has the form aws://123456789012/ap-northeast-1")
    };
    let (account, region) = text.strip_prefix("aws://").and_then(|rest| rest.split_once('/')).ok_or_else(malformed)?;
    let account = match account {
        "unknown-account" => None,
        id => Some(id.parse().map_err(|_| malformed())?),
    };
    let code = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
    match region {
        "unknown-region" => Ok((account, None)),
        region if code(region) => Ok((account, Some(region.to_owned()))),
        _ => Err(malformed()),
    }
}

/// Takes `{"/Path/Of/Construct": [{"type": "aws:cdk:logicalId", "data": "Id"}, …]}`.
fn collect_constructs(metadata: &Node, into: &mut Constructs) {
    let Kind::Map(entries) = &metadata.kind else { return };
    for (path, facts) in entries {
        let Kind::List(facts) = &facts.kind else { continue };
        let id = facts
            .iter()
            .find(|fact| fact.get("type").and_then(Node::scalar_text).as_deref() == Some("aws:cdk:logicalId"));
        let id = id.and_then(|fact| fact.get("data")).and_then(Node::scalar_text);
        if let (Some(path), Some(id)) = (path.scalar_text(), id) {
            into.insert(path.trim_start_matches('/').to_owned(), id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use tempfile::TempDir;

    fn assembly(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn read(folder: &Path) -> Result<Vec<Stack>, Faults> {
        stacks(folder, &Files::below(folder))
    }

    fn refused(files: &[(&str, &str)]) -> String {
        read(assembly(files).path()).unwrap_err().to_string()
    }

    fn one(artifact: &str) -> String {
        format!(r#"{{"version": "36.0.0", "artifacts": {{"A": {artifact}}}}}"#)
    }

    #[test]
    fn a_real_assembly_has_its_stacks_in_order_with_their_environments() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cdk/cdk.out");
        let stacks = read(&folder).unwrap();
        let lines: Vec<String> = stacks
            .iter()
            .map(|stack| {
                let account = stack.account.as_ref().map_or("-", AccountId::as_str);
                format!("{} {} {account} {}", stack.label, stack.name, stack.region.as_deref().unwrap_or("-"))
            })
            .collect();
        let expected = [
            "Disaster/Drill/Recovery Disaster-Drill-Recovery 111111111111 ap-northeast-3",
            "Disaster/Recovery Disaster-Recovery 111111111111 ap-northeast-3",
            "Keys Keys 111111111111 ap-northeast-1",
            "Network Network 111111111111 ap-northeast-1",
            "Data Data 111111111111 ap-northeast-1",
            "Service Service 111111111111 ap-northeast-1",
            "Edge Edge 111111111111 us-east-1",
            "Common common-settings - -",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn an_old_manifest_has_the_construct_paths_in_itself() {
        let manifest = r#"{"version": "1.10.0", "artifacts": {"Old": {"type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/eu-west-1", "properties": {"templateFile": "Old.template.json",
            "parameters": {"P": "v"}},
            "metadata": {"/Old": [{"type": "aws:cdk:warning", "data": "x"}],
                "/Old/Bucket/Resource": [{"type": "aws:cdk:logicalId", "data": "Bucket1", "trace": ["at x"]}]}}}}"#;
        let folder = assembly(&[("manifest.json", manifest), ("Old.template.json", "{}")]);
        let stacks = read(folder.path()).unwrap();
        assert_eq!((stacks[0].label.as_str(), stacks[0].name.as_str()), ("Old", "Old"));
        assert_eq!((stacks[0].account.is_none(), stacks[0].region.as_deref()), (true, Some("eu-west-1")));
        assert_eq!(stacks[0].constructs["Old/Bucket/Resource"], "Bucket1");
        assert_eq!(stacks[0].parameters["P"], "v");
    }

    #[test]
    fn what_is_no_assembly_is_refused() {
        assert!(refused(&[]).contains("\"manifest.json\" is missing"));
        assert!(refused(&[("manifest.json", "{}")]).contains("not the manifest of a CDK assembly"));
        let stack = one(r#"{"type": "aws:cloudformation:stack", "properties": {"templateFile": "T.json"}}"#);
        assert!(refused(&[("manifest.json", &stack)]).contains("\"T.json\" is missing"));
        let missing = r#"{"version": "36.0.0", "artifacts": {}, "missing": [{"key": "k"}]}"#;
        assert!(refused(&[("manifest.json", missing)]).contains("look-ups"));
        for environment in ["aws://1/eu-west-1", "aws://unknown-account", "x", "aws://unknown-account/a\\u0000"] {
            let artifact = one(&format!(
                r#"{{"type": "aws:cloudformation:stack", "environment": "{environment}", "properties": {{"templateFile": "T"}}}}"#
            ));
            assert!(
                refused(&[("manifest.json", &artifact), ("T", "{}")]).contains("is not an environment"),
                "{environment}"
            );
        }
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        for path in ["../T.json", "/etc/passwd", "a/../../T.json", "", ".", "a/../T.json"] {
            let stack =
                format!(r#"{{"type": "aws:cloudformation:stack", "properties": {{"templateFile": "{path}"}}}}"#);
            let inner = format!(r#"{{"type": "cdk:cloud-assembly", "properties": {{"directoryName": "{path}"}}}}"#);
            for artifact in [stack, inner] {
                let message = refused(&[("manifest.json", &one(&artifact)), ("T.json", "{}")]);
                assert!(message.contains("is not a path below the assembly's folder"), "{path}: {message}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_neither_out_nor_in_circles() {
        let artifact = one(r#"{"type": "cdk:cloud-assembly", "properties": {"directoryName": "again"}}"#);
        let folder = assembly(&[("manifest.json", &artifact)]);
        std::os::unix::fs::symlink(".", folder.path().join("again")).unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("deeper than 16 levels"));

        let outside = assembly(&[("manifest.json", &one(r#"{"type": "cdk:tree"}"#))]);
        fs::remove_file(folder.path().join("again")).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("again")).unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("is missing"));
    }

    #[test]
    fn a_template_is_read_once() {
        let stack = r#"{"type": "aws:cloudformation:stack", "properties": {"templateFile": "T.json"}}"#;
        let manifest = format!(r#"{{"version": "36.0.0", "artifacts": {{"A": {stack}, "B": {stack}}}}}"#);
        assert!(refused(&[("manifest.json", &manifest), ("T.json", "{}")]).contains("named twice"));
    }

    #[test]
    fn a_stack_comes_after_those_that_it_needs() {
        let stack = |name: &str, needs: &str| {
            format!(
                r#""{name}": {{"type": "aws:cloudformation:stack", "properties": {{"templateFile": "{name}.json"}},
                "dependencies": [{needs}]}}"#
            )
        };
        let order = |stacks: [String; 3]| {
            let manifest = format!(r#"{{"version": "36.0.0", "artifacts": {{{}}}}}"#, stacks.join(", "));
            let files = [("manifest.json", manifest.as_str()), ("A.json", "{}"), ("B.json", "{}"), ("C.json", "{}")];
            let labels = read(assembly(&files).path()).unwrap().into_iter().map(|stack| stack.label);
            labels.collect::<String>()
        };
        assert_eq!(order([stack("A", r#""C", "A.assets""#), stack("B", ""), stack("C", r#""B""#)]), "BCA");
        assert_eq!(order([stack("A", r#""B""#), stack("B", r#""A""#), stack("C", r#""C""#)]), "ABC");
    }

    proptest! {
        #[test]
        fn no_manifest_makes_it_panic(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ":", ",", "\"version\"", "\"36.0.0\"", "\"artifacts\"", "\"A\"", "\"type\"",
                    "\"aws:cloudformation:stack\"", "\"cdk:cloud-assembly\"", "\"properties\"", "\"templateFile\"",
                    "\"directoryName\"", "\"manifest.json\"", "\"..\"", "\"metadata\"", "1", "null",
                ]),
                0..40,
            ),
        ) {
            let _ = read(assembly(&[("manifest.json", &words.concat())]).path());
        }
    }
}
