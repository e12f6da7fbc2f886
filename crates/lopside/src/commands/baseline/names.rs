//! Names of a baseline as a person sees them: escaped, and redacted where that is asked for.

use lopside_score::{Kind, NO_PROCESS, UNMONITORED};

use crate::output::safe;
use crate::redact::{Kind as Redacted, Redactor};

/// A process identity; what stands for no process is said.
pub(super) fn process(name: &str, redact: Option<&Redactor>) -> String {
    match name {
        NO_PROCESS => "(no process known)".to_owned(),
        UNMONITORED => "(hosts without endpoint events)".to_owned(),
        name => safe::text(&redact.map_or(name.into(), |redact| redact.path(name))).into_owned(),
    }
}

/// A host.
pub(super) fn host(name: &str, redact: Option<&Redactor>) -> String {
    safe::text(&redact.map_or_else(|| name.to_owned(), |redact| redact.host(name))).into_owned()
}

/// A user.
pub(super) fn user(name: &str, redact: Option<&Redactor>) -> String {
    safe::text(&told(Kind::User, name, redact)).into_owned()
}

/// A destination: a name without a dot is a host of one's own.
pub(super) fn destination(name: &str, redact: Option<&Redactor>) -> String {
    if name.contains('.') || name.contains(':') { safe::text(name).into_owned() } else { host(name, redact) }
}

/// A process identity, where it is one.
pub(super) fn known(name: &str) -> Option<&str> {
    (!matches!(name, NO_PROCESS | UNMONITORED)).then_some(name)
}

/// A name of a kind for scripts: redacted where that is asked for, and escaped by what writes it.
pub(super) fn told(kind: Kind, name: &str, redact: Option<&Redactor>) -> String {
    let Some(redact) = redact else { return name.to_owned() };
    match kind {
        Kind::Process => redact.path(name).into_owned(),
        Kind::Host => redact.host(name),
        Kind::User => redact.token(Redacted::User, name),
        Kind::Destination if name.contains('.') || name.contains(':') => name.to_owned(),
        Kind::Destination => redact.host(name),
    }
}

/// A name of a kind.
pub(super) fn of(kind: Kind, name: &str, redact: Option<&Redactor>) -> String {
    match kind {
        Kind::Process => process(name, redact),
        Kind::Host => host(name, redact),
        Kind::User => user(name, redact),
        Kind::Destination => destination(name, redact),
    }
}
