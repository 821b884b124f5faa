//! Each function as AWS documents it, under
//! `docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-….html`.

use serde_json::json as j;

use super::*;

const MAPS: &str = r#"
Mappings:
  Regions:
    ap-northeast-1: { Ami: ami-1, Zones: [a, c] }
    us-east-1: { Ami: ami-2 }
Parameters:
  Name: { Type: String, Default: web }
  Ports: { Type: CommaDelimitedList, Default: "80, 443" }
  Size: { Type: Number, Default: 8 }
  Unknown: { Type: String }
  Image: { Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/ami }
  Secret: { Type: String, NoEcho: true, Default: hunter2 }
"#;

fn with_maps(expression: &str) -> Value {
    value_in(MAPS, expression)
}

#[test]
fn ref_gives_parameters() {
    // …-ref.html and parameters-section-structure.html
    assert_eq!(with_maps("!Ref Name"), "web".into());
    assert_eq!(with_maps("{Ref: Name}"), "web".into());
    assert_eq!(with_maps("!Ref Ports"), json(j!(["80", "443"])));
    assert_eq!(with_maps("!Ref Size"), "8".into());
    assert_eq!(with_maps("!Ref Unknown"), unresolved("Ref Unknown"));
}

#[test]
fn a_given_parameter_wins_over_its_default() {
    let text =
        "Parameters: {A: {Type: String, Default: x}}\nResources: {It: {Type: 'A::B::C', Properties: {P: !Ref A}}}";
    let declared = try_read(text, &[("A", "y"), ("Other", "z")]).unwrap();
    assert_eq!(in_worlds(&declared), [("", "y".into())]);
}

#[test]
fn the_default_of_a_stored_parameter_is_only_its_name() {
    assert_eq!(with_maps("!Ref Image"), unresolved("Ref Image"));
}

#[test]
fn a_secret_is_withheld_wherever_it_goes() {
    let withheld = Value::unknown(Unknown::Withheld);
    for expression in ["!Ref Secret", "!Sub 'p=${Secret}'", "!Join ['', [a, !Ref Secret]]", "!Base64 {Ref: Secret}"] {
        assert_eq!(with_maps(expression), withheld, "{expression}");
    }
}

#[test]
fn pseudo_parameters_say_where_the_stack_is() {
    // pseudo-parameter-reference.html
    assert_eq!(value("!Ref AWS::Region"), "ap-northeast-1".into());
    assert_eq!(value("!Ref AWS::AccountId"), UNNAMED_ACCOUNT.into());
    assert_eq!(value("!Ref AWS::Partition"), "aws".into());
    assert_eq!(value("!Ref AWS::URLSuffix"), "amazonaws.com".into());
    assert_eq!(value("!Ref AWS::StackName"), "app".into());
    assert_eq!(value("!Select [1, !Split ['/', !Ref 'AWS::StackId']]"), "app".into());
    assert!(matches!(value("!Ref AWS::NotificationARNs"), Value::Unknown(_)));
}

#[test]
fn no_value_takes_a_property_away() {
    assert_eq!(value("{A: !Ref AWS::NoValue, B: [1, !Ref 'AWS::NoValue', 2]}"), json(j!({"B": [1, 2]})));
}

#[test]
fn sub_fills_in_names_attributes_and_variables() {
    // …-sub.html
    assert_eq!(with_maps("!Sub 'www.${Name}.${AWS::Region}'"), "www.web.ap-northeast-1".into());
    assert_eq!(with_maps("!Sub ['${A}-${Name}', {A: !Ref Size}]"), "8-web".into());
    assert_eq!(with_maps("{'Fn::Sub': 'x${!Name}'}"), "x${Name}".into());
    assert_eq!(with_maps("!Sub 'x${Unknown}'"), unresolved("Ref Unknown"));
}

