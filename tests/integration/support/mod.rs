//! What the tests share: the binary under test, and the servers it talks to.

pub(crate) mod actions;
pub(crate) mod bundle;
pub(crate) mod choices;
pub(crate) mod fake_aws;
pub(crate) mod hostile;
pub(crate) mod inquiry;
pub(crate) mod moto;
pub(crate) mod scan;
pub(crate) mod venv;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

/// A run of the binary, with an environment of its own.
pub(crate) struct Govcheck {
    pub(crate) command: Command,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; minus the number of the signal that ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary with nothing of the caller's environment but the path, in English, in an empty folder of its own.
pub(crate) fn govcheck() -> Govcheck {
    let mut command = Command::new(env!("CARGO_BIN_EXE_govcheck"));
    command.env_clear().stdin(Stdio::null());
    for name in ["PATH", "HOME", "TMPDIR", "SystemRoot"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("GOVCHECK_LANG", "en")
        .env("AWS_ACCESS_KEY_ID", "AKIA000000000000")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
    Govcheck { command }
}

impl Govcheck {
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub(crate) fn run(mut self) -> Run {
        Run::of(self.command.output().expect("the binary starts"))
    }

    /// Starts the run without waiting for its end.
    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(self.command.spawn().expect("the binary starts")))
    }

    /// The same run where no file may grow beyond half a mebibyte or so (shells disagree on the unit); it is told so,
    /// as by a full disk, and not killed.
    #[cfg(unix)]
    pub(crate) fn with_small_files(self) -> Self {
        self.under("/bin/sh", &["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\""])
    }

    /// The same run as the last arguments of another program.
    pub(crate) fn under(self, program: &str, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(args).arg(self.command.get_program()).args(self.command.get_args());
        command.env_clear().stdin(Stdio::null());
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(dir) = self.command.get_current_dir() {
            command.current_dir(dir);
        }
        Self { command }
    }
}

/// A run that has not ended; it is killed when dropped.
pub(crate) struct Running(Option<Child>);

impl Running {
    /// Sends a signal, by its name without `SIG`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.as_ref().expect("a child").id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill starts");
        assert!(sent.success(), "SIG{name} was not sent");
    }

    pub(crate) fn wait(mut self) -> Run {
        Run::of(self.0.take().expect("a child").wait_with_output().expect("the binary ends"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Run {
    fn of(Output { status, stdout, stderr }: Output) -> Self {
        Self {
            code: status.code().unwrap_or_else(|| -signal(status)),
            stdout: String::from_utf8(stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// The run, which must have ended with this code.
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or_default()
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> i32 {
    1
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
