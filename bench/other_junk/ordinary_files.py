"""Ordinary conversations that carry files: uploads, downloads, mail, repositories, media."""

import base64
import hashlib
import zlib

from content import NAMES, WORDS, commands, count, guid, html, log, noise, prose, sentence, size
from files import archive, jpeg, minidump, office, ogg, packed, pdf, png, sealed, tar, wav
from web import Web, multipart

MAKERS = {
    "png": (png, "image/png"),
    "jpeg": (jpeg, "image/jpeg"),
    "zip": (archive, "application/zip"),
    "docx": (office, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (pdf, "application/pdf"),
    "wav": (wav, "audio/wav"),
    "ogg": (ogg, "audio/ogg"),
    "tar": (tar, "application/x-tar"),
    "gz": (lambda r, n: packed(r, log(r, n * 5)), "application/gzip"),
    "dmp": (minidump, "application/x-dmp"),
}


def uploads(ending):
    def control(r, c):
        w, (make, ctype) = Web(r, c), MAKERS[ending]
        parts, chunks = r.random() < 0.5, r.choice([0, 0, 4096])
        c.variant = f"{'multipart' if parts else 'bare'}{' in chunks' if chunks else ''}"
        for _ in range(count(r, 8, 30)):
            data = make(r, size(r, 4000, 0.6, 600))
            if parts:
                fields = [("id", None, None, guid(r).encode()), ("note", None, None, sentence(r).encode())]
                data, kind = multipart(r, [*fields, ("file", f"{r.choice(WORDS)}.{ending}", ctype, data)])
                w.post(data, kind, chunks=chunks)
            else:
                w.ask("PUT", f"{w.path}/{r.choice(WORDS)}.{ending}", data, ctype, chunks=chunks)
                w.short()

    return control


def downloads(ending):
    def control(r, c):
        w, (make, ctype) = Web(r, c), MAKERS[ending]
        for _ in range(count(r, 8, 30)):
            w.ask("GET", f"{w.path}/{r.choice(WORDS)}.{ending}")
            w.answer(make(r, size(r, 4000, 0.6, 600)), ctype, headers=[f'ETag: "{r.randbytes(12).hex()}"'])

    return control


def crash_reports(r, c):
    """Crashpad: annotations and a minidump in one multipart body, at times gzipped."""
    w, squeeze = Web(r, c), r.random() < 0.4
    for _ in range(count(r, 6, 20)):
        fields = [(k, None, None, v.encode()) for k, v in (("prod", "Desk"), ("ver", "133.0.1"), ("guid", guid(r)), ("ptype", "renderer"))]
        body, ctype = multipart(
            r, [*fields, ("upload_file_minidump", f"{guid(r)}.dmp", "application/octet-stream", minidump(r, size(r, 8000)))]
        )
        w.post(packed(r, body) if squeeze else body, ctype, "/cr/report", ["Content-Encoding: gzip"] if squeeze else ())


def ranges(r, c):
    """A package in parts: ranges of one large archive, as updates come."""
    w, whole, at = Web(r, c), archive(r, 60000), 0
    while at < len(whole):
        n = r.choice([4096, 8192])
        w.ask("GET", "/update/package.zip", headers=[f"Range: bytes={at}-{at + n - 1}"])
        w.answer(
            whole[at : at + n],
            "application/zip",
            "206 Partial Content",
            [f"Content-Range: bytes {at}-{min(len(whole), at + n) - 1}/{len(whole)}"],
        )
        at += n


def sealed_backups(r, c):
    """Repositories of restic: packs of ciphertext under the name of their hash."""
    w = Web(r, c)
    for _ in range(count(r, 8, 40)):
        data = sealed(r, size(r, 4000))
        w.ask("POST", f"/data/{hashlib.sha256(data).hexdigest()}", data, "application/octet-stream")
        w.answer()


def sealed_video(r, c):
    """Segments of HLS under AES: multiples of 16 bytes, labelled as what is within."""
    w = Web(r, c)
    for at in range(count(r, 8, 30)):
        w.ask("GET", f"/v/720p/seg{at}.ts")
        w.answer(sealed(r, size(r, 6000, 0.3) // 16 * 16), "video/mp2t")


def form_encrypted(r, c):
    """Ciphertext in a form beside plain fields, percent-encoded, in real lengths."""
    w = Web(r, c)
    for _ in range(count(r)):
        body = f"merchant={r.randrange(10**8)}&key={base64.b64encode(r.randbytes(256)).decode()}&data={base64.b64encode(r.randbytes(16 * (1 + size(r, 300) // 16))).decode()}"
        w.post(body.replace("+", "%2B").replace("/", "%2F").encode(), "application/x-www-form-urlencoded")


def packet_line(text):
    return b"%04x" % (len(text) + 4) + text


def git_push(r, c):
    """Packs of objects over smart HTTP, with the status that the server reports."""
    w = Web(r, c, "git.example")
    for _ in range(count(r, 6, 24)):
        old, new = r.randbytes(20).hex(), r.randbytes(20).hex()
        objects = b""
        many = r.randrange(2, 12)
        for _ in range(many):
            data = r.choice([commands, log])(r, size(r, 600))
            length, kind = len(data), r.choice([1, 3])
            head, length = [(kind << 4) | (length & 15)], length >> 4
            while length:
                head[-1] |= 0x80
                head.append(length & 0x7F)
                length >>= 7
            objects += bytes(head) + zlib.compress(data)
        pack = b"PACK" + (2).to_bytes(4, "big") + many.to_bytes(4, "big") + objects
        pack += hashlib.sha1(pack).digest()
        body = packet_line(f"{old} {new} refs/heads/main\0 report-status side-band-64k agent=git/2.47.1".encode()) + b"0000" + pack
        w.ask("POST", "/team/project.git/git-receive-pack", body, "application/x-git-receive-pack-request")
        w.answer(packet_line(b"\x01000eunpack ok\n0019ok refs/heads/main\n0000") + b"0000", "application/x-git-receive-pack-result")


def mail(r, c):
    """SMTP: letters with attachments in base64, lines of 76."""
    c.port = r.choice([25, 587])
    c.add("in", b"220 mail.example ESMTP Postfix\r\n")
    c.add("out", b"EHLO desk.example\r\n")
    c.add("in", b"250-mail.example\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n")
    for _ in range(count(r, 4, 12)):
        for line, reply in (
            (f"MAIL FROM:<{r.choice(NAMES)}@example.org>", "250 2.1.0 Ok"),
            (f"RCPT TO:<{r.choice(NAMES)}@example.net>", "250 2.1.5 Ok"),
            ("DATA", "354 End data with <CR><LF>.<CR><LF>"),
        ):
            c.add("out", line.encode() + b"\r\n")
            c.add("in", reply.encode() + b"\r\n")
        c.add("out", letter(r) + b"\r\n.\r\n")
        c.add("in", f"250 2.0.0 Ok: queued as {r.randbytes(5).hex().upper()}\r\n".encode())
    c.add("out", b"QUIT\r\n")
    c.add("in", b"221 2.0.0 Bye\r\n")


def letter(r):
    ending = r.choice(["pdf", "docx", "zip", "png", "jpeg"])
    make, ctype = MAKERS[ending]
    bound = "----=_Part_" + noise(r, "alnum", 20).decode()
    data = base64.encodebytes(make(r, size(r, 4000, most=15000))).replace(b"\n", b"\r\n")
    head = f'From: {r.choice(NAMES)}@example.org\r\nSubject: {sentence(r)}\r\nMessage-ID: <{guid(r)}@example.org>\r\nDKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k1; bh={base64.b64encode(r.randbytes(32)).decode()}; b={base64.b64encode(r.randbytes(256)).decode()}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{bound}"\r\n\r\n'
    text = f"--{bound}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{prose(r, 400)}\r\n--{bound}\r\nContent-Type: {ctype}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename={r.choice(WORDS)}.{ending}\r\n\r\n"
    return (head + text).encode() + data + f"--{bound}--".encode()


def imap(r, c):
    """Fetched letters: literals of which the length is said before."""
    c.port = 143
    c.add("in", b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n")
    for at in range(count(r, 6, 24)):
        data = letter(r)
        c.add("out", f"a{at} UID FETCH {r.randrange(9999)} (BODY.PEEK[])\r\n".encode())
        c.add(
            "in",
            f"* {at + 1} FETCH (UID {r.randrange(9999)} BODY[] {{{len(data)}}}\r\n".encode()
            + data
            + f")\r\na{at} OK Fetch completed.\r\n".encode(),
        )


def ftp_data(r, c):
    """A data connection of FTP: one file, whatever it is."""
    data = r.choice([archive, minidump, tar, pdf])(r, r.randrange(20000, 90000))
    for at in range(0, len(data), 16384):
        c.add("out", data[at : at + 16384], gap=0.01 if at else None)


def data_uris(r, c):
    """Pictures in base64 within JSON and pages."""
    w = Web(r, c)
    for _ in range(count(r, 8, 40)):
        picture = f"data:image/png;base64,{base64.b64encode(png(r, size(r, 1500))).decode()}"
        if r.random() < 0.5:
            w.post(f'{{"id":"{guid(r)}","title":"{sentence(r)}","image":"{picture}"}}'.encode(), "application/json")
        else:
            w.ask("GET", f"/{r.choice(WORDS)}")
            w.answer(html(r, 600).replace(b"</body>", f'<img src="{picture}" alt="{r.choice(WORDS)}">\n</body>'.encode()), "text/html")
