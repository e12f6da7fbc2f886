"""Further ordinary conversations: tunnels and shells by their frames, binary bodies, files as text, streams."""

import base64
import json
import struct
import zlib

from content import WORDS, Shape, commands, count, guid, html, log, moment, noise, prose, sentence, size
from files import packed, png
from ordinary_tcp import blob, proto, varint
from web import Web


def record(kind, data):
    return bytes([kind, 3, 3]) + struct.pack("!H", len(data)) + data


def tls(r, c):
    """Records of TLS 1.3: hello messages, then ciphertext."""
    c.port = r.choice([443, 8443, 993])
    name = f"{r.choice(WORDS)}.{r.choice(WORDS)}.example".encode()
    sni = struct.pack("!HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    more = (
        b"\0\x2b\0\3\2\3\4" + b"\0\x0a\0\4\0\2\0\x1d" + b"\0\x0d\0\4\0\2\4\3" + struct.pack("!HHHHH", 51, 38, 36, 29, 32) + r.randbytes(32)
    )
    hello = (
        b"\3\3" + r.randbytes(32) + b"\x20" + r.randbytes(32) + b"\0\4\x13\1\x13\2\1\0" + struct.pack("!H", len(sni + more)) + sni + more
    )
    c.add("out", record(22, b"\1" + len(hello).to_bytes(3, "big") + hello))
    answer = (
        b"\3\3"
        + r.randbytes(32)
        + b"\x20"
        + r.randbytes(32)
        + b"\x13\1\0"
        + struct.pack("!H", 46)
        + b"\0\x2b\0\2\3\4"
        + struct.pack("!HHHH", 51, 36, 29, 32)
        + r.randbytes(32)
    )
    c.add("in", record(22, b"\2" + len(answer).to_bytes(3, "big") + answer) + record(20, b"\1") + record(23, r.randbytes(size(r, 2500))))
    c.add("out", record(20, b"\1") + record(23, r.randbytes(53)))
    for _ in range(count(r)):
        for side in ("out", "in"):
            c.add(side, record(23, r.randbytes(size(r, 500, 0.9))))


def ssh(r, c):
    c.port = 22
    c.add("out", b"SSH-2.0-OpenSSH_9.6\r\n")
    c.add("in", b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
    for side in ("out", "in"):
        lists = b"".join(
            struct.pack("!I", len(v)) + v
            for v in (
                b"curve25519-sha256,ecdh-sha2-nistp256",
                b"ssh-ed25519,rsa-sha2-512",
                b"aes256-gcm@openssh.com",
                b"aes256-gcm@openssh.com",
                b"umac-64@openssh.com",
                b"umac-64@openssh.com",
                b"none",
                b"none",
                b"",
                b"",
            )
        )
        body = b"\x14" + r.randbytes(16) + lists + bytes(5)
        pad = 8 - (len(body) + 5) % 8 + (8 if 8 - (len(body) + 5) % 8 < 4 else 0)
        c.add(side, struct.pack("!IB", len(body) + pad + 1, pad) + body + bytes(pad))
    for _ in range(count(r)):
        c.add(r.choice(["out", "in"]), r.randbytes(16 * r.randrange(2, 30) + 20), gap=r.uniform(0.05, 2))


def web_socket(r, c):
    """Frames of WebSocket: masked from the client, JSON or binary within."""
    w, s = Web(r, c), Shape(r)
    w.ask(
        "GET",
        "/live",
        headers=[
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(r.randbytes(16)).decode()}",
            "Sec-WebSocket-Version: 13",
        ],
    )
    c.add(
        "in",
        f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {base64.b64encode(r.randbytes(20)).decode()}\r\n\r\n".encode(),
    )
    for _ in range(count(r)):
        for side in ("out", "in"):
            data, code = r.choice([(s.json(r, size(r, 200)), 0x81), (proto(r), 0x82)])
            mask = r.randbytes(4) if side == "out" else b""
            n = len(data)
            head = bytes([code, (0x80 if mask else 0) | (n if n < 126 else 126)]) + (struct.pack("!H", n) if n > 125 else b"") + mask
            c.add(side, head + (bytes(b ^ mask[i % 4] for i, b in enumerate(data)) if mask else data))


