//! Names of destinations: registrable domains, and what is grouped under one.

use std::net::IpAddr;

/// Lower-cases a host name as telemetry writes it, without the trailing dot and without a port.
/// `None` where the text is no name (empty, an address, a null spelling).
pub fn clean(text: &str) -> Option<String> {
    let text = text.trim();
    // Names are short, and few have a port: looked through byte by byte.
    let text = match text.bytes().position(|byte| byte == b':').and_then(|colon| text.split_at_checked(colon))
    {
        Some((name, port)) if port.bytes().skip(1).all(|byte| byte.is_ascii_digit()) => name,
        _ => text,
    };
    let text = text.trim_end_matches('.');
    if text.is_empty() || text == "-" || text.len() > 253 || crate::net::parse_ip(text).is_some() {
        return None;
    }
    Some(text.to_ascii_lowercase())
}

/// Services whose customers have a name of their own below, and which the public suffix list does not hold: vendors' documentation.
const TENANTED: &[&str] = &[
    "sharepoint.com",
    "atlassian.net",
    "app.box.com",
    "egnyte.com",
    "my.salesforce.com",
    "r2.cloudflarestorage.com",
    "service-now.com",
    "servicebus.windows.net",
    "sharefile.com",
    "slack.com",
    "zendesk.com",
];

/// The registrable domain of a name (`a.b.example.co.uk` → `example.co.uk`), by the public suffix list with its private part, so
/// that tenants of shared hosting stay apart (`x.blob.core.windows.net`); so do those of services that are known to have them
/// (`x.sharepoint.com`). A name without one stands for itself.
pub fn registrable(name: &str) -> &str {
    let domain = psl::domain_str(name).unwrap_or(name);
    tenant(name, domain).unwrap_or(domain)
}

/// The part of a name that names a tenant of a known service, where it is longer than the domain.
fn tenant<'n>(name: &'n str, domain: &str) -> Option<&'n str> {
    let service = TENANTED.iter().find(|service| service.ends_with(domain))?;
    let before = name.strip_suffix(service)?.strip_suffix('.')?;
    let label = before.rsplit('.').next().filter(|label| !label.is_empty() && *label != "www")?;
    name.get(before.len() - label.len()..)
}

/// The destination group: the registrable domain where a name is known, else the address.
pub fn group(name: Option<&str>, ip: IpAddr) -> String {
    match name {
        Some(name) => registrable(name).to_owned(),
        None => ip.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_of_shared_hosting_stay_apart() {
        assert_eq!(registrable("a.b.example.co.uk"), "example.co.uk");
        assert_eq!(registrable("x.blob.core.windows.net"), "x.blob.core.windows.net");
        assert_eq!(registrable("localhost"), "localhost");
        assert_eq!(registrable("a.corp-my.sharepoint.com"), "corp-my.sharepoint.com");
        assert_eq!(registrable("acme.app.box.com"), "acme.app.box.com");
        assert_eq!(registrable("www.slack.com"), "slack.com");
        assert_eq!(registrable("sharepoint.com"), "sharepoint.com");
        assert_eq!(registrable("notsharepoint.com"), "notsharepoint.com");
        assert_eq!(registrable("x.windows.net"), "windows.net");
    }

    #[test]
    fn cleaning() {
        assert_eq!(clean("Drop.Example.COM.:8443").as_deref(), Some("drop.example.com"));
        assert_eq!(clean("203.0.113.9"), None);
        assert_eq!(clean("-"), None);
        assert_eq!(clean("2001:db8::1"), None);
    }
}
