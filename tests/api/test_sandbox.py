"""Putting a loan's clock forward: for developers, on their own loans, and never in production."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from api.main import create_public_app
from api.parts import Parts
from infrastructure.settings import Settings
from tests.api.conftest import Door
from tests.api.desk import now
from tests.fakes import product
from workflows.options import workflow_id


async def test_time_passes_by_days_or_to_a_day_and_once_per_key(door: Door) -> None:
    loan_id, key = await door.apply("ada"), uuid4().hex
    path = f"/api/sandbox/loans/{loan_id}/advance"
    later = str((now() + timedelta(days=30)).date())
    first = await door.post("ada", path, {"days": 30}, key=key)
    assert (first.status_code, first.json()) == (200, {"loan_id": loan_id, "today": later}), first.text
    assert (await door.post("ada", path, {"days": 30}, key=key)).json() == first.json()
    other = await door.post("ada", path, {"days": 31}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")
    much_later = str((now() + timedelta(days=400)).date())
    assert (await door.post("operator", path, {"to": much_later})).json()["today"] == much_later
    assert (await door.post("bob", path, {"days": 1})).status_code == 404


@pytest.mark.parametrize("body", [{}, {"days": 1, "to": "2030-01-01"}, {"days": 0}, {"days": 12_001}, {"to": "soon"}])
async def test_a_senseless_journey_is_refused(door: Door, body: dict[str, object]) -> None:
    loan_id = await door.apply("ada")
    assert (await door.post("ada", f"/api/sandbox/loans/{loan_id}/advance", body)).status_code == 422


def test_where_the_sandbox_is_off_there_is_no_such_door(api_settings: Settings, parts: Parts) -> None:
    off = api_settings.model_copy(update={"sandbox_enabled": False})
    paths = create_public_app(off, parts).openapi()["paths"]
    assert not [path for path in paths if path.startswith("/api/sandbox")]


async def test_the_day_is_that_of_the_product_version_the_loan_was_born_with(door: Door, parts: Parts) -> None:
    code = f"moved-{uuid4().hex[:8]}"
    await parts.products.create(product(code=code, time_zone="Pacific/Kiritimati"), now())
    wish = {"product_code": code, "amount": {"amount": "1000.00", "currency": "USD"}, "installments": 12}
    loan_id = (await door.post("ada", "/api/v1/loans", wish)).json()["loan_id"]
    await parts.products.add_version(product(code=code, time_zone="Pacific/Pago_Pago"), now())
    later = str((now() + timedelta(days=40)).date())
    answer = await door.post("ada", f"/api/sandbox/loans/{loan_id}/advance", {"to": later})
    assert (answer.status_code, answer.json()["today"]) == (200, later), answer.text
    assert parts.clock
    assert (await parts.clock.now(workflow_id(loan_id))).astimezone(ZoneInfo("Pacific/Kiritimati")).hour == 12
