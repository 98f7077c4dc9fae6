"""Documents of customers: kept sealed, shown to their owner and with a trace to the lender's people, hostile or not."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.postgres import documents
from infrastructure.postgres.documents import digest_of
from tests.api.conftest import Door
from tests.files import jpeg, pdf, png
from tests.infrastructure.documents.test_content import zip_bomb

MINE = "/api/v1/me/documents"
PDF = "application/pdf"


async def _show(
    door: Door, content: bytes, *, kind: str = "passport", declared: str = PDF, name: str = "a.pdf", key: str = ""
) -> httpx.Response:
    headers = {**door.people.bearer("ada"), "Idempotency-Key": key or uuid4().hex}
    return await door.http.post(MINE, data={"kind": kind}, files={"file": (name, content, declared)}, headers=headers)


def _unique() -> bytes:
    return pdf(b"% " + uuid4().hex.encode())


async def _rows(engine: AsyncEngine, statement: str, **values: object) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement), values)]


async def test_a_document_is_kept_listed_and_given_back_to_the_byte(door: Door) -> None:
    content = _unique()
    shown = await _show(door, content, name="../../Ada's passport.pdf")
    assert shown.status_code == 201, shown.text
    document = shown.json()
    assert {name: document[name] for name in ("kind", "media_type", "size", "digest", "name")} == {
        "kind": "passport",
        "media_type": PDF,
        "size": len(content),
        "digest": digest_of(content),
        "name": "Ada's passport.pdf",
    }
    assert document in (await door.get("ada", MINE)).json()["items"]
    again = await door.get("ada", f"{MINE}/{document['id']}")
    assert again.content == content
    assert again.headers["content-type"] == PDF
    assert again.headers["content-disposition"] == f'attachment; filename="passport-{document["id"]}.pdf"'
    assert again.headers["x-content-type-options"] == "nosniff"


async def test_pictures_are_documents_too(door: Door) -> None:
    for content, declared in ((jpeg(), "image/jpeg"), (png(comment=uuid4().bytes), "image/png")):
        assert (await _show(door, content, kind="identity_card", declared=declared)).status_code == 201


async def test_the_same_file_again_is_the_same_document(door: Door) -> None:
    content = _unique()
    first, second = await _show(door, content), await _show(door, content, name="other.pdf")
    assert second.json() == first.json()
    renamed = await _show(door, content, kind="payslip")
    assert (renamed.status_code, renamed.json()["errors"][0]["pointer"]) == (422, "/kind")


async def test_a_key_that_comes_again_shows_the_same_or_is_refused(door: Door) -> None:
    content, key = _unique(), uuid4().hex
    first, second = await _show(door, content, key=key), await _show(door, content, key=key)
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert (await _show(door, _unique(), key=key)).json()["type"] == "urn:tenor:problem:operation-reused"


async def test_what_is_stored_can_be_read_by_nobody_without_the_key(door: Door, engine: AsyncEngine) -> None:
    content = _unique()
    document = (await _show(door, content, name="secret name.pdf")).json()
    [(sealed, sealed_name)] = await _rows(
        engine, "SELECT sealed, sealed_name FROM documents WHERE id = :id", id=document["id"]
    )
    assert content[8:40] not in sealed
    assert b"secret" not in sealed_name


async def test_another_customers_documents_are_unknown(door: Door) -> None:
    document = (await _show(door, _unique())).json()
    assert (await door.get("bob", f"{MINE}/{document['id']}")).json()["type"] == "urn:tenor:problem:unknown-document"
    for nothing in (uuid4(), "nonsense", "..%2f..%2fetc%2fpasswd"):
        assert (await door.get("ada", f"{MINE}/{nothing}")).status_code == 404


async def test_officers_read_a_loans_documents_and_leave_a_trace(door: Door) -> None:
    content, loan_id = _unique(), await door.apply("ada")
    document = (await _show(door, content)).json()
    path = f"/api/admin/v1/loans/{loan_id}/documents"
    assert document in (await door.get("officer", path)).json()["items"]
    assert (await door.get("officer", f"{path}/{document['id']}")).content == content
    trail = (await door.get("officer", f"/api/admin/v1/loans/{loan_id}")).json()["audit_trail"]
    reader = door.people.users["officer"].id
    assert [(line["actor"], line["details"]) for line in trail if line["action"] == "document_read"] == [
        (reader, {"document": document["id"]})
    ]
    audited = (await door.get("admin", "/api/admin/v1/ledger/audit")).json()
    assert [
        check for check in audited["answers"] if check["name"] == "audit-trail-is-complete" and check["count"]
    ] == []


async def test_nobody_reads_documents_of_ones_own_loan_as_an_officer(door: Door) -> None:
    loan_id = await door.apply("ada")
    answer = await door.get("ada the officer", f"/api/admin/v1/loans/{loan_id}/documents")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenor:problem:own-application")


HOSTILE = [
    (b"", PDF, 422, "damaged-document"),
    (pdf()[:-20], PDF, 422, "damaged-document"),
    (zip_bomb(), PDF, 422, "mislabelled-document"),
    (zip_bomb(), "application/zip", 415, "unsupported-document"),
    (png() + zip_bomb(), "image/png", 422, "damaged-document"),
    (png(), "image/jpeg", 422, "mislabelled-document"),
    (b"<svg onload=alert(1)>", "image/svg+xml", 415, "unsupported-document"),
    (png(60_000, 60_000), "image/png", 413, "document-too-large"),
    (pdf(b"x" * 10 * 1024**2), PDF, 413, "document-too-large"),
    (pdf(b"x" * 11 * 1024**2), PDF, 413, "content-too-large"),
]


@pytest.mark.parametrize(("content", "declared", "status", "name"), HOSTILE)
async def test_a_hostile_file_is_refused_by_name_and_nothing_is_kept(
    door: Door, engine: AsyncEngine, *, content: bytes, declared: str, status: int, name: str
) -> None:
    before = len((await door.get("ada", MINE)).json()["items"])
    answer = await _show(door, content, declared=declared, name="{{7*7}}'; DROP TABLE documents; --")
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:tenor:problem:{name}")
    assert len((await door.get("ada", MINE)).json()["items"]) == before


async def test_a_refusal_is_on_record_without_a_name(door: Door, engine: AsyncEngine) -> None:
    await _show(door, zip_bomb(), name="Ada Byron.pdf")
    [(actor, reason, details)] = await _rows(
        engine,
        "SELECT actor, reason, details FROM audit WHERE loan_id IS NULL ORDER BY sequence DESC LIMIT 1",
    )
    assert actor == door.people.users["ada"].id
    assert str(reason).startswith("MislabelledDocument: ")
    assert "Byron" not in str(details)


_UNREADABLE = b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\npassport\xff\r\n--x--\r\n'
FORMS: list[dict[str, Any]] = [
    {"data": {"kind": "passport"}},
    {"files": {"file": ("a", pdf(), PDF)}},
    {"data": {"kind": "passport", "more": "x"}, "files": {"file": ("a", pdf(), PDF)}},
    {"data": {"kind": "x" * 5000}, "files": {"file": ("a", pdf(), PDF)}},
    {"data": {"kind": "nonsense"}, "files": {"file": ("a", pdf(), PDF)}},
    {"files": [("file", ("a", pdf(), PDF)), ("file", ("b", pdf(), PDF))]},
    {"files": {"kind": ("a", b"passport"), "file": ("a", pdf(), PDF)}},
    {"json": {"kind": "passport"}},
    {"content": b"--x\r\nnonsense", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    {"content": b"", "headers": {"Content-Type": "multipart/form-data"}},
    {"content": _UNREADABLE, "headers": {"Content-Type": "multipart/form-data; boundary=x; charset=undefined"}},
    {"content": _UNREADABLE, "headers": {"Content-Type": "multipart/form-data; boundary=x; charset=punycode"}},
    {"content": b"\xff\xfe", "headers": {"Content-Type": "multipart/form-data; charset=\x01; boundary=" + "b" * 500}},
]


@pytest.mark.parametrize("form", FORMS)
async def test_a_form_that_is_none_is_a_422(door: Door, form: dict[str, Any]) -> None:
    headers = {**door.people.bearer("ada"), "Idempotency-Key": uuid4().hex, **form.get("headers", {})}
    answer = await door.http.post(MINE, **{**form, "headers": headers})
    assert answer.status_code == 422, answer.text


async def test_what_is_larger_than_announced_is_not_read_to_its_end(door: Door) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(100):
            sent += 1
            yield b"x" * 1024**2

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Idempotency-Key": uuid4().hex}
    answer = await door.http.post(MINE, content=endless(), headers={**door.people.bearer("ada"), **headers})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:tenor:problem:content-too-large")
    assert sent < 20


async def test_only_uploads_may_be_large(door: Door) -> None:
    answer = await door.post("ada", "/api/v1/loans", {"product_code": "x" * 300 * 1024})
    assert answer.status_code == 413


async def test_a_customer_has_as_many_documents_as_anybody_may(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    had = len((await door.get("ada", MINE)).json()["items"])
    monkeypatch.setattr(documents, "MOST_DOCUMENTS", had + 1)
    last = _unique()
    assert (await _show(door, last)).status_code == 201
    refused = await _show(door, _unique())
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tenor:problem:too-many-documents")
    assert (await _show(door, last)).status_code == 201
