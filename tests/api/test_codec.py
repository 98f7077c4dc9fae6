"""Temporal's Web UI and CLI show what is sealed, to those who may see it."""

from base64 import b64encode
from dataclasses import replace
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload, Payloads

from api.main import create_admin_app
from api.parts import Parts
from infrastructure.keys.local import LocalKeys
from infrastructure.keys.sealing import new_secret
from infrastructure.payload_codec import SealedPayloads
from infrastructure.settings import Settings
from tests.api.conftest import Door

CODEC = "/api/admin/v1/codec"
PLAIN: dict[str, Any] = {
    "metadata": {"encoding": b64encode(b"json/plain").decode()},
    "data": b64encode(b'"decide"').decode(),
}


async def test_staff_sees_what_was_sealed(door: Door) -> None:
    sealed = (await door.post("officer", f"{CODEC}/encode", {"payloads": [PLAIN]})).json()
    assert sealed["payloads"][0]["data"] != PLAIN["data"]
    answer = await door.post("operator", f"{CODEC}/decode", {"payloads": [*sealed["payloads"], PLAIN]})
    assert answer.json() == {"payloads": [PLAIN, PLAIN]}


@pytest.mark.parametrize("body", [
    {"payloads": [{"data": "not base64!"}]},
    {"payloads": [{"metadata": "nothing"}]},
    {"payloads": [7]},
    {},
])  # fmt: skip
async def test_what_are_no_payloads_is_refused(door: Door, body: Any) -> None:
    answer = await door.post("officer", f"{CODEC}/decode", body)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("version", ["theirs", "development"])
async def test_what_another_installation_sealed_comes_back_as_it_is(door: Door, version: str) -> None:
    [foreign] = await SealedPayloads(LocalKeys({version: new_secret()})).encode([Payload(data=b"1")])
    sealed = MessageToDict(Payloads(payloads=[foreign]))
    answer = await door.post("officer", f"{CODEC}/decode", sealed)
    assert answer.json() == sealed


async def test_a_browser_with_temporals_web_ui_may_ask_the_codec_and_nothing_else(
    door: Door, api_settings: Settings
) -> None:
    origin = api_settings.temporal_ui_url
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-namespace"}
    for path, who, allowed in (
        (f"{CODEC}/decode", origin, origin),
        (f"{CODEC}/decode", "https://evil.example", None),
        ("/api/admin/v1/users", origin, None),
    ):
        answer = await door.http.request("OPTIONS", path, headers={"Origin": who, **asks})
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed


async def test_without_a_token_only_where_a_setting_says_so(api_settings: Settings, parts: Parts) -> None:
    for is_open, status in ((False, 401), (True, 200)):
        settings = api_settings.model_copy(update={"codec_open": is_open})
        app = create_admin_app(settings, replace(parts, settings=settings))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tenor.test") as http:
            assert (await http.post(f"{CODEC}/decode", json={"payloads": [PLAIN]})).status_code == status
            forged = {"Authorization": "Bearer nonsense"}
            assert (await http.post(f"{CODEC}/decode", json={"payloads": [PLAIN]}, headers=forged)).status_code == 401
