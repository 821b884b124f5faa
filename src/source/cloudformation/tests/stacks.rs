//! Whole templates: what is refused, where things stand, stacks inside of stacks and beside each other.

use std::path::Path;

use super::*;

fn refusal(text: &str) -> String {
    try_read(text, &[]).unwrap_err()
}

#[test]
fn what_is_a_template_shows_in_its_content() {
    let yes = ["AWSTemplateFormatVersion: 2010-09-09", "Resources: {A: {Type: 'AWS::S3::Bucket'}}"];
    let no = ["", "[]", "Resources: {A: {Type: Bucket}}", "resources: 1", "services: {a: {image: b}}", "Resources: []"];
    let is = |text: &str| is_template(&parse(&SourceFile::new("t", text)).unwrap());
    assert!(yes.iter().all(|text| is(text)) && !no.iter().any(|text| is(text)));
}

#[test]
fn what_cloudformation_refuses_is_refused_with_its_line() {
    let one = "Resources:\n  It:\n    Type: AWS::S3::Bucket\n    Properties:\n      ";
    let cases = [
        ("Resources: []", "app.yaml:1: `Resources` is not a map"),
        ("Resources:\n  A: {Properties: {}}", "app.yaml:2: the resource `A` has no type"),
        (
            &format!("{one}BucketName: !Ref Nme\nParameters: {{Name: {{Type: String}}}}"),
            "app.yaml:5: there is no resource or parameter `Nme`",
        ),
        (&format!("{one}BucketName: !GetAtt Topic.Name"), "app.yaml:5: there is no resource or parameter `Topic`"),
        (&format!("{one}BucketName: !Sub '${{Nope}}'"), "app.yaml:5: there is no resource or parameter `Nope`"),
        (&format!("{one}BucketName: !If [Nope, a, b]"), "app.yaml:5: there is no condition `Nope`"),
        (&format!("{one}BucketName: !Ref It"), "app.yaml:2: the resource `It` refers to itself in a circle"),
        (
            "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]",
            "app.yaml:2: the condition `A` refers to itself in a circle",
        ),
        ("Conditions:\n  A: !Not [!Condition B]", "app.yaml:2: there is no condition `B`"),
    ];
    for (text, expected) in cases {
        let text = format!("{text}\n");
        let text = if text.contains("Resources") { text } else { format!("{text}AWSTemplateFormatVersion: x\n") };
        assert_eq!(refusal(&text), expected, "{text}");
    }
}

#[test]
fn a_circle_that_a_condition_breaks_is_none() {
    let text = "
Conditions: { Never: !Equals [1, 2] }
Resources:
  A: { Type: AWS::SNS::Topic, Properties: { DisplayName: !If [Never, !Ref B, x] } }
  B: { Type: AWS::SQS::Queue, Properties: { QueueName: !GetAtt A.TopicName } }";
    assert_eq!(resources(text).len(), 2);
}

#[test]
fn places_and_constructs_and_exceptions_are_kept() {
    let text = "\
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Metadata:
      aws:cdk:path: App/Logs/Resource
      govcheck:
        waive:
          - guardrail: GC-S3-001
            reason: public site
            expires: 2027-03-31
    Properties:
      BucketName: !If [Yes, logs, !Ref AWS::NoValue]
      Tags:
        - Key: a
          Value: b

Conditions:
  Yes: !Equals [1, 1]
";
    let resources = resources(text);
    let origin = resources[0].origin.clone().unwrap();
    assert_eq!((origin.file.as_ref(), origin.logical_id.as_str()), ("app.yaml", "Logs"));
    assert_eq!(origin.construct.as_deref(), Some("App/Logs/Resource"));
    let place = |path: &str| origin.place_of(path).map(|place| (place.line, place.column, place.end_line));
    assert_eq!(origin.place.map(|place| (place.line, place.column, place.end_line)), Some((2, 3, 15)));
    assert_eq!(place("BucketName"), Some((12, 7, 12)));
    assert_eq!(place("Tags[0].Value"), Some((15, 11, 15)));
    assert_eq!(place("Tags[0]"), Some((14, 11, 15)));
    let waiver = &origin.waivers[0];
    assert_eq!(waiver.guardrail, "GC-S3-001");
    assert_eq!(waiver.expires.as_deref(), Some("2027-03-31"));
    assert_eq!((waiver.approver.as_ref(), waiver.place.map(|place| place.line)), (None, Some(8)));
}

#[test]
fn exceptions_that_are_not_written_as_such_are_faults() {
    let text = |govcheck: &str| {
        format!("Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Metadata:\n      govcheck: {govcheck}\n")
    };
    for (govcheck, expected) in [
        ("{waiver: []}", "app.yaml:5: `govcheck` has no `waiver`"),
        ("{}", "app.yaml:5: `govcheck` has no `waive`"),
        ("{waive: {}}", "app.yaml:5: `waive` is not a list"),
        ("{waive: [x]}", "app.yaml:5: an exception is not a map"),
        ("{waive: [{reason: x}]}", "app.yaml:5: an exception names no guardrail"),
        ("{waive: [{guardrail: x, until: y}]}", "app.yaml:5: an exception has no `until`"),
        ("{waive: [{guardrail: !Ref X}]}", "app.yaml:5: `guardrail` of an exception is not a text"),
    ] {
        assert_eq!(refusal(&text(govcheck)), expected);
    }
}

