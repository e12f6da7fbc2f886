"""Content that means something: JSON, XML, pages, tables, logs and output of commands."""

import json
import math
import string
import uuid

WORDS = """account action active address agent alert amount answer archive area asset audit backup balance batch branch bridge budget build cache
campaign card cart case catalog center change channel charge check city class client cloud cluster code column comment company config contact
content contract cost country course credit customer data date deal default delay delivery demand detail device display district domain draft
driver edge editor element email employee engine entry error estimate event exchange export factory failure feature field file filter finance
folder forecast format forward fuel gateway general grade group guest guide handle health history holiday hotel image import income index
inspection insurance invoice issue item journal kernel label language layer leader length level library license limit line link list load local
location lock manager market master material matter measure meeting member memory message method metric minute mobile model module monitor month
network node note notice number object office offer option order organization origin output owner package page panel parcel partner party path
payment people period person phone picture place plan plant point policy portal position power price printer process product profile program
project property provider public purchase quality quantity query queue question rate reading reason receipt record region register release
remote rental repair report request reserve resource response result return review risk role room route rule sale sample schedule school
schema screen search season section sector segment sensor series server service session setting share shift shipment signal site size source
space staff stage standard station status stock storage store stream street student subject summary supplier supply support survey switch system
table target task team template tenant terminal test theme ticket title token tool total track trade traffic training transfer transport travel
trend type unit update upload usage user value vehicle vendor version video view visit volume warehouse water weather week window work worker
zone""".split()
GLUE = "the of and to in for on with from by is was are has will not at as it this that which each after before".split()
NAMES = "anna ben carla david elena felix greta hanna igor jonas karin lukas maria nora oskar paula quentin rita stefan tanja ute viktor".split()
NOISE = {
    "bytes": bytes(range(256)),
    "a-z": string.ascii_lowercase.encode(),
    "alnum": (string.ascii_letters + string.digits).encode(),
    "base64": (string.ascii_letters + string.digits + "+/").encode(),
    "hex": b"0123456789abcdef",
    "printable": bytes(range(33, 127)),
}


def noise(r, kind, n):
    return r.randbytes(n) if kind == "bytes" else bytes(r.choices(NOISE[kind], k=n))


def size(r, median=700, spread=0.7, least=60, most=20000):
    return int(min(most, max(least, math.exp(r.gauss(math.log(median), spread)))))


def count(r, least=8, most=160):
    return int(min(most, max(least, math.exp(r.gauss(math.log(45), 0.6)))))


def guid(r):
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


def moment(r, day=3):
    return f"2026-03-{day:02}T{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}"


def sentence(r):
    out = []
    for _ in range(min(40, max(2, round(r.lognormvariate(2.2, 0.5))))):
        out.append(r.choice(GLUE) if r.random() < 0.42 else r.choice(WORDS))
    return " ".join(out).capitalize() + r.choice([".", ".", ".", "?", "!"])


def prose(r, n):
    out = ""
    while len(out) < n:
        out += sentence(r) + ("\n" if r.random() < 0.15 else " ")
    return out.strip()


def value(r):
    pick = r.randrange(8)
    if pick == 0:
        return r.randrange(10 ** r.randrange(1, 8))
    if pick == 1:
        return round(r.uniform(0, 1000), r.randrange(1, 4))
    if pick == 2:
        return r.random() < 0.5
    if pick == 3:
        return moment(r) + "Z"
    if pick == 4:
        return r.choice(NAMES) + "." + r.choice(WORDS) + "@" + r.choice(WORDS) + ".example"
    if pick == 5:
        return "/".join(["", *r.sample(WORDS, 3)])
    return " ".join(r.sample(WORDS, r.randrange(1, 6)))


class Shape:
    """Records of one application: always the same keys, values that change."""

    def __init__(self, r):
        self.style = r.randrange(3)
        self.keys = [self.key(r) for _ in range(r.randrange(4, 11))]
        self.top = [self.key(r) for _ in range(r.randrange(2, 6))]
        self.list = self.key(r)

    def key(self, r):
        a, b = r.choice(WORDS), r.choice(WORDS)
        return (a + b.capitalize(), a + "_" + b, a)[self.style]

    def record(self, r):
        return {k: value(r) for k in self.keys}

    def document(self, r, n):
        doc = {k: value(r) for k in self.top}
        doc[self.list] = [self.record(r)]
        length = len(json.dumps(doc))
        while length < n:
            doc[self.list].append(self.record(r))
            length += len(json.dumps(doc[self.list][-1]))
        return doc

    def json(self, r, n):
        return json.dumps(self.document(r, n), separators=(",", ":") if self.style else (", ", ": ")).encode()

    def xml(self, r, n):
        rows = "".join(self.row(r) for _ in range(max(1, n // 260)))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{self.list} version="1.{self.style}">{rows}</{self.list}>'.encode()

    def row(self, r):
        return "<item>" + "".join(f"<{k}>{value(r)}</{k}>" for k in self.keys) + "</item>\n"

    def csv(self, r, n):
        out = ",".join(self.keys) + "\r\n"
        while len(out) < n:
            out += ",".join(str(value(r)) for _ in self.keys) + "\r\n"
        return out.encode()

    def form(self, r, n):
        out = []
        while sum(map(len, out)) < n:
            out.append(f"{r.choice(self.keys + self.top)}={str(value(r)).replace(' ', '+').replace('@', '%40').replace(':', '%3A')}")
        return "&".join(out).encode()


def html(r, n):
    out = f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{sentence(r)}</title></head>\n<body>\n'
    while len(out) < n:
        out += f'<div class="{r.choice(WORDS)}"><h2>{sentence(r)}</h2><p>{prose(r, 120)}</p><a href="/{r.choice(WORDS)}/{r.choice(WORDS)}">{r.choice(WORDS)}</a></div>\n'
    return (out + "</body>\n</html>\n").encode()


def log(r, n):
    out, made = [], 0
    while made < n:
        line = f"{moment(r)} {r.choice(['INFO', 'WARN', 'DEBUG', 'ERROR'])} [{r.choice(WORDS)}-{r.randrange(16)}] {sentence(r)} {r.choice(WORDS)}={r.randrange(9999)}"
        out.append(line)
        made += len(line) + 1
    return ("\n".join(out) + "\n").encode()


def commands(r, n):
    """What an implant sends: lists of processes, folders, adapters."""
    out = f"C:\\Users\\{r.choice(NAMES)}>{r.choice(['dir /s', 'tasklist', 'ipconfig /all', 'net view', 'systeminfo'])}\r\n"
    while len(out) < n:
        out += r.choice(
            [
                f"{r.choice(WORDS)}.exe{r.randrange(400, 20000):>20} Console{1:>12}{r.randrange(900, 90000):>12} K\r\n",
                f"03/{r.randrange(1, 29):02}/2026  {r.randrange(1, 13):02}:{r.randrange(60):02} PM{r.randrange(100, 900000):>18} {r.choice(WORDS)}.docx\r\n",
                f"   IPv4 Address. . . . . . . . . . . : 10.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(256)}\r\n",
                f"\\\\{r.choice(WORDS).upper()}-{r.choice(WORDS).upper()}    {sentence(r)}\r\n",
            ]
        )
    return out.encode()


def plain(r, n):
    """Text of some kind."""
    return r.choice([commands, log, lambda r, n: prose(r, n).encode()])(r, n)
