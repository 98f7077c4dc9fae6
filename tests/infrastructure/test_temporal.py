"""How Tenor shows who it is to Temporal."""

from typing import Any

import pytest

from infrastructure.settings import Settings
from infrastructure.temporal import connect


@pytest.mark.parametrize(
    ("settings", "key", "tls"),
    [
        ({}, None, False),
        ({"temporal_tls": True}, None, True),
        ({"temporal_api_key": "of this process"}, "of this process", True),
    ],
)
async def test_a_key_goes_over_tls_only(settings: dict[str, Any], key: str | None, tls: bool) -> None:
    told = Settings.model_validate({"environment": "development", "database_url": "postgresql://db", **settings})
    config = (await connect(told, lazy=True)).service_client.config
    assert (config.api_key, config.tls) == (key, tls)
    assert "of this process" not in repr(told)