#[test]
fn macros_and_modules_are_gaps() {
    let text = "
Transform: [Mine, AWS::LanguageExtensions]
Resources:
  A: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref MadeByMine } }
  M: { Type: My::Own::Thing::MODULE }";
    let declared = declared(text);
    let gaps = &declared.worlds[0].inventory.gaps;
    let gaps: Vec<(&str, String)> =
        gaps.iter().map(|gap| (gap.resource_type.as_str(), gap.cause.to_string())).collect();
    let expected = [
        ("AWS::CloudFormation::Macro", "Transform Mine is not read".to_owned()),
        ("My::Own::Thing::MODULE", "My::Own::Thing::MODULE is not read".to_owned()),
    ];
    assert_eq!(gaps, expected);
}

#[test]
fn types_that_no_guardrail_reads_are_counted() {
    let text = "Resources: {A: {Type: 'AWS::SNS::Topic'}, B: {Type: 'AWS::X::Y'}, C: {Type: 'AWS::X::Y'}}";
    let file = SourceFile::new("app.yaml", text);
    let document = parse(&file).unwrap();
    let mut at = surroundings(&document, &[]);
    at.types = ["AWS::SNS::Topic".to_owned(), "AWS::::Region".to_owned()].into();
    let declared = read(&file, &document, &at, &Files::none()).unwrap();
    assert_eq!(declared.unread, BTreeMap::from([("AWS::X::Y".to_owned(), 2)]));
    let kinds: Vec<&str> =
        declared.worlds[0].inventory.resources.iter().map(|resource| resource.id.resource_type.as_str()).collect();
    assert_eq!(kinds, ["AWS::::Region", "AWS::SNS::Topic"]);
}

fn in_folder(files: &[(&str, &str)]) -> Result<Declared, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let path = folder.path().join(files[0].0);
    let file = SourceFile::read(&path).unwrap();
    let document = parse(&file).unwrap();
    let at = surroundings(&document, &[]);
    let root = folder.path().display().to_string();
    let mut declared = read(&file, &document, &at, &Files::below(folder.path()))
        .map_err(|faults| faults.to_string().replace(&root, ""));
    for world in declared.iter_mut().flat_map(|declared| &mut declared.worlds) {
        for resource in &mut world.inventory.resources {
            let origin = Arc::make_mut(resource.origin.as_mut().unwrap());
            origin.file = origin.file.replace(&root, "").into();
        }
    }
    declared
}

const PARENT: &str = "
Parameters: { Env: { Type: String } }
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: ./stacks/child.yaml, Parameters: { Env: !Ref Env, Name: !Sub 'n-${AWS::Region}' } }
  It: { Type: AWS::Test::Thing, Properties: { P: !GetAtt Child.Outputs.Name } }
";

const CHILD: &str = "
Parameters: { Env: { Type: String }, Name: { Type: String } }
Conditions: { Prod: !Equals [!Ref Env, prod] }
Resources:
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !Ref Name, DisplayName: !If [Prod, p, d] } }
Outputs: { Name: { Value: !Sub '${Topic.TopicName}' } }
";

#[test]
fn a_nested_stack_takes_parameters_and_gives_outputs() {
    let declared = in_folder(&[("main.yaml", PARENT), ("stacks/child.yaml", CHILD)]).unwrap();
    assert_eq!(assumptions(&declared), [r#"Env = "prod""#, r#"Env ≠ "prod""#]);
    let resources = &declared.worlds[0].inventory.resources;
    assert_eq!(property(resources, "Child/Topic", "TopicName"), "n-ap-northeast-1".into());
    assert_eq!(property(resources, "Child/Topic", "DisplayName"), "p".into());
    let topic = resources.iter().find(|resource| resource.id.name == "Child/Topic").unwrap();
    let origin = topic.origin.as_ref().unwrap();
    assert_eq!((origin.file.as_ref(), origin.logical_id.as_str()), ("/stacks/child.yaml", "Child/Topic"));
    assert_ne!(property(resources, "It", "P"), unresolved("GetAtt Child.Outputs.Name"));
}

#[test]
fn a_nested_stack_that_is_not_local_is_a_gap() {
    let text = PARENT.replace("./stacks/child.yaml", "https://s3.amazonaws.com/b/child.yaml");
    let declared = in_folder(&[("main.yaml", &text), ("stacks/child.yaml", CHILD)]).unwrap();
    let inventory = &declared.worlds[0].inventory;
    assert_eq!(inventory.gaps[0].resource_type, "AWS::CloudFormation::Stack");
    assert_eq!(property(&inventory.resources, "It", "P"), unresolved("GetAtt Child.Outputs.Name"));
}

#[test]
fn nested_stacks_in_a_circle_are_refused() {
    let back = PARENT.replace("./stacks/child.yaml", "../main.yaml").replace("!GetAtt Child.Outputs.Name", "1");
    let fault = in_folder(&[("main.yaml", PARENT), ("stacks/child.yaml", &back)]).unwrap_err();
    assert_eq!(fault, "/stacks/child.yaml:4: the nested stack `Child` contains itself");
}

#[test]
fn a_file_is_included() {
    let main = "
Resources:
  A: { Type: AWS::SNS::Topic, Properties: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: p.yaml } } } }
  B: { Type: AWS::SNS::Topic, Properties: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: 's3://b/p.yaml' } } } }
  Fn::Transform: { Name: AWS::Include, Parameters: { Location: more.yaml } }
