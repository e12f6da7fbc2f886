"""Ordinary conversations of datagrams: media, tunnels, games, devices, and DNS."""

import base64
import json
import math
import struct

from content import WORDS, Shape, count, guid, moment, noise, sentence, size
from files import samples
from names import Resolver
from ordinary_tcp import proto


def media(secure):
    def control(r, c):
        """RTP: sound in G.711 or video in parts; SRTP encrypts the same and adds a tag."""
        ssrc, seq, stamp, video = r.getrandbits(32), r.randrange(65536), r.getrandbits(31), r.random() < 0.4
        c.variant = "video" if video else "sound"
        for at in range(count(r, 40, 400)):
            side = "out" if video or at % 2 == 0 else "in"
            n = r.randint(900, 1180) if video else 160
            tone = (
                bytes(int(128 + 60 * math.sin((at * 160 + i) / 9) + r.gauss(0, 5)) & 255 for i in range(n)) if not video else r.randbytes(n)
            )
            head = struct.pack(
                "!BBHII",
                0x80,
                (96 if video else 0),
                (seq + at) & 0xFFFF,
                (stamp + at * 160) & 0xFFFFFFFF,
                ssrc + (side == "in") & 0xFFFFFFFF,
            )
            c.add(side, head + (r.randbytes(n) + r.randbytes(10) if secure else tone), gap=0.02)

    return control


