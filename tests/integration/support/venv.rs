//! Python environments for tests: one for each folder `tests/NAME` with a `requirements.txt`.
//!
//! An environment is made once, as `target/NAME`, and needs `python3` with its `venv` module and a package index.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::root;

/// A virtual environment.
pub(crate) struct Venv {
    dir: PathBuf,
}

impl Venv {
    /// Makes the environment `name` unless it is there with the very same requirements.
    pub(crate) fn ready(name: &str) -> Self {
        let requirements = root().join("tests").join(name).join("requirements.txt");
        let wanted = fs::read_to_string(&requirements).expect("failed to read the requirements of a test");
        let target = root().join("target");
        fs::create_dir_all(&target).expect("failed to make the target directory");
        let venv = Self { dir: target.join(name) };
        let stamp = venv.dir.join("requirements.installed");

        // Tests run in several processes; the first makes the environment, the others wait for it.
        let lock = File::create(target.join(format!("{name}.lock"))).expect("failed to make an environment's lock");
        lock.lock().expect("failed to lock an environment");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return venv;
        }
        let mut create = Command::new("python3");
        create.args(["-m", "venv", "--clear"]).arg(&venv.dir);
        run(&mut create, "make a Python environment (this test needs python3 with its venv module)");
        let mut install = Command::new(venv.program("python"));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements);
        run(&mut install, "install what a test needs (with pip, from a package index)");
        fs::write(&stamp, wanted).expect("failed to stamp an environment");
        venv
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join("bin").join(name)
    }
}

/// Runs a command to its good end.
pub(crate) fn run(command: &mut Command, what: &str) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("failed to {what}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("failed to {what}: {error}"),
    }
}
