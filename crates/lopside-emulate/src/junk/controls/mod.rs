//! Controls: what ordinary programs send that looks like junk to a careless rule, and must not be marked.

mod brokers;
mod databases;
mod devices;
mod dumps;
mod files;
mod json;
mod mail;
mod media;
mod names;
mod odd;
mod pages;
mod peers;
mod repositories;
mod rpc;
mod sessions;
mod shells;
mod streams;
mod tunnels;

use super::kind::Kind;
use super::order::Carrier::{Dns, Http, Tcp, Udp};

/// Text, verified by parsing or not.
const TEXT: &[&str] = &["plain", "structured"];
/// What a packer made.
const PACKED: &[&str] = &["compressed", "structured"];
/// Text with parts that look random, or binary structures.
const MIXED: &[&str] = &["structured", "plain", "opaque", "compressed"];
/// Ciphertext.
const SEALED: &[&str] = &["opaque", "structured", "too_little"];
/// Filled up by convention.
const PADDED: &[&str] = &["padded", "structured", "plain", "compressed", "opaque"];
/// Protocols that are encrypted as a whole.
const APART: &[&str] = &["not_applicable", "opaque", "structured"];

/// All controls.
pub(crate) const CONTROLS: &[Kind] = &[
    Kind::new("plain_json", "json", &[Http, Tcp, Udp], TEXT, json::plain),
    Kind::new("gzip_json", "json", &[Http], PACKED, json::gzipped),
    Kind::new("signed_json", "json", &[Http], MIXED, json::signed),
    Kind::new("encrypted_fields", "encrypted", &[Http], MIXED, json::encrypted_fields),
    Kind::new("encrypted_as_json", "encrypted", &[Http], SEALED, json::encrypted_whole),
    Kind::new("encrypted_backup", "encrypted", &[Http, Tcp], SEALED, json::encrypted_backup),
    Kind::new("records_with_ids", "json", &[Http], TEXT, json::identifiers),
    Kind::new("bearer_tokens", "tokens", &[Http], TEXT, sessions::bearer),
    Kind::new("renewed_sessions", "tokens", &[Http], TEXT, sessions::renewed),
    Kind::new("analytics_cookies", "tokens", &[Http], TEXT, sessions::analytics),
    Kind::new("signed_requests", "tokens", &[Http], TEXT, sessions::signed_requests),
    Kind::new("tracking_beacons", "tokens", &[Http], TEXT, sessions::beacons),
    Kind::new("polling", "requests", &[Http], TEXT, sessions::polling),
    Kind::new("browsing", "requests", &[Http], TEXT, sessions::browsing),
    Kind::new("view_state", "pages", &[Http], MIXED, pages::view_state),
    Kind::new("saml_posts", "pages", &[Http], MIXED, pages::saml),
    Kind::new("html_pages", "pages", &[Http], TEXT, pages::html),
    Kind::new("scripts", "pages", &[Http], TEXT, pages::scripts),
    Kind::new("signed_xml", "pages", &[Http], MIXED, pages::signed_xml),
    Kind::new("csv_identifiers", "text", &[Http, Tcp], TEXT, pages::csv),
    Kind::new("log_upload", "text", &[Http, Tcp], TEXT, pages::logs),
    Kind::new("png_images", "image", &[Http], PACKED, files::png),
    Kind::new("jpeg_images", "image", &[Http], PACKED, files::jpeg),
    Kind::new("data_uris", "image", &[Http], MIXED, files::data_uris),
    Kind::new("zip_archives", "archive", &[Http], PACKED, files::zip),
    Kind::new("tar_archives", "archive", &[Http], PADDED, files::tar),
    Kind::new("ranges_of_archive", "archive", &[Http], MIXED, files::ranges),
    Kind::new("office_documents", "archive", &[Http], PACKED, files::office),
    Kind::new("pdf_multipart", "archive", &[Http], MIXED, files::pdf_multipart),
    Kind::new("event_stream", "streaming", &[Http], TEXT, streams::events),
    Kind::new("blank_keep_alive", "streaming", &[Http], TEXT, streams::blanks),
    Kind::new("web_socket", "streaming", &[Http], MIXED, streams::web_socket),
    Kind::new("crash_dump", "dump", &[Http], PADDED, dumps::crash),
    Kind::new("zero_padded_records", "dump", &[Tcp, Http, Udp], PADDED, dumps::records),
    Kind::new("sensor_records", "dump", &[Tcp, Udp], MIXED, dumps::sensors),
    Kind::new("disk_blocks", "dump", &[Tcp], PADDED, dumps::blocks),
    Kind::new("git_push", "repository", &[Http], MIXED, repositories::push),
    Kind::new("git_fetch", "repository", &[Tcp], MIXED, repositories::fetch),
    Kind::new("protobuf_http", "rpc", &[Http], MIXED, rpc::protobuf),
    Kind::new("grpc_web", "rpc", &[Http], MIXED, rpc::grpc_web),
    Kind::new("msgpack_http", "rpc", &[Http], MIXED, rpc::msgpack),
    Kind::new("grpc", "rpc", &[Tcp], MIXED, rpc::grpc),
    Kind::new("msgpack_rpc", "rpc", &[Tcp], MIXED, rpc::msgpack_rpc),
    Kind::new("thrift", "rpc", &[Tcp], MIXED, rpc::thrift),
    Kind::new("codes_before_json", "rpc", &[Tcp], MIXED, rpc::authenticated),
    Kind::new("postgresql", "database", &[Tcp], MIXED, databases::postgresql),
    Kind::new("mysql", "database", &[Tcp], MIXED, databases::mysql),
    Kind::new("redis", "database", &[Tcp], MIXED, databases::redis),
    Kind::new("memcached", "database", &[Tcp], MIXED, databases::memcached),
    Kind::new("mongodb", "database", &[Tcp], MIXED, databases::mongodb),
    Kind::new("mqtt", "broker", &[Tcp], MIXED, brokers::mqtt),
    Kind::new("amqp", "broker", &[Tcp], MIXED, brokers::amqp),
    Kind::new("kafka", "broker", &[Tcp], MIXED, brokers::kafka),
    Kind::new("stomp", "broker", &[Tcp], MIXED, brokers::stomp),
    Kind::new("smtp_attachments", "mail", &[Tcp], MIXED, mail::smtp),
    Kind::new("imap_fetch", "mail", &[Tcp], MIXED, mail::imap),
    Kind::new("ssh", "shell", &[Tcp], APART, shells::ssh),
    Kind::new("tls", "shell", &[Tcp], APART, shells::tls),
    Kind::new("sealed_frames", "encrypted", &[Tcp], SEALED, tunnels::sealed_frames),
    Kind::new("bare_ciphertext", "encrypted", &[Tcp, Udp], SEALED, tunnels::bare),
    Kind::new("openvpn_tcp", "vpn", &[Tcp], SEALED, tunnels::openvpn),
    Kind::new("openvpn", "vpn", &[Udp], SEALED, tunnels::openvpn),
    Kind::new("wireguard", "vpn", &[Udp], SEALED, tunnels::wireguard),
    Kind::new("esp", "vpn", &[Udp], SEALED, tunnels::esp),
    Kind::new("quic", "vpn", &[Udp], APART, tunnels::quic),
    Kind::new("dtls", "vpn", &[Udp], APART, tunnels::dtls),
    Kind::new("wav_upload", "media", &[Http], MIXED, media::wav),
    Kind::new("mp3_stream", "media", &[Http], MIXED, media::mp3),
    Kind::new("ogg_upload", "media", &[Http], MIXED, media::ogg),
    Kind::new("encrypted_segments", "media", &[Http], SEALED, media::segments),
    Kind::new("rtp", "media", &[Udp], MIXED, media::rtp),
    Kind::new("srtp", "media", &[Udp], SEALED, media::srtp),
    Kind::new("game", "game", &[Udp], MIXED, peers::game),
    Kind::new("sealed_game", "game", &[Udp], SEALED, peers::sealed_game),
    Kind::new("stun", "game", &[Udp], MIXED, peers::stun),
    Kind::new("dht", "game", &[Udp], MIXED, peers::dht),
    Kind::new("bittorrent", "game", &[Tcp], MIXED, peers::bittorrent),
    Kind::new("syslog", "device", &[Udp, Tcp], TEXT, devices::syslog),
    Kind::new("statsd", "device", &[Udp], TEXT, devices::statsd),
    Kind::new("coap", "device", &[Udp], MIXED, devices::coap),
    Kind::new("netflow", "device", &[Udp], MIXED, devices::netflow),
    Kind::new("gelf", "device", &[Udp], PACKED, devices::gelf),
    Kind::new("ntp", "device", &[Udp], MIXED, devices::ntp),
    Kind::new("tftp", "device", &[Udp], MIXED, devices::tftp),
    Kind::new("dns_plain", "dns", &[Dns], TEXT, names::plain),
    Kind::new("dns_padded", "dns", &[Dns], PADDED, names::padded),
    Kind::new("dns_cookies", "dns", &[Dns], TEXT, names::cookies),
    Kind::new("dns_delivery", "dns", &[Dns], TEXT, names::delivery),
    Kind::new("dns_reputation", "dns", &[Dns], TEXT, names::reputation),
    Kind::new("dns_signed", "dns", &[Dns], MIXED, names::signed),
    Kind::new("dns_mail_keys", "dns", &[Dns], TEXT, names::mail_keys),
    Kind::new("dns_devices", "dns", &[Dns], TEXT, names::devices),
    Kind::new("dns_probes", "dns", &[Dns], TEXT, names::probes),
    Kind::new("json_lines", "text", &[Http, Tcp], TEXT, odd::json_lines),
    Kind::new("wide_text", "text", &[Http, Tcp], TEXT, odd::wide_text),
    Kind::new("keys_in_json", "text", &[Http], MIXED, odd::keys_in_json),
    Kind::new("guarded_json", "odd", &[Http], TEXT, odd::guarded_json).hard(),
    Kind::new("old_encodings", "odd", &[Http, Tcp], TEXT, odd::encodings).hard(),
    Kind::new("signed_chunks", "odd", &[Http], MIXED, odd::signed_chunks).hard(),
    Kind::new("motion_photos", "odd", &[Http], PACKED, odd::motion_photos).hard(),
    Kind::new("changed_documents", "odd", &[Http], MIXED, odd::changed_documents).hard(),
    Kind::new("self_extracting", "odd", &[Http], MIXED, odd::self_extracting).hard(),
    Kind::new("gzip_members", "odd", &[Http], PADDED, odd::gzip_members).hard(),
    Kind::new("sealed_ladder", "odd", &[Http, Tcp, Udp], SEALED, odd::sealed_ladder).hard(),
    Kind::new("obfuscated_tunnel", "odd", &[Udp], SEALED, odd::obfuscated).hard(),
    Kind::new("clinic_messages", "odd", &[Tcp], TEXT, odd::clinic).hard(),
    Kind::new("bitmaps", "odd", &[Http], MIXED, odd::bitmaps).hard(),
];