def proto_http(r, c):
    w = Web(r, c)
    for _ in range(count(r)):
        data = b"".join(varint(10) + varint(len(p)) + p for p in [proto(r) for _ in range(r.randrange(1, 6))])
        w.ask("POST", w.path, data, r.choice(["application/x-protobuf", "application/octet-stream"]))
        w.answer(proto(r), "application/x-protobuf")


def pack(r, value):
    """MessagePack of what JSON can hold."""
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(pack(r, k) + pack(r, v) for k, v in value.items())
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xce" + struct.pack("!I", value & 0xFFFFFFFF)
    if isinstance(value, float):
        return b"\xcb" + struct.pack("!d", value)
    if isinstance(value, bytes):
        return b"\xc5" + struct.pack("!H", len(value)) + value
    text = value.encode()
    return (bytes([0xA0 | len(text)]) if len(text) < 32 else b"\xd9" + bytes([len(text)])) + text


def message_pack(r, c):
    w, s = Web(r, c), Shape(r)
    for _ in range(count(r)):
        doc = {k: (v[:200] if isinstance(v, str) else v) for k, v in s.record(r).items()}
        doc["trace"], doc["body"] = r.randbytes(16), zlib.compress(log(r, size(r, 500)))
        w.post(pack(r, dict(list(doc.items())[-15:])), "application/msgpack")


def hex_in_logs(r, c):
    """Logs with dumps of packets and addresses in hexadecimal."""
    w = Web(r, c)
    for _ in range(count(r)):
        out = ""
        for _ in range(r.randrange(1, 5)):
            out += f"{moment(r)} DEBUG [{r.choice(WORDS)}] received {sentence(r)}\n"
            data = r.choice([r.randbytes, lambda n: commands(r, n)[:n]])(r.randrange(16, 200))
            for at in range(0, len(data), 16):
                line = data[at : at + 16]
                out += f"{at:08x}  {' '.join(f'{b:02x}' for b in line):<47}  |{''.join(chr(b) if 32 <= b < 127 else '.' for b in line)}|\n"
        w.post(out.encode(), "text/plain")


def base85(r, c):
    """Diffs of git with binary parts, and ASCII85 in documents."""
    w = Web(r, c)
    for _ in range(count(r)):
        data, out = zlib.compress(png(r, size(r, 700))), ""
        for at in range(0, len(data), 52):
            line = data[at : at + 52]
            out += (
                (chr(64 + len(line)) if len(line) < 27 else chr(ord("a") + len(line) - 27)) + base64.b85encode(line, True).decode() + "\n"
            )
        text = f"diff --git a/{r.choice(WORDS)}.png b/{r.choice(WORDS)}.png\nindex {r.randbytes(20).hex()}..{r.randbytes(20).hex()} 100644\nGIT binary patch\nliteral {len(data)}\n{out}\n"
        w.post(text.encode(), "text/x-patch")


def pem_bundles(r, c):
    w = Web(r, c)
    for _ in range(count(r)):
        out = ""
        for _ in range(r.randrange(1, 4)):
            der = (
                b"\x30\x82\x04\x10\x30\x82\x02\xf8\xa0\x03\x02\x01\x02\x02\x10"
                + r.randbytes(16)
                + b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\0"
                + sentence(r).encode()
                + r.randbytes(r.choice([400, 700]))
            )
            text = base64.b64encode(der).decode()
            out += (
                f"subject=CN={r.choice(WORDS)}.example\n-----BEGIN CERTIFICATE-----\n"
                + "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
                + "\n-----END CERTIFICATE-----\n"
            )
        w.post(out.encode(), "application/x-pem-file")


