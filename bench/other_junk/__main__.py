"""A second set of captures with junk in payloads and without, unlike that of `lopside emulate junk`.

It shares no code and no list with the emulator: families and controls are written from what is published on implants and protocols.
Needs Python alone; the same arguments write the same bytes.

    python3 bench/other_junk OUT [--seed S] [--rounds N]
    lopside evaluate OUT
"""

import argparse
import json
import os
import random

import disguise
import junk
import ordinary_files as files
import ordinary_more as more
import ordinary_tcp as tcp
import ordinary_udp as udp
import ordinary_web as web
from wire import Conversation, Path, play, stamp, write_pcap

ANY = ("http", "http", "http", "tcp", "tcp", "udp")
# name, class, function, carriers, how many a round
FAMILIES = [
    ("filler_head", "head", junk.filler("head"), ANY, 3),
    ("filler_tail", "tail", junk.filler("tail"), ANY, 4),
    ("filler_inside", "inside", junk.filler("inside"), ANY, 3),
    ("every_few", "interleaved", junk.every_few, ANY, 3),
    ("every_few_request", "interleaved", junk.every_few_request, ("http",), 2),
    ("one_length", "constant", junk.one_length, ANY, 4),
    ("orion_steps", "fields", junk.orion_steps, ("http",), 2),
    ("padded_reports", "fields", junk.padded_reports, ("http", "http", "tcp"), 3),
    ("noise_fields", "fields", junk.noise_fields, ("http", "http", "tcp", "udp"), 3),
    ("random_names", "fields", junk.random_names, ("http",), 1),
    ("round_fill", "fill", junk.round_fill, ANY, 3),
    ("noise_messages", "burst", junk.noise_messages, ANY, 2),
    ("bursts", "burst", junk.bursts, ("http", "http", "tcp", "udp"), 2),
    ("noisy_setup", "burst", junk.noisy_setup, ("tcp",), 1),
    ("dirty_base64", "encoding", disguise.dirty_base64, ANY, 4),
    ("dirty_cookie", "encoding", disguise.dirty_cookie, ("http",), 2),
    ("page_bits", "encoding", disguise.page_bits, ("http",), 2),
    ("fat_cookies", "headers", disguise.fat_cookies, ("http",), 2),
    ("knocks", "decoys", disguise.knocks, ("http",), 2),
    ("cover_visits", "decoys", disguise.cover_visits, ("http",), 1),
    ("wrapped_replies", "wrapper", disguise.wrapped_replies, ("http",), 3),
    ("peers", "tail", disguise.peers, ("udp", "udp", "tcp"), 3),
    ("odd_labels", "labels", disguise.odd_labels, ("dns",), 2),
    ("added_labels", "labels", disguise.added_labels, ("dns",), 1),
    ("noisy_answers", "labels", disguise.noisy_answers, ("dns",), 2),
]
WEB = """plain_json gzip_json deflated_answers signed_json jws_bodies sealed_messages megolm sealed_fields sealed_bodies jwe_bodies bearer
renewed_sessions bot_guards captchas analytics telemetry error_envelopes signed_storage presigned soap view_states nonce_pages single_sign_on
saml event_stream blank_streams bulk_index csv_ids certificates armoured translated_pages""".split()
FILES = ["crash_reports", "ranges", "sealed_backups", "sealed_video", "form_encrypted", "git_push", "data_uris"]
TCP = """redis memcached postgres mysql framed_proto thrift mqtt amqp kafka mongo ldap syslog_tcp padded_records modbus sealed_tunnel camera
agent_checkins printing shell""".split()
UDP = "wireguard openvpn game sealed_game syslog snmp ntp statsd coap netflow stun sip heartbeat sound_frames".split()
MORE = {
    "http": """web_socket proto_http message_pack hex_in_logs base85 pem_bundles push_messages password_lists inline_scripts registry_layers chat_pages
thumbnails ipp_jobs""".split(),
    "tcp": "tls ssh remote_desktop smb cassandra nats".split(),
}
DNS = "dns_plain dns_padded dns_cdn dns_reputation dns_mail dns_probes".split()


