//! A mock AWS for tests: moto in a virtual environment of its own, and the fleet of accounts that `tests/moto` puts
//! into it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::root;
use super::venv::{Venv, run};

const START_ATTEMPTS: usize = 5;
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A moto server, stopped when dropped.
pub(crate) struct Moto {
    server: Child,
    port: u16,
    /// Holds the server's log.
    _dir: TempDir,
}

impl Moto {
    /// Starts an empty mock AWS.
    pub(crate) fn start() -> Self {
        let venv = Venv::ready("moto");
        for _ in 0..START_ATTEMPTS {
            // Another process may take the port before the server does: it ends, and the next port is tried.
            if let Some(moto) = Self::start_on(&venv, free_port()) {
                return moto;
            }
        }
        panic!("failed to start moto_server on {START_ATTEMPTS} different ports");
    }

    fn start_on(venv: &Venv, port: u16) -> Option<Self> {
        let dir = TempDir::new().expect("failed to make a directory for moto's log");
        let log_path = dir.path().join("moto.log");
        let log = File::create(&log_path).expect("failed to make moto's log");
        let server = Command::new(venv.program("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            // Otherwise 1,300 snapshots belong to every caller.
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .env("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "false")
            // moto turns the wall clock of its time zone into seconds since the epoch, as if it were UTC.
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("failed to share moto's log"))
            .stderr(log)
            .spawn()
            .expect("failed to run moto_server");
        let mut moto = Self { server, port, _dir: dir };
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if moto.server.try_wait().expect("failed to ask after moto_server").is_some() {
                return None;
            }
            if moto.answers() {
                return Some(moto);
            }
            let log = || fs::read_to_string(&log_path).unwrap_or_default();
            assert!(Instant::now() < deadline, "moto_server does not answer; its log:\n{}", log());
            sleep(Duration::from_millis(100));
        }
    }

    fn answers(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
        let mut reply = [0; 12];
        stream.set_read_timeout(Some(Duration::from_secs(10))).is_ok()
            && stream.write_all(b"GET /moto-api/ HTTP/1.0\r\nHost: localhost\r\n\r\n").is_ok()
            && stream.read_exact(&mut reply).is_ok()
            && reply.ends_with(b"200")
    }

    /// Where the mock AWS listens. A name and not an address, as S3 Control puts the account id in front of it.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The environment in which an AWS SDK talks to this server and to nothing else.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_REGION", "ap-northeast-1".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_CONFIG_FILE", "/dev/null".into()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        ]
    }

    /// Empties the server, then fills it with a fleet whose verdicts are known: that of `tests/moto/{family}.py`.
    pub(crate) fn seed(&self, family: &str) -> Fleet {
        let dir = TempDir::new().expect("failed to make a directory for the fleet");
        let mut seed = Command::new(Venv::ready("moto").program("python"));
        seed.arg("-B")
            .arg(root().join("tests/moto").join(family).with_extension("py"))
            .arg(self.endpoint())
            .arg(dir.path());
        for (name, value) in self.env() {
            seed.env(name, value);
        }
        run(&mut seed, "seed the fleet");
        Fleet { dir }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // Nothing to do about a server that has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The fleet's files: what to scan it with, and the verdicts it deserves.
pub(crate) struct Fleet {
    dir: TempDir,
}

impl Fleet {
    /// The accounts file.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.dir.path().join("accounts.yaml")
    }

    /// Another file that the family's script wrote.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The parameters on which [`Fleet::truth`] rests.
    pub(crate) fn params(&self) -> PathBuf {
        self.dir.path().join("params.yaml")
    }

    /// The parameters under which every active access key is too old.
    pub(crate) fn params_zero_age(&self) -> PathBuf {
        self.dir.path().join("params_zero_age.yaml")
    }

    /// All known verdicts. A finding that is not among them must be `not_applicable`.
    pub(crate) fn truth(&self) -> Vec<Known> {
        self.read("truth.json")
    }

    /// The known verdicts of GC-IAM-007 under [`Fleet::params_zero_age`].
    pub(crate) fn truth_zero_age(&self) -> Vec<Known> {
        self.read("truth_zero_age.json")
    }

    fn read(&self, name: &str) -> Vec<Known> {
        let text = fs::read_to_string(self.dir.path().join(name)).expect("failed to read the fleet's truth");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("the fleet's truth is a JSON list");
        rows.iter().map(Known::of).collect()
    }
}

/// One known verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Known {
    pub(crate) alias: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) resource_type: String,
    pub(crate) resource_name: String,
    pub(crate) verdict: String,
}

impl Known {
    fn of(row: &serde_json::Value) -> Self {
        let text = |name: &str| match row[name].as_str() {
            Some(text) => text.to_owned(),
            None => panic!("a verdict of the fleet lacks {name}: {row}"),
        };
        Self {
            alias: text("alias"),
            account: text("account"),
            region: text("region"),
            resource_type: text("resource_type"),
            resource_name: text("resource_name"),
            verdict: text("verdict"),
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("failed to find a free port");
    listener.local_addr().expect("failed to read the free port").port()
}
