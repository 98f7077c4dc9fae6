"""Whoever holds the wrapping key, the promises are the same; and being away is not the same as saying no."""

from dataclasses import replace
from itertools import product

import httpx
import pytest

from infrastructure.keys.kms import AwsKeys
from infrastructure.keys.local import LocalKeys, WrongKeyFile
from infrastructure.keys.provider import KeysRefused, KeysUnavailable, WrappedKey
from infrastructure.keys.sealing import new_secret
from infrastructure.keys.transit import TransitKeys
from stack.probes import LOOPBACK, free_port
from tests.infrastructure.keys.conftest import TOKEN, Holder, Vault

NOWHERE = f"http://{LOOPBACK}:1"


async def test_a_key_comes_back_as_it_was_and_shows_nothing_of_itself_wrapped(holder: Holder) -> None:
    secret = new_secret()
    wrapped = await holder.keys.wrap(secret, "customer/1")
    assert secret not in wrapped.wrapped
    assert wrapped.version == await holder.keys.newest()
    assert await holder.keys.unwrap(wrapped, "customer/1") == secret


async def test_nobody_elses_key_opens(holder: Holder) -> None:
    wrapped = await holder.keys.wrap(new_secret(), "customer/1")
    with pytest.raises(KeysRefused):
        await holder.keys.unwrap(wrapped, "customer/2")
    with pytest.raises(KeysRefused):
        await holder.keys.unwrap(replace(wrapped, wrapped=_damaged(wrapped.wrapped)), "customer/1")


def _damaged(wrapped: bytes) -> bytes:
    return wrapped[:-1] + bytes([wrapped[-1] ^ 1])


STRANGERS = "arn:aws:kms:eu-west-1:999999999999:key/1b0f9dd5-7f3a-4a8c-9d3c-0a5f5d0f6d11"


VERSIONS = ("", "x", "v0", "\x00", "../keys", STRANGERS, "v1/" + "x" * 3000)
WRAPPED = (b"", b"x", b"vault:v1:bm90aGluZw==", b"\x01" + bytes(60), bytes(7000))


async def test_what_a_stranger_made_up_is_refused_and_no_outage(holder: Holder) -> None:
    for version, wrapped in product(VERSIONS, WRAPPED):
        with pytest.raises(KeysUnavailable) as refused:
            await holder.keys.unwrap(WrappedKey(version, wrapped), "customer/1")
        assert refused.type is KeysRefused, (version, wrapped)


async def test_a_newer_wrapping_key_opens_what_the_older_one_wrapped(holder: Holder) -> None:
    secret = new_secret()
    old = await holder.keys.wrap(secret, "customer/1")
    renewed = await holder.renewed()
    assert await renewed.newest() != old.version
    assert await renewed.unwrap(old, "customer/1") == secret
    new = await renewed.wrap(secret, "customer/1")
    assert new.version == await renewed.newest()
    assert await renewed.unwrap(new, "customer/1") == secret


@pytest.mark.usefixtures("aws")
async def test_who_is_away_is_unavailable() -> None:
    async with httpx.AsyncClient() as http:
        vault = TransitKeys(http, address=NOWHERE, mount="transit", key="tenor", token=lambda: TOKEN)
        for provider in (vault, AwsKeys("alias/tenor", endpoint=NOWHERE)):
            with pytest.raises(KeysUnavailable):
                await provider.wrap(new_secret(), "customer/1")


async def test_vault_refuses_a_key_that_is_not_there_and_is_out_of_reach_with_a_wrong_token(vault: Vault) -> None:
    vault.post("transit/keys/tenor")
    async with httpx.AsyncClient() as http:
        for token, key, refusal in (("a wrong one", "tenor", KeysUnavailable), (TOKEN, "none", KeysRefused)):
            keys = TransitKeys(http, address=vault.address, mount="transit", key=key, token=lambda: token)  # noqa: B023
            with pytest.raises(KeysUnavailable) as refused:
                await keys.unwrap(WrappedKey("v1", b"vault:v1:bm90aGluZw=="), "customer/1")
            assert refused.type is refusal


async def test_a_sealed_vault_is_unavailable(own_vault: Vault) -> None:
    own_vault.post("transit/keys/tenor")
    own_vault.post("sys/seal")
    async with httpx.AsyncClient() as http:
        keys = TransitKeys(http, address=own_vault.address, mount="transit", key="tenor", token=lambda: TOKEN)
        with pytest.raises(KeysUnavailable):
            await keys.wrap(new_secret(), "customer/1")


@pytest.mark.usefixtures("aws")
async def test_kms_refuses_a_key_that_is_not_there(kms: str) -> None:
    with pytest.raises(KeysRefused, match="NotFoundException"):
        await AwsKeys(f"alias/none-{free_port()}", endpoint=kms).wrap(new_secret(), "customer/1")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "holds no key"),
        ("# only a comment\n\n", "holds no key"),
        ("first", "line 1: a key has 32 bytes, not 0"),
        ("first c2hvcnQ=", "line 1: a key has 32 bytes, not 5"),
        ("# newest first\nfirst not-base64!", "line 2 is not a version and a key in base64"),
        (f"one {'A' * 43}=\none {'B' * 42}A=", "line 2: the version one comes twice"),
    ],
)
def test_a_wrong_key_file_is_refused_by_its_line(text: str, complaint: str) -> None:
    with pytest.raises(WrongKeyFile, match=complaint):
        LocalKeys.parse(text)


async def test_a_version_that_left_the_file_opens_nothing() -> None:
    keys = LocalKeys({"new": new_secret()})
    with pytest.raises(KeysRefused, match="no version old"):
        await keys.unwrap(WrappedKey("old", b"\x01" + bytes(60)), "customer/1")
