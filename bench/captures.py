#!/usr/bin/env python3
"""Packet captures: conversations by `lopside flows` and by tshark, over the same generated file.

    python3 bench/captures.py                         1 GB, headers and counts, and with the payload profile
    python3 bench/captures.py --megabytes 200         a smaller one
    python3 bench/captures.py --small                 packets of 100 bytes on average instead of 760

The capture is made here, from a seed: uploads, downloads, web requests with a TLS hello, lookups, retransmissions and segments out of
order, many conversations at a time. It is read once before anything is timed, so that it comes from the page cache. Then, in every run,
each program reads it, one after the other, the first of them by turns; the best and the median of wall time are printed with
bytes a second. `reading` is `cat` to nowhere: what no program can be faster than. Lopside is given one thread.
"""

import argparse
import os
import platform
import random
import shutil
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN = 1_773_220_440


def main():
    given = arguments()
    lopside = given.lopside or build()
    capture = given.cache / f"capture-{given.megabytes}{'-small' if given.small else ''}.pcap"
    if not capture.exists():
        given.cache.mkdir(parents=True, exist_ok=True)
        print(f"making {capture}", file=sys.stderr)
        make(capture, given.megabytes * 1_000_000, given.small)
    size = capture.stat().st_size
    programs = {
        "reading": ["cat", capture],
        "lopside, counts": [lopside, "flows", capture, "--format", "csv", "--threads", "1", "--progress", "never", "--no-payload"],
        "lopside, payload": [lopside, "flows", capture, "--format", "csv", "--threads", "1", "--progress", "never"],
    }
    if shutil.which("tshark") and not given.no_tshark:
        programs["tshark"] = ["tshark", "-n", "-q", "-r", capture, "-z", "conv,tcp", "-z", "conv,udp"]
    print(f"{platform.platform()}, {os.cpu_count()} cores; {size:,} bytes; {given.runs} runs each")
    run(programs["reading"])
    times = {name: [] for name in programs}
    for turn in range(given.runs):
        names = list(programs)
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            times[name].append(run(programs[name]))
    print(f"{'program':<18} {'best':>9} {'median':>9} {'GB/s':>7} {'CPU s':>7} {'peak MiB':>9}")
    for name, runs in times.items():
        wall = [wall for wall, _, _ in runs]
        cpu = min(cpu for _, cpu, _ in runs)
        peak = max(peak for _, _, peak in runs)
        print(f"{name:<18} {min(wall):>7.2f} s {statistics.median(wall):>7.2f} s {size / min(wall) / 1e9:>7.2f} {cpu:>7.2f} {peak:>9.0f}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1_000, help="size of the capture (1000)")
    parser.add_argument("--small", action="store_true", help="small packets")
    parser.add_argument("--runs", type=int, default=3, help="runs of each program (3)")
    parser.add_argument("--no-tshark", action="store_true", help="leave tshark out")
    parser.add_argument("--cache", type=Path, default=ROOT / "target" / "bench", help="where the capture is kept")
    parser.add_argument("--lopside", type=Path, help="this binary instead of building one")
    return parser.parse_args()


def build():
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "lopside"], cwd=ROOT, check=True)
    return ROOT / "target" / "release" / "lopside"


def run(command):
    began = time.monotonic()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Conversation:
    """One conversation that goes on: gives its frames in turn."""

    def __init__(self, number, dice, small):
        self.dice = dice
        self.client = bytes([10, 20, number >> 8 & 255, number & 255])
        self.server = bytes([203, 0, dice.randrange(256), dice.randrange(1, 255)])
        self.ports = (49_152 + number * 7 % 16_000, dice.choice([443, 443, 80, 8_443, 22, 445]))
        self.seq, self.ack = dice.randrange(1 << 32), dice.randrange(1 << 32)
        self.upload = dice.random() < 0.4
        self.left = dice.choice([3, 10, 40, 400, 2_000])
        self.size = 30 if small else 1_448
        self.step = 0

    def frames(self):
        """The next few frames; none when it is over."""
        step, self.step = self.step, self.step + 1
        if step == 0:
            opening = self.tcp(True, 2, b"")
            self.seq += 1
            answer = self.tcp(False, 18, b"")
            self.ack += 1
            return [opening, answer, self.tcp(True, 16, b"")]
        if step > self.left:
            return []
        if step == 1 and self.ports[1] == 443:
            hello = HELLO
            frame = self.tcp(True, 24, hello)
            self.seq += len(hello)
            return [frame]
        frames = []
        for _ in range(2):
            content = content_of(self.dice, self.size)
            frames.append(self.tcp(self.upload, 24, content))
            if self.upload:
                self.seq += len(content)
            else:
                self.ack += len(content)
        if self.dice.random() < 0.01:
            frames.reverse()
        if self.dice.random() < 0.01:
            frames.append(frames[0])
        frames.append(self.tcp(not self.upload, 16, b""))
        return frames

    def tcp(self, out, flags, content):
        seq, ack = (self.seq, self.ack) if out else (self.ack, self.seq)
        ports = self.ports if out else self.ports[::-1]
        ends = (self.client, self.server) if out else (self.server, self.client)
        segment = struct.pack(">HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x80, flags, 8_192, 0, 0) + OPTIONS + content
        return ETHERNET + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, 0) + ends[0] + ends[1] + segment


ETHERNET = bytes(12) + b"\x08\x00"
OPTIONS = b"\x01\x01\x08\x0a" + bytes(8)
NOISE = random.Random(7).randbytes(1 << 20)
TEXT = (b'{"time":1773220440,"host":"WS-0417","user":"CORP\\\\m.ito","event":"sync","bytes":184220193}\n' * 20_000)[:1 << 20]


def content_of(dice, size):
    source = NOISE if dice.random() < 0.7 else TEXT
    at = dice.randrange(len(source) - size)
    return source[at:at + size]


def hello():
    name = b"drop.example"
    entry = struct.pack(">BH", 0, len(name)) + name
    extension = struct.pack(">HHH", 0, len(entry) + 2, len(entry)) + entry
    body = b"\x03\x03" + bytes(32) + b"\x00" + struct.pack(">HH", 2, 0x1301) + b"\x01\x00" + struct.pack(">H", len(extension)) + extension
    handshake = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake


HELLO = hello()


def lookup(dice, number):
    name = b"\x04drop\x07example\x00"
    question = name + b"\x00\x01\x00\x01"
    answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04" + bytes([203, 0, dice.randrange(256), 7])
    content = struct.pack(">HHHHHH", number & 0xFFFF, 0x8180, 1, 1, 0, 0) + question + answer
    datagram = struct.pack(">HHHH", 53, 49_152 + number % 16_000, 8 + len(content), 0) + content
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0)
    return ETHERNET + header + bytes([10, 20, 0, 53]) + bytes([10, 20, 1, number & 255]) + datagram


def make(path, size, small):
    dice = random.Random(1)
    written, clock, number = 0, 0, 0
    going = []
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        while written < size:
            while len(going) < 500:
                going.append(Conversation(number, dice, small))
                number += 1
            place = dice.randrange(len(going))
            frames = going[place].frames()
            if not frames:
                going[place] = going[-1]
                going.pop()
                frames = [lookup(dice, number)]
            for frame in frames:
                clock += 37
                head = struct.pack("<IIII", BEGIN + clock // 1_000_000, clock % 1_000_000, len(frame), len(frame))
                file.write(head + frame)
                written += len(head) + len(frame)
    partial.rename(path)


if __name__ == "__main__":
    main()
