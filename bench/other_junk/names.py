"""DNS over UDP: questions and answers of one client and one resolver."""

import struct


def spelled(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"


class Resolver:
    """Writes questions and their answers into a conversation."""

    def __init__(self, r, c, edns=None):
        self.r, self.c = r, c
        self.edns = r.random() < 0.6 if edns is None else edns
        self.asked = None

    def option(self, options=b""):
        return b"\0\0\x29" + struct.pack("!HIH", 1232, 0, len(options)) + options

    def ask(self, name, kind=1, padding=None, junk=0, options=b""):
        """A question; `padding` is the content of the EDNS padding option."""
        if padding is not None:
            options += struct.pack("!HH", 12, len(padding)) + padding
        extra = self.option(options) if self.edns or options else b""
        self.asked = (self.r.randrange(65536), spelled(name) + struct.pack("!HH", kind, 1), kind)
        head = struct.pack("!HHHHHH", self.asked[0], 0x0100, 1, 0, 0, 1 if extra else 0)
        self.c.add("out", head + self.asked[1] + extra, junk)

    def answer(self, text=None, junk=0, rcode=0, records=None, padding=None):
        ident, question, kind = self.asked
        if records is None:
            data = self.data(kind, text)
            records = [] if rcode else [(kind, data)]
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", k, 1, self.r.choice([60, 300, 3600]), len(d)) + d for k, d in records)
        option = struct.pack("!HH", 12, len(padding)) + padding if padding is not None else b""
        extra = self.option(option) if self.edns or option else b""
        head = struct.pack("!HHHHHH", ident, 0x8180 | rcode, 1, len(records), 0, 1 if extra else 0)
        self.c.add("in", head + question + body + extra, junk)

    def data(self, kind, text):
        if kind == 16:
            text = text or b"v=1 ok"
            return b"".join(bytes([len(text[i : i + 255])]) + text[i : i + 255] for i in range(0, len(text), 255))
        if kind == 28:
            return b"\x20\x01\x0d\xb8" + self.r.randbytes(12)
        return bytes([203, 0, 113, self.r.randrange(1, 255)])
