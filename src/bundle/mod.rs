//! The evidence bundle: what a scan saw, kept on disk account by account.
//!
//! An account's folder appears whole or not at all, so the bundle is also the checkpoint of a scan: accounts that have a
//! folder are done. Everything can be read back one account at a time.

mod account;
mod manifest;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use account::AccountRecord;
pub use manifest::{Manifest, ScopeEntry, ScopeInfo};

use crate::model::{AccountId, Finding};

const MANIFEST: &str = "manifest.json";
const LOCK: &str = ".lock";
const ACCOUNTS: &str = "accounts";
const RULES: &str = "rules";
const REPORT: &str = "report.json";
const ACROSS: &str = "across.ndjson";
/// The extension of what is being written; it may stay behind when the process is killed.
const UNFINISHED: &str = "unfinished";

/// Why a bundle cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BundleError {
    #[error("failed to {doing} {path}", path = path.display())]
    #[diagnostic(help("check the path, its permissions and the free space; accounts that were finished are kept"))]
    Io {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not a govcheck bundle", path = path.display())]
    #[diagnostic(help(
        "give a folder that `govcheck scan` or `govcheck collect` has written, or one that does not exist yet"
    ))]
    NotABundle { path: PathBuf },
    #[error("{path} is damaged: {problem}", path = path.display())]
    #[diagnostic(help("restore it from a copy, or scan again with --fresh"))]
    Damaged { path: PathBuf, problem: String },
    #[error("{path} holds the scan of another scope: {difference}", path = path.display())]
    #[diagnostic(help("give another folder with --bundle, or discard what it holds with --fresh"))]
    OtherScope { path: PathBuf, difference: String },
    #[error("another govcheck is writing {path}", path = path.display())]
    #[diagnostic(help("wait for it to end, or give another folder with --bundle"))]
    Locked { path: PathBuf },
}

impl BundleError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }
}

/// A bundle on disk.
#[derive(Debug)]
pub struct Bundle {
    dir: PathBuf,
    pub manifest: Manifest,
    /// Held while the bundle is written.
    _lock: Option<File>,
}

impl Bundle {
    /// Opens a bundle for writing: a new one, or the unfinished one of the same scope.
    ///
    /// # Errors
    /// When the folder holds something else, another scope, or cannot be written.
    pub fn open(dir: &Path, manifest: Manifest, fresh: bool) -> Result<Self, BundleError> {
        let exists = dir.join(MANIFEST).exists();
        if !may_be_written(dir) {
            return Err(BundleError::NotABundle { path: dir.to_owned() });
        }
        fs::create_dir_all(dir).map_err(BundleError::io("create", dir))?;
        let lock = lock(dir)?;
        let manifest = if exists && !fresh {
            let mut existing = Manifest::read(&dir.join(MANIFEST))?;
            existing.files.retain(|name, _| dir.join(name).exists());
            if let Some(difference) = existing.scope.difference(&manifest.scope) {
                return Err(BundleError::OtherScope { path: dir.to_owned(), difference });
            }
            existing
        } else {
            clear(dir)?;
            manifest
        };
        let accounts = dir.join(ACCOUNTS);
        fs::create_dir_all(&accounts).map_err(BundleError::io("create", &accounts))?;
        let bundle = Self { dir: dir.to_owned(), manifest, _lock: Some(lock) };
        bundle.accounts().iter().try_for_each(|id| bundle.verify(id))?;
        bundle.write_manifest()?;
        Ok(bundle)
    }

    /// Opens a bundle for reading.
    ///
    /// # Errors
    /// When it is none, or cannot be read.
    pub fn read(dir: &Path) -> Result<Self, BundleError> {
        if !dir.join(MANIFEST).exists() {
            return Err(BundleError::NotABundle { path: dir.to_owned() });
        }
        let manifest = Manifest::read(&dir.join(MANIFEST))?;
        Ok(Self { dir: dir.to_owned(), manifest, _lock: None })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn account_dir(&self, id: &AccountId) -> PathBuf {
        self.dir.join(ACCOUNTS).join(id.as_str())
    }

    /// Whether the account is done.
    pub fn has(&self, id: &AccountId) -> bool {
        self.account_dir(id).is_dir()
    }

    /// The accounts of the scope that are done, sorted.
    pub fn accounts(&self) -> Vec<AccountId> {
        let ids = self.manifest.scope.accounts.iter().map(|entry| entry.account.id.clone());
        let mut done: Vec<_> = ids.filter(|id| self.has(id)).collect();
        done.sort();
        done
    }

    /// Keeps what was seen of an account, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written; nothing of the account is kept then.
    pub fn write_account(&self, record: &AccountRecord) -> Result<(), BundleError> {
        let target = self.account_dir(&record.inventory.account.id);
        let unfinished = target.with_extension(UNFINISHED);
        remove(&unfinished)?;
        fs::create_dir_all(&unfinished).map_err(BundleError::io("create", &unfinished))?;
        if let Err(error) = record.write(&unfinished) {
            let _ = fs::remove_dir_all(&unfinished);
            return Err(error);
        }
        remove(&target)?;
        fs::rename(&unfinished, &target).map_err(BundleError::io("write", &target))
    }

    /// What was seen of an account.
    ///
    /// # Errors
    /// When it is not there or damaged.
    pub fn read_account(&self, id: &AccountId) -> Result<AccountRecord, BundleError> {
        self.verify(id)?;
        AccountRecord::read(&self.account_dir(id))
    }

    /// Whether the account's files are those that the manifest has the hashes of.
    fn verify(&self, id: &AccountId) -> Result<(), BundleError> {
        for name in AccountRecord::FILES {
            let path = self.account_dir(id).join(name);
            let listed = self.manifest.files.get(&format!("{ACCOUNTS}/{id}/{name}"));
            if let Some(digest) = listed
                && digest_of(&path)? != *digest
            {
                return Err(BundleError::Damaged {
                    path,
                    problem: "it is not what the manifest has the hash of".into(),
                });
            }
        }
        Ok(())
    }

    /// Keeps the report of a bundle that is sealed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_report(&mut self, json: &[u8]) -> Result<(), BundleError> {
        self.write_file(Path::new(REPORT), json)?;
        self.manifest.files.insert(REPORT.to_owned(), digest_of(&self.dir.join(REPORT))?);
        self.write_manifest()
    }

