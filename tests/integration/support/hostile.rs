//! Input that is made to harm: templates and assemblies that explode, nest, run in circles, or lead out of their folder.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What must come of an input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// It is refused, with a message that has this in it.
    Refused(&'static str),
    /// It is read, and ends.
    Read,
}

/// Some files, one of which is given to the program.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) expected: Expected,
    /// Paths below a folder and contents; the first one is given, or its folder when it is `cdk.out/manifest.json`.
    files: Vec<(String, Vec<u8>)>,
}

impl Hostile {
    fn new(name: &'static str, expected: Expected, files: Vec<(&str, String)>) -> Self {
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
        Self { name, expected, files }
    }

    /// Writes the files, and says which one to give.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        for (path, bytes) in &self.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let first = folder.join(&self.files[0].0);
        if first.ends_with("manifest.json") { first.parent().unwrap().to_owned() } else { first }
    }
}

/// A template with one resource that has such a property.
fn template(property: &str) -> String {
    format!("Resources:\n  R:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {property}\n")
}

/// A manifest of one artifact.
fn manifest(kind: &str, property: &str, value: &str) -> String {
    let properties = serde_json::json!({ property: value });
    serde_json::json!({"version": "36.0.0", "artifacts": {"A": {"type": kind, "properties": properties}}}).to_string()
}

/// All of it.
pub(crate) fn all() -> Vec<Hostile> {
    let mut all = documents();
    all.extend(circles());
    all.extend(explosions());
    all.extend(escapes());
    all
}

