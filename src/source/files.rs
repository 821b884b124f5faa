//! Reading the local files that a file names: below one folder, and never out of it.

use std::path::{Component, Path, PathBuf};

use crate::syntax::{Fault, SourceFile};

/// The folder below which files may be read; nothing where there is none, as for the standard input.
#[derive(Clone, Debug, Default)]
pub struct Files {
    root: Option<PathBuf>,
}

/// Why a file that another one names was not read.
#[derive(Debug)]
pub enum Refusal {
    /// It is not a local path, or lies outside the folder: nothing is wrong with the file that names it.
    Elsewhere,
    /// It is local, and cannot be read.
    Unreadable(Fault),
}

impl Files {
    /// No file at all may be read.
    pub fn none() -> Self {
        Self::default()
    }

    /// The files below a folder.
    pub fn below(root: &Path) -> Self {
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        Self { root: root.canonicalize().ok() }
    }

    /// Reads a file that another one names, relative to that other one. The name is that of the other file's folder with
    /// the path added, as a person would write it.
    ///
    /// # Errors
    /// [`Refusal::Elsewhere`] for an address, an absolute path, a path (links followed) out of the folder, and one where
    /// there is no file; [`Refusal::Unreadable`] for a file that is too large or not UTF-8.
    pub fn read(&self, from: &str, path: &str) -> Result<SourceFile, Refusal> {
        let name = beside(from, path).ok_or(Refusal::Elsewhere)?;
        let root = self.root.as_deref().ok_or(Refusal::Elsewhere)?;
        let real = Path::new(&name).canonicalize().map_err(|_| Refusal::Elsewhere)?;
        if !real.starts_with(root) || !real.is_file() {
            return Err(Refusal::Elsewhere);
        }
        let file = SourceFile::read(&real).map_err(Refusal::Unreadable)?;
        Ok(SourceFile { name: name.into(), ..file })
    }
}

/// The path of `path` seen from where `from` is seen, without `.` and `..` inside; nothing for one that is not relative.
fn beside(from: &str, path: &str) -> Option<String> {
    let path = path.strip_prefix("file://").unwrap_or(path);
    if path.contains("://") || path.contains('\0') || path.is_empty() {
        return None;
    }
    let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    let absolute = folder.is_absolute();
    for component in folder.components() {
        match component {
            Component::Prefix(_) => return None,
            Component::RootDir | Component::CurDir => {}
            Component::Normal(part) => parts.push(part),
            Component::ParentDir => parts.push("..".as_ref()),
        }
    }
    for component in Path::new(path).components() {
        match component {
            Component::Prefix(_) | Component::RootDir => return None,
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part),
            Component::ParentDir => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ => parts.push("..".as_ref()),
            },
        }
    }
    let joined: Vec<&str> = parts.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
    let joined = joined.join("/");
    Some(if absolute { format!("/{joined}") } else { joined })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Files, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("in/sub")).unwrap();
        std::fs::write(folder.path().join("in/sub/child.yaml"), "a: 1\n").unwrap();
        std::fs::write(folder.path().join("secret.yaml"), "a: 1\n").unwrap();
        let files = Files::below(&folder.path().join("in"));
        let from = folder.path().join("in/main.yaml").display().to_string();
        (folder, files, from)
    }

    #[test]
    fn a_file_below_the_folder_is_read_under_the_name_a_person_would_write() {
        let (folder, files, from) = folder();
        let file = files.read(&from, "./sub/../sub/child.yaml").unwrap();
        assert_eq!(file.name.as_ref(), folder.path().join("in/sub/child.yaml").display().to_string());
    }

    #[test]
    fn nothing_outside_the_folder_is_read() {
        let (folder, files, from) = folder();
        let absolute = folder.path().join("in/sub/child.yaml").display().to_string();
        let outside = ["../secret.yaml", &absolute, "https://x/child.yaml", "s3://b/c", "none.yaml", "sub", "", "\0"];
        for path in outside {
            assert!(matches!(files.read(&from, path), Err(Refusal::Elsewhere)), "{path}");
        }
        assert!(matches!(Files::none().read(&from, "sub/child.yaml"), Err(Refusal::Elsewhere)));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let (folder, files, from) = folder();
        std::os::unix::fs::symlink(folder.path().join("secret.yaml"), folder.path().join("in/link.yaml")).unwrap();
        assert!(matches!(files.read(&from, "link.yaml"), Err(Refusal::Elsewhere)));
    }
}
