//! A real Kafka broker for the tests, shared by all tests of a process.
//!
//! `PULS_TEST_KAFKA=host:port` names one that runs already; otherwise `tests/broker/start` starts
//! one and ends it when this process is gone, however it went: the script waits on a pipe that
//! only this process holds. Tests share the broker and never each other's topics: each takes a
//! [`prefix`] of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A broker and, if it is ours, the process that ends with us.
#[derive(Debug)]
pub struct Broker {
    address: String,
    /// Holds the pipe; never waited for, since the process outlives every test.
    _process: Option<Child>,
}

impl Broker {
    /// `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// The broker of this process.
///
/// # Panics
/// Where none can be started; the message says what to install.
#[must_use]
pub fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(|| match std::env::var("PULS_TEST_KAFKA") {
        Ok(address) if !address.is_empty() => Broker {
            address,
            _process: None,
        },
        _ => start(),
    })
}

/// A prefix for topics, groups and instances that no other test and no other run uses.
#[must_use]
pub fn prefix(test: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{test}-{}-{number}.", std::process::id())
}

fn start() -> Broker {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/broker/start");
    let mut process = Command::new(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("start {script}: {error}"));
    let mut address = String::new();
    let output = process.stdout.take().expect("its output is piped");
    BufReader::new(output)
        .read_line(&mut address)
        .expect("its output is text");
    assert!(
        !address.trim().is_empty(),
        "no broker: see what {script} says above"
    );
    Broker {
        address: address.trim().to_owned(),
        _process: Some(process),
    }
}
