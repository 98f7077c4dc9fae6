"""The three who hold a wrapping key, for real: a file, OpenBao (which speaks Vault's API), and a server of AWS KMS."""

import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
import pytest

from infrastructure.keys.kms import AwsKeys
from infrastructure.keys.local import LocalKeys
from infrastructure.keys.provider import KeyProvider
from infrastructure.keys.sealing import new_secret
from infrastructure.keys.transit import TransitKeys
from stack.children import Child, Nursery, Program
from stack.probes import LOOPBACK, Probe, answers, free_port

TOKEN = "a root token"
BIN = Path(sys.prefix) / "bin"


@contextmanager
def serving(name: str, *arguments: str, ready: Probe, room: Path) -> Iterator[None]:
    nursery = Nursery()
    program = Program(
        name=name,
        command=(str(BIN / arguments[0]), *arguments[1:]),
        environment={"HOME": str(room), "PATH": str(BIN)},
        directory=room,
        log=room / f"{name}.log",
        ready=ready,
    )
    child = Child(program, nursery)
    try:
        child.wait_until_ready()
        yield
    finally:
        child.kill()
        nursery.close()


@dataclass
class Vault:
    """A server of its own, with the transit engine and the key `tenor`."""

    address: str

    def post(self, path: str, **body: object) -> None:
        answer = httpx.post(f"{self.address}/v1/{path}", json=body, headers={"X-Vault-Token": TOKEN})
        assert answer.is_success, answer.text


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with vault_in(tmp_path_factory.mktemp("vault")) as vault:
        yield vault


@pytest.fixture
def own_vault(tmp_path: Path) -> Iterator[Vault]:
    """For a test that breaks it."""
    with vault_in(tmp_path) as vault:
        yield vault


@contextmanager
def vault_in(room: Path) -> Iterator[Vault]:
    address = f"{LOOPBACK}:{free_port()}"
    command = ("bao", "server", "-dev", f"-dev-root-token-id={TOKEN}", f"-dev-listen-address={address}")
    with serving("vault", *command, "-dev-no-store-token", ready=answers(f"http://{address}/v1/sys/health"), room=room):
        vault = Vault(f"http://{address}")
        vault.post("sys/mounts/transit", type="transit")
        yield vault


@pytest.fixture(scope="session")
def kms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    port, room = free_port(), tmp_path_factory.mktemp("kms")
    ready = answers(f"http://{LOOPBACK}:{port}/moto-api/data.json")
    with serving("kms", "moto_server", "-H", LOOPBACK, "-p", str(port), ready=ready, room=room):
        yield f"http://{LOOPBACK}:{port}"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@dataclass
class Holder:
    """A provider, and the way its own people give it a newer key."""

    keys: KeyProvider
    renewed: Callable[[], Awaitable[KeyProvider]]


@pytest.fixture(params=["local", "vault", "kms"])
async def holder(request: pytest.FixtureRequest) -> AsyncIterator[Holder]:
    if request.param == "local":
        yield _local()
    elif request.param == "vault":
        async with httpx.AsyncClient() as http:
            yield _of_vault(request.getfixturevalue("vault"), http)
    else:
        request.getfixturevalue("aws")
        yield _of_kms(request.getfixturevalue("kms"))


def _local() -> Holder:
    old, new = (f"{name} {b64encode(new_secret()).decode()}" for name in ("2026", "2027"))

    async def renewed() -> KeyProvider:
        return LocalKeys.parse(f"{new}\n{old}\n")

    return Holder(LocalKeys.parse(old), renewed)


def _of_vault(vault: Vault, http: httpx.AsyncClient) -> Holder:
    name = f"tenor-{free_port()}"
    vault.post(f"transit/keys/{name}")
    keys = TransitKeys(http, address=vault.address, mount="transit", key=name, token=lambda: TOKEN)

    async def renewed() -> KeyProvider:
        vault.post(f"transit/keys/{name}/rotate")
        return keys

    return Holder(keys, renewed)


def _of_kms(address: str) -> Holder:
    client, alias = boto3.client("kms", endpoint_url=address), f"alias/tenor-{free_port()}"
    client.create_alias(AliasName=alias, TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
    keys = AwsKeys(alias, endpoint=address)

    async def renewed() -> KeyProvider:
        client.update_alias(AliasName=alias, TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
        return keys

    return Holder(keys, renewed)
