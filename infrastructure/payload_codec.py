"""What Temporal keeps of messages, results, summaries and failures: sealed before it leaves the process.

Each payload brings the wrapped key that sealed it, so whoever may ask the key provider can read it, without a database.
What is not sealed (an officer's signal from a terminal, a history of an earlier build) is read as it is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    PayloadCodec,
)

from infrastructure.keys.local import LocalKeys
from infrastructure.keys.memory import KeysInMemory
from infrastructure.keys.provider import KeyProvider, KeysRefused, KeysUnavailable, WrappedKey
from infrastructure.keys.sealing import DataKey, NotSealedHere, new_secret

OWNER: Final = "temporal"
PLACE: Final = "payload"
SEALED: Final = b"binary/encrypted"
PERIOD: Final = 3600.0  # seconds for which one key seals, and for which an opened one stays in memory


@dataclass(frozen=True, slots=True)
class _SealingKey:
    key: DataKey
    metadata: Mapping[str, bytes] = field(repr=False)
    until: float


class SealedPayloads(PayloadCodec):
    def __init__(self, provider: KeyProvider) -> None:
        self._provider = provider
        self._opened = KeysInMemory(longest=PERIOD)
        self._sealing: _SealingKey | None = None
        self._renewing = asyncio.Lock()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        now = await self._sealing_key()
        return [
            Payload(metadata=now.metadata, data=now.key.seal(PLACE, payload.SerializeToString()))
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """What cannot be opened stays as it is, for the converter to refuse: a forged signal must not stop a loan.

        Raises KeysUnavailable.
        """
        return [await self._decoded(payload) for payload in payloads]

    async def _decoded(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != SEALED:
            return payload
        try:
            return await self._open(payload)
        except (NotSealedHere, KeysRefused):
            return payload

    async def _open(self, payload: Payload) -> Payload:
        if not payload.metadata.get("encryption-key"):
            raise NotSealedHere(PLACE)
        version = payload.metadata.get("encryption-key-id", b"").decode(errors="replace")
        wrapped = WrappedKey(version, payload.metadata["encryption-key"])
        key = await self._opened.get(wrapped.wrapped.hex(), lambda: self._unwrapped(wrapped))
        return Payload.FromString(key.unseal(PLACE, payload.data))

    async def _unwrapped(self, wrapped: WrappedKey) -> DataKey:
        return DataKey(OWNER, await self._provider.unwrap(wrapped, OWNER))

    async def _sealing_key(self) -> _SealingKey:
        async with self._renewing:
            if self._sealing is None or self._sealing.until <= asyncio.get_running_loop().time():
                self._sealing = await self._renewed()
            return self._sealing

    async def _renewed(self) -> _SealingKey:
        """The present one for another while, when the provider is away: work that has begun goes on."""
        until = asyncio.get_running_loop().time() + PERIOD
        key = DataKey(OWNER, new_secret())
        try:
            wrapped = await self._provider.wrap(key.secret, OWNER)
        except KeysUnavailable:
            if self._sealing is None:
                raise
            return replace(self._sealing, until=until)
        metadata = {
            "encoding": SEALED,
            "encryption-cipher": b"AES-256-GCM",
            "encryption-key-id": wrapped.version.encode(),
            "encryption-key": wrapped.wrapped,
        }
        self._opened.put(wrapped.wrapped.hex(), key)
        return _SealingKey(key, metadata, until)


_adapter = cache(TypeAdapter)


class _Json(PydanticJSONPlainPayloadConverter):
    """Temporal makes a converter for each run of a workflow. Pydantic's would work out anew in each what our types are
    made of, which took a seventh of an origination. What is None is left out: it is half of a loan's standing."""

    def to_payload(self, value: Any) -> Payload | None:
        kind: type[Any] = type(value)
        if not is_dataclass(kind):
            return super().to_payload(value)
        data = _adapter(kind).dump_json(value, exclude_none=True)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=data)

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return _adapter(type_hint or Any).validate_json(payload.data)


_json = _Json()


class _Payloads(CompositePayloadConverter):
    def __init__(self) -> None:
        usual = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(*(_json if each.encoding == _json.encoding else each for each in usual))


def sealing_converter(provider: KeyProvider) -> DataConverter:
    """Pydantic's, with everything sealed: failures' messages and stack traces, too."""
    return DataConverter(
        payload_converter_class=_Payloads,
        payload_codec=SealedPayloads(provider),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def converter_of(keys: str) -> DataConverter:
    """Of an installation with a key file, by its lines."""
    return sealing_converter(LocalKeys.parse(keys))
