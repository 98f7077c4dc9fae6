"""docs/api.md says what the code does: every call, every problem, and nothing else."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from api.errors import PROBLEMS, type_of
from api.main import create_admin_app, create_public_app
from api.parts import Parts
from domain.notices import NoticeEvent
from domain.policy import Policy
from domain.policy_facts import CATALOGUE
from infrastructure.settings import PROVIDERS, Settings

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


def test_the_page_on_products_has_every_fact_of_a_policy() -> None:
    page = (Path(__file__).parents[2] / "docs" / "products.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (count|percent|money|word|words) \| (.+) \|$", page, flags=re.MULTILINE)
    assert rows == [(fact.name, fact.kind, fact.meaning) for fact in CATALOGUE]


def test_the_page_on_products_has_every_field_of_a_policy() -> None:
    page = (Path(__file__).parents[2] / "docs" / "products.md").read_text()
    rows = re.split(r"^The fields of `policy`.*$", page, flags=re.MULTILINE)[1].strip().partition("\n\n")[0]
    cells = [row.split("|")[1] for row in rows.splitlines()]
    told = [field for cell in cells for field in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted({field.name for field in fields(Policy)} - {"rules"})


def test_the_page_on_settings_has_every_variable_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| (`TENOR_[^|]+) \| ([^|]+) \|", page, flags=re.MULTILINE)
    told = {name.lower(): default.strip("`") for cell, default in rows for name in re.findall(r"`TENOR_(\w+)`", cell)}
    assert told.keys() == Settings.model_fields.keys()
    plain = {name: field.default for name, field in Settings.model_fields.items() if name not in PROVIDERS}
    for name, default in plain.items():
        if isinstance(default, str | int):
            assert told[name] == (str(default).lower() if isinstance(default, bool) else str(default))


def test_the_page_on_products_has_every_standard_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "products.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (decline|refer) \|", page, flags=re.MULTILINE)
    assert rows == [(rule.code, rule.then) for rule in Policy(countries=("US",)).in_force()]


def _notices_of_the_page() -> Iterator[tuple[str, set[str]]]:
    """Each event, with what its template is told."""
    _, section = (Path(__file__).parents[2] / "docs" / "products.md").read_text().split("\n## Notices\n")
    for events, told in re.findall(r"^\| (`[^|]+) \| [^|]+ \|([^|]+)\|$", section, flags=re.MULTILINE):
        for event in re.findall(r"`(\w+)`", events):
            yield event, set(re.findall(r"`(\w+)`", told))


def _details_told() -> dict[str, set[str]]:
    """By fact; "*" stands for details that are put together elsewhere."""
    told: dict[str, set[str]] = defaultdict(set)
    for file in (Path(__file__).parents[2] / "domain").glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("._tell"):
                told[ast.unparse(call.args[0]).strip("'")] |= {keyword.arg or "*" for keyword in call.keywords}
    return told


def test_the_page_on_products_has_every_event_of_a_notice_and_what_it_tells() -> None:
    page, told = dict(_notices_of_the_page()), _details_told()
    assert list(page) == list(NoticeEvent)
    for event, details in page.items():
        explicit = told[event] - {"*"}
        assert details >= explicit if "*" in told[event] else details == explicit, event


def _spans(cell: str) -> list[str]:
    return re.findall(r"`([a-z-]+)`", cell)
