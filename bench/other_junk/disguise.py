"""Junk in requests, answers and names: polluted encodings, oversized cookies, decoys, wrappers, peers, labels of DNS."""

import base64
import struct

from content import WORDS, Shape, commands, count, guid, html, noise, size
from junk import Sender
from names import Resolver
from web import Web


def encoded(r, n, secret):
    return base64.b64encode(r.randbytes(n) if secret else commands(r, n)[:n]).decode()


def pollute(r, text, strangers, every):
    """Strangers strewn into a text, one after about `every` characters."""
    out, added, at = "", 0, 0
    while at < len(text):
        step = r.randint(max(1, every // 2), every * 2)
        piece, at = text[at : at + step], at + step
        stranger = r.choice(strangers) if at < len(text) else ""
        out, added = out + piece + stranger, added + len(stranger)
    return out, added


def dirty_base64(r, c):
    """Base64 with foreign symbols within, in bodies and fields, as WellMess has it."""
    secret, every = r.random() < 0.5, r.choice([5, 12, 30])
    strangers = r.choice([[" ", ",", ".", ":"], ["!", "#", "%"], ["-", "_", "~", "*"], [". ", ", ", ": "], ["@"], ["=", "&"]])
    s, where = Sender(r, c), r.choice(["body", "field"])
    c.variant = f"{where} {''.join(strangers)!r} every {every}{' ciphertext' if secret else ''}"
    symbols = foreign = 0
    for _ in range(count(r)):
        text = encoded(r, s.size(250), secret)
        text = text[: 900 if c.carrier == "udp" else None]
        data, added = pollute(r, text, strangers, every)
        symbols, foreign = symbols + len(text), foreign + added
        if where == "field":
            data = f'{{"session":"{guid(r)}","data":"{data}"}}'
        s.send(
            data.encode(), added, "application/json" if where == "field" else r.choice(["text/plain", "application/x-www-form-urlencoded"])
        )
    c.decidable = symbols >= 200 and foreign >= 8


def dirty_cookie(r, c):
    """Ciphertext in base64 over several cookies, with symbols between, as WellMess has it."""
    w, every, total = Web(r, c), r.choice([6, 9, 14]), 0
    c.variant = f"every {every}"
    strangers = r.choice([["=", " "], [" ", ":", ","], [". ", ", ", ": "]])
    for _ in range(count(r)):
        parts = []
        for _ in range(r.randrange(2, 5)):
            text, added = pollute(r, encoded(r, r.randint(40, 200), True).rstrip("="), strangers, every)
            parts.append(f"{noise(r, 'alnum', 8).decode()}={text}")
            c.junk_bytes["out"] += added
            total += added
        w.ask(r.choice(["GET", "POST"]), w.path, headers=["Cookie: " + "; ".join(parts)])
        w.answer(encoded(r, size(r, 300), True).encode(), "text/html")
    c.decidable = total >= 24


def page_bits(r, c):
    """An encoded request with symbols and endings of files strewn in, as Carbanak has it."""
    where, secret = r.choice(["path", "query", "path"]), r.random() < 0.6
    endings = [".gif", ".htm", ".html", ".php", ".png", ".jpg", ".shtml", "/", "?", "&", "-"]
    w, every, total = Web(r, c), r.choice([8, 16, 30]), 0
    c.variant = f"{where} every {every}{' ciphertext' if secret else ''}"
    for _ in range(count(r)):
        text = encoded(r, r.randint(60, 260), secret).replace("+", "-").replace("/", "_").rstrip("=")
        data, added = pollute(r, text, endings[:8] if where == "path" else endings[:7] + ["&", "=", "/"], every)
        total += added
        w.ask("GET", f"/{data}" if where == "path" else f"{w.path}?{data}", junk=added)
        w.answer(html(r, 300), "text/html")
    c.decidable = total >= 40


def fat_cookies(r, c):
    """Cookies or headers full of noise that no server has set."""
    where, alphabet = r.choice(["Cookie", "X-Trace", "X-Request-Data", "Cookie"]), r.choice(["alnum", "base64", "hex"])
    w, low, top = Web(r, c), r.choice([60, 200]), r.choice([400, 1500])
    fixed, n = r.random() < 0.2, count(r)
    name = r.choice(["SESSID", "data", "_pk", "uid"])
    c.variant = f"{where} {alphabet} {'of one length' if fixed else 'to ' + str(top)}"
    for _ in range(n):
        text = noise(r, alphabet, top if fixed else r.randint(low, top)).decode()
        w.ask(
            "GET",
            f"{w.path}/{r.choice(WORDS)}",
            headers=[f"Cookie: {name}={text}" if where == "Cookie" else f"{where}: {text}"],
            junk=len(text),
        )
        w.short()
    c.decidable = not fixed and n >= 24


def knocks(r, c):
    """Many small requests that mean nothing, all answered alike, around a few that do: as Kevin does."""
    w, alphabet, where = Web(r, c), r.choice(["a-z", "hex", "alnum"]), r.choice(["path", "query"])
    low, top = r.choice([(8, 8), (6, 14), (16, 32)])
    status, n = r.choice(["200 OK", "404 Not Found", "204 No Content"]), count(r, 10)
    same = b"" if status.startswith("204") else html(r, 120)
    c.variant = f"{where} {alphabet} {low}-{top} {status[:3]}"
    for _ in range(n):
        name = noise(r, alphabet, r.randint(low, top)).decode()
        w.ask("GET", f"{w.path}/{name}" if where == "path" else f"{w.path}?{name}", junk=len(name))
        w.answer(same, "text/html", status)
        if r.random() < 0.1:
            w.ask("POST", w.path, r.randbytes(200), "application/octet-stream")
            w.answer(b"ok", "text/plain")
    buster = (where == "query" or alphabet == "hex") and low == top and not status.startswith("404")
    c.decidable = n >= 12 and not buster


def cover_visits(r, c):
    """Ordinary visits around the real request, as GoldMax makes them: nobody could tell from content."""
    w = Web(r, c, r.choice(["www.search.example", "www.video.example", "www.news.example"]))
    c.decidable = False
    for _ in range(count(r)):
        w.ask("GET", f"/{r.choice(WORDS)}?q={r.choice(WORDS)}+{r.choice(WORDS)}", junk=40)
        w.answer(html(r, size(r, 3000)), "text/html")


def wrapped_replies(r, c):
    """Answers with the same filler before and behind what is meant, as profiles of Malleable C2 do."""
    w, kind = Web(r, c), r.choice(["noise", "letters", "image", "page", "script"])
    before, behind = r.randint(300, 4400), r.randint(300, 7500)
    head, tail = wrapper(r, kind, before, behind)
    types = {"image": "image/gif", "page": "text/html", "script": "application/javascript"}
    c.variant = kind
    c.decidable = kind in ("noise", "letters", "image")
    for _ in range(count(r, 8, 70)):
        inner = r.randbytes(size(r, 200))
        inner = base64.urlsafe_b64encode(inner) if kind in ("page", "script", "letters") else inner
        w.ask("GET", f"{w.path}.{'js' if kind == 'script' else 'php'}")
        w.answer(head + inner + tail, types.get(kind, "application/octet-stream"), junk=len(head) + len(tail))


def wrapper(r, kind, before, behind):
    if kind == "noise":
        return r.randbytes(before), r.randbytes(behind)
    if kind == "letters":
        return noise(r, "alnum", before), noise(r, "alnum", behind)
    if kind == "image":
        return b"GIF89a" + struct.pack("<HH", 640, 480) + b"\xf7\0\0" + r.randbytes(before), r.randbytes(behind) + b";"
    if kind == "page":
        return html(r, before)[:-18] + b'<input type="hidden" value="', b'"></body>\n</html>\n'
    code = "".join(
        f"function {r.choice(WORDS)}(a,b){{var {r.choice(WORDS)}=a.{r.choice(WORDS)};return {r.choice(WORDS)}(b)||null}}"
        for _ in range(before // 70)
    )
    return (code + 'var d="').encode(), ('";' + code[:behind]).encode()


PEER = {0: (4, 12), 1: (22, 22), 2: (8, 8), 3: (450, 450), 4: (20, 20), 5: (60, 600)}


def peers(r, c):
    """Messages of P2P ZeuS: a header with the length of a random rest, then that rest; bare, chained by XOR, or RC4."""
    hide, ids, n = r.choice(["bare", "xor", "rc4"]), (r.randbytes(20), r.randbytes(20)), count(r, 12)
    top = r.choice([255, 255, 128])
    c.variant, messages = f"{hide} to {top}", 0
    for _ in range(n):
        kind = r.choice([0, 2, 2, 4])
        session = r.randbytes(20)
        for side, what in (("out", kind), ("in", kind + 1)):
            pad = r.randint(0, top)
            body = peer_payload(r, what)
            data = bytes([r.randrange(256), r.randrange(1, 50), pad, what]) + session + ids[side == "in"] + body + r.randbytes(pad)
            c.add(side, conceal(r, data, hide), pad)
            messages += 1
    c.decidable = messages >= (24 if hide != "rc4" else 48)


def peer_payload(r, what):
    if what == 3:
        return b"".join(
            r.randbytes(20) + b"\x02" + r.randbytes(4) + struct.pack("<H", r.randrange(1024, 9999)) + bytes(18) for _ in range(10)
        )
    if what == 1:
        return struct.pack("<IH", 0x38D8, r.randrange(1024, 9999)) + r.randbytes(16)
    return r.randbytes(r.randint(*PEER[what]))


def conceal(r, data, hide):
    if hide == "bare":
        return data
    if hide == "rc4":
        return r.randbytes(len(data))
    out, last = bytearray(), 0
    for byte in data:
        last ^= byte
        out.append(last)
    return bytes(out)


def odd_labels(r, c):
    """Data in names of DNS with characters added so that they look ordinary, as Uroburos does."""
    encode, extra = r.choice([("hex", "ghjkmnpqrstvwxyz"), ("hex", "-"), ("base32", "-"), ("base32", "0189"), ("base32", "-")])
    d, n, per = Resolver(r, c), count(r, 8), r.choice([16, 24, 36])
    every = r.choice([2, 3, 5])
    zone = f"{r.choice(WORDS)}{r.choice(WORDS)}.example"
    c.variant = f"{encode} + {extra[:4]} every {every}"
    for _ in range(n):
        data = commands(r, 80)[:per]
        text = data.hex() if encode == "hex" else base64.b32encode(data).decode().lower().rstrip("=")
        name, added = pollute(r, text, list(extra), every)
        name = name.replace("--", "-")
        labels = [name[i : i + 40].strip("-") for i in range(0, len(name), 40)]
        d.ask(".".join([*filter(None, labels), zone]), r.choice([1, 16]), junk=added)
        d.answer()
    c.decidable = n >= 12


def added_labels(r, c):
    """Labels of noise beside a label that carries data."""
    d, n, zone = Resolver(r, c), count(r, 8), f"{r.choice(WORDS)}.{r.choice(WORDS)}.example"
    alphabet, top = r.choice(["a-z", "hex", "alnum"]), r.choice([12, 20, 32])
    c.variant = f"{alphabet} to {top}"
    for at in range(n):
        text = base64.b32encode(commands(r, 60)[:15]).decode().lower().rstrip("=")
        junk = noise(r, alphabet, r.randint(4, top)).decode().lower()
        d.ask(".".join(r.choice([[junk, text], [text, junk]]) + [zone]), junk=len(junk))
        d.answer()
    c.decidable = n >= 24


def noisy_answers(r, c):
    """TXT answers that read, with noise behind; or EDNS padding that is not zero."""
    d, n, zone = Resolver(r, c), count(r, 8), f"{r.choice(WORDS)}.example"
    style, top = r.choice(["text", "padding"]), r.choice([40, 100])
    c.variant = f"{style} to {top}"
    for _ in range(n):
        junk = noise(r, "alnum" if style == "text" else "bytes", r.randint(16, top))
        side = r.choice([0, 1])
        d.ask(
            f"{r.choice(WORDS)}{r.randrange(999)}.{zone}",
            16,
            padding=junk if style == "padding" else None,
            junk=len(junk) if style == "padding" else 0,
        )
        text = f"{r.choice(WORDS)} {r.choice(WORDS)} {r.randrange(99)} ".encode()
        if style == "text":
            d.answer(text=text + junk, junk=len(junk))
        else:
            d.answer(text=text)
    c.decidable = n >= 16