#[test]
fn join_split_select_length_and_base64() {
    assert_eq!(with_maps("!Join [':', [arn, !Ref 'AWS::Partition', s3]]"), "arn:aws:s3".into());
    assert_eq!(with_maps("!Join [',', !Ref Ports]"), "80,443".into());
    assert_eq!(with_maps("!Select ['1', !Ref Ports]"), "443".into());
    assert_eq!(with_maps("!Select [2, !Split ['|', 'a|b|c']]"), "c".into());
    assert_eq!(with_maps("!Length {Ref: Ports}"), 2.into());
    assert_eq!(with_maps("{'Fn::Base64': !Sub 'hi ${Name}'}"), "aGkgd2Vi".into());
    assert_eq!(with_maps("!Base64 hi"), "aGk=".into());
}

#[test]
fn find_in_map_and_its_default() {
    // …-findinmap.html and …-findinmap-enhancements.html
    assert_eq!(with_maps("!FindInMap [Regions, !Ref 'AWS::Region', Ami]"), "ami-1".into());
    assert_eq!(with_maps("!FindInMap [Regions, us-east-1, Ami]"), "ami-2".into());
    assert_eq!(with_maps("!FindInMap [Regions, ap-northeast-1, Zones]"), json(j!(["a", "c"])));
    assert_eq!(with_maps("!FindInMap [Regions, x, Ami, {DefaultValue: !Ref Name}]"), "web".into());
    assert!(matches!(with_maps("!FindInMap [Regions, x, Ami]"), Value::Unknown(_)));
}

#[test]
fn cidr_gives_blocks() {
    // …-cidr.html
    let expected = json(j!(["10.0.0.0/24", "10.0.1.0/24"]));
    assert_eq!(value("!Cidr [10.0.0.0/16, 2, 8]"), expected);
    assert_eq!(value("!Select [1, !Cidr ['10.0.0.0/16', '2', '8']]"), "10.0.1.0/24".into());
    assert!(matches!(value("!Cidr [10.0.0.0/16, 100000, 8]"), Value::Unknown(_)));
}

#[test]
fn to_json_string_is_json() {
    // …-ToJsonString.html
    assert_eq!(
        value("!ToJsonString {b: [1, true], a: !Ref 'AWS::Region'}"),
        r#"{"a":"ap-northeast-1","b":[1,true]}"#.into()
    );
}

#[test]
fn what_another_stack_or_the_account_decides_is_not_known() {
    assert_eq!(value("!ImportValue shared-vpc"), unresolved("ImportValue shared-vpc"));
    assert!(matches!(value("!Select [0, !GetAZs '']"), Value::Unknown(_)));
    assert!(matches!(value("!GetStackOutput {StackName: a, OutputName: b}"), Value::Unknown(_)));
    let reference = "{{resolve:secretsmanager:db:SecretString:password}}";
    assert_eq!(value(&format!("'{reference}'")), unresolved(reference));
    assert_eq!(value("!Join ['', ['{{resolve:', 'ssm:/a}}']]"), unresolved("{{resolve:ssm:/a}}"));
}

#[test]
fn a_document_keeps_what_is_known_of_it() {
    let policy = with_maps("{Statement: [{Effect: Allow, Action: 's3:*', Resource: [!Ref Unknown, '*']}]}");
    let statement = &policy.get("Statement").unwrap().one_or_many()[0];
    assert_eq!(statement.get("Effect"), Some(&"Allow".into()));
    assert_eq!(statement.get("Resource"), Some(&Value::list([unresolved("Ref Unknown"), "*".into()])));
}

#[test]
fn macros_in_place_are_not_read() {
    let value = value("{A: 1, 'Fn::Transform': {Name: Mine}}");
    assert_eq!(value, Value::unknown(Unknown::NotRead("Fn::Transform".into())));
    assert_eq!(super::value("!Transform {Name: Mine}"), Value::unknown(Unknown::NotRead("Transform Mine".into())));
    assert_eq!(super::value("!Unheard of"), unresolved("Unheard of"));
}

#[test]
fn a_reference_keeps_the_identity_of_its_resource() {
    let text = r#"
Resources:
  It: { Type: AWS::Test::Thing, Properties: { P: !Ref Topic, Q: !Sub "${Topic}", R: !GetAtt Topic.TopicArn } }
  Topic: { Type: AWS::SNS::Topic }
"#;
    let resources = resources(text);
    let topic = property(&resources, "It", "P");
    assert!(topic.as_str().is_some());
    assert_eq!(property(&resources, "It", "Q"), topic);
}

