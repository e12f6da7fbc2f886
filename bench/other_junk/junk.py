"""Junk in content: filler, noise between characters, junk of one length, noise in fields, fill, bursts.

Each family is a function of a random source and a `Conversation`; it fills in turns, variant and whether anybody could tell.
"""

import base64
import json
import zlib

from content import WORDS, Shape, commands, count, guid, html, noise, plain, size
from files import archive, packed, png
from web import Web

TYPES = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "text": "text/plain",
    "png": "image/png",
    "gzip": "application/gzip",
    "zip": "application/zip",
    "form": "application/x-www-form-urlencoded",
    "base64": "text/plain",
    "csv": "text/csv",
}


class Sender:
    """Carries messages: bodies of requests or answers of HTTP, framed or bare on TCP, datagrams."""

    def __init__(self, r, c, side=None):
        self.r, self.c = r, c
        self.side = side or r.choice(["out", "out", "out", "in"])
        self.web = Web(r, c) if c.carrier == "http" else None
        self.frame = r.choice(["", "be4", "le4", "be2"]) if c.carrier == "tcp" else ""
        self.replies = r.random() < 0.7
        self.method = r.choice(["POST", "POST", "PUT"])
        self.chunks = r.choice([0, 0, 0, 512, 2048])
        self.limit = 1300 if c.carrier == "udp" else 20000

    def size(self, median):
        return size(self.r, 350 if self.c.carrier == "udp" else median, most=900 if self.c.carrier == "udp" else 12000)

    def send(self, data, junk, ctype="application/octet-stream"):
        if self.web and self.side == "out":
            self.web.ask(self.method, None, data, ctype, junk=junk, chunks=self.chunks)
            self.web.short()
        elif self.web:
            self.web.ask("GET", f"{self.web.path}?seq={self.r.randrange(99999)}")
            self.web.answer(data, ctype, junk=junk, chunks=self.chunks)
        elif self.c.carrier != "udp" or len(data) <= 1472:
            self.raw(data, junk)

    def raw(self, data, junk):
        n = len(data)
        head = {"": b"", "be4": n.to_bytes(4, "big"), "le4": n.to_bytes(4, "little"), "be2": (n & 0xFFFF).to_bytes(2, "big")}[
            self.frame if n < 65536 else ""
        ]
        self.c.add(self.side, head + data, junk)
        if self.replies:
            self.c.add("in" if self.side == "out" else "out", self.r.choice([b"OK\n", b"\x06", b"\x00\x00\x00\x01"]))