def controls():
    """Name, class, function, carriers of every ordinary conversation."""
    rows = [(n, "web", getattr(web, n), ("http",)) for n in WEB] + [(n, "files", getattr(files, n), ("http",)) for n in FILES]
    rows += [(f"upload_{e}", "files", files.uploads(e), ("http",)) for e in files.MAKERS]
    rows += [(f"download_{e}", "files", files.downloads(e), ("http",)) for e in ("png", "jpeg", "zip", "pdf", "gz", "ogg")]
    rows += [(n, "mail", getattr(files, n), ("tcp",)) for n in ("mail", "imap", "ftp_data")]
    rows += [(n, "service", getattr(tcp, n), ("tcp",)) for n in TCP] + [(n, "datagrams", getattr(udp, n), ("udp",)) for n in UDP]
    rows += [("rtp", "media", udp.media(False), ("udp",)), ("srtp", "media", udp.media(True), ("udp",))]
    rows += [(n, "further", getattr(more, n), (carrier,)) for carrier, names in MORE.items() for n in names]
    return rows + [(n, "dns", getattr(udp, n), ("dns",)) for n in DNS]


def plan(r, rounds):
    """All conversations, in a random order."""
    out = []
    for _ in range(rounds):
        for name, kind, make, carriers, many in FAMILIES:
            out += [(Conversation(name, kind, r.choice(carriers), junk=True), make) for _ in range(many)]
        for name, kind, make, carriers in controls():
            out += [(Conversation(name, kind, r.choice(carriers)), make) for _ in range(2 if rounds < 3 else 1)]
    r.shuffle(out)
    return out


class Ends:
    """Addresses and ports; no port that analysers know, where a family has none of its own."""

    def __init__(self, r):
        self.r, self.clients = r, [f"10.{r.randrange(1, 60)}.{r.randrange(256)}.{r.randrange(2, 250)}" for _ in range(24)]
        self.cport = 49200

    def path(self, c):
        r = self.r
        self.cport = self.cport + r.randrange(1, 9)
        usual = {"http": r.choice([80, 80, 80, 8080, 8000]), "dns": 53}.get(c.carrier) or r.choice(
            [4433, 6001, 7700, 8851, 9443, 12012, 18111, 33010, 40404]
        )
        server = f"{r.choice(['203.0.113', '198.51.100', '192.0.2'])}.{r.randrange(1, 255)}"
        return Path(r, r.choice(self.clients), server, self.cport, c.port or usual)


def row(c, path, part):
    first, last = path.packets[0][0], path.packets[-1][0]
    dotted = {s: ".".join(map(str, a)) for s, (a, _) in path.ends.items()}
    right = (
        ["junk", "suspect"]
        if c.junk and c.decidable
        else ["opaque", "structured", "plain", "padded", "compressed", "too_little", "not_applicable"]
    )
    right = right + ["suspect", "junk"] if c.junk and not c.decidable else right
    return {
        "capture": part,
        "start": stamp(first),
        "end": stamp(last),
        "transport": "udp" if c.carrier in ("udp", "dns") else "tcp",
        "src_ip": dotted["out"],
        "src_port": path.ends["out"][1],
        "dst_ip": dotted["in"],
        "dst_port": path.ends["in"][1],
        "carrier": c.carrier,
        "name": c.name,
        "variant": c.variant,
        "class": c.kind,
        "junk": c.junk,
        "decidable": c.decidable,
        "share": c.share(),
        "side": c.side(),
        "messages": len(c.turns),
        "bytes_out": c.total("out"),
        "bytes_in": c.total("in"),
        "expected": right,
    }


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("out")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--rounds", type=int, default=2, help="how often each family and control comes")
    args.add_argument("--most", type=int, help="stop after so many conversations: a few of each kind suffice to see that it works")
    args = args.parse_args()
    r = random.Random(f"other junk {args.seed}")
    os.makedirs(os.path.join(args.out, "captures"), exist_ok=True)
    ends, rows, parts, start, packets = Ends(r), [], [], 1772521200.0, []
    todo = plan(r, args.rounds)[: args.most]
    for at, (conversation, make) in enumerate(todo):
        make(random.Random(f"{args.seed} {at} {conversation.name}"), conversation)
        path = ends.path(conversation)
        start += r.uniform(0.5, 6)
        part = f"captures/part-{len(parts) + 1:03}.pcap"
        packets += play(r, conversation, path, start)
        rows.append(row(conversation, path, part))
        if (at + 1) % 120 == 0 or at + 1 == len(todo):
            write_pcap(os.path.join(args.out, part), packets)
            parts.append(part)
            packets, start = [], start + 20000
    rows.sort(key=lambda x: (x["start"], x["src_port"]))
    truth = {"kind": "junk", "seed": args.seed, "hard": False, "captures": parts, "conversations": rows}
    with open(os.path.join(args.out, "truth.json"), "w", encoding="utf-8") as out:
        json.dump(truth, out, indent=1)
    told = sum(x["junk"] and x["decidable"] for x in rows)
    print(
        f"{len(rows)} conversations, {sum(x['junk'] for x in rows)} with junk of which {told} can be told; captures in {args.out}/captures"
    )


main()
