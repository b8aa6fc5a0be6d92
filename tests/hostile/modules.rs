//! Modules that attack their host, each with what it does and what the host says to it.
//!
//! Built in code, so that what is wrong with each can be read. A module is refused before it is
//! used, or its rows fail, or it does no harm; that it harms nobody else is for the tests to show.

pub(crate) mod assembly;
mod refused;
mod running;
mod shapes;

pub(crate) use assembly::Assembly;

/// A feature's value at which hostile modules do what they do.
pub(crate) const TRIGGER: f64 = 13.0;

/// A module that attacks its host.
pub(crate) struct Hostile {
    /// What it does.
    pub(crate) does: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) expected: Expected,
}

/// What the host says to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expected {
    /// It is refused; the message has this in it.
    Refused(&'static str),
    /// The rows whose feature is [`TRIGGER`] fail in this way, the message has this in it, and no
    /// other row fails.
    RowFails(&'static str, &'static str),
    /// Some of the rows that are looked at again fail as nondeterministic, and no other row fails.
    Caught,
    /// It does not get what it wants: no row fails.
    Harmless,
}

impl Hostile {
    fn refused(does: &'static str, bytes: Vec<u8>, message: &'static str) -> Self {
        let expected = Expected::Refused(message);
        Self {
            does,
            bytes,
            expected,
        }
    }
}

/// The module that the hostile ones are made of: its score is its one feature.
pub(crate) fn honest() -> Vec<u8> {
    Assembly::default().bytes()
}

/// All hostile modules.
pub(crate) fn hostile() -> Vec<Hostile> {
    let mut all = refused::modules();
    all.extend(running::modules());
    all
}