def wireguard(r, c):
    c.port = 51820
    peers = [r.randbytes(4), r.randbytes(4)]
    c.add("out", b"\1\0\0\0" + peers[0] + r.randbytes(140))
    c.add("in", b"\2\0\0\0" + peers[1] + peers[0] + r.randbytes(80))
    for at in range(count(r)):
        side = r.choice(["out", "in"])
        c.add(
            side,
            b"\4\0\0\0" + peers[side == "out"] + struct.pack("<Q", at) + r.randbytes(-(-size(r, 200, 1.0, 20, 1300) // 16) * 16 + 16),
            gap=r.uniform(0.01, 1),
        )


def openvpn(r, c):
    c.port = 1194
    sid = r.randbytes(8)
    c.add("out", b"\x38" + sid + b"\0\0\0\0\0")
    c.add("in", b"\x40" + r.randbytes(8) + b"\1\0\0\0\0" + sid + b"\0\0\0\0")
    for at in range(count(r)):
        c.add(
            r.choice(["out", "in"]),
            b"\x48\0\0\0" + struct.pack("!I", at + 1) + r.randbytes(16 + size(r, 220, 1.0, 30, 1250)),
            gap=r.uniform(0.01, 1),
        )


def game(r, c):
    """State of a game in plain: sequence, acknowledgement, bits, positions that move a little."""
    c.port = r.choice([27015, 7777, 3074])
    place = [r.uniform(-2000, 2000) for _ in range(12)]
    for at in range(count(r, 30, 300)):
        place = [p + r.gauss(0, 2) for p in place]
        side = "out" if at % 3 == 0 else "in"
        n = 3 if side == "out" else r.randrange(6, 13)
        c.add(
            side,
            struct.pack("<IIBI", at, max(0, at - 2), r.randrange(8), r.getrandbits(8))
            + b"".join(struct.pack("<f", p) for p in place[:n])
            + bytes(r.randrange(4) for _ in range(n)),
            gap=0.05,
        )


def sealed_game(r, c):
    c.port = r.choice([5056, 30000])
    for at in range(count(r, 30, 300)):
        c.add(
            "out" if at % 3 == 0 else "in",
            struct.pack("!HBB", at & 0xFFFF, r.choice([1, 3, 3, 3]), 0) + r.randbytes(16 + int(abs(r.gauss(60, 25))) + 8),
            gap=0.05,
        )


def syslog(r, c):
    c.port = 514
    for _ in range(count(r)):
        c.add(
            "out",
            f"<{r.randrange(191)}>Mar  3 {moment(r)[11:]} host{r.randrange(9)} {r.choice(WORDS)}[{r.randrange(9999)}]: {sentence(r)} id={r.randbytes(8).hex()}".encode(),
        )


def snmp(r, c):
    c.port = 161
    for at in range(count(r)):
        oid = b"\x2b\6\1\2\1\2\2\1" + bytes([r.randrange(1, 22), r.randrange(1, 50)])

        def pdu(kind, value):
            bind = b"\x06" + bytes([len(oid)]) + oid + value
            body = (
                b"\2\4" + struct.pack("!I", at + 1000) + b"\2\1\0\2\1\0\x30" + bytes([len(bind) + 2]) + b"\x30" + bytes([len(bind)]) + bind
            )
            inner = b"\2\1\1\4\6public" + bytes([kind, len(body)]) + body
            return b"\x30" + bytes([len(inner)]) + inner

        c.add("out", pdu(0xA0, b"\5\0"))
        text = sentence(r).encode()[:30]
        c.add("in", pdu(0xA2, r.choice([b"\x41\4" + r.randbytes(4), b"\4" + bytes([len(text)]) + text, b"\4\6" + r.randbytes(6)])))


def ntp(r, c):
    c.port = 123
    for at in range(count(r, 8, 40)):
        seconds = 3981484800 + at * 64
        sent = struct.pack("!II", seconds, r.getrandbits(32))
        c.add("out", b"\x23\0\6\xec" + bytes(36) + sent)
        heard = r.getrandbits(31)
        times = struct.pack("!II", seconds - 700, r.getrandbits(32)) + sent + struct.pack("!IIII", seconds, heard, seconds, heard + 90000)
        c.add("in", b"\x24\2\6\xec" + struct.pack("!II", 300, 500) + bytes([192, 0, 2, 7]) + times)


def statsd(r, c):
    c.port = 8125
    for _ in range(count(r)):
        c.add(
            "out",
            "\n".join(
                f"{r.choice(WORDS)}.{r.choice(WORDS)}:{r.randrange(9999)}|{r.choice(['c', 'ms', 'g'])}|#env:prod,trace:{r.randbytes(8).hex()}"
                for _ in range(r.randrange(1, 12))
            ).encode(),
        )


def coap(r, c):
    c.port = 5683
    for at in range(count(r)):
        mark = r.randbytes(4)
        c.add(
            "out",
            b"\x44\2"
            + struct.pack("!H", at)
            + mark
            + b"\xb4data\x11\x32\xff"
            + r.choice([json.dumps({"t": round(r.gauss(20, 2), 2), "id": guid(r)}).encode(), proto(r)[:1400]]),
        )
        c.add("in", b"\x64\x44" + struct.pack("!H", at) + mark)


def netflow(r, c):
    c.port = 2055
    for at in range(count(r)):
        rows = b"".join(
            bytes([10, 0, r.randrange(4), r.randrange(256), 203, 0, 113, r.randrange(256)])
            + bytes(4)
            + struct.pack(
                "!HHIIIIHHBBBBHHBBH",
                1,
                2,
                r.randrange(90),
                r.randrange(90000),
                r.getrandbits(30),
                r.getrandbits(30),
                r.randrange(1024, 65535),
                r.choice([80, 443, 53]),
                0,
                24,
                6,
                0,
                0,
                0,
                24,
                24,
                0,
            )
            for _ in range(r.randrange(5, 28))
        )
        c.add("out", struct.pack("!HHIIIIBBH", 5, len(rows) // 48, at * 1000, 1772500000 + at, 0, at, 0, 0, 0) + rows)


def stun(r, c):
    c.port = 3478
    for _ in range(count(r)):
        ident = r.randbytes(12)
        name = f"{noise(r, 'alnum', 4).decode()}:{noise(r, 'alnum', 4).decode()}".encode() + b"\0\0\0"
        body = (
            struct.pack("!HH", 6, 9)
            + name
            + struct.pack("!HHI", 0x24, 4, r.getrandbits(31))
            + struct.pack("!HHQ", 0x802A, 8, r.getrandbits(64))
            + struct.pack("!HH", 8, 20)
            + r.randbytes(20)
            + struct.pack("!HHI", 0x8028, 4, r.getrandbits(32))
        )
        c.add("out", struct.pack("!HHI", 1, len(body), 0x2112A442) + ident + body)
        reply = (
            struct.pack("!HHBBHI", 0x20, 8, 0, 1, r.randrange(65536), r.getrandbits(32))
            + struct.pack("!HH", 8, 20)
            + r.randbytes(20)
            + struct.pack("!HHI", 0x8028, 4, r.getrandbits(32))
        )
        c.add("in", struct.pack("!HHI", 0x101, len(reply), 0x2112A442) + ident + reply)


def sip(r, c):
    c.port = 5060
    for at in range(count(r, 8, 40)):
        head = f"SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK{r.randbytes(8).hex()}"
        ident = f"{guid(r)}@10.0.0.5"
        c.add(
            "out",
            f'REGISTER sip:pbx.example SIP/2.0\r\nVia: {head}\r\nFrom: <sip:100@pbx.example>;tag={r.randbytes(5).hex()}\r\nTo: <sip:100@pbx.example>\r\nCall-ID: {ident}\r\nCSeq: {at} REGISTER\r\nAuthorization: Digest username="100", nonce="{r.randbytes(16).hex()}", response="{r.randbytes(16).hex()}"\r\nContent-Length: 0\r\n\r\n'.encode(),
        )
        c.add(
            "in",
            f"SIP/2.0 200 OK\r\nVia: {head};received=10.0.0.5\r\nCall-ID: {ident}\r\nCSeq: {at} REGISTER\r\nContent-Length: 0\r\n\r\n".encode(),
        )


def heartbeat(r, c):
    """Small messages of JSON with an identifier and a code, over UDP."""
    s = Shape(r)
    for at in range(count(r)):
        c.add(
            "out",
            json.dumps(
                {"seq": at, "node": guid(r), "load": round(r.random(), 3), "sig": base64.b64encode(r.randbytes(32)).decode(), **s.record(r)}
            ).encode(),
        )
        c.add("in", json.dumps({"ack": at}).encode())


def sound_frames(r, c):
    """Raw samples of an intercom behind a small header."""
    data = samples(r, 320 * 60)
    for at in range(60):
        c.add("out", struct.pack("!HHI", 0xA55A, at, 320) + data[at * 320 : at * 320 + 320], gap=0.02)


def host(r):
    return f"{r.choice(['www', 'api', 'cdn', 'mail', r.choice(WORDS)])}.{r.choice(WORDS)}{r.choice(WORDS)}.example"


def dns_plain(r, c):
    d = Resolver(r, c)
    for _ in range(count(r)):
        d.ask(host(r), r.choice([1, 28, 1, 65]))
        d.answer(rcode=r.choice([0, 0, 0, 3]))


def dns_padded(r, c):
    """RFC 8467: queries up to 128, answers up to 468 bytes, zeros."""
    d = Resolver(r, c, True)
    for _ in range(count(r)):
        name = host(r)
        d.ask(name, 1, bytes(-(12 + len(name) + 2 + 4 + 11 + 4) % 128))
        d.answer(padding=bytes(-(12 + len(name) + 2 + 4 + 16 + 11 + 4) % 468))


def dns_cdn(r, c):
    """Names of delivery networks and clouds: hashes, shards and numbers as labels, of one length each."""
    d = Resolver(r, c)
    forms = [
        lambda: f"d{noise(r, 'alnum', 13).decode().lower()}.cloudfront.example",
        lambda: f"{guid(r)}.blob.storage.example",
        lambda: f"r{r.randrange(9)}---sn-{noise(r, 'alnum', 8).decode().lower()}.video.example",
        lambda: f"ec2-203-0-113-{r.randrange(256)}.compute.example",
        lambda: f"a{r.randrange(9999)}.dscg{r.randrange(20)}.edge.example",
    ]
    for _ in range(count(r)):
        d.ask(r.choice(forms)(), r.choice([1, 28]))
        d.answer()


def dns_reputation(r, c):
    """Digests of files in names, as scanners ask for them; addresses in reverse for blocklists."""
    d, style = Resolver(r, c), r.choice(["digest", "list"])
    for _ in range(count(r)):
        d.ask(
            (
                f"{r.randbytes(16).hex()}.hash.scan.example"
                if style == "digest"
                else f"{r.randrange(256)}.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(256)}.zen.list.example"
            ),
            r.choice([1, 16]) if style == "digest" else 1,
        )
        d.answer(text=b"v=1; score=%d" % r.randrange(100), rcode=r.choice([0, 3]))


def dns_mail(r, c):
    """Keys of DKIM, SPF, DMARC and proofs of ownership."""
    d = Resolver(r, c)
    for _ in range(count(r)):
        pick = r.randrange(3)
        d.ask(f"{['s1._domainkey.', '_dmarc.', ''][pick]}{r.choice(WORDS)}.example", 16)
        texts = [
            b"v=DKIM1; k=rsa; p="
            + base64.b64encode(
                b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\0\x03\x82\x01\x0f\0" + r.randbytes(270)
            ),
            b"v=DMARC1; p=reject; rua=mailto:d@rep.example",
            b"site-verification=" + base64.urlsafe_b64encode(r.randbytes(32)),
        ]
        d.answer(text=texts[pick])


def dns_probes(r, c):
    """Three random names at start, as browsers ask to see whether answers are forged; cookies in EDNS."""
    d = Resolver(r, c, True)
    cookie = r.randbytes(8)
    for at in range(count(r)):
        name = noise(r, "a-z", r.randrange(7, 16)).decode() if at < 3 else host(r)
        d.ask(name, options=struct.pack("!HH", 10, 8) + cookie)
        d.answer(rcode=3 if at < 3 else 0)
