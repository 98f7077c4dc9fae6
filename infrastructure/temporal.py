"""The connection to Temporal."""

from opentelemetry.sdk.trace import TracerProvider
from temporalio.client import Client
from temporalio.runtime import Runtime

from infrastructure.keys.choosing import key_provider
from infrastructure.payload_codec import sealing_converter
from infrastructure.settings import Settings
from infrastructure.telemetry.loan_tracing import LoanTracing
from infrastructure.update_retry import UpdateRetry


async def connect(
    settings: Settings, *, lazy: bool = False, traces: TracerProvider | None = None, runtime: Runtime | None = None
) -> Client:
    """`lazy` connects on first use, so that a door can open while Temporal is away. Its workers trace, too."""
    key = settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=key,
        tls=settings.temporal_tls or key is not None,
        data_converter=sealing_converter(key_provider(settings)),
        interceptors=[UpdateRetry(), *([LoanTracing(traces)] if traces else [])],
        runtime=runtime,
        lazy=lazy,
    )