def push_messages(r, c):
    """Web push: a salt, a record size, a key, and ciphertext under aes128gcm."""
    w = Web(r, c, "push.service.example")
    for _ in range(count(r)):
        data = r.randbytes(16) + struct.pack("!IB", 4096, 65) + b"\4" + r.randbytes(64) + r.randbytes(size(r, 120, 0.8, 20, 3000) + 17)
        w.ask(
            "POST",
            "/wpush/v2/" + base64.urlsafe_b64encode(r.randbytes(120)).decode(),
            data,
            "application/octet-stream",
            [
                "Content-Encoding: aes128gcm",
                "TTL: 60",
                f"Authorization: vapid t={base64.urlsafe_b64encode(r.randbytes(180)).decode().rstrip('=')}",
            ],
        )
        w.answer(status="201 Created")


def password_lists(r, c):
    """Exports of accounts: hashes of passwords beside names."""
    w = Web(r, c)
    for _ in range(count(r)):
        rows = "".join(
            f"{r.choice(WORDS)}{r.randrange(99)}:$6${noise(r, 'alnum', 16).decode()}${noise(r, 'alnum', 86).decode()}:{r.randrange(19000, 20500)}:0:99999:7:::\n"
            for _ in range(r.randrange(2, 30))
        )
        w.post(rows.encode(), "text/plain")


def inline_scripts(r, c):
    """Bundles of scripts: short names, source maps in base64 at the end."""
    w = Web(r, c)
    for _ in range(count(r, 8, 30)):
        code = "".join(
            f"function {noise(r, 'a-z', 1).decode()}({noise(r, 'a-z', 1).decode()},{noise(r, 'a-z', 1).decode()}){{return {r.choice(WORDS)}.{noise(r, 'a-z', 2).decode()}(\"{sentence(r)}\")}}var {noise(r, 'alnum', 2).decode()}=0x{r.randbytes(4).hex()};"
            for _ in range(r.randrange(5, 60))
        )
        source = base64.b64encode(
            json.dumps(
                {
                    "version": 3,
                    "sources": [f"{r.choice(WORDS)}.ts"],
                    "mappings": "AAAA," + ";".join(noise(r, "alnum", 4).decode() for _ in range(40)),
                }
            ).encode()
        ).decode()
        w.ask("GET", f"/static/{r.choice(WORDS)}.{r.randbytes(4).hex()}.js")
        w.answer(f"{code}\n//# sourceMappingURL=data:application/json;base64,{source}\n".encode(), "application/javascript")


def remote_desktop(r, c):
    """TPKT and X.224, then tiles: a length in each."""
    c.port = 3389
    c.add("out", b"\3\0\0\x2b\x26\xe0\0\0\0\0\0Cookie: mstshash=user\r\n\1\0\x08\0\0\0\0\0")
    c.add("in", b"\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\0\0\0\0")
    for _ in range(count(r)):
        data = zlib.compress(png(r, size(r, 400)))
        c.add("in", b"\3\0" + struct.pack("!H", len(data) + 7) + b"\2\xf0\x80" + data)
        c.add(
            "out",
            b"\3\0" + struct.pack("!H", 19) + b"\2\xf0\x80" + struct.pack("<IHHI", r.randrange(9), r.randrange(1920), r.randrange(1080), 0),
        )


def smb(r, c):
    """Writes and reads of files over SMB 2: NetBIOS length, header, content."""
    c.port = 445
    session, tree = r.getrandbits(48), r.randrange(9)
    for at in range(count(r)):
        for side, flags in (("out", 0), ("in", 1)):
            head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ", 64, 1, 0, 9, 1, flags, 0, at, 0xFEFF, tree, session) + bytes(16)
            data = blob(r, size(r, 600))
            body = (
                struct.pack("<HHIQ", 49, 112, len(data), at * 4096) + r.randbytes(16) + struct.pack("<IIHHI", 0, 0, 0, 0, 0) + data
                if side == "out"
                else struct.pack("<HHIIHH", 17, 0, len(data), 0, 0, 0)
            )
            c.add(side, struct.pack("!I", len(head + body)) + head + body)