/// Files that are no good document.
fn documents() -> Vec<Hostile> {
    use Expected::{Read, Refused};
    // Lists are refused by the YAML parser itself, which has a limit of its own.
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    let mut bomb = String::from("x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..12 {
        let _ = writeln!(bomb, "x{level}: &x{level} [{}]", vec![format!("*x{}", level - 1); 10].join(", "));
    }
    let json =
        |text: String| format!(r#"{{"Resources": {{"R": {{"Type": "AWS::SNS::Topic", "Properties": {text}}}}}}}"#);
    let mut binary = Hostile::new("bytes that are no text", Refused("not UTF-8"), vec![("t.yaml", String::new())]);
    binary.files[0].1 = b"Resources: \xff\xfe\x00\x80".to_vec();
    vec![
        Hostile::new("an alias bomb", Refused("aliases expanded"), vec![("t.yaml", bomb + &template("*x11"))]),
        Hostile::new(
            "10,000 lists in each other",
            Refused("limit exceeded"),
            vec![("t.yaml", template(&deep("[", "]")))],
        ),
        Hostile::new(
            "10,000 maps in each other",
            Refused("deeper than"),
            vec![("t.yaml", template(&deep("{a: ", "}")))],
        ),
        Hostile::new("10,000 levels of JSON", Refused("limit exceeded"), vec![("t.json", json(deep(r#"{"a":"#, "}")))]),
        Hostile::new("10,000 brackets", Refused(""), vec![("t.json", "[".repeat(10_000))]),
        Hostile::new("100 MB", Refused("larger than 16 MiB"), vec![("t.yaml", template(&"x".repeat(100 << 20)))]),
        Hostile::new(
            "a line of 15 MB",
            Read,
            vec![("t.json", json(format!(r#"{{"DisplayName": "{}"}}"#, "x".repeat(15 << 20))))],
        ),
        Hostile::new("a duplicate resource", Refused("stands twice"), vec![("t.yaml", template("a") + &template("b"))]),
        Hostile::new(
            "a duplicate property",
            Refused("stands twice"),
            vec![("t.yaml", template("a\n      DisplayName: b"))],
        ),
        Hostile::new(
            "a duplicate key of JSON",
            Refused("stands twice"),
            vec![("t.json", json(r#"{"A": 1, "A": 2}"#.into()))],
        ),
        Hostile::new("a NUL byte in YAML", Refused(""), vec![("t.yaml", template("a\0b"))]),
        Hostile::new("a NUL byte in JSON", Refused(""), vec![("t.json", json("{\"A\": \"\0\"}".into()))]),
        Hostile::new("an escaped NUL in JSON", Read, vec![("t.json", json(r#"{"A": "\u0000"}"#.into()))]),
        Hostile::new("a key that is a list", Refused("key must be"), vec![("t.yaml", template("{? [a, b] : c}"))]),
        Hostile::new(
            "two documents",
            Refused("second document"),
            vec![("t.yaml", template("a") + "---\n" + &template("b"))],
        ),
        binary,
    ]
}

/// References that lead back to where they come from.
fn circles() -> Vec<Hostile> {
    use Expected::Refused;
    let stack = |url: &str| {
        format!("Resources:\n  S:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: {url}}}\n")
    };
    let topic = |id: &str, other: &str| {
        format!("  {id}:\n    Type: AWS::SNS::Topic\n    Properties: {{DisplayName: !Ref {other}}}\n")
    };
    let chain: String = (0..5_000).map(|at| topic(&format!("T{at}"), &format!("T{}", (at + 1) % 5_000))).collect();
    let conditions = "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n";
    vec![
        Hostile::new("a resource of itself", Refused("in a circle"), vec![("t.yaml", template("!Ref R"))]),
        Hostile::new("a circle of resources", Refused("in a circle"), vec![("t.yaml", format!("Resources:\n{chain}"))]),
        Hostile::new(
            "a circle of conditions",
            Refused("in a circle"),
            vec![("t.yaml", conditions.to_owned() + &template("a"))],
        ),
        Hostile::new("a nested stack of itself", Refused("contains itself"), vec![("a.yaml", stack("a.yaml"))]),
        Hostile::new(
            "nested stacks of each other",
            Refused("contains itself"),
            vec![("a.yaml", stack("b.yaml")), ("b.yaml", stack("c/c.yaml")), ("c/c.yaml", stack("../a.yaml"))],
        ),
        Hostile::new(
            "an include of itself",
            Refused("nests deeper"),
            vec![("t.yaml", template("{\"Fn::Transform\": {Name: AWS::Include, Parameters: {Location: t.yaml}}}"))],
        ),
        Hostile::new(
            "an assembly in itself",
            Refused("not a path below"),
            vec![("cdk.out/manifest.json", manifest("cdk:cloud-assembly", "directoryName", "."))],
        ),
    ]
}

/// Small files that come to much.
fn explosions() -> Vec<Hostile> {
    use Expected::{Read, Refused};
    let mut sub = String::from("!Sub [\"${a}${a}\", {a: xxxxxxxxxxxxxxxx}]");
    for _ in 0..20 {
        sub = format!("!Sub [\"${{a}}${{a}}\", {{a: {sub}}}]");
    }
    let items = format!("[{}]", (0..100).map(|at| format!("i{at}")).collect::<Vec<_>>().join(", "));
    let mut body = "\"T${a}${b}${c}${d}\": {Type: AWS::SNS::Topic}".to_owned();
    for name in ["a", "b", "c", "d"] {
        body = format!("\"Fn::ForEach::{name}\": [{name}, {items}, {{{body}}}]");
    }
    let foreach = format!("Transform: AWS::LanguageExtensions\nResources: {{{body}}}\n");
    let parameters: String = (0..24).map(|at| format!("  P{at}: {{Type: String}}\n")).collect();
    let conditions: String = (0..24).map(|at| format!("  C{at}: !Equals [!Ref P{at}, x]\n")).collect();
    let chosen: String = (0..24).map(|at| format!("  R{at}: {{Type: AWS::SNS::Topic, Condition: C{at}}}\n")).collect();
    let worlds = format!("Parameters:\n{parameters}Conditions:\n{conditions}Resources:\n{chosen}");
    let stacks = |url: &str| {
        let stack = |at| format!("  S{at}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}\n");
        format!("Resources:\n{}", (0..100).map(stack).collect::<String>())
    };
    let names = ["t.yaml", "1.yaml", "2.yaml", "3.yaml", "4.yaml"];
    let mut nested: Vec<(&str, String)> = names.windows(2).map(|pair| (pair[0], stacks(pair[1]))).collect();
    nested.push(("4.yaml", template("a")));
    let wide: String = (0..100_000).map(|at| format!("  R{at}: {{Type: AWS::SNS::Topic}}\n")).collect();
    vec![
        Hostile::new("a text that doubles", Read, vec![("t.yaml", template(&sub))]),
        Hostile::new("loops in loops", Refused("loops come to more than"), vec![("t.yaml", foreach)]),
        Hostile::new("more conditions than worlds", Read, vec![("t.yaml", worlds)]),
        Hostile::new("nested stacks that multiply", Refused("evaluates to more than"), nested),
        Hostile::new("100,000 resources", Read, vec![("t.yaml", format!("Resources:\n{wide}"))]),
        Hostile::new(
            "a huge count of blocks",
            Read,
            vec![("t.yaml", template("!Join [\",\", !Cidr [10.0.0.0/8, 99999999, 1]]"))],
        ),
        Hostile::new("a huge index", Read, vec![("t.yaml", template("!Select [99999999999999999999, [a]]"))]),
    ]
}

/// Paths that lead out of the folder of what is given.
fn escapes() -> Vec<Hostile> {
    use Expected::{Read, Refused};
    let secret = || ("secret.yaml", template("secret"));
    let stack = |path: &str| {
        format!("Resources:\n  S:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: \"{path}\"}}\n")
    };
    let include = "{\"Fn::Transform\": {Name: AWS::Include, Parameters: {Location: ../secret.yaml}}}";
    let out = |kind: &str, property: &str, value: &str| ("cdk.out/manifest.json", manifest(kind, property, value));
    vec![
        Hostile::new("a nested stack outside", Read, vec![("in/t.yaml", stack("../secret.yaml")), secret()]),
        Hostile::new("a nested stack of the system", Read, vec![("in/t.yaml", stack("file:///etc/passwd"))]),
        Hostile::new("an include outside", Read, vec![("in/t.yaml", template(include)), secret()]),
        Hostile::new(
            "an assembly's template outside",
            Refused("not a path below"),
            vec![out("aws:cloudformation:stack", "templateFile", "../secret.yaml"), secret()],
        ),
        Hostile::new(
            "an assembly's template of the system",
            Refused("not a path below"),
            vec![out("aws:cloudformation:stack", "templateFile", "/etc/passwd")],
        ),
        Hostile::new(
            "an assembly outside",
            Refused("not a path below"),
            vec![
                out("cdk:cloud-assembly", "directoryName", ".."),
                ("manifest.json", manifest("cdk:tree", "file", "t")),
            ],
        ),
        Hostile::new(
            "an assembly without its template",
            Refused("is missing"),
            vec![out("aws:cloudformation:stack", "templateFile", "T.template.json")],
        ),
    ]
}
