"""What goes to Temporal is sealed; what comes from it is opened, whoever sealed it, or read as it is."""

from datetime import date

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from domain.status import LoanStatus
from domain.views import Outcome, Standing
from infrastructure.keys.local import LocalKeys
from infrastructure.keys.provider import KeysUnavailable, WrappedKey
from infrastructure.keys.sealing import new_secret
from infrastructure.payload_codec import SealedPayloads, sealing_converter

OLD, NEW = new_secret(), new_secret()


class MoodyKeys(LocalKeys):
    def __init__(self) -> None:
        super().__init__({"old": OLD})
        self.away = False
        self.calls = 0

    async def wrap(self, secret: bytes, owner: str) -> WrappedKey:
        self.calls += 1
        if self.away:
            raise KeysUnavailable("away")
        return await super().wrap(secret, owner)


def said(text: bytes) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=text)


async def test_what_is_sealed_says_nothing_and_another_process_reads_it() -> None:
    mine, theirs = SealedPayloads(LocalKeys({"old": OLD})), SealedPayloads(LocalKeys({"new": NEW, "old": OLD}))
    [sealed] = await mine.encode([said(b'"Ada"')])
    assert b"Ada" not in sealed.SerializeToString()
    assert sealed.metadata["encryption-key-id"] == b"old"
    assert await theirs.decode([sealed]) == [said(b'"Ada"')]
    [newer] = await theirs.encode([said(b'"Ada"')])
    assert newer.metadata["encryption-key-id"] == b"new"


async def test_what_was_never_sealed_is_read_as_it_is() -> None:
    assert await SealedPayloads(LocalKeys({"new": NEW})).decode([said(b"1"), Payload()]) == [said(b"1"), Payload()]


async def test_what_was_changed_or_sealed_under_a_key_we_lack_stays_as_it_is() -> None:
    codec = SealedPayloads(LocalKeys({"old": OLD}))
    [sealed] = await codec.encode([said(b"1")])
    assert await SealedPayloads(LocalKeys({"new": NEW})).decode([sealed]) == [sealed]
    sealed.data += b"!"
    assert await codec.decode([sealed]) == [sealed]


async def test_one_key_seals_for_a_while_and_goes_on_while_the_provider_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider = MoodyKeys()
    codec = SealedPayloads(provider)
    for _ in range(3):
        await codec.encode([said(b"1")])
    assert provider.calls == 1
    provider.away = True
    assert codec._sealing
    monkeypatch.setattr(codec, "_sealing", type(codec._sealing)(codec._sealing.key, codec._sealing.metadata, 0.0))
    [sealed] = await codec.encode([said(b"1")])
    assert provider.calls == 2
    assert await codec.decode([sealed]) == [said(b"1")]


async def test_a_failure_shows_its_kind_and_not_its_words() -> None:
    converter, failure = sealing_converter(LocalKeys({"old": OLD})), Failure()
    await converter.encode_failure(ApplicationError("Ada said so", "Ada", type="OutsideProduct"), failure)
    assert b"Ada" not in failure.SerializeToString()
    assert failure.application_failure_info.type == "OutsideProduct"
    known = await converter.decode_failure(failure)
    assert isinstance(known, ApplicationError)
    assert (known.message, known.details) == ("Ada said so", ("Ada",))


async def test_what_is_none_is_not_written_and_read_as_none() -> None:
    standing = Standing(loan_id="1", status=LoanStatus.VERIFYING, business_date=date(2026, 11, 25))
    converter = sealing_converter(LocalKeys({"old": OLD})).payload_converter
    [payload] = converter.to_payloads([Outcome(standing=standing)])
    assert b"null" not in payload.data
    assert converter.from_payloads([payload], [Outcome]) == [Outcome(standing=standing)]
