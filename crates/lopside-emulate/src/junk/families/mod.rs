//! Families of junk: what implants of record put into their messages, and kin of it.

mod beside;
mod burst;
mod constant;
mod decoys;
mod encoding;
mod fields;
mod fill;
mod headers;
mod hidden;
mod interleave;
mod labels;
mod peers;
mod steps;
mod wrapper;

use super::kind::Kind;
use super::order::Carrier::{Dns, Http, Tcp, Udp};

/// Structure contradicts the bytes, or statistics speak.
const MARKED: &[&str] = &["junk", "suspect"];

/// All families.
pub(crate) const FAMILIES: &[Kind] = &[
    Kind::new("head_filler", "head", &[Http, Tcp, Udp], MARKED, beside::head),
    Kind::new("tail_filler", "tail", &[Http, Tcp, Udp], MARKED, beside::tail),
    Kind::new("inside_filler", "inside", &[Http, Tcp, Udp], MARKED, beside::inside),
    Kind::new("char_noise", "interleaved", &[Http, Tcp, Udp], MARKED, interleave::body),
    Kind::new("char_noise_request", "interleaved", &[Http], MARKED, interleave::request),
    Kind::new("constant_junk", "constant", &[Http, Tcp, Udp], MARKED, constant::make),
    Kind::new("peer_tails", "tail", &[Udp, Tcp], MARKED, peers::make),
    Kind::new("noise_steps", "fields", &[Http], MARKED, steps::make),
    Kind::new("padded_fields", "fields", &[Http], MARKED, fields::padded),
    Kind::new("noise_fields", "fields", &[Http, Tcp], MARKED, fields::noise),
    Kind::new("random_identifiers", "fields", &[Http], MARKED, fields::identifiers),
    Kind::new("polluted_base64", "encoding", &[Http, Tcp], MARKED, encoding::body),
    Kind::new("polluted_request", "encoding", &[Http], MARKED, encoding::request),
    Kind::new("big_cookies", "headers", &[Http], MARKED, headers::cookies),
    Kind::new("big_headers", "headers", &[Http], MARKED, headers::headers),
    Kind::new("dummy_requests", "decoys", &[Http], MARKED, decoys::dummies),
    Kind::new("decoy_requests", "decoys", &[Http], MARKED, decoys::around),
    Kind::new("random_burst", "burst", &[Tcp, Udp, Http], MARKED, burst::make),
    Kind::new("noisy_setup", "burst", &[Tcp], MARKED, burst::setup),
    Kind::new("reply_wrapper", "wrapper", &[Http], MARKED, wrapper::make),
    Kind::new("size_fill", "fill", &[Http, Tcp, Udp], MARKED, fill::make),
    Kind::new("polluted_labels", "labels", &[Dns], MARKED, labels::polluted),
    Kind::new("junk_labels", "labels", &[Dns], MARKED, labels::added),
    Kind::new("junk_answers", "labels", &[Dns], MARKED, labels::answers),
    Kind::new("multipart_rest", "hidden", &[Http], MARKED, hidden::multipart).hard(),
    Kind::new("chunk_extensions", "hidden", &[Http], MARKED, hidden::chunk_extensions).hard(),
    Kind::new("noise_comments", "hidden", &[Http], MARKED, hidden::comments).hard(),
    Kind::new("noise_blanks", "hidden", &[Http, Tcp], MARKED, hidden::blanks).hard(),
    Kind::new("datagram_tails", "tail", &[Udp, Dns], MARKED, hidden::datagram_tails).hard(),
    Kind::new("polluted_hex", "encoding", &[Http, Tcp, Udp], MARKED, hidden::hex_digits).hard(),
    Kind::new("polluted_lines", "encoding", &[Http, Tcp], MARKED, hidden::lines).hard(),
    Kind::new("file_tails", "tail", &[Http], MARKED, hidden::file_tails).hard(),
    Kind::new("noise_parameters", "headers", &[Http], MARKED, hidden::parameters).hard(),
];