    /// Keeps the findings of the guardrails across all accounts.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_across(&mut self, findings: &[Finding]) -> Result<(), BundleError> {
        let path = self.dir.join(ACROSS);
        account::write_findings(findings, &path).map_err(BundleError::io("write", &path))?;
        self.manifest.files.insert(ACROSS.to_owned(), digest_of(&path)?);
        Ok(())
    }

    /// The findings of the guardrails across all accounts; none when there were no such guardrails.
    ///
    /// # Errors
    /// When they cannot be read, or are not what was written.
    pub fn read_across(&self) -> Result<Vec<Finding>, BundleError> {
        let path = self.dir.join(ACROSS);
        match self.manifest.files.get(ACROSS) {
            None => Ok(Vec::new()),
            Some(digest) if digest_of(&path)? == *digest => account::read_findings(&path),
            Some(_) => Err(BundleError::Damaged { path, problem: "its SHA-256 is not the manifest's".into() }),
        }
    }

    /// Keeps a file of the bundle, such as a rule.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_file(&self, name: &Path, contents: &[u8]) -> Result<(), BundleError> {
        let path = self.dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(BundleError::io("create", parent))?;
        }
        fs::write(&path, contents).map_err(BundleError::io("write", &path))
    }

    /// Writes the manifest with the SHA-256 of every other file.
    ///
    /// # Errors
    /// When a file cannot be read, or the manifest not written.
    pub fn seal(&mut self) -> Result<(), BundleError> {
        let mut files = Vec::new();
        list_files(&self.dir, &mut files)?;
        files.retain(|path| ![MANIFEST, LOCK].iter().any(|name| path == &self.dir.join(name)));
        files.retain(|path| !path.ancestors().take_while(|part| *part != self.dir).any(is_unfinished));
        self.manifest.files.clear();
        for path in files {
            let name = path.strip_prefix(&self.dir).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            self.manifest.files.insert(name, digest_of(&path)?);
        }
        self.write_manifest()
    }

    fn write_manifest(&self) -> Result<(), BundleError> {
        let path = self.dir.join(MANIFEST);
        let unfinished = path.with_extension(UNFINISHED);
        fs::write(&unfinished, self.manifest.to_json()).map_err(BundleError::io("write", &unfinished))?;
        fs::rename(&unfinished, &path).map_err(BundleError::io("write", &path))
    }
}

/// Whether a folder is a bundle, or holds no more than a bundle that was just begun. What belongs to others is neither,
/// though it may have a file of the manifest's name.
fn may_be_written(dir: &Path) -> bool {
    let manifest = dir.join(MANIFEST);
    if manifest.exists() {
        return dir.join(LOCK).exists() || Manifest::read(&manifest).is_ok();
    }
    let ours = |name: &std::ffi::OsStr| [LOCK, ACCOUNTS, RULES, REPORT, ACROSS].iter().any(|own| name == *own);
    let begun = dir.join(LOCK).exists();
    let mut entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.all(|entry| begun && (ours(&entry.file_name()) || is_unfinished(&entry.path())))
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == UNFINISHED)
}

/// SHA-256 in hex.
fn digest_of(path: &Path) -> Result<String, BundleError> {
    let bytes = fs::read(path).map_err(BundleError::io("read", path))?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn lock(dir: &Path) -> Result<File, BundleError> {
    let path = dir.join(LOCK);
    let file = File::create(&path).map_err(BundleError::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(BundleError::Locked { path: dir.to_owned() }),
        Err(fs::TryLockError::Error(source)) => Err(BundleError::Io { doing: "lock", path, source }),
    }
}

/// Removes what a bundle consists of, and nothing else.
fn clear(dir: &Path) -> Result<(), BundleError> {
    for name in [ACCOUNTS, RULES] {
        remove(&dir.join(name))?;
    }
    for name in [MANIFEST, REPORT, ACROSS] {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BundleError::io("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn remove(dir: &Path) -> Result<(), BundleError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BundleError::io("remove", dir)(error)),
        _ => Ok(()),
    }
}

fn list_files(dir: &Path, into: &mut Vec<PathBuf>) -> Result<(), BundleError> {
    for entry in fs::read_dir(dir).map_err(BundleError::io("read", dir))? {
        let entry = entry.map_err(BundleError::io("read", dir))?;
        let kind = entry.file_type().map_err(BundleError::io("read", dir))?;
        if kind.is_dir() {
            list_files(&entry.path(), into)?;
        } else if kind.is_file() {
            into.push(entry.path());
        }
    }
    Ok(())
}