#[test]
fn custom_resources_answer_with_anything() {
    let text = "Resources: {C: {Type: 'Custom::X'}, It: {Type: 'A::B::C', Properties: {P: !GetAtt C.Arn}}}";
    assert_eq!(property(&resources(text), "It", "P"), unresolved("GetAtt C.Arn"));
}

#[test]
fn an_unquoted_yes_is_a_boolean_as_in_yaml_1_1() {
    // template-formats.html: version 1.1
    assert_eq!(
        value("{A: yes, B: 'yes', C: Off, D: \"no\", E: Yes}"),
        json(j!({"A": true, "B": "yes", "C": false, "D": "no", "E": true}))
    );
    assert_eq!(value("{A: 2012-10-17, B: 012345678901}"), json(j!({"A": "2012-10-17", "B": "012345678901"})));
}

#[test]
fn merge_keys_and_anchors() {
    let text = "
x-base: &base { A: 1, B: 2 }
Resources: { It: { Type: 'A::B::C', Properties: { P: { <<: *base, B: 3 } } } }";
    assert_eq!(property(&resources(text), "It", "P"), json(j!({"A": 1, "B": 3})));
}

#[test]
fn json_is_read_as_it_is() {
    let text = r#"{"Resources": {"It": {"Type": "A::B::C",
	"Properties": {"P": {"Fn::Join": ["", ["a\/b", "\u00e9", {"Ref": "AWS::Region"}]]}}}}}"#;
    assert_eq!(property(&resources(text), "It", "P"), "a/béap-northeast-1".into());
}

#[test]
fn loops_repeat_what_they_hold() {
    // …-foreach-example-resource.html and the others beside it
    let text = r#"
Transform: AWS::LanguageExtensions
Parameters: { Names: { Type: CommaDelimitedList, Default: "a,b" } }
Conditions:
  Fn::ForEach::C: [N, [a, b], { "Is${N}": !Equals [!Ref N, a] }]
Resources:
  Fn::ForEach::Topics:
    - Name
    - !Ref Names
    - "Topic${Name}":
        Type: AWS::SNS::Topic
        Properties: { TopicName: !Sub "t-${Name}", DisplayName: !Ref Name, FifoTopic: !If [ "Is${Name}", true, false ] }
  Fn::ForEach::Queues:
    - Ip
    - [10.0.0.1]
    - "Queue&{Ip}": { Type: AWS::SQS::Queue, Properties: { QueueName: "${Ip}" } }
  Bucket:
    Type: AWS::S3::Bucket
    Properties: { Fn::ForEach::P: [K, [A, B], { "${K}x": !Ref K }] }
"#;
    let resources = resources(text);
    let names: Vec<&str> = resources.iter().map(|resource| resource.id.name.as_str()).collect();
    assert_eq!(names, ["Bucket", "Topica", "Topicb", "Queue10001"]);
    assert_eq!(property(&resources, "Topicb", "TopicName"), "t-b".into());
    assert_eq!(property(&resources, "Topica", "DisplayName"), "a".into());
    assert_eq!(property(&resources, "Topica", "FifoTopic"), true.into());
    assert_eq!(property(&resources, "Queue10001", "QueueName"), "10.0.0.1".into());
    assert_eq!(property(&resources, "Bucket", "Bx"), "B".into());
}

#[test]
fn a_loop_over_what_is_not_known_is_a_gap() {
    let text = r#"
Transform: AWS::LanguageExtensions
Parameters: { Names: { Type: CommaDelimitedList } }
Resources:
  Fn::ForEach::T: [N, !Ref Names, { "T${N}": { Type: AWS::SNS::Topic } }]
  It: { Type: AWS::Test::Thing, Properties: { P: { A: 1, Fn::ForEach::K: [K, !Ref Names, { "${K}": 1 }] } } }
"#;
    let declared = declared(text);
    assert!(matches!(in_worlds(&declared)[0].1, Value::Unknown(_)));
    let gap = &declared.worlds[0].inventory.gaps[0];
    assert_eq!(gap.resource_type, nested::MACRO);
    assert_eq!(gap.cause, Unknown::Unresolved("the collection of Fn::ForEach::T".into()));
}