";
    let more = "C: { Type: AWS::SQS::Queue }";
    let declared =
        in_folder(&[("main.yaml", main), ("p.yaml", "DisplayName: !Ref AWS::Region"), ("more.yaml", more)]).unwrap();
    let resources = &declared.worlds[0].inventory.resources;
    assert_eq!(property(resources, "A", "DisplayName"), "ap-northeast-1".into());
    let names: Vec<&str> = resources.iter().map(|resource| resource.id.name.as_str()).collect();
    assert_eq!(names, ["A", "B", "C"]);
    assert!(matches!(resources[1].properties, Value::Unknown(_)));
}

#[test]
fn a_file_that_includes_itself_is_refused() {
    let own = "A: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: own.yaml } } }";
    let main = "Resources: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: own.yaml } } }";
    let fault = in_folder(&[("main.yaml", main), ("own.yaml", own)]).unwrap_err();
    assert!(fault.contains("it includes more than 64 files") || fault.contains("it nests deeper"), "{fault}");
}

#[test]
fn the_inline_template_of_a_stack_set_is_judged_in_its_regions() {
    let text = r#"
Resources:
  Set:
    Type: AWS::CloudFormation::StackSet
    Properties:
      StackInstancesGroup: [{ Regions: [ap-northeast-1, us-east-1] }]
      Parameters: [{ ParameterKey: Name, ParameterValue: x }]
      TemplateBody: |
        Parameters: { Name: { Type: String } }
        Resources: { Topic: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Sub "${Name}-${AWS::Region}" } } }
"#;
    let resources = resources(text);
    assert_eq!(property(&resources, "Set/us-east-1/Topic", "DisplayName"), "x-us-east-1".into());
    let abroad = resources.iter().find(|resource| resource.id.region == "us-east-1").unwrap();
    let origin = abroad.origin.as_ref().unwrap();
    assert_eq!((origin.logical_id.as_str(), origin.place.unwrap().line), ("Set/Topic", 9));
}

#[test]
fn stacks_beside_each_other_share_what_they_export() {
    let [one, other] = [
        "Resources: { T: { Type: AWS::SNS::Topic } }\nOutputs: { T: { Value: !Ref T, Export: { Name: !Sub '${AWS::StackName}-t' } } }",
        "Resources: { It: { Type: AWS::Test::Thing, Properties: { P: !ImportValue One-t, Q: {'Fn::GetStackOutput': {StackName: One, OutputName: T}} } } }",
    ]
    .map(|text| SourceFile::new("t.json", text));
    let documents = [parse(&one).unwrap(), parse(&other).unwrap()];
    let (constructs, parameters) = (BTreeMap::new(), BTreeMap::new());
    let unit = |file, document, stack| Unit {
        file,
        document,
        stack: Some(stack),
        constructs: constructs.clone(),
        parameters: parameters.clone(),
    };
    let units = [unit(&one, &documents[0], "One"), unit(&other, &documents[1], "Two")];
    let at = surroundings(&documents[1], &[]);
    let declared = read_stacks("cdk.out", &units, &at, &Files::below(Path::new("."))).unwrap();
    let resources = &declared.worlds[0].inventory.resources;
    let topic = property(resources, "Two/It", "P");
    assert!(topic.as_str().is_some(), "{topic:?}");
    assert_eq!(property(resources, "Two/It", "Q"), topic);
}

#[test]
fn globals_are_defaults_of_serverless_resources() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Timeout: 3, Tags: { a: b }, Layers: [x] } }
Resources: { F: { Type: AWS::Serverless::Function, Properties: { Timeout: 5, Tags: { c: d }, Layers: [y] } } }";
    let document = parse(&SourceFile::new("t", text)).unwrap();
    let source = Source::new("t".into(), SourceFile::new("t", text), document);
    let (world, files, mut memory) = (worlds::World::default(), Files::none(), Memory::default());
    let mut run = Run::new(&files, &world, &mut memory);
    let rewritten = rewrite::rewrite(&mut run, &source, &mut |_, _| Value::Null).unwrap();
    let properties = rewritten.document.get("Resources").unwrap().get("F").unwrap().get("Properties").unwrap();
    let described = call::describe(properties.into());
    assert_eq!(described, "Timeout: 5, Tags: c: d, a: b, Layers: x, y");
}
