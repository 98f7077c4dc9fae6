"""Wrong settings stop a process at its start, and say which variable is wrong."""

from pathlib import Path

import pytest

from infrastructure.keys.choosing import key_provider
from infrastructure.settings import MissingSetting, Settings

SECRETS = ("KYC_API_KEY", "KYC_WEBHOOK_SECRET", "BUREAU_API_KEY", "PAYMENTS_API_KEY",
           "PAYMENTS_WEBHOOK_SECRET", "NOTIFIER_API_KEY", "LOCAL_KEYS")  # fmt: skip


ADDRESSES = ("KYC_URL", "BUREAU_URL", "PAYMENTS_URL", "NOTIFIER_URL")


@pytest.fixture(autouse=True)
def _only_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENOR_DATABASE_URL", "postgresql+asyncpg://tenor_app:secret@db/tenor")


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENOR_ENVIRONMENT", "production")
    for name in SECRETS:
        monkeypatch.setenv(f"TENOR_{name}", f"a secret of our own for {name}")
    for name in ADDRESSES:
        monkeypatch.setenv(f"TENOR_{name}", "https://provider.example")
    monkeypatch.setenv("TENOR_BUILD_ID", "1.0.0")


def test_an_installation_is_production_unless_it_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="production refuses an address without https: TENOR_KYC_URL"):
        Settings.load()
    monkeypatch.setenv("TENOR_ENVIRONMENT", "development")
    assert Settings.load().environment == "development"


@pytest.mark.usefixtures("production")
def test_production_starts_with_secrets_of_its_own() -> None:
    assert Settings.load().environment == "production"


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("variable", "value"),
    [("TENOR_SANDBOX_ENABLED", "true"), ("TENOR_SEED_PASSWORD", "x"), ("TENOR_CODEC_OPEN", "true")],
)
def test_production_refuses_conveniences(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit, match=f"production refuses {variable}"):
        Settings.load()


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("address", [None, "http://127.0.0.1:8100", "http://provider.example"])
def test_production_refuses_the_sandbox_and_whatever_is_not_encrypted(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str | None
) -> None:
    if address is None:
        monkeypatch.delenv(f"TENOR_{name}")
    else:
        monkeypatch.setenv(f"TENOR_{name}", address)
    with pytest.raises(SystemExit, match=f"production refuses an address without https: TENOR_{name}$"):
        Settings.load()


@pytest.mark.usefixtures("production")
def test_production_has_a_build_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENOR_BUILD_ID", "development")
    with pytest.raises(SystemExit, match="production refuses the public default of TENOR_BUILD_ID"):
        Settings.load()


@pytest.mark.usefixtures("production")
def test_in_production_applicants_report_payments_only_where_that_is_switched_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not Settings.load().applicants_pay
    monkeypatch.setenv("TENOR_PAYMENTS_BY_APPLICANTS", "true")
    assert Settings.load().applicants_pay
    monkeypatch.delenv("TENOR_PAYMENTS_BY_APPLICANTS")
    monkeypatch.setenv("TENOR_ENVIRONMENT", "development")
    assert Settings.load().applicants_pay


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("name", SECRETS)
def test_production_refuses_every_public_secret(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"TENOR_{name}")
    with pytest.raises(SystemExit, match=f"public default of TENOR_{name}"):
        Settings.load()


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("variable", "value"), [("KEY_PROVIDER", "vault"), ("KEY_PROVIDER", "kms"), ("LOCAL_KEYS_FILE", "keys")]
)
def test_production_needs_no_local_keys_where_others_hold_them(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.delenv("TENOR_LOCAL_KEYS")
    monkeypatch.setenv(f"TENOR_{variable}", value)
    assert Settings.load().environment == "production"


@pytest.mark.usefixtures("production")
def test_production_speaks_to_vault_in_plain_on_its_own_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENOR_VAULT_ADDRESS", "http://vault.internal:8200")
    with pytest.raises(SystemExit, match="production refuses an address without https: TENOR_VAULT_ADDRESS"):
        Settings.load()
    monkeypatch.setenv("TENOR_VAULT_ADDRESS", "http://127.0.0.1:8200")
    assert Settings.load().vault_address == "http://127.0.0.1:8200"


@pytest.mark.parametrize(("provider", "missing"), [("vault", "TENOR_VAULT_ADDRESS"), ("kms", "TENOR_KMS_KEY_ID")])
def test_a_key_provider_says_what_it_misses(monkeypatch: pytest.MonkeyPatch, provider: str, missing: str) -> None:
    monkeypatch.setenv("TENOR_ENVIRONMENT", "development")
    monkeypatch.setenv("TENOR_KEY_PROVIDER", provider)
    with pytest.raises(MissingSetting, match=missing):
        key_provider(Settings.load())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TENOR_ENVIRONMENT", "staging"),
        ("TENOR_KYC_URL", "kyc.example"),
        ("TENOR_METRICS_PORT", "70000"),
        ("TENOR_TOKEN_MINUTES", "never"),
    ],
)
def test_a_wrong_value_is_refused_by_its_variable_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit, match=f"^{variable}: ") as refused:
        Settings.load()
    assert value not in str(refused.value).split(": ", 1)[1]


def test_a_missing_database_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENOR_DATABASE_URL")
    with pytest.raises(SystemExit, match="TENOR_DATABASE_URL: Field required"):
        Settings.load()


@pytest.mark.usefixtures("production")
def test_nothing_secret_is_printed() -> None:
    settings = Settings.load()
    assert "secret" not in repr(settings).replace("webhook_secret", "")


@pytest.mark.usefixtures("production")
def test_the_signing_key_comes_as_text_or_as_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(MissingSetting, match="TENOR_JWT_PRIVATE_KEY"):
        _ = Settings.load().signing_key
    (tmp_path / "key.pem").write_text("PEM")
    monkeypatch.setenv("TENOR_JWT_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
    assert Settings.load().signing_key.get_secret_value() == "PEM"


@pytest.mark.usefixtures("production")
def test_a_process_without_the_owners_address_cannot_migrate() -> None:
    with pytest.raises(MissingSetting, match="TENOR_MIGRATIONS_DATABASE_URL"):
        _ = Settings.load().owner_database_url


@pytest.mark.usefixtures("production")
def test_an_address_loses_the_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENOR_KYC_URL", "https://kyc.example/v2/")
    assert Settings.load().kyc_url == "https://kyc.example/v2"
