//! One account's folder: what was seen, and what it came to.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::BundleError;
use crate::model::{Account, Finding, Gap, Inventory, Resource, Scope};

const INVENTORY: &str = "inventory.ndjson.zst";
const FINDINGS: &str = "findings.ndjson";
const COMPRESSION: i32 = 3;
/// The longest line that is read, in bytes: no resource is larger than its service's reply.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// What a bundle keeps of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountRecord {
    pub inventory: Inventory,
    pub findings: Vec<Finding>,
}

/// The first line of an inventory file; the resources follow, one a line.
#[derive(Serialize, Deserialize)]
struct Header {
    account: Account,
    regions: Vec<String>,
    types: BTreeMap<String, Scope>,
    gaps: Vec<Gap>,
}

impl AccountRecord {
    /// The files of an account's folder.
    pub(super) const FILES: [&str; 2] = [INVENTORY, FINDINGS];

    pub(super) fn write(&self, dir: &Path) -> Result<(), BundleError> {
        let path = dir.join(INVENTORY);
        self.write_inventory(&path).map_err(BundleError::io("write", &path))?;
        let path = dir.join(FINDINGS);
        write_findings(&self.findings, &path).map_err(BundleError::io("write", &path))
    }

    fn write_inventory(&self, path: &Path) -> io::Result<()> {
        let Inventory { account, regions, types, resources, gaps, .. } = self.inventory.clone();
        let mut out = zstd::Encoder::new(BufWriter::new(File::create(path)?), COMPRESSION)?;
        out.include_checksum(true)?;
        write_line(&mut out, &Header { account, regions, types, gaps })?;
        resources.iter().try_for_each(|resource| write_line(&mut out, resource))?;
        sync(out.finish()?)
    }

    pub(super) fn read(dir: &Path) -> Result<Self, BundleError> {
        let path = dir.join(INVENTORY);
        let file = File::open(&path).map_err(BundleError::io("read", &path))?;
        let decoder = zstd::Decoder::new(file).map_err(BundleError::io("read", &path))?;
        let mut lines = Lines { path: &path, number: 0, reader: BufReader::new(decoder) };
        let header: Header = lines.next()?.ok_or_else(|| lines.damaged("it is empty"))?;
        let mut inventory = Inventory::new(header.account, header.regions, header.types);
        inventory.gaps = header.gaps;
        while let Some(resource) = lines.next::<Resource>()? {
            inventory.resources.push(resource);
        }
        let path = dir.join(FINDINGS);
        let findings = match fs::exists(&path).map_err(BundleError::io("read", &path))? {
            true => read_findings(&path)?,
            false => Vec::new(),
        };
        Ok(Self { inventory, findings })
    }
}

pub(super) fn write_findings(findings: &[Finding], path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    findings.iter().try_for_each(|finding| write_line(&mut out, finding))?;
    sync(out)
}

pub(super) fn read_findings(path: &Path) -> Result<Vec<Finding>, BundleError> {
    let file = File::open(path).map_err(BundleError::io("read", path))?;
    let mut lines = Lines { path, number: 0, reader: BufReader::new(file) };
    let mut findings = Vec::new();
    while let Some(finding) = lines.next()? {
        findings.push(finding);
    }
    Ok(findings)
}

fn write_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn sync(out: BufWriter<File>) -> io::Result<()> {
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

struct Lines<'a, R> {
    path: &'a Path,
    number: usize,
    reader: R,
}

impl<R: BufRead> Lines<'_, R> {
    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, BundleError> {
        let mut line = Vec::new();
        let read = io::Read::take(&mut self.reader, MAX_LINE).read_until(b'\n', &mut line);
        read.map_err(|error| self.damaged(&error.to_string()))?;
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        serde_json::from_slice(&line).map(Some).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, problem: &str) -> BundleError {
        BundleError::Damaged { path: self.path.to_owned(), problem: format!("line {}: {problem}", self.number) }
    }
}
