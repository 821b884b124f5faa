//! What templates come to, compared with what another implementation makes of them: cfn-lint.
//!
//! cfn-lint decides no conditions: a value may have several candidates, one for each way in which conditions and parameters may
//! come out. So ours must be among them, wherever both know something; and where there is only one, ours must be known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use govcheck::model::{Account, Inventory, Value};
use govcheck::source::cloudformation::{Unit, is_template, read_stacks};
use govcheck::source::declared::{Declared, Surroundings};
use govcheck::source::files::Files;
use govcheck::syntax::{SourceFile, parse};
use serde::Deserialize;

use crate::support::root;
use crate::support::venv::{Venv, run};

/// The region that cfn-lint is asked about, and the account and the stack that it always takes.
const REGION: &str = "ap-northeast-1";
const ACCOUNT: &str = "123456789012";
const STACK: &str = "teststack";

/// What cfn-lint says of a template.
#[derive(Deserialize)]
struct Opinion {
    resources: BTreeMap<String, Theirs>,
}

#[derive(Deserialize)]
struct Theirs {
    #[serde(rename = "type")]
    kind: String,
    conditional: bool,
    /// Candidates by path; null stands for an absent property.
    values: BTreeMap<String, Vec<serde_json::Value>>,
    unknown: BTreeSet<String>,
    loose: BTreeSet<String>,
}

/// Why ours differs, for those places where it should.
struct Difference {
    /// A part of the file's name, of the path, and of their value; empty for any.
    file: &'static str,
    path: &'static str,
    theirs: &'static str,
    why: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        file: "",
        path: "",
        theirs: "{{resolve:",
        why: "a dynamic reference is resolved at deployment; cfn-lint keeps its text",
    },
    Difference {
        file: "",
        path: "AvailabilityZone",
        theirs: "ap-northeast-1a",
        why: "which zones `Fn::GetAZs` gives hangs on the account; cfn-lint takes all that the region has",
    },
    Difference {
        file: "templates/intrinsics.json",
        path: "Value",
        theirs: "hush",
        why: "the value of a parameter with `NoEcho` is a secret",
    },
    Difference {
        file: "properties/password.yaml",
        path: "MasterUserPassword",
        theirs: "String",
        why: "the value of a parameter with `NoEcho` is a secret",
    },
    Difference {
        file: "templates/intrinsics.yaml",
        path: "RetentionInDays",
        theirs: "90",
        why: "cfn-lint's transform of language extensions takes any key of a mapping that has the second one",
    },
    Difference {
        file: "templates/intrinsics.yaml",
        path: "Value",
        theirs: "${!Literal}",
        why: "`${!Literal}` comes to `${Literal}`; cfn-lint keeps the exclamation mark",
    },
    Difference { file: "", path: "", theirs: "{\"Ref\": ", why: "cfn-lint does not look into `Fn::ToJsonString`" },
    Difference {
        file: "iam/resource_policy.yaml",
        path: "RepositoryPolicyText",
        theirs: "CodeBuildAccess",
        why: "a policy that is given as a text is read as the document it is",
    },
    Difference {
        file: "transform/function_use_s3_uri.yaml",
        path: "Layers[0]",
        theirs: "us-west-2",
        why: "the mapping has no key for the region; cfn-lint's transform takes any",
    },
];

/// Templates that cfn-lint's tests take for good, and CloudFormation does not.
const NOT_GOOD: &[(&str, &str)] = &[
    ("good/custom/is-defined.yaml", "there is no resource or parameter `NodeEnv`"),
    ("good/decode/parsing.json", "it is not taken for a template"),
    ("good/functions/sub_needed.yaml", "there is no resource or parameter `GreetingLambda`"),
    ("good/resources/cloudformation/stack_nested.yaml", "it is not taken for a template"),
    (
        "good/resources/cloudformation/stacks.yaml",
        "the file of the nested stack is not a template: ./stack_nested.yaml",
    ),
    ("integration/aws-ec2-launchtemplate.yaml", "there is no resource or parameter `NetworkInterface`"),
    ("integration/yaml-alias-amplification.yaml", "more than 1000000 values, aliases expanded"),
];

/// Types that are folded into the resources they belong to, so that there is nothing to compare under their own names.
const FOLDED: &[&str] = &[];

fn surroundings(types: BTreeSet<String>) -> Surroundings {
    Surroundings {
        account: Account::new(ACCOUNT.parse().unwrap()),
        region: REGION.into(),
        parameters: BTreeMap::new(),
        types,
    }
}