class Law:
    """How long the noise of a message is."""

    def __init__(self, r, top=None):
        self.kind = r.choice(["constant", "uniform", "uniform", "geometric"])
        self.top = top or r.choice([24, 60, 120, 255, 400, 900, 4000])
        self.low = r.choice([0, 0, self.top // 4])

    def draw(self, r):
        if self.kind == "constant":
            return self.top
        if self.kind == "uniform":
            return r.randint(self.low, self.top)
        return min(self.top * 4, int(r.expovariate(2 / self.top)) + 1)


def drawn(r, alphabet, block, n):
    """Noise, or zeros or a block again and again."""
    return bytes(n) if alphabet == "zeros" else (block * (n // len(block) + 1))[:n] if alphabet == "block" else noise(r, alphabet, n)


def told(kind, alphabet, law, where, carrier):
    """Whether filler of this kind can be told: not a code of one length beside text, not little noise in text, not zeros behind a file."""
    words = kind in ("text", "csv", "base64")
    if alphabet == "zeros":
        return where == "inside" or (carrier == "http" and kind in ("json", "xml"))
    if words and law.kind == "constant" and where != "inside" and alphabet in ("alnum", "base64", "hex", "bytes"):
        return law.top > 120
    if law.kind == "constant" and law.top <= 24 and where != "inside" and alphabet not in ("a-z", "printable", "block"):
        return False
    if kind == "base64" and alphabet in ("base64", "alnum", "hex", "a-z"):
        return law.kind != "constant" or law.top % 4 > 0
    return law.top >= 48 or alphabet in ("bytes", "block") or not (words or kind in ("html", "xml"))


def base(r, kind, shape, n):
    if kind in ("json", "xml", "form", "csv"):
        return getattr(shape, kind)(r, n)
    return {
        "base64": lambda r, n: base64.b64encode(plain(r, n)),
        "html": html,
        "text": plain,
        "png": png,
        "zip": archive,
        "gzip": lambda r, n: packed(r, plain(r, n * 3)),
    }[kind](r, n)


def filler(where):
    def family(r, c):
        kind = r.choice(["json", "json", "json", "xml", "html", "text", "csv", "base64", "png", "gzip", "zip"])
        alphabet, law = r.choice(["bytes", "bytes", "a-z", "base64", "hex", "alnum", "printable", "zeros", "block"]), Law(r)
        if c.carrier == "udp":
            law.top = min(law.top, 120)
            law.low = min(law.low, law.top // 4)
            kind = "json" if kind == "zip" else kind
        s, shape, total, block = Sender(r, c), Shape(r), 0, r.randbytes(r.choice([4, 8, 16]))
        c.variant = f"{kind} {alphabet} {law.kind} {law.top}"
        for _ in range(count(r)):
            data, junk = base(r, kind, shape, s.size(700)), drawn(r, alphabet, block, law.draw(r))
            at = {"head": 0, "tail": len(data), "inside": r.randrange(len(data) // 4, max(len(data) // 4 + 1, 3 * len(data) // 4))}[where]
            s.send(data[:at] + junk + data[at:], len(junk), TYPES[kind])
            total += len(junk)
        c.decidable = total >= 48 and told(kind, alphabet, law, where, c.carrier)

    return family


def every_few(r, c):
    """Noise after every k characters, in bodies and raw messages."""
    k, alphabet = r.choice([1, 1, 1, 2, 3, 4, 6]), r.choice(["a-z", "alnum", "printable", "bytes", "hex"])
    kind, s, shape = r.choice(["json", "text", "form", "xml"]), Sender(r, c), Shape(r)
    before = r.random() < 0.3
    c.variant = f"{kind} every {k} {alphabet}"
    for _ in range(count(r)):
        data = base(r, kind, shape, s.size(400))[: 600 if c.carrier == "udp" else None]
        out = bytearray()
        for at in range(0, len(data), k):
            piece, junk = data[at : at + k], noise(r, alphabet, 1)
            out += junk + piece if before else piece + junk
        s.send(bytes(out), len(out) - len(data), r.choice([TYPES[kind], "application/octet-stream"]))


def every_few_request(r, c):
    """Noise between the characters of the request: path, query or cookie, as Downdelph does."""
    k, alphabet, where = r.choice([1, 1, 2, 3]), r.choice(["a-z", "alnum", "hex"]), r.choice(["query", "path", "cookie"])
    w, total = Web(r, c), 0
    c.variant = f"{where} every {k} {alphabet}"
    for _ in range(count(r)):
        text = f"id={r.choice(WORDS)}-{r.choice(WORDS)}&host={r.choice(WORDS).upper()}{r.choice(WORDS).upper()}&user={r.choice(WORDS)}&state={r.choice(WORDS)}"
        out = "".join(text[i : i + k] + noise(r, alphabet, 1).decode() for i in range(0, len(text), k))
        total += len(text)
        safe = out if where == "query" else out.replace("=", "-").replace("&", "_")
        path = {"query": f"{w.path}?{safe}", "path": f"{w.path}/{safe}", "cookie": w.path}[where]
        w.ask("GET", path, headers=[f"Cookie: {r.choice(['sid', 'data'])}={safe}"] if where == "cookie" else (), junk=len(out) - len(text))
        w.short()
    c.decidable = total >= 200 * k


def one_length(r, c):
    """Junk of one length for each encoded string, as implants of APT28 have it."""
    encode = r.choice([base64.b64encode, base64.b64encode, base64.urlsafe_b64encode, base64.b16encode])
    length, where = r.choice([3, 5, 6, 8, 12, 16, 24, 40]), r.choice(["prefix", "suffix", "inside"])
    alphabet, secret = "hex" if encode is base64.b16encode else "alnum", r.random() < 0.25
    carrier, s, shape = r.choice(["body", "field"]), Sender(r, c), Shape(r)
    c.variant = f"{encode.__name__} {where} {length} {carrier}{' ciphertext' if secret else ''}"
    place, broken = r.randrange(4, 40), False
    for _ in range(count(r, 16)):
        inner = r.randbytes(s.size(200)) if secret else r.choice([commands, lambda r, n: shape.json(r, n)])(r, s.size(200))
        data = encode(inner[: 700 if c.carrier == "udp" else None]).rstrip(b"=" if r.random() < 0.1 else b"")
        junk = noise(r, alphabet, length)
        junk = junk.upper() if encode is base64.b16encode else junk
        at = {"prefix": 0, "suffix": len(data), "inside": min(place, len(data))}[where]
        broken |= b"=" in data[:at]
        data = data[:at] + junk + data[at:]
        if carrier == "field":
            data = json.dumps({"type": r.randrange(4), "data": data.decode()}).encode()
        s.send(data, length, "application/json" if carrier == "field" else "text/plain")
    unit = 2 if encode is base64.b16encode else 4
    c.decidable = not secret and length >= 5 and (where == "inside" or length % unit > 0 or broken)


def orion_steps(r, c):
    """The steps of SUNBURST: what is meant is deflated, obfuscated by one byte and split; steps without bit 2 are noise."""
    w, key, per = Web(r, c), r.randrange(1, 256), r.choice([20, 60, 150, 400])
    user, session, share, total = guid(r), guid(r), r.choice([0.2, 0.4, 0.6]), 0
    method, kind = r.choice(["POST", "PUT"]), r.choice(["application/octet-stream", "application/json"])
    c.variant = f"{kind} {share} {per}"
    for _ in range(count(r, 6, 60)):
        hidden = bytes(b ^ key for b in zlib.compress(commands(r, size(r, 1500)), 9)[2:-4])
        steps, stamp, at = [], r.randrange(10**12, 2 * 10**12), 0
        while at < len(hidden):
            junk = r.random() < share
            n = r.randint(1, per)
            piece = r.randbytes(n) if junk else hidden[at : at + n]
            at += 0 if junk else n
            stamp += r.randrange(4, 4000)
            text = base64.b64encode(piece).decode()
            steps.append(
                {
                    "Timestamp": f"/Date({(stamp & ~2) | (0 if junk else 2)})/",
                    "Index": len(steps),
                    "EventType": "Orion",
                    "EventName": "EventManager",
                    "DurationMs": r.randrange(900),
                    "Succeeded": True,
                    "Message": text,
                }
            )
            total += junk
            c.junk_bytes["out"] += len(text) if junk else 0
        body = json.dumps({"userId": user, "sessionId": session, "steps": steps}, separators=(",", ":")).encode()
        w.ask(method, f"{w.path}/{r.randrange(10**6)}", body, kind)
        w.short()
    c.decidable = total >= 24


def padded_reports(r, c):
    """Values padded with a random rest of random length, as GrimAgent does."""
    style, alphabet, top = r.choice(["json", "form", "pipe"]), r.choice(["a-z", "alnum", "hex"]), r.choice([16, 40, 90])
    s, total = Sender(r, c, "out"), 0
    names = r.sample(WORDS, r.randrange(2, 5))
    c.variant = f"{style} {alphabet} to {top}"
    for _ in range(count(r)):
        row = {}
        for name in names:
            rest = noise(r, alphabet, r.randint(4, top)).decode()
            row[name] = f"{r.choice(WORDS)}{r.choice(['|', ':'])}{rest}" if style != "pipe" else f"{r.choice(WORDS)} {rest}"
            total += 1
            c.junk_bytes["out"] += len(rest)
        text = json.dumps(row) if style == "json" else ("&" if style == "form" else "|").join(f"{k}={v}" for k, v in row.items())
        s.send(text.encode(), 0, TYPES.get(style, "text/plain"))
    c.decidable = total >= (48 if top == 16 else 24)


def noise_fields(r, c):
    """JSON with members that mean nothing: names of one application, or new ones each time."""
    alphabet, top = r.choice(["alnum", "base64", "hex", "a-z"]), r.choice([40, 120, 300])
    s, shape, fresh, total = Sender(r, c), Shape(r), r.random() < 0.4, 0
    names = r.sample(["pad", "rnd", "nonce", "_", "x", "trace", "blob", "ref"], r.randrange(1, 4))
    c.variant = f"{alphabet} to {top}{' fresh names' if fresh else ''}"
    for _ in range(count(r)):
        doc, spent = shape.document(r, s.size(350)), 0
        for name in names:
            name = noise(r, "a-z", r.randrange(5, 12)).decode() if fresh else name
            doc[name] = noise(r, alphabet, r.randint(top // 8, top)).decode()
            spent += len(doc[name])
            total += 1
        items = list(doc.items())
        r.shuffle(items)
        s.send(json.dumps(dict(items)).encode(), spent, TYPES["json"])
    c.decidable = total >= 24


def random_names(r, c):
    """Random identifiers for operations and results, as TrailBlazer has them."""
    w, length = Web(r, c), r.choice([0, 8, 16])
    c.variant = "varying" if not length else f"of {length}"
    n = count(r)
    for _ in range(n):
        ids = [noise(r, "alnum", length or r.randint(12, 64)).decode() for _ in range(2)]
        w.ask("GET", f"{w.path}?{r.choice(['q', 'v'])}={ids[0]}&ref={ids[1]}", junk=sum(map(len, ids)))
        w.short()
    c.decidable = not length and n >= 24


def round_fill(r, c):
    """Messages filled up to a round size."""
    step = r.choice([256, 512, 1024, 1460]) if c.carrier != "udp" else r.choice([256, 512, 1024])
    what, kind = r.choice(["zeros", "A", "block"]), r.choice(["json", "text", "xml", "gzip"])
    s, shape = Sender(r, c), Shape(r)
    block = {"zeros": b"\0", "A": b"\x41", "block": r.randbytes(r.choice([4, 8, 16]))}[what]
    c.variant = f"{kind} {what} to {step}"
    c.decidable = what != "zeros" or (c.carrier == "http" and kind in ("json", "xml"))
    for _ in range(count(r)):
        data = base(r, kind, shape, s.size(400))[: 900 if c.carrier == "udp" and kind == "text" else None]
        fill = (block * (step // len(block) + 1))[: -len(data) % step]
        s.send(data + fill, len(fill), TYPES[kind])


def bursts(r, c):
    """Random bytes and nothing else, as P8RAT sends them; under a label they belie it."""
    label = r.choice(["text/html", "image/jpeg", "application/pdf", "application/octet-stream"]) if c.carrier == "http" else ""
    s = Sender(r, c, "out")
    c.variant, c.decidable = label, label in ("image/jpeg", "application/pdf", "text/html")
    for _ in range(count(r)):
        data = r.randbytes(min(s.limit, r.randint(64, 1200)))
        s.send(data, len(data), label)


def noise_messages(r, c):
    """Whole messages of noise among those that mean something, under the same label."""
    kind, alphabet, share = r.choice(["json", "text", "xml"]), r.choice(["a-z", "printable", "alnum", "bytes"]), r.choice([0.3, 0.5, 0.8])
    s, shape, many = Sender(r, c), Shape(r), 0
    c.variant, n = f"{kind} {alphabet} {share}", count(r, 12)
    for _ in range(n):
        fake = r.random() < share
        data = noise(r, alphabet, r.randint(60, 900)) if fake else base(r, kind, shape, s.size(400))
        many += fake
        s.send(data, len(data) if fake else 0, TYPES[kind])
    c.decidable = many >= 8 and alphabet != "bytes"


def noisy_setup(r, c):
    """Random characters of random number before the key of each session, then ciphertext: as Turian does."""
    c.decidable = False
    head = noise(r, "alnum", r.randint(8, 60))
    c.add("out", head + r.randbytes(32), len(head))
    c.add("in", r.randbytes(32))
    for _ in range(count(r)):
        for side in ("out", "in"):
            data = r.randbytes(size(r, 300))
            c.add(side, len(data).to_bytes(2, "big") + data)
