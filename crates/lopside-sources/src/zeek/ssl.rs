//! `ssl.log`: the server name that the client asked for, in the clear even where everything after is not. With Encrypted Client Hello it
//! is the public outer name. Without one (no SNI, or an address instead of a name) the common name of the server's certificate, which
//! is another kind of name: whoever makes a certificate writes the name, so that only one which the sensor verified is relied on.

use lopside_model::record::NameSource;
use lopside_model::{Micros, Protocol, name};

use super::field::{Field, Row, Wrong};
use super::names;
use super::read::Writer;

/// One record to the name of its flow.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    let asked = names::of(row, Field::ServerName);
    let (name, origin) = match asked {
        Some(asked) => (Some(asked), NameSource::Sni),
        None => certificate(row),
    };
    names::put(row, time, (name, origin, Protocol::TCP), writer)
}

/// The name in the certificate, and how far it can be trusted.
fn certificate(row: &impl Row) -> (Option<String>, NameSource) {
    let name = row.text(Field::Subject).as_deref().and_then(common_name).and_then(host_name);
    let verified = row.raw(Field::Validation) == Some("ok");
    (name, if verified { NameSource::Certificate } else { NameSource::CertificateUnverified })
}

/// The common name of a subject as RFC 2253 writes it (`CN=files.example,O=Example\\, Inc.`); `None` where it holds an escape, which no
/// host name does.
fn common_name(subject: &str) -> Option<&str> {
    let mut parts = subject.split([',', '+']);
    let name = parts.find_map(|part| part.trim_start().strip_prefix("CN="))?;
    (!name.contains('\\')).then_some(name)
}

/// The host name that a common name is: a domain, of a wildcard what stands below it.
fn host_name(common: &str) -> Option<String> {
    let common = common.strip_prefix("*.").unwrap_or(common);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let domain = common.contains('.') && common.bytes().all(plain) && !common.starts_with('.');
    domain.then(|| name::clean(common)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(subject: &str) -> Option<String> {
        common_name(subject).and_then(host_name)
    }

    #[test]
    fn the_common_name_of_a_subject_is_a_name_where_it_is_one_of_a_host() {
        assert_eq!(named("CN=Files.Example,O=Example\\, Inc.,C=US").as_deref(), Some("files.example"));
        assert_eq!(
            named("emailAddress=a@rempel.example,CN=rempel.example,OU=a,O=R,C=US").as_deref(),
            Some("rempel.example")
        );
        assert_eq!(named("O=Example+CN=*.cdn.example").as_deref(), Some("cdn.example"));
        for none in [
            "O=Example",
            "CN=Example CA",
            "CN=localhost",
            "CN=192.0.2.1",
            "CN=a\\,b.example",
            "CN=",
            "CN=*.",
            "O=CN,OU=x",
        ] {
            assert_eq!(named(none), None, "{none}");
        }
    }
}