fn read(path: &Path, types: BTreeSet<String>) -> Result<Declared, String> {
    let file = SourceFile::read(path).map_err(|fault| fault.to_string())?;
    let document = parse(&file).map_err(|fault| fault.to_string())?;
    if !is_template(&document) {
        return Err(format!("{}: it is not taken for a template", path.display()));
    }
    let files = Files::below(path.parent().unwrap());
    let (constructs, parameters) = (BTreeMap::new(), BTreeMap::new());
    let unit = Unit { file: &file, document: &document, stack: Some(STACK), constructs, parameters };
    read_stacks(&file.name, &[unit], &surroundings(types), &files).map_err(|faults| faults.to_string())
}

fn ask(files: &[PathBuf]) -> BTreeMap<PathBuf, Opinion> {
    let mut child = Command::new(Venv::ready("cfn").program("python"))
        .arg("-B")
        .arg(root().join("tests/cfn/resolve.py"))
        .arg(REGION)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&serde_json::to_vec(files).unwrap()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "cfn-lint gave no answer");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The templates below a folder: files that have resources.
fn templates(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            templates(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "json") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            into.extend((text.contains("Resources:") || text.contains("\"Resources\"")).then_some(path));
        }
    }
}

/// What one of our resources has at a path, over all worlds.
#[derive(Default)]
struct Ours {
    known: BTreeSet<String>,
    unknown: bool,
}

/// A scalar as text: schemas may turn `"True"` into `true`, and `443` into `"443"`. The part of a stack's id that AWS makes up
/// is left out.
fn text(value: &serde_json::Value) -> String {
    const STACK_ID: &str = ":stack/teststack/";
    const MADE_UP: usize = 36;
    match value {
        serde_json::Value::String(text) if text.eq_ignore_ascii_case("true") => "true".into(),
        serde_json::Value::String(text) if text.eq_ignore_ascii_case("false") => "false".into(),
        serde_json::Value::String(text) => match text.split_once(STACK_ID) {
            Some((before, after)) => format!("{before}{STACK_ID}{}", after.get(MADE_UP..).unwrap_or_default()),
            None => text.clone(),
        },
        other => other.to_string(),
    }
}

fn flatten(value: &Value, path: &str, loose: &BTreeSet<String>, into: &mut BTreeMap<String, Ours>) {
    match value {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                let path = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
                flatten(value, &path, loose, into);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let place = if loose.contains(path) { "*".to_owned() } else { index.to_string() };
                flatten(item, &format!("{path}[{place}]"), loose, into);
            }
        }
        Value::Unknown(_) => into.entry(path.to_owned()).or_default().unknown = true,
        Value::Null => {}
        scalar => {
            into.entry(path.to_owned()).or_default().known.insert(text(&serde_json::to_value(scalar).unwrap()));
        }
    }
}

/// A path and those around it.
fn around(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        let end = path.rfind(['.', '[']).unwrap_or(0);
        (!path.is_empty()).then(|| &path[..end])
    })
}

/// What differs in one resource: the path and what is said of it.
fn differences(theirs: &Theirs, worlds: &[&Value]) -> Vec<(String, String)> {
    let mut ours = BTreeMap::new();
    for properties in worlds {
        flatten(properties, "", &theirs.loose, &mut ours);
    }
    let mut different = Vec::new();
    for (path, candidates) in &theirs.values {
        let known: BTreeSet<String> = candidates.iter().filter(|value| !value.is_null()).map(text).collect();
        let may_be_absent =
            |path: &str| theirs.values.get(path).is_some_and(|values| values.contains(&serde_json::Value::Null));
        let optional = around(path).any(|path| may_be_absent(path) || theirs.unknown.contains(path));
        match ours.get(path) {
            Some(mine) => {
                let strange: Vec<&String> = mine.known.iter().filter(|value| !known.contains(*value)).collect();
                if !strange.is_empty() && !theirs.unknown.contains(path) {
                    different.push((path.clone(), format!("ours {strange:?}, theirs {known:?}")));
                } else if mine.known.is_empty() && known.len() == 1 && !optional {
                    different.push((path.clone(), format!("ours is unknown, theirs {known:?}")));
                }
            }
            None if optional || known.is_empty() => {}
            None if around(path).any(|path| ours.get(path).is_some_and(|ours| ours.unknown)) => {}
            None => different.push((path.clone(), format!("ours is absent, theirs {known:?}"))),
        }
    }
    different
}

/// The properties of a resource in each world in which it is there.
fn worlds<'a>(declared: &'a Declared, id: &str, kind: &str) -> Vec<&'a Value> {
    let named = |inventory: &'a Inventory| {
        inventory.resources.iter().filter(|resource| {
            let origin = resource.origin.as_ref();
            origin.is_some_and(|origin| origin.logical_id == id) && resource.id.resource_type == kind
        })
    };
    declared.worlds.iter().flat_map(|world| named(&world.inventory)).map(|resource| &resource.properties).collect()
}

