//! Conditions, and the worlds in which they come out one way or the other.

use super::*;

fn template(parameters: &str, conditions: &str, expression: &str) -> String {
    format!(
        "Parameters: {{{parameters}}}\nConditions: {{{conditions}}}\nResources: {{It: {{Type: 'A::B::C', Properties: {{P: {expression}}}}}}}"
    )
}

fn worlds(parameters: &str, conditions: &str, expression: &str) -> Vec<(String, Value)> {
    let declared = declared(&template(parameters, conditions, expression));
    in_worlds(&declared).into_iter().map(|(assumption, value)| (assumption.to_owned(), value)).collect()
}

fn world(assumption: &str, value: impl Into<Value>) -> (String, Value) {
    (assumption.to_owned(), value.into())
}

const ENV: &str = "Env: {Type: String}";

#[test]
fn what_is_known_decides() {
    // intrinsic-function-reference-conditions.html
    let all = "A: !Equals [!Ref Env, prod], N: !Not [!Condition A], O: !Or [!Condition A, !Equals [1, '1']], \
               B: !And [{Condition: A}, !Condition N], T: !Equals [!Ref 'AWS::Region', ap-northeast-1], Q: !Equals [true, 'true']";
    let parameters = "Env: {Type: String, Default: prod}";
    for (condition, expected) in [("A", true), ("N", false), ("O", true), ("B", false), ("T", true), ("Q", true)] {
        assert_eq!(
            worlds(parameters, all, &format!("!If [{condition}, true, false]")),
            [world("", expected)],
            "{condition}"
        );
    }
}

