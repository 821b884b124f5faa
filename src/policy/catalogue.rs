//! The catalogue of all IAM actions, and the services without regional endpoints.
//!
//! `data/iam-actions.txt.zst` is written by `scripts/iam_actions.py`, which describes its format;
//! `data/global-services.txt` describes itself.

use std::collections::HashMap;
use std::io;
use std::sync::OnceLock;

use super::document::ActionPattern;
use super::truth::Truth;

static ACTIONS: &[u8] = include_bytes!("../../data/iam-actions.txt.zst");
static GLOBAL: &str = include_str!("../../data/global-services.txt");

/// Why an embedded table cannot be read. Only a broken build can cause it.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("decompress the catalogue of actions")]
    Decompress(#[source] io::Error),
    #[error("read the catalogue of actions as text")]
    Text(#[from] std::string::FromUtf8Error),
    #[error("read the line `{0}` of an embedded table")]
    Line(&'static str),
}

/// An action that AWS documents.
#[derive(Debug)]
pub struct Action {
    pub service: &'static str,
    pub name: &'static str,
    /// In lower case, for comparing.
    pub(super) lower: String,
    levels: &'static str,
    types: &'static str,
}

impl Action {
    /// As in `ec2:RunInstances`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// Whether it changes anything: its level is Write, Permissions management or Tagging.
    pub fn writes(&self) -> bool {
        self.levels.contains(['W', 'P', 'T'])
    }

    /// The names of the resource types that it can be called on, as the table has them.
    pub(super) fn types_text(&self) -> &'static str {
        self.types
    }
}

/// A service with its actions, in the order of their names.
#[derive(Debug)]
pub struct Service {
    pub prefix: &'static str,
    pub actions: Vec<Action>,
    arns: HashMap<&'static str, &'static str>,
}

impl Service {
    /// The ARN of a resource type, with `${…}` for what differs.
    pub(super) fn arn(&self, resource_type: &str) -> Option<&'static str> {
        self.arns.get(resource_type).copied()
    }
}

/// Actions whose requests are signed for certain regions, wherever they take effect.
#[derive(Debug)]
pub struct GlobalActions {
    pub text: &'static str,
    pub(super) pattern: ActionPattern,
    pub regions: Vec<&'static str>,
    /// Whether they exist in no other region.
    pub only_there: bool,
}

/// All that AWS documents.
#[derive(Debug)]
pub struct Catalogue {
    /// The day of the data.
    pub date: &'static str,
    pub services: Vec<Service>,
    pub global: Vec<GlobalActions>,
}

impl Catalogue {
    /// Decompresses and indexes the tables on the first call; later calls cost nothing.
    ///
    /// # Errors
    /// When an embedded table is broken.
    pub fn load() -> Result<&'static Self, CatalogueError> {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        if let Some(catalogue) = CATALOGUE.get() {
            return Ok(catalogue);
        }
        let bytes = zstd::decode_all(ACTIONS).map_err(CatalogueError::Decompress)?;
        // Leaked because it lives as long as the embedded table does.
        let catalogue = Self::read(String::from_utf8(bytes)?.leak())?;
        Ok(CATALOGUE.get_or_init(|| catalogue))
    }

    fn read(text: &'static str) -> Result<Self, CatalogueError> {
        let mut services: Vec<Service> = Vec::new();
        let mut date = "";
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("# ") {
                date = comment.split_once(": ").map_or(date, |(date, _)| date);
            } else if let Some(prefix) = line.strip_prefix(':') {
                services.push(Service { prefix, actions: Vec::new(), arns: HashMap::new() });
            } else {
                let service = services.last_mut().ok_or(CatalogueError::Line(line))?;
                if let Some((name, arn)) = line.strip_prefix('=').and_then(|rest| rest.split_once(' ')) {
                    service.arns.insert(name, arn);
                    continue;
                }
                let mut parts = line.split(' ');
                let name = parts.next().filter(|name| !name.is_empty()).ok_or(CatalogueError::Line(line))?;
                let (levels, types) = (parts.next().unwrap_or("W"), parts.next().unwrap_or(""));
                let lower = name.to_ascii_lowercase();
                service.actions.push(Action { service: service.prefix, name, lower, levels, types });
            }
        }
        Ok(Self { date, services, global: global_actions()? })
    }

    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.services.iter().flat_map(|service| &service.actions)
    }

    pub fn service(&self, prefix: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.prefix.eq_ignore_ascii_case(prefix))
    }

    /// Finds an action by its full name in any case.
    pub fn find(&self, full_name: &str) -> Option<&Action> {
        let (service, name) = full_name.split_once(':')?;
        self.service(service)?.actions.iter().find(|action| action.name.eq_ignore_ascii_case(name))
    }

    /// The regions that an action's requests are always signed for, where it has no others.
    pub(super) fn only_regions(&self, service: &str, name: &str) -> Option<&[&'static str]> {
        let found =
            self.global.iter().find(|global| global.only_there && global.pattern.covers(service, name) == Truth::Yes);
        found.map(|global| global.regions.as_slice())
    }

    /// Patterns for everything that a region lock must exempt.
    pub fn global_patterns(&self) -> impl Iterator<Item = &'static str> {
        self.global.iter().map(|global| global.text)
    }
}

fn global_actions() -> Result<Vec<GlobalActions>, CatalogueError> {
    let lines = GLOBAL.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let read = |line: &'static str| {
        let mut parts = line.split(' ');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(text), Some(regions), Some(kind @ ("only" | "also")), None) => Ok(GlobalActions {
                text,
                pattern: ActionPattern::parse(text),
                regions: regions.split(',').collect(),
                only_there: kind == "only",
            }),
            _ => Err(CatalogueError::Line(line)),
        }
    };
    lines.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_knows_actions_levels_and_resources() {
        let catalogue = Catalogue::load().unwrap();
        assert_eq!(catalogue.date.len(), 10, "{}", catalogue.date);
        assert!(catalogue.actions().count() > 22_000);
        assert!(catalogue.find("EC2:createdefaultvpc").unwrap().writes());
        assert!(!catalogue.find("ec2:DescribeVpcs").unwrap().writes());
        let service = catalogue.service("iam").unwrap();
        assert_eq!(service.arn("role"), Some("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"));
        assert_eq!(catalogue.find("iam:CreateRole").unwrap().types_text(), "role!");
    }

    #[test]
    fn the_compressed_table_is_the_readable_one() {
        let readable = include_str!("../../data/iam-actions.txt");
        assert!(zstd::decode_all(ACTIONS).unwrap() == readable.as_bytes(), "run scripts/iam_actions.py");
    }

    #[test]
    fn every_global_service_is_in_the_catalogue() {
        let catalogue = Catalogue::load().unwrap();
        for global in &catalogue.global {
            let (prefix, name) = global.text.split_once(':').unwrap();
            assert!(catalogue.service(prefix).is_some(), "{}", global.text);
            assert!(name == "*" || catalogue.find(global.text).is_some(), "{}", global.text);
        }
        assert_eq!(catalogue.only_regions("iam", "createuser"), Some(["us-east-1"].as_slice()));
        assert_eq!(catalogue.only_regions("sts", "assumerole"), None);
    }
}
