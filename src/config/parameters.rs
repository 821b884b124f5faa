//! Values of template parameters, from the command line and from the files that other tools use.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::Scalar;
use crate::syntax::{Fault, SourceFile, parse};

/// Reads `NAME=VALUE`, or a file: a map of names to values, the list of `ParameterKey` and `ParameterValue` of the AWS CLI, or
/// the `Parameters` map of a CodePipeline template configuration.
///
/// # Errors
/// When the file cannot be read, or is none of these.
pub fn read_parameters(given: &str) -> Result<BTreeMap<String, String>, Fault> {
    let name_of = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if let Some((name, value)) = given.split_once('=').filter(|(name, _)| name_of(name)) {
        return Ok([(name.to_owned(), value.to_owned())].into());
    }
    let file = SourceFile::read(Path::new(given))?;
    let document = parse(&file)?;
    let whole = document.span.clone();
    let refuse = || {
        Fault::at(&file, whole.clone(), "these are not parameters")
            .help("give NAME: VALUE lines, or the list of ParameterKey and ParameterValue that the AWS CLI takes")
    };
    let json: serde_json::Value = document.read(&file)?;
    let texts = |object: serde_json::Map<String, serde_json::Value>| {
        object.into_iter().map(|(name, value)| (name, Scalar::from(value).0)).collect()
    };
    match json {
        serde_json::Value::Null => Ok(BTreeMap::new()),
        serde_json::Value::Object(mut object) => match object.remove("Parameters") {
            Some(serde_json::Value::Object(parameters)) => Ok(texts(parameters)),
            Some(_) => Err(refuse()),
            None if object.values().any(serde_json::Value::is_object) => Err(refuse()),
            None => Ok(texts(object)),
        },
        serde_json::Value::Array(items) => {
            let pair = |item: &serde_json::Value| {
                let name = item.get("ParameterKey")?.as_str()?.to_owned();
                Some((name, Scalar::from(item.get("ParameterValue")?.clone()).0))
            };
            items.iter().map(|item| pair(item).ok_or_else(refuse)).collect()
        }
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, String>, Fault> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parameters.json");
        std::fs::write(&path, text).unwrap();
        read_parameters(path.to_str().unwrap())
    }

    #[test]
    fn the_files_of_other_tools_are_read() {
        let expected: BTreeMap<String, String> =
            [("Env".to_owned(), "prod".to_owned()), ("Size".to_owned(), "3".to_owned())].into();
        assert_eq!(read("Env: prod\nSize: 3\n").unwrap(), expected);
        assert_eq!(read(r#"{"Parameters": {"Env": "prod", "Size": 3}, "Tags": {}}"#).unwrap(), expected);
        let cli =
            r#"[{"ParameterKey": "Env", "ParameterValue": "prod"}, {"ParameterKey": "Size", "ParameterValue": "3"}]"#;
        assert_eq!(read(cli).unwrap(), expected);
        assert_eq!(read_parameters("Cidr=a=b").unwrap()["Cidr"], "a=b");
        for broken in ["[1]", "text", r#"{"Parameters": 1}"#, r#"{"A": {"B": 1}}"#] {
            assert!(read(broken).is_err(), "{broken}");
        }
        assert!(read_parameters("/nonexistent").is_err());
    }
}
