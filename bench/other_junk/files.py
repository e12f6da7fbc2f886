"""Files as programs write them: images, sound, archives, documents, dumps."""

import binascii
import gzip
import io
import math
import struct
import zipfile
import zlib

from content import WORDS, commands, prose, size


def png(r, n):
    side = max(12, int(math.sqrt(n / 1.6)))
    base, rows = r.randrange(256), b""
    for y in range(side):
        line = bytes(v for x in range(side) for v in ((base + x + r.randrange(9)) & 255, (y * 2 + r.randrange(9)) & 255, (x ^ y) & 255))
        rows += b"\x01" + bytes((line[i] - (line[i - 3] if i > 2 else 0)) & 255 for i in range(len(line)))

    def chunk(kind, data):
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", binascii.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack("!IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


AC = [0x01, 0x02, 0x11, 0x00, 0x03, 0x21, 0x12, 0x31, 0x41, 0x04, 0x13, 0x51, 0x22, 0x61, 0xF0]


def jpeg(r, n):
    """A grey baseline picture with Huffman tables of its own."""
    bits = [0, 1, 2, 3, 3, 3, 3] + [0] * 9
    codes, code, at = {}, 0, 0
    for length, many in enumerate(bits, 1):
        for _ in range(many):
            codes[AC[at]] = (code, length)
            code, at = code + 1, at + 1
        code <<= 1
    dc_codes = {i: (i, 4) for i in range(9)}
    blocks = max(16, n // 12)
    stream, held = 0, 0

    def put(value, length):
        nonlocal stream, held
        stream, held = (stream << length) | value, held + length

    for _ in range(blocks):
        cat = r.choice([0, 1, 2, 3, 4, 5])
        put(*dc_codes[cat])
        put(r.getrandbits(cat) if cat else 0, cat)
        place = 1
        for _ in range(r.randrange(4, 22)):
            symbol = r.choices(AC[:14], weights=[30, 20, 12, 0, 12, 6, 6, 4, 3, 5, 3, 2, 2, 1])[0]
            place += (symbol >> 4) + 1
            if place > 62:
                break
            put(*codes[symbol])
            put(r.getrandbits(symbol & 15), symbol & 15)
        put(*codes[0])
    pad = -held % 8
    put((1 << pad) - 1, pad)
    scan = stream.to_bytes(held // 8, "big").replace(b"\xff", b"\xff\x00")

    def part(mark, data):
        return bytes([255, mark]) + struct.pack("!H", len(data) + 2) + data

    tables = part(0xDB, b"\0" + bytes(range(3, 67))) + part(0xC4, b"\x00" + bytes([0, 0, 0, 9] + [0] * 12) + bytes(range(9)))
    tables += part(0xC4, b"\x10" + bytes(bits) + bytes(AC))
    start = b"\xff\xd8" + part(0xE0, b"JFIF\0\x01\x01\0\0\x48\0\x48\0\0") + tables
    return (
        start
        + part(0xC0, struct.pack("!BHHB", 8, 8, 8 * blocks, 1) + b"\x01\x11\0")
        + part(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + scan
        + b"\xff\xd9"
    )


def packed(r, data):
    return gzip.compress(data, r.choice([1, 6, 9]), mtime=0)


def archive(r, n, names=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        while out.tell() < n:
            info = zipfile.ZipInfo(f"{r.choice(WORDS)}/{r.choice(WORDS)}{out.tell()}.txt", (2026, 3, r.randrange(1, 28), 9, 30, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, prose(r, size(r, 3000)))
    return out.getvalue()


def office(r, n):
    out = io.BytesIO()
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = "".join(f"<w:p><w:r><w:t>{prose(r, 300)}</w:t></w:r></w:p>" for _ in range(max(3, n // 150)))
    members = {
        "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{word}"><w:body>{text}</w:body></w:document>',
    }
    with zipfile.ZipFile(out, "w") as z:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)
        z.writestr(zipfile.ZipInfo("word/media/image1.png", (1980, 1, 1, 0, 0, 0)), png(r, n // 3))
    return out.getvalue()


def pdf(r, n):
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
    ]
    made = 0
    while made < n:
        text = zlib.compress(f"BT /F1 12 Tf 72 720 Td ({prose(r, 2000)}) Tj ET".encode())
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(text) + text + b"\nendstream")
        made += len(text)
    out, where = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for i, obj in enumerate(objects, 1):
        where.append(len(out))
        out += b"%d 0 obj\n" % i + obj + b"\nendobj\n"
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % w for w in where)
    ids = r.randbytes(16).hex().upper().encode()
    return (
        out
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s><%s>] >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, ids, ids, len(out))
    )


def samples(r, n):
    """Sound as 16 bit samples: a few sines and noise."""
    tones = [(r.uniform(0.01, 0.3), r.uniform(500, 6000)) for _ in range(3)]
    return b"".join(struct.pack("<h", int(sum(a * math.sin(i * f) for f, a in tones) + r.gauss(0, 200))) for i in range(n // 2))


def wav(r, n):
    data = samples(r, n)
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
    return b"RIFF" + struct.pack("<I", 4 + len(head) + 8 + len(data)) + b"WAVE" + head + b"data" + struct.pack("<I", len(data)) + data


def ogg_crc(data):
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def ogg_page(serial, number, flags, granule, packets):
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    page = b"OggS\0" + struct.pack("<BqIII", flags, granule, serial, number, 0) + bytes([len(lacing)]) + lacing + b"".join(packets)
    return page[:22] + struct.pack("<I", ogg_crc(page)) + page[26:]


def ogg(r, n):
    serial = r.getrandbits(32)
    out = ogg_page(serial, 0, 2, 0, [b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0"])
    out += ogg_page(serial, 1, 0, 0, [b"OpusTags" + struct.pack("<I", 7) + b"libopus" + struct.pack("<I", 0)])
    number = 2
    while len(out) < n:
        frames = [bytes([0x78]) + r.randbytes(r.randrange(40, 110)) for _ in range(20)]
        out += ogg_page(serial, number, 4 if len(out) > n - 1600 else 0, number * 19200, frames)
        number += 1
    return out


def minidump(r, n):
    """Header, directory, a list of modules, and memory: pointers, strings, zeros, code."""
    streams = [(3, 0x34), (4, 0x70), (7, 56), (5, 0)]
    pages = b""
    while len(pages) < n:
        kind = r.randrange(5)
        if kind == 0:
            pages += bytes(r.choice([512, 1024, 4096]))
        elif kind == 1:
            base = r.getrandbits(28) << 16
            pages += b"".join(struct.pack("<Q", base + 16 * r.randrange(4096)) for _ in range(128))
        elif kind == 2:
            pages += commands(r, 600).decode().encode("utf-16-le")
        elif kind == 3:
            pages += b"".join(
                r.choice([b"\x48\x8b", b"\x48\x89\x5c\x24", b"\xe8", b"\xc3\xcc\xcc", b"\x0f\x84"]) + r.randbytes(r.randrange(1, 4))
                for _ in range(200)
            )
        else:
            pages += r.randbytes(r.choice([64, 256]))
    head = b"MDMP" + struct.pack("<HHIIIIQ", 0xA793, 0x6003, len(streams), 32, 0, 0x69A5C000 + r.randrange(86400), 2)
    at, entries = 32 + 12 * len(streams), b""
    for kind, length in streams:
        length = length or len(pages)
        entries += struct.pack("<III", kind, length, at)
        at += length
    fixed = b"".join(struct.pack("<I", r.randrange(1 << 20)) * (s // 4) for _, s in streams if s)
    return head + entries + fixed + pages


def tar(r, n):
    out = b""
    while len(out) < n:
        data = prose(r, size(r, 1500)).encode()
        head = f"{r.choice(WORDS)}/{r.choice(WORDS)}.txt".encode().ljust(100, b"\0") + b"0000644\0" + b"0001750\0" * 2
        head += b"%011o\0" % len(data) + b"%011o\0" % 1772500000 + b" " * 8 + b"0" + bytes(100) + b"ustar\x0000" + bytes(247)
        head = head[:148] + b"%06o\0 " % sum(head) + head[156:]
        out += head[:512] + data + bytes(-len(data) % 512)
    return out + bytes(1024)


def sealed(r, n):
    """Ciphertext of n bytes."""
    return r.randbytes(n)
