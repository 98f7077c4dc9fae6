"""Documents for identity checks, as a stranger may send them to the running sandbox."""

from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.test_magic_values import a_person

CONTENT = b"%PDF- a passport"
DIGEST = sha256(CONTENT).hexdigest()


async def upload(sandbox: Sandbox, *, key: str = "doc-1", content: bytes = CONTENT, **fields: str) -> httpx.Response:
    form = {"check": "key-1", "kind": "passport", "digest": DIGEST, **fields}
    files = {"file": ("passport", content, "application/pdf")}
    return await sandbox.ask("POST", "/kyc/documents", key=key, data=form, files=files)


async def documents(sandbox: Sandbox, check: str = "key-1") -> list[Any]:
    answer: dict[str, list[Any]] = (await sandbox.ask("GET", "/kyc/documents", params={"check": check})).json()
    return answer["documents"]


async def test_a_document_is_kept_by_its_digest_and_size(sandbox: Sandbox) -> None:
    answers = [await upload(sandbox) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    [kept] = await documents(sandbox)
    assert kept == answers[0].json()
    assert (kept["digest"], kept["size"], kept["kind"]) == (DIGEST, len(CONTENT), "passport")
    assert kept["reference"].startswith("doc_")
    assert await documents(sandbox, "another check") == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"content": CONTENT + b"!"}, "digest_mismatch"),
        ({"content": b""}, "digest_mismatch"),
        ({"digest": "0" * 64}, "digest_mismatch"),
        ({"digest": "no digest"}, "invalid_request"),
        ({"check": ""}, "invalid_request"),
    ],
)
async def test_what_is_not_what_it_says_is_refused(sandbox: Sandbox, wrong: dict[str, Any], code: str) -> None:
    answer = await upload(sandbox, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await documents(sandbox) == []


async def test_one_key_is_one_document(sandbox: Sandbox) -> None:
    await upload(sandbox)
    answer = await upload(sandbox, kind="payslip")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_check_is_made_with_the_documents_that_are_there(sandbox: Sandbox) -> None:
    shown = {"kind": "passport", "media_type": "application/pdf", "digest": DIGEST}
    body = {**a_person(), "loan_id": "loan-1", "documents": [shown]}
    missing = await sandbox.ask("POST", "/kyc/checks", json=body)
    assert (missing.status_code, missing.json()["code"]) == (409, "document_missing")
    await upload(sandbox, key="doc-2", check="another check")
    assert (await sandbox.ask("POST", "/kyc/checks", json=body)).status_code == 409
    await upload(sandbox)
    assert (await sandbox.ask("POST", "/kyc/checks", json=body)).json()["outcome"] == "passed"
