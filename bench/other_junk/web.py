"""HTTP/1.1 as different programs write it."""

from content import WORDS, guid, html

AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:135.0) Gecko/20100101 Firefox/135.0",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/5.0; SLCC2)",
    "curl/8.9.1",
    "python-requests/2.32.3",
    "Go-http-client/1.1",
    "Microsoft-CryptoAPI/10.0",
    "okhttp/4.12.0",
]


class Web:
    """One client, one server and one connection that is kept open."""

    def __init__(self, r, conversation, host=None):
        self.r, self.c = r, conversation
        self.host = (
            host
            or f"{r.choice(['www', 'api', 'cdn', 'app', 'update', r.choice(WORDS)])}.{r.choice(WORDS)}{r.choice(['', '-'])}{r.choice(WORDS)}.example"
        )
        self.agent = r.choice(AGENTS)
        self.server = r.choice(["nginx", "nginx/1.24.0", "Apache/2.4.58 (Ubuntu)", "Microsoft-IIS/10.0", "cloudflare", ""])
        self.extra = r.sample(
            [
                "Accept: */*",
                "Accept-Encoding: gzip, deflate",
                "Accept-Language: en-US,en;q=0.9",
                "Cache-Control: no-cache",
                "Pragma: no-cache",
            ],
            r.randrange(1, 5),
        )
        self.clock = r.randrange(6 * 3600, 20 * 3600)
        self.path = "/" + "/".join(r.sample(WORDS, r.randrange(1, 4)))

    def ask(self, method="GET", path=None, body=b"", ctype=None, headers=(), junk=0, chunks=0, gap=None):
        lines = [f"{method} {path or self.path} HTTP/1.1", f"Host: {self.host}", f"User-Agent: {self.agent}", *self.extra, *headers]
        if ctype:
            lines.append(f"Content-Type: {ctype}")
        self.send("out", lines, body, method in ("POST", "PUT", "PATCH"), chunks, junk, gap)

    def answer(self, body=b"", ctype="application/json", status="200 OK", headers=(), junk=0, chunks=0, gap=None):
        self.clock += self.r.randrange(1, 9)
        now = f"{self.clock // 3600:02}:{self.clock // 60 % 60:02}:{self.clock % 60:02}"
        lines = [f"HTTP/1.1 {status}", f"Date: Tue, 03 Mar 2026 {now} GMT", *([f"Server: {self.server}"] if self.server else []), *headers]
        if body:
            lines.append(f"Content-Type: {ctype}")
        self.send("in", lines, body, True, chunks, junk, gap)

    def send(self, side, lines, body, length, chunks, junk, gap):
        if chunks and body:
            lines.append("Transfer-Encoding: chunked")
            parts = [body[i : i + chunks] for i in range(0, len(body), chunks)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
        elif length:
            lines.append(f"Content-Length: {len(body)}")
        self.c.add(side, "\r\n".join(lines).encode() + b"\r\n\r\n" + body, junk, gap)

    def short(self):
        """An ordinary small answer."""
        r = self.r
        pick = r.randrange(4)
        if pick == 0:
            self.answer(status="204 No Content")
        elif pick == 1:
            self.answer(b'{"status":"ok"}')
        elif pick == 2:
            self.answer(f'{{"id":"{guid(r)}","accepted":true}}'.encode(), status="201 Created")
        else:
            self.answer(html(r, 200), "text/html; charset=utf-8")

    def post(self, body, ctype, path=None, headers=(), junk=0, chunks=0):
        self.ask("POST", path, body, ctype, headers, junk, chunks)
        self.short()


def multipart(r, parts):
    """`parts` of (name, file name or None, type, bytes); returns the body and its type."""
    bound = r.choice(["----WebKitFormBoundary", "--------------------------", "----Boundary-"]) + "".join(
        r.choices("ABCDEFabcdef0123456789", k=16)
    )
    out = b""
    for name, file, ctype, data in parts:
        where = f'; filename="{file}"' if file else ""
        kind = f"Content-Type: {ctype}\r\n" if ctype else ""
        out += f'--{bound}\r\nContent-Disposition: form-data; name="{name}"{where}\r\n{kind}\r\n'.encode() + data + b"\r\n"
    return out + f"--{bound}--\r\n".encode(), f"multipart/form-data; boundary={bound}"