def cassandra(r, c):
    c.port, s = 9042, Shape(r)
    for at in range(count(r)):
        sql = f"INSERT INTO {r.choice(WORDS)} (id, at, body) VALUES (?, ?, ?)".encode()
        values = [r.randbytes(16), struct.pack("!Q", 1772500000000 + at), r.choice([s.json(r, 200), blob(r, 300)])]
        body = struct.pack("!I", len(sql)) + sql + struct.pack("!HBH", 1, 1, 3) + b"".join(struct.pack("!I", len(v)) + v for v in values)
        c.add("out", b"\4\0" + struct.pack("!HBI", at, 7, len(body)) + body)
        c.add("in", b"\x84\0" + struct.pack("!HBI", at, 8, 4) + struct.pack("!I", 1))


def nats(r, c):
    c.port, s = 4222, Shape(r)
    c.add("in", b'INFO {"server_id":"%s","version":"2.10.18","max_payload":1048576}\r\n' % noise(r, "alnum", 56).upper())
    c.add("out", b'CONNECT {"verbose":true,"lang":"go"}\r\n')
    c.add("in", b"+OK\r\n")
    for _ in range(count(r)):
        data = r.choice([s.json(r, 200), proto(r), blob(r, 300)])
        c.add(
            "out",
            f"PUB {r.choice(WORDS)}.{r.choice(WORDS)} _INBOX.{noise(r, 'alnum', 22).decode()} {len(data)}\r\n".encode() + data + b"\r\n",
        )
        c.add("in", b"+OK\r\n")


def registry_layers(r, c):
    """Images of containers: layers by digest, uploads with a state in the address."""
    w = Web(r, c, "registry.example")
    for _ in range(count(r, 6, 20)):
        data = packed(r, log(r, size(r, 20000)))
        ident, state = guid(r), base64.urlsafe_b64encode(r.randbytes(180)).decode()
        w.ask("PATCH", f"/v2/team/app/blobs/uploads/{ident}?_state={state}", data, "application/octet-stream")
        w.answer(
            status="202 Accepted",
            headers=[
                f"Location: /v2/team/app/blobs/uploads/{ident}?_state={base64.urlsafe_b64encode(r.randbytes(180)).decode()}",
                f"Docker-Upload-UUID: {ident}",
                f"Range: 0-{len(data) - 1}",
            ],
        )


def chat_pages(r, c):
    """A page that asks every few seconds with a cache buster, and gets the same small answer mostly."""
    w, s = Web(r, c), Shape(r)
    for at in range(count(r)):
        w.ask(
            "GET",
            f"/poll?since={1772500000 + at * 5}&_={1772500000000 + at * 5000 + r.randrange(900)}",
            headers=["X-Requested-With: XMLHttpRequest"],
        )
        w.answer(b'{"items":[]}' if r.random() < 0.8 else s.json(r, 300), headers=["Cache-Control: no-store"])


def thumbnails(r, c):
    """Pictures under the hash of their content: many requests with names that look random."""
    w = Web(r, c, "img.example")
    for _ in range(count(r)):
        w.ask("GET", f"/{r.randbytes(1).hex()}/{r.randbytes(16).hex()}_{r.choice([120, 240])}.png")
        if r.random() < 0.2:
            w.answer(html(r, 150), "text/html", "404 Not Found")
        else:
            w.answer(png(r, size(r, 900)), "image/png")


def ipp_jobs(r, c):
    """Printing over HTTP: attributes, then the document."""
    w = Web(r, c)
    for at in range(count(r, 6, 24)):

        def attribute(tag, name, value):
            return bytes([tag]) + struct.pack("!H", len(name)) + name + struct.pack("!H", len(value)) + value

        head = (
            b"\2\0\0\2"
            + struct.pack("!I", at)
            + b"\1"
            + attribute(0x47, b"attributes-charset", b"utf-8")
            + attribute(0x42, b"job-name", sentence(r).encode())
            + attribute(0x44, b"compression", b"gzip")
            + attribute(0x49, b"document-format", b"text/plain")
            + b"\3"
        )
        w.ask("POST", "/ipp/print", head + packed(r, prose(r, 3000).encode()), "application/ipp")
        w.answer(b"\2\0\0\0" + struct.pack("!I", at) + b"\1" + attribute(0x47, b"attributes-charset", b"utf-8") + b"\3", "application/ipp")