/// What came of comparing templates.
#[derive(Default)]
struct Comparison {
    values: usize,
    wrong: Vec<String>,
    /// The explanations that were needed.
    explained: BTreeSet<&'static str>,
}

impl Comparison {
    fn template(&mut self, path: &Path, opinion: &Opinion) {
        let types = opinion.resources.values().map(|theirs| theirs.kind.clone()).collect();
        let name = path.display().to_string();
        let declared = match read(path, types) {
            Ok(declared) => declared,
            Err(fault) => {
                match NOT_GOOD.iter().find(|(file, why)| name.ends_with(file) && fault.contains(why)) {
                    Some((file, _)) => drop(self.explained.insert(file)),
                    None => self.wrong.push(format!("{name} is refused: {fault}")),
                }
                return;
            }
        };
        for (id, theirs) in &opinion.resources {
            let worlds = worlds(&declared, id, &theirs.kind);
            if worlds.is_empty() && !theirs.conditional && !FOLDED.contains(&theirs.kind.as_str()) {
                self.wrong.push(format!("{name} {id} ({}) is not there", theirs.kind));
            }
            if !worlds.is_empty() {
                self.resource(&format!("{name} {id}"), theirs, &worlds);
            }
        }
    }

    fn resource(&mut self, name: &str, theirs: &Theirs, worlds: &[&Value]) {
        self.values += theirs.values.len();
        for (path, what) in differences(theirs, worlds) {
            let explains = |difference: &&Difference| {
                let has = |value| text(value).contains(difference.theirs);
                name.contains(difference.file)
                    && path.ends_with(difference.path)
                    && theirs.values[&path].iter().any(has)
            };
            match DIFFERENCES.iter().find(explains) {
                Some(difference) => drop(self.explained.insert(difference.why)),
                None => self.wrong.push(format!("{name} ({}) {path}: {what}", theirs.kind)),
            }
        }
    }
}

/// The templates of cfn-lint's own tests, of its source distribution.
fn corpus() -> PathBuf {
    let folder = root().join("target/cfn-corpus");
    let templates = folder.join("cfn_lint-1.58.0/test/fixtures/templates");
    if !templates.is_dir() {
        fs::create_dir_all(&folder).unwrap();
        let venv = Venv::ready("cfn");
        let mut download = Command::new(venv.program("python"));
        download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        download.args(["--no-binary", ":all:", "--no-build-isolation", "cfn-lint==1.58.0", "--dest"]).arg(&folder);
        run(&mut download, "download the source of cfn-lint");
        let mut unpack = Command::new(venv.program("python"));
        unpack.args(["-m", "tarfile", "-e"]).arg(folder.join("cfn_lint-1.58.0.tar.gz")).arg(&folder);
        run(&mut unpack, "unpack the source of cfn-lint");
    }
    templates
}

#[test]
fn templates_come_to_what_cfn_lint_makes_of_them_and_no_good_one_is_refused() {
    let mut files = Vec::new();
    templates(&root().join("fixtures/templates"), &mut files);
    templates(&root().join("fixtures/cdk/cdk.out"), &mut files);
    for kind in ["good", "public", "quickstart", "integration", "issues"] {
        templates(&corpus().join(kind), &mut files);
    }
    let mut comparison = Comparison::default();
    for (path, opinion) in ask(&files) {
        comparison.template(&path, &opinion);
    }
    let Comparison { values, wrong, explained } = comparison;
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(files.len() > 150 && values > 4_000, "only {} templates with {values} values were compared", files.len());

    let reasons = DIFFERENCES.iter().map(|difference| difference.why).chain(NOT_GOOD.iter().map(|(file, _)| *file));
    let needless: Vec<&str> = reasons.filter(|reason| !explained.contains(reason)).collect();
    assert!(needless.is_empty(), "explained, and not different: {needless:?}");
}

#[test]
fn templates_that_have_mistakes_are_read_or_refused_with_a_reason() {
    let mut files = Vec::new();
    templates(&corpus().join("bad"), &mut files);
    let mut refused = 0;
    for path in &files {
        if let Err(fault) = read(path, BTreeSet::new()) {
            assert!(fault.contains(&path.file_name().unwrap().to_string_lossy().into_owned()), "{fault}");
            refused += 1;
        }
    }
    assert!(files.len() > 50 && refused > 10, "{refused} of {} were refused", files.len());
}
