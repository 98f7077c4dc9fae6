"""What an uploaded file really is, from its first byte to its last: a PDF, a JPEG or a PNG, and nothing besides.

Nothing is decompressed or drawn here, so that no file can take more time or memory than its own bytes do. This finds
what is mislabelled, cut off or two files in one; it is no scanner for viruses.
"""

import re
from collections.abc import Callable
from zlib import crc32

from domain.documents import MediaType
from domain.errors import DamagedDocument, DocumentTooLarge, MislabelledDocument, UnsupportedDocument

MOST_PIXELS = 100_000_000  # a picture may be small on disk and endless on the screen

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = {b"%PDF-": MediaType.PDF, b"\xff\xd8\xff": MediaType.JPEG, PNG_SIGNATURE: MediaType.PNG}
_END_OF_ZIP = b"PK\x05\x06"
_TAIL_OF_ZIP = 22 + 0xFFFF  # its last record and the longest comment
_ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG markers that begin a frame
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # JPEG markers without a length
_SCAN = 0xDA


def inspect(content: bytes, declared: str) -> MediaType:
    """Raises UnsupportedDocument, MislabelledDocument, DamagedDocument, DocumentTooLarge."""
    media_type = _supported(declared)
    if not content:
        raise DamagedDocument("the file is empty")
    if _kind_of(content) is not media_type:
        raise MislabelledDocument(f"the file's content is not {media_type}")
    if _END_OF_ZIP in content[-_TAIL_OF_ZIP:]:
        raise DamagedDocument("the file is an archive as well")
    _CHECKS[media_type](content)
    return media_type


def _supported(declared: str) -> MediaType:
    try:
        return MediaType(declared.partition(";")[0].strip().lower())
    except ValueError:
        raise UnsupportedDocument(f"send {', '.join(MediaType)}, and say which as the part's Content-Type") from None


def _kind_of(content: bytes) -> MediaType | None:
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)


def _check_pdf(content: bytes) -> None:
    """Names may be written with escapes: `/Java#53cript` runs, too. What is compressed stays unread."""
    _, end, rest = content[-1024:].rpartition(b"%%EOF")
    if not end or b"startxref" not in content[-2048:]:
        raise DamagedDocument("the PDF is cut off")
    if rest.strip(b"\r\n\t \0"):
        raise DamagedDocument("something follows the PDF's end")
    if active := _ACTIVE.search(_ESCAPED.sub(lambda escape: bytes([int(escape[1], 16)]), content)):
        raise DamagedDocument(f"the PDF holds more than pages: {active[1].decode()}")


def _check_png(content: bytes) -> None:
    at, names = len(PNG_SIGNATURE), []
    while at < len(content):
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content) or crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            raise DamagedDocument("the PNG is cut off or damaged")
        if name == b"IHDR":
            _check_pixels(int.from_bytes(content[at + 8 : at + 12]), int.from_bytes(content[at + 12 : at + 16]))
        names.append(name)
        at = end
        if name == b"IEND":
            break
    if at < len(content):
        raise DamagedDocument("something follows the PNG's end")
    if names[:1] != [b"IHDR"] or names[-1] != b"IEND" or b"IDAT" not in names:
        raise DamagedDocument("the PNG is not a whole picture")


def _check_jpeg(content: bytes) -> None:
    at, framed, marker = 2, False, 0
    while marker != _SCAN:
        if content[at : at + 1] != b"\xff" or at + 4 > len(content):
            raise DamagedDocument("the JPEG is cut off or damaged")
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = content[at + 5 : at + 7], content[at + 7 : at + 9]
            _check_pixels(int.from_bytes(width), int.from_bytes(height))
            framed = True
        at += _step(content, at, marker)
    if not framed or at >= len(content):
        raise DamagedDocument("the JPEG is not a whole picture")
    if not content.endswith(b"\xff\xd9"):
        raise DamagedDocument("the JPEG is cut off, or something follows its end")


def _step(content: bytes, at: int, marker: int) -> int:
    """How far the next marker is. A marker may be led by any number of FF."""
    if marker == 0xFF:
        return 1
    return 2 if marker in _ALONE else 2 + int.from_bytes(content[at + 2 : at + 4])


def _check_pixels(width: int, height: int) -> None:
    if not width or not height:
        raise DamagedDocument("the picture has no size")
    if width * height > MOST_PIXELS:
        raise DocumentTooLarge(f"a picture may have {MOST_PIXELS // 1_000_000} megapixels")


_CHECKS: dict[MediaType, Callable[[bytes], None]] = {
    MediaType.PDF: _check_pdf,
    MediaType.PNG: _check_png,
    MediaType.JPEG: _check_jpeg,
}
