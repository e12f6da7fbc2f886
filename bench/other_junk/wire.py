"""Conversations to packets: Ethernet, IPv4, TCP with handshake, segments, acknowledgements and FIN, UDP; checksums are right."""

import datetime as dt
import struct


class Conversation:
    """What two ends say to each other, and what of it is junk. Sides are "out" (the client) and "in"."""

    def __init__(self, name, kind, carrier, variant="", junk=False, decidable=True, port=None):
        self.name, self.kind, self.carrier, self.variant = name, kind, carrier, variant
        self.junk, self.decidable, self.port = junk, decidable, port
        self.turns = []
        self.junk_bytes = {"out": 0, "in": 0}

    def add(self, side, data, junk=0, gap=None):
        """One message; `junk` says how many of its bytes mean nothing, `gap` the seconds before it."""
        if data:
            self.turns.append((side, bytes(data), gap))
            self.junk_bytes[side] += junk

    def total(self, side):
        return sum(len(d) for s, d, _ in self.turns if s == side)

    def side(self):
        sides = [s for s in ("out", "in") if self.junk_bytes[s]]
        return "both" if len(sides) == 2 else (sides[0] if sides else "out")

    def share(self):
        sides = [s for s in ("out", "in") if self.junk_bytes[s]]
        whole = sum(self.total(s) for s in sides)
        return round(sum(self.junk_bytes[s] for s in sides) / whole, 4) if whole else 0.0


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text):
    return bytes(int(p) for p in text.split("."))


class Path:
    """The two ends of one conversation, and the packets between them."""

    def __init__(self, rand, client, server, cport, sport):
        self.ends = {"out": (address(client), cport), "in": (address(server), sport)}
        self.ident = rand.randrange(65536)
        self.ttl = {"out": 128, "in": rand.choice([49, 53, 57, 117])}
        self.mac = {"out": b"\x00\x15\x5d" + rand.randbytes(3), "in": b"\x00\x1b\x17" + rand.randbytes(3)}
        self.packets = []

    def other(self, side):
        return "in" if side == "out" else "out"

    def ip(self, when, side, protocol, segment):
        source, target = self.ends[side][0], self.ends[self.other(side)][0]
        self.ident = (self.ident + 1) & 0xFFFF
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), self.ident, 0x4000, self.ttl[side], protocol, 0, source, target)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        frame = self.mac[self.other(side)] + self.mac[side] + b"\x08\x00" + head + segment
        self.packets.append((when, frame))

    def sealed(self, side, protocol, segment, at):
        pseudo = self.ends[side][0] + self.ends[self.other(side)][0] + struct.pack("!BBH", 0, protocol, len(segment))
        value = checksum(pseudo + segment) or (0xFFFF if protocol == 17 else 0)
        return segment[:at] + struct.pack("!H", value) + segment[at + 2 :]

    def datagram(self, when, side, data):
        ports = self.ends[side][1], self.ends[self.other(side)][1]
        self.ip(when, side, 17, self.sealed(side, 17, struct.pack("!HHHH", *ports, 8 + len(data), 0) + data, 6))


class Tcp:
    """A TCP connection over a `Path`: sequence numbers of both sides, segments of the agreed size."""

    def __init__(self, rand, path, when):
        self.path, self.rand, self.when = path, rand, when
        self.seq = {"out": rand.randrange(1 << 32), "in": rand.randrange(1 << 32)}
        self.mss = rand.choice([1460, 1460, 1460, 1452, 1400, 1380])
        self.rtt = rand.choice([0.002, 0.012, 0.03, 0.09])

    def segment(self, side, flags, data=b"", options=b""):
        other = self.path.other(side)
        ack = self.seq[other] if flags & 0x10 else 0
        ports = self.path.ends[side][1], self.path.ends[other][1]
        offset = (5 + len(options) // 4) << 4
        head = struct.pack("!HHIIBBHHH", *ports, self.seq[side], ack, offset, flags, 64240, 0, 0) + options
        self.path.ip(self.when, side, 6, self.path.sealed(side, 6, head + data, 16))
        step = len(data) + (1 if flags & 0x03 else 0)
        self.seq[side] = (self.seq[side] + step) & 0xFFFFFFFF

    def open(self):
        mss = struct.pack("!BBH", 2, 4, self.mss) + b"\x01\x01\x04\x02"
        for side, flags, options in (("out", 0x02, mss), ("in", 0x12, mss), ("out", 0x10, b"")):
            self.segment(side, flags, options=options)
            self.when += self.rtt / 2

    def say(self, side, data):
        for count, at in enumerate(range(0, len(data), self.mss)):
            part = data[at : at + self.mss]
            self.segment(side, 0x18 if at + self.mss >= len(data) else 0x10, part)
            self.when += 0.00001 + len(part) * 8e-9
            if count % 2:
                self.segment(self.path.other(side), 0x10)
        self.when += self.rtt / 2
        self.segment(self.path.other(side), 0x10)

    def close(self):
        for side, flags in (("out", 0x11), ("in", 0x10), ("in", 0x11), ("out", 0x10)):
            self.when += self.rtt / 2
            self.segment(side, flags)


def play(rand, conversation, path, start):
    """Sends all turns of a conversation and returns its packets."""
    udp = conversation.carrier in ("udp", "dns")
    tcp = None if udp else Tcp(rand, path, start)
    if tcp:
        tcp.open()
    when, last = (start, None) if udp else (tcp.when, None)
    pause = rand.choice([0.6, 1.5, 5.0, 15.0])
    for side, data, gap in conversation.turns:
        if gap is None:
            answer = last is not None and side != last and side == "in"
            gap = rand.uniform(0.004, 0.2) if answer else pause * rand.uniform(0.9, 1.6)
        last, when = side, when + gap
        if udp:
            assert len(data) <= 1472, f"{conversation.name}: a datagram of {len(data)} bytes"
            path.datagram(when, side, data)
        else:
            tcp.when = max(when, tcp.when)
            tcp.say(side, data)
            when = tcp.when
    if tcp:
        tcp.close()
    return path.packets


def write_pcap(name, packets):
    packets.sort(key=lambda p: p[0])
    with open(name, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for when, frame in packets:
            micros = round(when * 1e6)
            out.write(struct.pack("<IIII", micros // 1000000, micros % 1000000, len(frame), len(frame)) + frame)


def stamp(seconds):
    micros = round(seconds * 1e6)
    moment = dt.datetime.fromtimestamp(micros // 1000000, dt.timezone.utc).replace(microsecond=micros % 1000000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
