//! Where in a file a resource was declared.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stretch of a file. Lines and columns are counted from one, columns in characters; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// An exception that is written beside a resource: `Metadata: {govcheck: {waive: […]}}` in a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlineWaiver {
    /// The id or alias of a guardrail.
    pub guardrail: String,
    pub reason: Option<String>,
    /// The last day on which it counts, as `YYYY-MM-DD`.
    pub expires: Option<String>,
    pub approver: Option<String>,
    #[serde(skip)]
    pub place: Option<Place>,
}

/// Where a resource was declared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The file's path as it was given, with `/` between its parts.
    pub file: Arc<str>,
    /// The file's text, for showing lines of it.
    #[serde(skip)]
    pub text: Option<Arc<str>>,
    /// The name inside the file: a logical id (`Parent/Child` in a nested stack), or a Terraform address.
    pub logical_id: String,
    /// The path of the CDK construct, as in `Stack/Bucket/Resource`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub construct: Option<String>,
    /// The whole resource; a Terraform plan without its sources has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Where its properties stand, by path (`BucketEncryption.ServerSideEncryptionConfiguration[0]`).
    #[serde(skip)]
    pub places: Arc<BTreeMap<String, Place>>,
    /// Exceptions written beside it.
    #[serde(skip)]
    pub waivers: Vec<InlineWaiver>,
}

impl Origin {
    /// Where a property stands; where it is not written, the nearest written property around it, else the resource.
    pub fn place_of(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return Some(*place);
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return self.place,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_that_is_not_written_stands_where_the_one_around_it_does() {
        let place = |line| Place { line, column: 1, end_line: line, end_column: 9 };
        let places = [("A".to_owned(), place(2)), ("A.B[0]".to_owned(), place(3))];
        let origin = Origin { place: Some(place(1)), places: Arc::new(places.into()), ..Origin::default() };
        assert_eq!(origin.place_of("A.B[0].C"), Some(place(3)));
        assert_eq!(origin.place_of("A.B[1].C"), Some(place(2)));
        assert_eq!(origin.place_of("Z"), Some(place(1)));
    }
}
