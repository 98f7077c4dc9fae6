"""The smallest files that are what they say: a PDF, a JPEG and a PNG."""

from struct import pack
from zlib import compress, crc32


def pdf(body: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n" + body + b"\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def png(width: int = 1, height: int = 1, comment: bytes = b"a") -> bytes:
    header = pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = compress(b"\0\0")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tEXt", comment)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def chunk(name: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + name + content + pack(">I", crc32(name + content))


def jpeg(width: int = 1, height: int = 1) -> bytes:
    frame = pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8"
        + _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + _segment(0xC0, frame)
        + _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + b"\x00\xff\xd9"
    )


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + pack(">H", len(content) + 2) + content
