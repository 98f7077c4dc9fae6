"""What both doors show of themselves, without help from other hosts."""

import re

import pytest

from api.main import create_admin_app, create_app, create_public_app
from api.parts import Parts
from infrastructure.postgres.engine import create_engine
from infrastructure.settings import Settings
from tests.api.conftest import Door, People, parts_of
from tests.api.desk import StraightDesk

WITHOUT_A_WHO = {"/api/v1/customers", "/api/v1/auth/sign-out", "/api/admin/v1/auth/sign-out"}


@pytest.mark.parametrize("root", ["", "/api/admin"])
async def test_the_docs_page_loads_nothing_from_elsewhere(door: Door, root: str) -> None:
    page = await door.get(None, f"{root}/docs")
    assert page.status_code == 200
    links = re.findall(r'(?:src|href|data-openapi)="([^"]+)"', page.text)
    assert len(links) == 5
    for link in links:
        assert link.startswith(f"{root}/")
        assert (await door.get(None, link)).status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


async def test_every_answer_carries_security_headers(door: Door) -> None:
    for path in ("/healthz", "/api/v1/me", "/nothing", "/api/admin/v1/users"):
        headers = (await door.get(None, path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cache-Control"] == "no-store"


async def test_metrics_count_requests_by_route_and_not_by_id(door: Door) -> None:
    loan_id = await door.apply("ada")
    await door.get("ada", f"/api/v1/loans/{loan_id}")
    told = (await door.get(None, "/metrics")).text
    assert 'route="/api/v1/loans/{loan_id}"' in told
    assert loan_id not in told


def test_every_refusal_is_documented_as_a_problem(api_settings: Settings, parts: Parts) -> None:
    for app in (create_public_app(api_settings, parts), create_admin_app(api_settings, parts)):
        document = app.openapi()
        assert "Problem" in document["components"]["schemas"]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                refusals = {int(code) for code in operation["responses"] if int(code) >= 400}
                if path.startswith("/api/"):
                    assert {401, 503} <= refusals or path in WITHOUT_A_WHO, (method, path)
                assert operation["tags"]


async def test_books_that_are_away_are_a_503_with_retry_after(
    api_settings: Settings, straight_desk: StraightDesk, people: People
) -> None:
    import httpx

    engine = create_engine("postgresql://tenor:secret@127.0.0.1:1/tenor")
    parts = parts_of(api_settings, engine, straight_desk)
    transport = httpx.ASGITransport(create_app(api_settings, parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tenor.test") as http:
        for path in ("/api/v1/products", "/api/v1/me", "/readyz"):
            answer = await http.get(path, headers=people.bearer("ada"))
            assert answer.status_code == 503
        answer = await http.get("/api/v1/products", headers=people.bearer("ada"))
        assert answer.headers["Retry-After"] == "5"
        assert answer.json()["type"] == "urn:tenor:problem:books-unavailable"
        assert (await http.get("/healthz")).status_code == 200
    await engine.dispose()
