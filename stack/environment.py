"""What Tenor's own processes are told: the TENOR_* variables of `infrastructure.settings` and `sandbox.settings`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from stack.credentials import Credentials
from stack.postgres import EmbeddedPostgres
from stack.probes import LOOPBACK
from stack.temporal_server import NAMESPACE, TemporalServer

Ports = Mapping[str, int]

# A caller's own settings of these must not reach the stack's processes.
NOT_INHERITED = ("TENOR_", "TEMPORAL_", "PG", "PYTHON")
# These don't: they change what is seen of the stack, and nothing else.
WAYS_TO_LOOK = ("TENOR_OTLP_ENDPOINT", "TENOR_LOG_LEVEL", "TENOR_LOG_JSON")


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the parts of a running stack are found."""

    api: str
    sandbox: str
    temporal: str  # host:port, for clients
    temporal_ui: str
    temporal_metrics: str
    worker_metrics: str
    owner_database: str = field(repr=False)  # with its password, as is the next
    application_database: str = field(repr=False)

    @classmethod
    def of(cls, ports: Ports, postgres: EmbeddedPostgres, temporal: TemporalServer) -> Self:
        return cls(
            api=f"http://{LOOPBACK}:{ports['api']}",
            sandbox=f"http://{LOOPBACK}:{ports['sandbox']}",
            temporal=temporal.address,
            temporal_ui=temporal.ui_url,
            temporal_metrics=f"http://{LOOPBACK}:{ports['temporal_metrics']}/metrics",
            worker_metrics=f"http://{LOOPBACK}:{ports['worker_metrics']}/metrics",
            owner_database=postgres.owner_url(),
            application_database=postgres.application_url(),
        )


def environment(where: Addresses, ports: Ports, secrets: Credentials) -> dict[str, str]:
    """The environment of every process of Tenor's own: the caller's, less what could mislead, plus the stack's."""
    inherited = {
        name: value for name, value in os.environ.items() if name in WAYS_TO_LOOK or not name.startswith(NOT_INHERITED)
    }
    return {
        **inherited,
        "NO_PROXY": f"{LOOPBACK},localhost",
        "PYTHONUNBUFFERED": "1",
        "TENOR_ENVIRONMENT": "development",
        "TENOR_DATABASE_URL": where.application_database,
        "TENOR_MIGRATIONS_DATABASE_URL": where.owner_database,
        "TENOR_TEMPORAL_ADDRESS": where.temporal,
        "TENOR_TEMPORAL_NAMESPACE": NAMESPACE,
        "TENOR_TEMPORAL_UI_URL": where.temporal_ui,
        "TENOR_METRICS_PORT": str(ports["worker_metrics"]),
        "TENOR_RELAY_METRICS_PORT": str(ports["relay_metrics"]),
        "TENOR_WEBHOOKS_ALLOW_PRIVATE": "true",
        "TENOR_JWT_PRIVATE_KEY": secrets.jwt_private_key,
        "TENOR_LOCAL_KEYS": secrets.local_keys,
        "TENOR_SEED_PASSWORD": secrets.seed_password,
        "TENOR_SANDBOX_ENABLED": "true",
        "TENOR_CODEC_OPEN": "true",
        **_providers(where.sandbox, secrets),
        **_sandbox(where.api, secrets),
    }


def _providers(sandbox: str, secrets: Credentials) -> dict[str, str]:
    """How Tenor reaches the outside world: here, the sandbox stands in for all of it."""
    return {
        "TENOR_KYC_URL": sandbox,
        "TENOR_KYC_API_KEY": secrets.kyc_api_key,
        "TENOR_KYC_WEBHOOK_SECRET": secrets.kyc_webhook_secret,
        "TENOR_BUREAU_URL": sandbox,
        "TENOR_BUREAU_API_KEY": secrets.bureau_api_key,
        "TENOR_PAYMENTS_URL": sandbox,
        "TENOR_PAYMENTS_API_KEY": secrets.payments_api_key,
        "TENOR_PAYMENTS_WEBHOOK_SECRET": secrets.payments_webhook_secret,
        "TENOR_NOTIFIER_URL": sandbox,
        "TENOR_NOTIFIER_API_KEY": secrets.notifier_api_key,
    }


def _sandbox(api: str, secrets: Credentials) -> dict[str, str]:
    """The same agreements, seen from the sandbox's side."""
    return {
        "TENOR_SANDBOX_CALLBACK_URL": api,
        "TENOR_SANDBOX_ADMIN_API_KEY": secrets.sandbox_admin_key,
        "TENOR_SANDBOX_KYC_API_KEY": secrets.kyc_api_key,
        "TENOR_SANDBOX_KYC_WEBHOOK_SECRET": secrets.kyc_webhook_secret,
        "TENOR_SANDBOX_BUREAU_API_KEY": secrets.bureau_api_key,
        "TENOR_SANDBOX_PAYMENTS_API_KEY": secrets.payments_api_key,
        "TENOR_SANDBOX_PAYMENTS_WEBHOOK_SECRET": secrets.payments_webhook_secret,
        "TENOR_SANDBOX_NOTICES_API_KEY": secrets.notifier_api_key,
    }
