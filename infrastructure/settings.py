"""What differs between one installation and another: addresses, credentials, keys. Read from TENOR_* variables."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SANDBOX_ADDRESS = "http://127.0.0.1:8100"
# Public, as all of the sandbox's: production refuses it.
DEVELOPMENT_KEY = "development ZGV2ZWxvcG1lbnQga2V5LCBwdWJsaWMsIDMyIGJ5dGU="
PROVIDERS = ("kyc_url", "bureau_url", "payments_url", "notifier_url")

KEY_HOLDERS = ("vault_address", "kms_endpoint")


def _http_url(value: str) -> str:
    """An http(s) address as text, without the slash at its end, so that paths can be appended."""
    AnyHttpUrl(value)
    return value.rstrip("/")


def _issuer(value: str) -> str:
    """As it stands: an issuer is compared letter by letter."""
    AnyHttpUrl(value)
    return value


HttpAddress = Annotated[str, AfterValidator(_http_url)]
IssuerAddress = Annotated[str, AfterValidator(_issuer)]


class MissingSetting(Exception):
    """A part of Tenor started without a setting that this part needs."""


class LogSettings(BaseSettings):
    """What even a process that needs nothing else is told. Read from TENOR_*, as all settings are."""

    model_config = SettingsConfigDict(env_prefix="TENOR_", frozen=True, extra="forbid", hide_input_in_errors=True)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = True


class Settings(LogSettings):
    """The settings of one process. Wrong ones stop it at its start, with a message that names the variable."""

    environment: Literal["development", "production"] = "production"

    # Postgres. The application's role can't alter tables, nor update or delete what is append-only; the owner's can.
    database_url: SecretStr
    migrations_database_url: SecretStr | None = None

    # Temporal
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None  # of a rented Temporal; it is sent over TLS only
    temporal_tls: bool = False
    temporal_ui_url: HttpAddress = "http://127.0.0.1:8233"
    deployment_name: str = "tenor"
    build_id: str = "development"

    # The outside world. The defaults are the provider sandbox's public test values.
    kyc_url: HttpAddress = SANDBOX_ADDRESS
    kyc_api_key: SecretStr = SecretStr("sandbox-kyc-key")
    kyc_webhook_secret: SecretStr = SecretStr("whsec_c2FuZGJveC1reWMtd2ViaG9vay1zZWNyZXQ=")
    bureau_url: HttpAddress = SANDBOX_ADDRESS
    bureau_api_key: SecretStr = SecretStr("sandbox-bureau-key")
    payments_url: HttpAddress = SANDBOX_ADDRESS
    payments_api_key: SecretStr = SecretStr("sandbox-payments-key")
    payments_webhook_secret: SecretStr = SecretStr("whsec_c2FuZGJveC1wYXltZW50cy13ZWJob29rLXNlY3JldA==")
    notifier_url: HttpAddress = SANDBOX_ADDRESS
    notifier_api_key: SecretStr = SecretStr("sandbox-notices-key")

    # Who holds the key that wraps the keys of personal data (infrastructure/keys)
    key_provider: Literal["local", "vault", "kms"] = "local"
    local_keys: SecretStr = SecretStr(DEVELOPMENT_KEY)  # the lines of a key file
    local_keys_file: Path | None = None
    vault_address: HttpAddress | None = None
    vault_token: SecretStr | None = None
    vault_token_file: Path | None = None
    vault_mount: str = "transit"
    vault_key: str = "tenor"
    kms_key_id: str | None = None
    kms_endpoint: HttpAddress | None = None  # of what stands in for AWS

    # Who is asking. The key is an EC P-256 private key in PEM (ES256), given as text or as a file's path.
    jwt_private_key: SecretStr | None = None
    jwt_private_key_file: Path | None = None
    jwt_issuer: str = "tenor"
    jwt_audience: str = "tenor-api"
    token_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 15
    sign_in_hours: Annotated[int, Field(ge=1, le=24 * 90)] = 12  # then a password is asked for again

    # The lender's own identity provider, for its people: OpenID Connect. Users are found by e-mail or by `sub`.
    oidc_issuer: IssuerAddress | None = None
    oidc_audience: str | None = None
    oidc_user_claim: Literal["email", "sub"] = "email"

    # Whose pages may call the doors from a browser: origins like https://apply.lender.example. By default nobody's.
    cors_origins: tuple[HttpAddress, ...] = ()
    admin_cors_origins: tuple[HttpAddress, ...] = ()

    # How often somebody may ask. Counted in each process, or in Redis for all; by default without end in development.
    redis_url: SecretStr | None = None  # redis://user:password@host:port/database
    client_requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    user_requests_per_minute: Annotated[int, Field(ge=1)] | None = None

    lender_name: str = "The lender"  # as papers name it

    # Whether applicants may report payments themselves, in place of a direct debit. By default in development only.
    payments_by_applicants: bool | None = None

    document_bytes: Annotated[int, Field(ge=1024, le=100 * 1024**2)] = 10 * 1024**2  # most of one upload

    # Of one statement of the close of business, which takes a tenth of a second or so: a payment may wait for it.
    loans_of_a_partition: Annotated[int, Field(ge=1)] = 10_000

    # Who is told of events. A webhook goes to the public internet only, unless private addresses are allowed.
    events_source: str = "urn:tenor"
    events_broker_url: SecretStr | None = None  # amqp://user:password@host:port/vhost
    webhooks_allow_private: bool = False

    # Development conveniences that production refuses
    codec_open: bool = False  # what Temporal holds is shown to whoever asks without a token
    sandbox_enabled: bool = False
    seed_password: SecretStr | None = None

    # What an operator sees
    otlp_endpoint: HttpAddress | None = None
    metrics_host: str = "127.0.0.1"  # of the worker's /metrics; in a container, an address that Prometheus reaches
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 9464  # 0: none
    relay_metrics_port: Annotated[int, Field(ge=0, le=65535)] = 9465  # the same, of the relay's

    @classmethod
    def load(cls) -> Self:
        """Read the environment, or end the process with one line per wrong variable."""
        try:
            return cls()
        except ValidationError as error:
            raise SystemExit("\n".join(_complaint(e["loc"], e["msg"]) for e in error.errors())) from None

    @cached_property
    def signing_key(self) -> SecretStr:
        """The PEM text of the key that signs tokens. Raises MissingSetting when this process was given none."""
        if self.jwt_private_key is not None:
            return self.jwt_private_key
        if self.jwt_private_key_file is not None:
            return SecretStr(self.jwt_private_key_file.read_text())
        raise MissingSetting("TENOR_JWT_PRIVATE_KEY or TENOR_JWT_PRIVATE_KEY_FILE is needed to sign tokens")

    @cached_property
    def wrapping_keys(self) -> SecretStr:
        """The lines of the key file, from wherever they come."""
        return SecretStr(self.local_keys_file.read_text()) if self.local_keys_file else self.local_keys

    @property
    def applicants_pay(self) -> bool:
        if self.payments_by_applicants is None:
            return self.environment == "development"
        return self.payments_by_applicants

    @property
    def requests_per_client(self) -> int | None:
        """A minute; None: any number."""
        return self.client_requests_per_minute or (None if self.environment == "development" else 1200)

    @property
    def requests_per_user(self) -> int | None:
        """A minute; None: any number."""
        return self.user_requests_per_minute or (None if self.environment == "development" else 600)

    @property
    def owner_database_url(self) -> SecretStr:
        """The address for migrations. Raises MissingSetting in a process that was not trusted with it."""
        if self.migrations_database_url is None:
            raise MissingSetting("TENOR_MIGRATIONS_DATABASE_URL is needed to migrate")
        return self.migrations_database_url

    @model_validator(mode="after")
    def _tokens_are_for_us(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            raise ValueError("TENOR_OIDC_ISSUER and TENOR_OIDC_AUDIENCE belong together")
        return self

    @model_validator(mode="after")
    def _production_is_no_playground(self) -> Self:
        if self.environment == "development":
            return self
        refused = [name for name in ("sandbox_enabled", "seed_password", "codec_open") if getattr(self, name)]
        if refused:
            raise ValueError(f"production refuses {_variables(refused)}")
        issuer = ["oidc_issuer"] if self.oidc_issuer else []
        insecure = [name for name in (*PROVIDERS, *issuer) if not getattr(self, name).startswith("https://")]
        insecure += [name for name in KEY_HOLDERS if not _private(getattr(self, name))]
        if insecure:  # the sandbox's, too
            raise ValueError(f"production refuses an address without https: {_variables(insecure)}")
        defaults = {name: field.default for name, field in type(self).model_fields.items()}
        secrets = [name for name, value in self if isinstance(value, SecretStr)]
        if self.key_provider != "local" or self.local_keys_file:
            secrets.remove("local_keys")
        public = [name for name in (*secrets, "build_id") if getattr(self, name) == defaults[name]]
        if public:
            raise ValueError(f"production refuses the public default of {_variables(public)}")
        return self


def _private(address: str | None) -> bool:
    """An agent beside us, on this machine, needs no https."""
    return address is None or address.startswith("https://") or AnyHttpUrl(address).host in {"127.0.0.1", "localhost"}


def _variables(names: list[str]) -> str:
    return ", ".join(f"TENOR_{name.upper()}" for name in names)


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    name = f"{_variables([str(location[0])])}: " if location else ""
    return name + message.removeprefix("Value error, ")
