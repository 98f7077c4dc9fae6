"""Which key provider the settings name."""

from pathlib import Path

import httpx
from pydantic import SecretStr

from infrastructure.keys.local import LocalKeys
from infrastructure.keys.provider import KeyProvider
from infrastructure.settings import MissingSetting, Settings


def key_provider(settings: Settings) -> KeyProvider:
    """Raises MissingSetting for what the chosen provider needs and wasn't given, WrongKeyFile for a broken file."""
    match settings.key_provider:
        case "vault":
            return _vault(settings)
        case "kms":
            from infrastructure.keys.kms import AwsKeys  # boto3 takes long to load

            return AwsKeys(_given(settings.kms_key_id, "TENOR_KMS_KEY_ID"), endpoint=settings.kms_endpoint)
        case _:
            return LocalKeys.parse(settings.wrapping_keys.get_secret_value())


def _vault(settings: Settings) -> KeyProvider:
    from infrastructure.keys.transit import TransitKeys

    return TransitKeys(
        httpx.AsyncClient(),
        address=_given(settings.vault_address, "TENOR_VAULT_ADDRESS"),
        mount=settings.vault_mount,
        key=settings.vault_key,
        token=lambda: _token(settings.vault_token, settings.vault_token_file),
    )


def _token(text: SecretStr | None, file: Path | None) -> str:
    if text is not None:
        return text.get_secret_value()
    if file is not None:
        return file.read_text().strip()
    raise MissingSetting("TENOR_VAULT_TOKEN or TENOR_VAULT_TOKEN_FILE is needed to ask Vault")


def _given(value: str | None, variable: str) -> str:
    if value is None:
        raise MissingSetting(f"{variable} is needed by TENOR_KEY_PROVIDER")
    return value
