"""Uploaded files are what they say, from end to end, or they are refused by name."""

from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents import MediaType
from domain.errors import DamagedDocument, DocumentRefused, DocumentTooLarge, MislabelledDocument, UnsupportedDocument
from infrastructure.documents.content import inspect
from infrastructure.documents.names import shown_name
from tests.files import chunk, jpeg, pdf, png

WHOLE = {MediaType.PDF: pdf(), MediaType.JPEG: jpeg(), MediaType.PNG: png()}


def zip_bomb() -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", b"\0" * 5_000_000)
    return packed.getvalue()


@pytest.mark.parametrize("declared", MediaType)
def test_a_whole_file_is_what_it_says(declared: MediaType) -> None:
    assert inspect(WHOLE[declared], declared) is declared
    assert inspect(WHOLE[declared], f"{declared.upper()}; name=x") is declared


@pytest.mark.parametrize("declared", MediaType)
@pytest.mark.parametrize("content", [*WHOLE.values(), zip_bomb(), b"<html><script>", b"GIF89a", b"%PD", b"\0" * 100])
def test_another_content_than_the_label_is_refused(declared: MediaType, content: bytes) -> None:
    if content is not WHOLE[declared]:
        with pytest.raises(MislabelledDocument):
            inspect(content, declared)


@pytest.mark.parametrize("declared", ["", "application/zip", "image/svg+xml", "text/html", "application/octet-stream"])
def test_what_nobody_reads_is_not_kept(declared: str) -> None:
    with pytest.raises(UnsupportedDocument):
        inspect(pdf(), declared)


@pytest.mark.parametrize("declared", MediaType)
def test_an_empty_file_is_refused(declared: MediaType) -> None:
    with pytest.raises(DamagedDocument, match="empty"):
        inspect(b"", declared)


@pytest.mark.parametrize("declared", MediaType)
def test_a_file_that_was_cut_off_anywhere_is_refused(declared: MediaType) -> None:
    whole = WHOLE[declared].rstrip(b"\n")
    for length in range(1, len(whole)):
        with pytest.raises(DocumentRefused):
            inspect(whole[:length], declared)


@pytest.mark.parametrize("declared", MediaType)
def test_two_files_in_one_are_refused(declared: MediaType) -> None:
    for second in (zip_bomb(), b"<?php system($_GET['x']);", b"MZ\x90", *WHOLE.values()):
        if declared is MediaType.JPEG and second == jpeg():
            continue  # two pictures in a row is how telephones keep depth and brightness
        if declared is MediaType.PDF and second == pdf():
            continue  # so is how a PDF is amended
        with pytest.raises(DamagedDocument):
            inspect(WHOLE[declared] + second, declared)


def test_an_archive_inside_is_found_where_its_reader_would_find_it() -> None:
    with pytest.raises(DamagedDocument, match="archive"):
        inspect(png(comment=zip_bomb()), MediaType.PNG)
    with pytest.raises(DamagedDocument, match="archive"):
        inspect(pdf(zip_bomb()), MediaType.PDF)


@pytest.mark.parametrize("name", [b"/JavaScript", b"/Java#53cript", b"/#4aava#53cript", b"/Launch", b"/EmbeddedFile"])
def test_a_pdf_that_does_more_than_show_pages_is_refused(name: bytes) -> None:
    with pytest.raises(DamagedDocument, match="more than pages"):
        inspect(pdf(b"<</S" + name + b"/JS(app.alert\\(1\\))>>"), MediaType.PDF)


@pytest.mark.parametrize("content", [png(50_000, 50_000), jpeg(65_000, 65_000)])
def test_a_picture_that_is_endless_on_the_screen_is_refused(content: bytes) -> None:
    declared = MediaType.PNG if content.startswith(b"\x89") else MediaType.JPEG
    with pytest.raises(DocumentTooLarge, match="megapixels"):
        inspect(content, declared)


@pytest.mark.parametrize(
    "content",
    [
        png(0, 5),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + chunk(b"IEND", b""),
        png()[:40] + b"!" + png()[41:],
    ],
)
def test_a_png_without_a_picture_or_with_a_wrong_sum_is_refused(content: bytes) -> None:
    with pytest.raises(DamagedDocument):
        inspect(content, MediaType.PNG)


@given(st.sampled_from(list(MediaType)), st.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(declared: MediaType, noise: bytes) -> None:
    for content in (noise, WHOLE[declared][:12] + noise, WHOLE[declared] + noise):
        with suppress(DocumentRefused):
            assert inspect(content, declared) is declared


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (None, None),
        ("", None),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\pass\x00port.pdf", "passport.pdf"),
        ("..", None),
        ("Ada\u202efdp.exe", "Adafdp.exe"),
        ("'; DROP TABLE documents; --.pdf", "'; DROP TABLE documents; --.pdf"),
        ("{{7*7}}${7*7}<%= 7 %>.png", "{{7*7}}${7*7}<%= 7 %>.png"),
        ("line\r\nSet-Cookie: x=1.pdf", "lineSet-Cookie: x=1.pdf"),
        ("x" * 5000, "x" * 100),
        ("half \ud800 a character", "half  a character"),
    ],
)
def test_a_name_is_shown_without_what_could_act(sent: str | None, shown: str | None) -> None:
    assert shown_name(sent) == shown
