"""docs/api.md says what the code does: every call, every problem, and nothing else."""

import re
from pathlib import Path

from api.errors import PROBLEMS, type_of
from api.main import create_admin_app, create_public_app
from api.parts import Parts
from infrastructure.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
UNDER = {"A borrower's way": "/api/v1", "The lender's way": "/api/admin/v1"}


def _any_name(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _calls_of_the_page() -> list[str]:
    calls = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        prefix = UNDER.get(section.partition("\n")[0], "")
        rows = "\n".join(line for line in section.splitlines() if line.startswith("|"))
        calls += [f"{method} {prefix}{path}" for method, path in re.findall(r"`(GET|POST) (/[^?`]+)[^`]*`", rows)]
    return sorted(map(_any_name, calls))


def test_the_page_has_every_call_once(api_settings: Settings, parts: Parts) -> None:
    apps = (create_public_app(api_settings, parts), create_admin_app(api_settings, parts))
    published = {
        _any_name(f"{method.upper()} {path}")
        for app in apps
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    assert _calls_of_the_page() == sorted(published)


def test_the_page_has_every_problem_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| ([^|]+) \|", PAGE, flags=re.MULTILINE)
    told = sorted((int(status), f"urn:tenor:problem:{name}") for status, names in rows for name in _spans(names))
    assert told == sorted((status, type_of(name)) for name, (status, _) in PROBLEMS.items())


def _spans(cell: str) -> list[str]:
    return re.findall(r"`([a-z-]+)`", cell)
