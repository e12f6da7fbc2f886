//! Controls: what ordinary programs send that looks like junk to a careless rule, and must not be marked.

mod json;
mod names;
mod pictures;
mod tunnels;

use super::kind::Kind;
use super::order::Carrier::{Dns, Http, Tcp, Udp};

const TEXT: &[&str] = &["plain", "structured"];
const PACKED: &[&str] = &["compressed", "structured"];
const MIXED: &[&str] = &["structured", "plain", "opaque", "compressed"];
const SEALED: &[&str] = &["opaque", "structured", "too_little"];
const PADDED: &[&str] = &["padded", "structured", "plain"];

/// All controls.
pub(crate) const CONTROLS: &[Kind] = &[
    Kind::new("plain_json", "json", &[Http, Tcp, Udp], TEXT, json::plain),
    Kind::new("gzip_json", "json", &[Http], PACKED, json::gzipped),
    Kind::new("signed_json", "json", &[Http], MIXED, json::signed),
    Kind::new("encrypted_fields", "encrypted", &[Http], MIXED, json::encrypted_fields),
    Kind::new("encrypted_as_json", "encrypted", &[Http], SEALED, json::encrypted_whole),
    Kind::new("png_images", "image", &[Http], PACKED, pictures::png),
    Kind::new("sealed_frames", "encrypted", &[Tcp], SEALED, tunnels::sealed_frames),
    Kind::new("wireguard", "vpn", &[Udp], SEALED, tunnels::wireguard),
    Kind::new("dns_plain", "dns", &[Dns], TEXT, names::plain),
    Kind::new("dns_padded", "dns", &[Dns], PADDED, names::padded),
];
