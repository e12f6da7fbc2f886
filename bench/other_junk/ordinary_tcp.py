"""Ordinary conversations on bare TCP: databases, caches, brokers, remote calls, tunnels."""

import hashlib
import json
import struct
import zlib

from content import NAMES, WORDS, Shape, commands, count, guid, log, moment, noise, prose, sentence, size
from files import jpeg, packed, png


def blob(r, n):
    """A binary value as programs cache it: packed, a picture, ciphertext, numbers."""
    pick = r.randrange(5)
    if pick == 0:
        return zlib.compress(log(r, n * 3))
    if pick == 1:
        return png(r, n)
    if pick == 2:
        return r.randbytes(n)
    if pick == 3:
        return b"".join(struct.pack("<f", r.gauss(0, 1)) for _ in range(n // 4))
    return (
        b"\x80\x04\x95"
        + struct.pack("<Q", n)
        + b"}\x94("
        + b"".join(b"\x8c" + bytes([len(w)]) + w.encode() + b"\x94K" + bytes([r.randrange(256)]) for w in r.sample(WORDS, 10))
        + b"u."
    )


def redis(r, c):
    c.port = 6379
    for _ in range(count(r)):
        key, value = f"{r.choice(WORDS)}:{guid(r)}".encode(), blob(r, size(r, 500))
        if r.random() < 0.5:
            parts = [b"SET", key, value, b"EX", b"3600"]
            c.add("out", b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
            c.add("in", b"+OK\r\n")
        else:
            c.add("out", b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key))
            c.add("in", b"$%d\r\n%s\r\n" % (len(value), value) if r.random() < 0.9 else b"$-1\r\n")


def memcached(r, c):
    c.port = 11211
    for _ in range(count(r)):
        key, value = f"{r.choice(WORDS)}/{r.randbytes(16).hex()}".encode(), blob(r, size(r, 500))
        if r.random() < 0.5:
            c.add("out", b"set %s 2 3600 %d\r\n%s\r\n" % (key, len(value), value))
            c.add("in", b"STORED\r\n")
        else:
            c.add("out", b"get %s\r\n" % key)
            c.add("in", b"VALUE %s 2 %d\r\n%s\r\nEND\r\n" % (key, len(value), value))


def pg(kind, data):
    return kind + struct.pack("!I", len(data) + 4) + data


def postgres(r, c):
    c.port, s = 5432, Shape(r)
    start = b"\0\x03\0\0user\0app\0database\0shop\0\0"
    c.add("out", struct.pack("!I", len(start) + 4) + start)
    c.add("in", pg(b"R", struct.pack("!I", 0)) + pg(b"S", b"server_version\x0016.4\0") + pg(b"K", r.randbytes(8)) + pg(b"Z", b"I"))
    for _ in range(count(r)):
        sql = f"insert into {r.choice(WORDS)} (id, body, digest) values ($1, $2, $3) returning id".encode()
        values = [r.randbytes(16), r.choice([s.json(r, size(r, 300)), blob(r, size(r, 300))]), r.randbytes(32)]
        bind = (
            b"\0\0"
            + struct.pack("!HHHHH", 3, 1, 1, 1, 3)
            + b"".join(struct.pack("!I", len(v)) + v for v in values)
            + struct.pack("!HH", 1, 1)
        )
        c.add("out", pg(b"P", b"\0" + sql + b"\0\0\0") + pg(b"B", bind) + pg(b"E", b"\0\0\0\0\0") + pg(b"S", b""))
        c.add(
            "in",
            pg(b"1", b"") + pg(b"2", b"") + pg(b"D", struct.pack("!HI", 1, 16) + values[0]) + pg(b"C", b"INSERT 0 1\0") + pg(b"Z", b"I"),
        )


def mysql(r, c):
    c.port = 3306

    def packet(seq, data):
        return len(data).to_bytes(3, "little") + bytes([seq]) + data

    c.add(
        "in",
        packet(
            0,
            b"\x0a8.0.36\0"
            + struct.pack("<I", r.randrange(9999))
            + noise(r, "printable", 8)
            + b"\0\xff\xff\xff\x02\0\xff\xdf\x15"
            + bytes(10)
            + noise(r, "printable", 12)
            + b"\0caching_sha2_password\0",
        ),
    )
    c.add(
        "out",
        packet(
            1, struct.pack("<IIB", 0x19FFA685, 1 << 24, 255) + bytes(23) + b"app\0\x20" + r.randbytes(32) + b"shop\0caching_sha2_password\0"
        ),
    )
    c.add("in", packet(2, b"\0\0\0\2\0\0\0"))
    for _ in range(count(r)):
        if r.random() < 0.5:
            c.add(
                "out",
                packet(
                    0,
                    b"\x03"
                    + f"INSERT INTO {r.choice(WORDS)} VALUES (UUID_TO_BIN('{guid(r)}'), '{sentence(r)}', 0x{blob(r, size(r, 120, most=400)).hex()})".encode(),
                ),
            )
            c.add("in", packet(1, b"\0\1\0\2\0\0\0"))
        else:
            c.add(
                "out",
                packet(
                    0,
                    b"\x17"
                    + struct.pack("<IBI", r.randrange(90), 0, 1)
                    + b"\0\1\xfc\0\xfd\0"
                    + (lambda v: bytes([0xFC]) + len(v).to_bytes(2, "little") + v)(blob(r, size(r, 300))),
                ),
            )
            c.add("in", packet(1, b"\0\1\0\2\0\0\0"))


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def proto(r, deep=0):
    """A message of protocol buffers: text, numbers, identifiers, bytes, further messages."""
    out = b""
    for field in range(1, r.randrange(4, 10)):
        pick = r.randrange(6 if deep < 2 else 5)
        if pick == 0:
            out += varint(field << 3) + varint(r.randrange(1 << r.randrange(1, 40)))
        elif pick == 4:
            out += varint(field << 3 | 1) + struct.pack("<d", r.gauss(0, 100))
        else:
            data = [None, sentence(r).encode(), r.randbytes(16), r.choice(WORDS).encode(), None, None][pick] or proto(r, deep + 1)
            out += varint(field << 3 | 2) + varint(len(data)) + data
    return out


def framed_proto(r, c):
    """Remote calls: a length, then a message of protocol buffers."""
    style = r.choice(["be4", "varint", "grpc"])
    c.variant = style
    for _ in range(count(r)):
        for side in ("out", "in"):
            data = proto(r)
            head = {"be4": struct.pack("!I", len(data)), "varint": varint(len(data)), "grpc": b"\0" + struct.pack("!I", len(data))}[style]
            c.add(side, head + data)


def thrift(r, c):
    c.port = 9090
    for seq in range(count(r)):
        for side, kind in (("out", 1), ("in", 2)):
            fields = b"".join(
                b"\x0b" + struct.pack("!HI", i, len(v)) + v
                for i, v in enumerate([sentence(r).encode(), r.randbytes(r.choice([16, 32])), Shape(r).json(r, 100)], 1)
            )
            name = b"putRecord"
            data = (
                struct.pack("!HHI", 0x8001, kind, len(name))
                + name
                + struct.pack("!I", seq)
                + b"\x0c\0\1"
                + fields
                + b"\x08\0\x04"
                + struct.pack("!I", r.randrange(999))
                + b"\0\0"
            )
            c.add(side, struct.pack("!I", len(data)) + data)


def mqtt(r, c):
    c.port = 1883
    c.add("out", b"\x10\x1a\0\4MQTT\4\2\0\x3c\0\x0e" + noise(r, "alnum", 14))
    c.add("in", b"\x20\2\0\0")
    s = Shape(r)
    for at in range(1, count(r)):
        topic = f"plant/{r.choice(WORDS)}/{r.choice(WORDS)}".encode()
        data = r.choice(
            [
                lambda: s.json(r, 150),
                lambda: b"".join(struct.pack("<f", r.gauss(20, 3)) for _ in range(24)),
                lambda: zlib.compress(s.json(r, 600)),
                lambda: r.randbytes(16 * r.randrange(2, 20) + 28),
            ]
        )()
        body = struct.pack("!H", len(topic)) + topic + struct.pack("!H", at) + data
        c.add("out", b"\x32" + varint(len(body)) + body)
        c.add("in", b"\x40\2" + struct.pack("!H", at))


def amqp(r, c):
    c.port = 5672
    c.add("out", b"AMQP\0\0\x09\x01")
    c.add("in", b"\1\0\0\0\0\0\x04\0\x0a\0\x0b\xce")

    def frame(kind, data):
        return bytes([kind]) + struct.pack("!HI", 1, len(data)) + data + b"\xce"

    for at in range(count(r)):
        key, data = f"{r.choice(WORDS)}.{r.choice(WORDS)}".encode(), r.choice(
            [Shape(r).json(r, size(r, 400)), blob(r, size(r, 400)), packed(r, log(r, 1500))]
        )
        head = struct.pack("!HHQH", 60, 0, len(data), 0x9000) + b"\x10application/data\x02"
        c.add(
            "out",
            frame(1, struct.pack("!HHH", 60, 40, 0) + b"\x06events" + bytes([len(key)]) + key + b"\0") + frame(2, head) + frame(3, data),
        )
        c.add("in", frame(1, struct.pack("!HHQB", 60, 80, at + 1, 0)))


def kafka(r, c):
    c.port, s = 9092, Shape(r)
    for at in range(count(r)):
        record = b"".join(varint(40) + guid(r).encode() + s.json(r, 200) for _ in range(r.randrange(1, 5)))
        record = r.choice([record, packed(r, record)])
        batch = (
            struct.pack(
                "!QIIbIHIQQQHII",
                0,
                len(record) + 49,
                0,
                2,
                zlib.crc32(record),
                0,
                3,
                1772500000000,
                1772500000500,
                2**64 - 1,
                65535,
                2**32 - 1,
                4,
            )
            + record
        )
        topic = b"orders"
        body = (
            struct.pack("!HHI", 0, 9, at)
            + b"\0\x07prodcr1"
            + b"\xff\xff\xff\xff\0\0\x75\x30\0\0\0\1"
            + struct.pack("!H", len(topic))
            + topic
            + struct.pack("!III", 1, at % 6, len(batch))
            + batch
        )
        c.add("out", struct.pack("!I", len(body)) + body)
        reply = struct.pack("!II", at, 1) + b"\0\x06orders" + struct.pack("!IIHQqq", 1, at % 6, 0, at, -1, 0)
        c.add("in", struct.pack("!I", len(reply)) + reply)


def bson(r, n):
    out = b""
    while len(out) < n:
        key = r.choice(WORDS).encode() + b"\0"
        pick = r.randrange(5)
        if pick == 0:
            text = sentence(r).encode() + b"\0"
            out += b"\2" + key + struct.pack("<I", len(text)) + text
        elif pick == 1:
            out += b"\x07" + key + struct.pack("!I", 0x69A60000) + r.randbytes(8)
        elif pick == 2:
            data = blob(r, 80)
            out += b"\5" + key + struct.pack("<IB", len(data), 0) + data
        elif pick == 3:
            out += b"\1" + key + struct.pack("<d", r.gauss(0, 50))
        else:
            out += b"\x10" + key + struct.pack("<i", r.randrange(10**6))
    return struct.pack("<I", len(out) + 5) + out + b"\0"


def mongo(r, c):
    c.port = 27017
    for at in range(count(r)):
        for side, ident in (("out", at * 2), ("in", at * 2 + 1)):
            body = struct.pack("<I", 0) + b"\0" + bson(r, size(r, 350))
            c.add(side, struct.pack("<IIII", len(body) + 16, ident, ident - 1 if ident % 2 else 0, 2013) + body)


def ldap(r, c):
    """Searches and entries in BER, with SIDs, GUIDs and certificates."""
    c.port = 389

    def ber(tag, data):
        n = len(data)
        return bytes([tag]) + (bytes([n]) if n < 128 else b"\x82" + struct.pack("!H", n)) + data

    for at in range(1, count(r)):
        base = f"CN={r.choice(NAMES)},OU={r.choice(WORDS)},DC=corp,DC=example".encode()
        c.add(
            "out",
            ber(
                0x30,
                b"\2\2"
                + struct.pack("!H", at)
                + ber(0x63, ber(4, base) + b"\x0a\1\2\x0a\1\0\2\1\0\2\1\0\1\1\0" + ber(0x87, b"objectClass") + b"\x30\0"),
            ),
        )
        sid, cert = b"\1\5\0\0\0\0\0\5\x15\0\0\0" + r.randbytes(12) + struct.pack(
            "<I", r.randrange(1000, 9999)
        ), b"\x30\x82\x03\x80" + r.randbytes(200)
        rows = b"".join(
            ber(0x30, ber(4, k) + ber(0x31, ber(4, v)))
            for k, v in (
                (b"objectSid", sid),
                (b"objectGUID", r.randbytes(16)),
                (b"mail", base[3:12] + b"@corp.example"),
                (b"description", sentence(r).encode()),
                (b"userCertificate", cert),
            )
        )
        c.add("in", ber(0x30, b"\2\2" + struct.pack("!H", at) + ber(0x64, ber(4, base) + ber(0x30, rows))))


def syslog_tcp(r, c):
    c.port = 514
    for _ in range(count(r)):
        line = f'<{r.randrange(191)}>1 {moment(r)}Z host{r.randrange(9)} {r.choice(WORDS)} {r.randrange(9999)} - [meta id="{guid(r)}" hash="{r.randbytes(16).hex()}"] {sentence(r)}'.encode()
        c.add("out", b"%d %s" % (len(line), line), gap=r.uniform(0.6, 6))


def padded_records(r, c):
    """Records of fixed size as old programs send them: text in fields, zeros up to the end."""
    length, quiet = r.choice([128, 256, 512, 1024]), r.random() < 0.5
    c.variant = f"of {length}"
    for at in range(count(r)):
        head = struct.pack("<IIQ", at, r.randrange(9), r.getrandbits(40)) + r.choice(NAMES).encode().ljust(32, b"\0")
        c.add("out", (head + sentence(r).encode())[:length].ljust(length, b"\0"))
        if not quiet:
            c.add("in", struct.pack("<II", at, 0).ljust(64, b"\0"))


def modbus(r, c):
    c.port = 502
    for at in range(count(r)):
        c.add("out", struct.pack("!HHHBBHH", at, 0, 6, 1, 3, r.randrange(400), 20))
        c.add("in", struct.pack("!HHHBBB", at, 0, 43, 1, 3, 40) + b"".join(struct.pack("!H", int(r.gauss(2000, 300))) for _ in range(20)))


def sealed_tunnel(r, c):
    """A program's own encryption: length, nonce, ciphertext, tag; sizes as messages have them."""
    style = r.choice(["length", "bare"])
    c.variant = style
    for _ in range(count(r)):
        for side in ("out", "in"):
            data = r.randbytes(12 + size(r, 200, 0.9, 20) + 16)
            c.add(side, struct.pack("!I", len(data)) + data if style == "length" else data)


def camera(r, c):
    """Pictures one after another, each with a header that says its length."""
    for at in range(count(r, 8, 30)):
        picture = jpeg(r, size(r, 3000))
        c.add("out", b"FRAM" + struct.pack("<IQ", len(picture), 1772500000000 + at * 1000) + picture, gap=r.uniform(0.6, 2))


def agent_checkins(r, c):
    """Management agent: a magic, a version, lengths, JSON, and a checksum or code behind it."""
    s, behind = Shape(r), r.choice([4, 20, 32])
    c.variant = f"code of {behind}"
    for at in range(count(r)):
        data = s.json(r, size(r, 500))
        code = hashlib.sha256(data).digest()[:behind] if behind != 4 else struct.pack("!I", zlib.crc32(data))
        c.add("out", b"AGNT\1\0" + struct.pack("!HI", at & 0xFFFF, len(data)) + data + code)
        c.add("in", b"AGNT\1\0" + struct.pack("!HI", at & 0xFFFF, 2) + b"{}" + r.randbytes(behind))


def printing(r, c):
    """Raw printing: PJL, PostScript and pictures within."""
    c.port = 9100
    c.add("out", b'\x1b%-12345X@PJL JOB NAME="doc"\r\n@PJL ENTER LANGUAGE=POSTSCRIPT\r\n')
    for _ in range(count(r, 8, 40)):
        body = f"%!PS-Adobe-3.0\n/Helvetica findfont 12 scalefont setfont\n72 {r.randrange(700)} moveto ({prose(r, 200)}) show\n/pic {{currentfile /ASCIIHexDecode filter}} def\n".encode()
        picture = zlib.compress(png(r, 900)).hex()
        c.add(
            "out",
            body + "\n".join(picture[i : i + 72] for i in range(0, len(picture), 72)).encode() + b">\nshowpage\n",
            gap=r.uniform(0.6, 2),
        )


def shell(r, c):
    """A session in clear: commands and what they print."""
    c.port = 23
    for _ in range(count(r)):
        c.add("out", f"{r.choice(['show', 'ls -l', 'cat', 'grep'])} {r.choice(WORDS)}\r\n".encode())
        c.add("in", commands(r, size(r, 400)) + b"$ ")
