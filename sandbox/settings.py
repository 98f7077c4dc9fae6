"""What the sandbox is told by its environment. The defaults are public test values that protect nothing."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """Read from `TENOR_SANDBOX_*`. Each provider has its own credentials, as in life."""

    model_config = SettingsConfigDict(env_prefix="TENOR_SANDBOX_", frozen=True)

    kyc_api_key: str = "sandbox-kyc-key"
    bureau_api_key: str = "sandbox-bureau-key"
    payments_api_key: str = "sandbox-payments-key"
    notices_api_key: str = "sandbox-notices-key"
    admin_api_key: str = "sandbox-admin-key"

    callback_url: str | None = Field(default=None, description="Webhooks go to {this}/api/v1/webhooks/{provider}")
    kyc_webhook_secret: str = "whsec_c2FuZGJveC1reWMtd2ViaG9vay1zZWNyZXQ="  # noqa: S105 - public, see above
    payments_webhook_secret: str = "whsec_c2FuZGJveC1wYXltZW50cy13ZWJob29rLXNlY3JldA=="  # noqa: S105 - public, see above
    webhook_delay_seconds: float = Field(default=0.05, ge=0)
    webhook_retry_seconds: tuple[float, ...] = Field(default=(0.2, 1, 3, 10, 30), description="Waits between attempts")

    time_out_seconds: float = Field(default=30, gt=0, description="How long commit_then_time_out holds an answer")

    def api_key(self, name: str) -> str:
        """The key that opens `name`: a provider, or "admin"."""
        return str(getattr(self, f"{name}_api_key"))

    def webhook_secret(self, provider: str) -> str:
        return str(getattr(self, f"{provider}_webhook_secret"))
