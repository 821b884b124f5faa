//! Hostile templates and assemblies: each is refused with its reason or read, in little time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use govcheck::model::Account;
use govcheck::source::cloudformation::{self, assembly};
use govcheck::source::declared::{Declared, Surroundings};
use govcheck::source::files::Files;
use govcheck::syntax::{Faults, SourceFile, parse};
use tempfile::TempDir;

use crate::support::hostile::{self, Expected};

/// Tests are built without optimisation, and run beside each other.
const LIMIT: Duration = Duration::from_secs(60);

fn read(path: &Path) -> Result<Vec<Declared>, Faults> {
    let at = Surroundings {
        account: Account::new("000000000000".parse().unwrap()),
        region: "ap-northeast-1".into(),
        parameters: BTreeMap::new(),
        types: BTreeSet::from(["AWS::SNS::Topic".into()]),
    };
    if path.is_dir() {
        return assembly::read_assembly(path, &at);
    }
    let file = SourceFile::read(path)?;
    let document = parse(&file)?;
    let files = Files::below(path.parent().unwrap());
    Ok(vec![cloudformation::read(&file, &document, &at, &files)?])
}

#[test]
fn hostile_input_is_refused_or_read_in_little_time() {
    let mut wrong = Vec::new();
    for hostile in hostile::all() {
        let folder = TempDir::new().unwrap();
        let path = hostile.write(folder.path());
        let start = Instant::now();
        let result = read(&path);
        let took = start.elapsed();
        println!("{took:?} {}", hostile.name);
        if took > LIMIT {
            wrong.push(format!("{} took {took:?}", hostile.name));
        }
        match (result, hostile.expected) {
            (Err(faults), Expected::Refused(fragment)) if faults.to_string().contains(fragment) => {}
            (Err(faults), expected) => wrong.push(format!("{}: {faults}, {expected:?}", hostile.name)),
            (Ok(declared), Expected::Read) => {
                // Nothing from outside the folder came in.
                if format!("{declared:?}").contains("secret\"") {
                    wrong.push(format!("{} let a secret in", hostile.name));
                }
            }
            (Ok(_), expected) => wrong.push(format!("{}: read, {expected:?}", hostile.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