#[test]
fn an_open_parameter_is_assumed_to_be_each_thing_it_is_compared_with() {
    let conditions = "P: !Equals [!Ref Env, prod], D: !Equals [dev, !Ref Env]";
    let expected = [world(r#"Env = "dev""#, "d"), world(r#"Env ≠ "dev", "prod""#, "o"), world(r#"Env = "prod""#, "p")];
    let mut found = worlds(ENV, conditions, "!If [D, d, !If [P, p, o]]");
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut expected = expected.to_vec();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, expected);
}

#[test]
fn the_assumed_value_holds_everywhere() {
    let found = worlds(ENV, "P: !Equals [!Ref Env, prod]", "!If [P, !Ref Env, !Sub 'x-${Env}']");
    assert_eq!(found, [world(r#"Env = "prod""#, "prod"), world(r#"Env ≠ "prod""#, unresolved("Ref Env"))]);
}

#[test]
fn allowed_values_are_all_there_is() {
    let parameters = "Env: {Type: String, AllowedValues: [prod, dev]}";
    let found = worlds(
        parameters,
        "P: !Equals [!Ref Env, prod], X: !Equals [!Ref Env, other]",
        "!If [X, x, !If [P, !Ref Env, !Ref Env]]",
    );
    assert_eq!(found, [world(r#"Env = "prod""#, "prod"), world(r#"Env ≠ "prod""#, "dev")]);
    let found = worlds(parameters, "", "!Ref Env");
    assert_eq!(found, [world(r#"Env = "prod""#, "prod"), world(r#"Env = "dev""#, "dev")]);
}

#[test]
fn the_keys_of_a_map_are_assumed() {
    let text = |default: &str| {
        format!(
            "Parameters: {{{ENV}}}\nMappings: {{M: {{a: {{k: 1}}, b: {{k: 2}}}}}}\n\
             Resources: {{It: {{Type: 'A::B::C', Properties: {{P: !FindInMap [M, !Ref Env, k{default}]}}}}}}"
        )
    };
    let (without, with) = (declared(&text("")), declared(&text(", {DefaultValue: 3}")));
    assert_eq!(in_worlds(&without), [(r#"Env = "a""#, 1.into()), (r#"Env = "b""#, 2.into())]);
    let last = in_worlds(&with).pop().unwrap();
    assert_eq!(last.0, r#"Env ≠ "a", "b""#);
    assert!(matches!(last.1, Value::Unknown(_)));
}

#[test]
fn an_operand_that_decides_asks_for_nothing() {
    for condition in
        ["!And [!Equals [!Ref Env, a], !Equals [1, 2]]", "!Not [!Or [!Equals [!Ref Env, a], !Equals [1, 1]]]"]
    {
        assert_eq!(worlds(ENV, &format!("C: {condition}"), "!If [C, 1, 2]"), [world("", 2)], "{condition}");
    }
}

#[test]
fn a_condition_that_nothing_hangs_on_makes_no_worlds() {
    assert_eq!(worlds(ENV, "C: !Equals [!Ref Env, a]", "1"), [world("", 1)]);
}

#[test]
fn other_comparisons_are_choices_of_their_own() {
    let found = worlds("A: {Type: String}, B: {Type: String}", "C: !Equals [!Ref A, !Ref B]", "!If [C, 1, 2]");
    assert_eq!(found, [world("Ref A = Ref B", 1), world("not (Ref A = Ref B)", 2)]);
    let found = worlds("L: {Type: CommaDelimitedList}", "C: !Equals [!Select [0, !Ref L], x]", "!If [C, 1, 2]");
    assert_eq!(found, [world(r#"Select(0, Ref L) = "x""#, 1), world(r#"Select(0, Ref L) ≠ "x""#, 2)]);
}

#[test]
fn an_account_that_nobody_named_may_be_any() {
    let found = worlds("", "C: !Equals [!Ref 'AWS::AccountId', '123456789012']", "!If [C, 1, !Ref 'AWS::AccountId']");
    let expected =
        [world(r#"AWS::AccountId = "123456789012""#, 1), world(r#"AWS::AccountId ≠ "123456789012""#, UNNAMED_ACCOUNT)];
    assert_eq!(found, expected);
}

#[test]
fn conditions_see_the_value_of_a_secret() {
    let found =
        worlds("S: {Type: String, NoEcho: true, Default: ''}", "C: !Equals [!Ref S, '']", "!If [C, none, !Ref S]");
    assert_eq!(found, [world("", "none")]);
}

#[test]
fn a_resource_is_there_where_its_condition_holds() {
    let text = "
Parameters: { Env: { Type: String } }
Conditions: { Prod: !Equals [!Ref Env, prod] }
Resources:
  It: { Type: 'A::B::C', Properties: { P: !Ref Topic } }
  Topic: { Type: AWS::SNS::Topic, Condition: Prod }";
    let declared = declared(text);
    let counts: Vec<usize> = declared.worlds.iter().map(|world| world.inventory.resources.len()).collect();
    assert_eq!((assumptions(&declared), counts), (vec![r#"Env = "prod""#, r#"Env ≠ "prod""#], vec![2, 1]));
    assert_eq!(in_worlds(&declared)[1].1, unresolved("Ref Topic"));
}

/// Nine independent choices are more worlds than there may be.
fn crowded() -> String {
    let names: Vec<String> = (0..9).map(|number| format!("A{number}")).collect();
    let parameters: Vec<String> = names.iter().map(|name| format!("{name}: {{Type: String}}")).collect();
    let conditions: Vec<String> = names.iter().map(|name| format!("{name}: !Equals [!Ref {name}, x]")).collect();
    let properties: Vec<String> =
        names.iter().map(|name| format!("{name}: !If [{name}, {{S: 1, D: 1}}, {{S: 1, D: 2}}]")).collect();
    let topics: Vec<String> = names
        .iter()
        .map(|name| format!("T{name}: {{Type: 'AWS::SNS::Topic', Condition: {name}, Properties: {{DisplayName: d}}}}"))
        .collect();
    format!(
        "Parameters: {{{}}}\nConditions: {{{}}}\nResources: {{It: {{Type: 'A::B::C', Properties: {{P: {{{}}}}}}}, {}}}",
        parameters.join(", "),
        conditions.join(", "),
        properties.join(", "),
        topics.join(", ")
    )
}

#[test]
fn beyond_the_limit_branches_give_what_they_share() {
    let declared = declared(&crowded());
    assert_eq!(declared.worlds.len(), worlds::MAX_WORLDS);
    for world in &declared.worlds {
        let it = property(&world.inventory.resources, "It", "P");
        for name in (0..9).map(|number| format!("A{number}")) {
            let branch = it.get(&name).unwrap();
            assert_eq!(branch.get("S"), Some(&1.into()));
        }
        assert!(it.first_unknown().is_some());
    }
}

#[test]
fn beyond_the_limit_a_resource_has_no_known_property_and_its_type_a_gap() {
    let declared = declared(&crowded());
    for world in &declared.worlds {
        let unknown = Value::unknown(Unknown::Unresolved("the condition A8".into()));
        assert_eq!(property(&world.inventory.resources, "TA8", "DisplayName"), unknown);
        assert!(world.inventory.gaps.iter().any(|gap| gap.resource_type == "AWS::SNS::Topic"));
    }
}

#[test]
fn reading_twice_gives_the_same() {
    let (one, other) = (declared(&crowded()), declared(&crowded()));
    assert_eq!(assumptions(&one), assumptions(&other));
    let same = one.worlds.iter().zip(&other.worlds).all(|(a, b)| a.inventory == b.inventory);
    assert!(same);
}
