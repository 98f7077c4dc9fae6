"""Who is told of events: at the administrative door."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.parts import Parts
from infrastructure.postgres.event_endpoints import NOTIFIER
from tests.api.conftest import Door
from tests.api.test_lender import ADMIN

PATH = f"{ADMIN}/event-endpoints"
HOOK = "https://hooks.example.com/tenor"


async def created(door: Door, **body: Any) -> dict[str, Any]:
    answer = await door.post("admin", PATH, {"url": HOOK, **body})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_secret_is_shown_once(door: Door) -> None:
    key = uuid4().hex
    first = (await door.post("admin", PATH, {"url": HOOK}, key=key)).json()
    again = (await door.post("admin", PATH, {"url": HOOK}, key=key)).json()
    assert first["secret"].startswith("whsec_")
    assert again == {**first, "secret": None}
    assert (await door.get("operator", f"{PATH}/{first['id']}")).json() == again
    assert first["secret"] not in (await door.get("operator", PATH, limit=200)).text
    other = await door.post("admin", PATH, {"url": HOOK + "/2"}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tenor:problem:operation-reused")


async def test_a_rotated_secret_is_another_and_the_old_one_has_its_time(door: Door) -> None:
    endpoint = await created(door)
    answer = await door.post("admin", f"{PATH}/{endpoint['id']}/rotate-secret", {"overlap_hours": 48})
    rotated = answer.json()
    assert rotated["secret"] not in (None, endpoint["secret"])
    assert rotated["previous_until"]
    none = (await door.post("admin", f"{PATH}/{endpoint['id']}/rotate-secret", {"overlap_hours": 0})).json()
    assert none["previous_until"] is None


async def test_an_endpoint_is_disabled_and_enabled(door: Door) -> None:
    path = f"{PATH}/{(await created(door))['id']}"
    assert (await door.post("admin", f"{path}/disable", {})).json()["disabled_at"]
    assert (await door.post("admin", f"{path}/enable", {})).json()["disabled_at"] is None
    assert (await door.get("operator", f"{path}/deliveries")).json() == {"items": [], "next": None}
    assert (await door.post("operator", f"{path}/redeliver", {})).json() == {"queued": 0}


async def test_the_sender_of_notices_is_an_endpoint_whose_letters_an_operator_sees(door: Door, parts: Parts) -> None:
    await parts.endpoints.configure_notifier("https://notices.example.com", parts.now())
    path = f"{PATH}/{NOTIFIER}"
    told = (await door.get("operator", path)).json()
    assert (told["kind"], told["url"], told["event_types"]) == ("notifier", "https://notices.example.com", [])
    for state in ("dead", "withheld"):
        assert (await door.get("operator", f"{path}/deliveries", state=state)).json()["items"] == []
    assert (await door.post("operator", f"{path}/redeliver", {})).json() == {"queued": 0}
    assert (await door.post("admin", f"{path}/disable", {})).status_code == 404  # settings say where it is


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": 7},
        {"url": ""},
        {"url": "http://hooks.example.com/"},
        {"url": "https://127.0.0.1/"},
        {"url": "https://[::ffff:169.254.169.254]/latest"},
        {"url": "https://user:pass@hooks.example.com/"},
        {"url": HOOK, "event_types": "all"},
        {"url": HOOK, "event_types": ["loan_disbursed"]},
        {"url": HOOK, "event_types": ["tenor.loan.loan_disbursed"] * 101},
        {"url": HOOK, "secret": "mine"},
    ],
)
async def test_an_endpoint_that_makes_no_sense_is_refused(door: Door, body: dict[str, Any]) -> None:
    answer = await door.post("admin", PATH, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"][:4]) in {
        (422, "/url"),
        (422, "/eve"),
        (422, "/sec"),
    }, answer.text


@pytest.mark.parametrize(
    "body", [{"loan_id": str(uuid4())}, {"sequence": 1}, {"loan_id": "x", "sequence": 0}, {"all": 1}]
)
async def test_a_redelivery_that_makes_no_sense_is_refused(door: Door, body: dict[str, Any]) -> None:
    path = f"{PATH}/{(await created(door))['id']}/redeliver"
    assert (await door.post("operator", path, body)).status_code == 422


async def test_what_is_not_there_is_a_404(door: Door) -> None:
    known = (await created(door))["id"]
    missing = {"loan_id": str(uuid4()), "sequence": 1}
    answers: list[httpx.Response] = [
        await door.post("operator", f"{PATH}/{known}/redeliver", missing),
        await door.post("operator", f"{PATH}/{known}/redeliver", {**missing, "loan_id": "nonsense"}),
    ]
    for unknown in (str(uuid4()), "nonsense"):
        answers.append(await door.get("operator", f"{PATH}/{unknown}"))
        answers.append(await door.get("operator", f"{PATH}/{unknown}/deliveries"))
        answers.append(await door.post("admin", f"{PATH}/{unknown}/disable", {}))
    assert {answer.status_code for answer in answers} == {404}


async def test_only_admins_change_endpoints_and_only_operators_see_them(door: Door) -> None:
    assert (await door.post("operator", PATH, {"url": HOOK})).status_code == 403
    for who in ("officer", "ada"):
        assert (await door.get(who, PATH)).status_code == 403
    assert (await door.get(None, PATH)).status_code == 401
