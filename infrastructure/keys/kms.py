"""The wrapping key in AWS KMS, or in what speaks its protocol.

Credentials and region come from where AWS's own tools find them. A version is the ARN of the key that wrapped: to
rotate by hand, let the alias name another key of the same account and region; what KMS rotates by itself needs nothing
from us.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from infrastructure.keys.provider import KeysRefused, KeysUnavailable, WrappedKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
FINAL = (  # what else goes wrong passes, or is mended by an operator
    "InvalidCiphertextException",
    "IncorrectKeyException",
    "NotFoundException",
    "DisabledException",
    "KMSInvalidStateException",
    "InvalidKeyUsageException",
    "ValidationException",
)


class AwsKeys:
    """Implements `KeyProvider`. `key_id` is an id, an ARN or an alias (`alias/tenor`)."""

    def __init__(self, key_id: str, *, endpoint: str | None = None) -> None:
        self._key_id = key_id
        self._kms: KMSClient = boto3.client("kms", endpoint_url=endpoint, config=PATIENCE)
        self._home: str | None = None  # how the ARNs of this account's keys in this region begin

    async def wrap(self, secret: bytes, owner: str) -> WrappedKey:
        told = await _call(self._kms.encrypt, KeyId=self._key_id, Plaintext=secret, EncryptionContext={"owner": owner})
        return WrappedKey(told["KeyId"], told["CiphertextBlob"])

    async def unwrap(self, key: WrappedKey, owner: str) -> bytes:
        """A version can be the word of a stranger, of whose key KMS would only say that we may not use it: no outage,
        and nothing to wait for."""
        self._home = self._home or (await self.newest()).rpartition("/")[0]
        if not key.version.startswith(f"{self._home}/"):
            raise KeysRefused("the key is not one of this account and region")
        told = await _call(
            self._kms.decrypt, KeyId=key.version, CiphertextBlob=key.wrapped, EncryptionContext={"owner": owner}
        )
        secret: bytes = told["Plaintext"]
        return secret

    async def newest(self) -> str:
        arn: str = (await _call(self._kms.describe_key, KeyId=self._key_id))["KeyMetadata"]["Arn"]
        return arn


async def _call(method: Callable[..., Any], **arguments: Any) -> Any:
    """boto3 blocks, so it works in a thread."""
    try:
        return await asyncio.to_thread(method, **arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in FINAL:
            raise KeysRefused(f"KMS refused with {code}") from error
        raise KeysUnavailable(f"KMS answered {code}") from error
    except ParamValidationError as error:
        raise KeysRefused("KMS would not read this") from error
    except BotoCoreError as error:
        raise KeysUnavailable(f"KMS is away: {type(error).__name__}") from error
