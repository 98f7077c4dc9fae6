"""Every case of a folder through the domain."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.reference.compare import schedule_difference
from tests.reference.rates import annuity_difference, apr_difference
from tests.reference.translate import Json

PUBLISHED = Path(__file__).parent / "cases"


@dataclass
class Tally:
    """What passed and failed, by file and by tag; failures with their first difference."""

    passed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    passed_by_tag: Counter[str] = field(default_factory=Counter)
    failed_by_tag: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def count(self, file: str, case: Json, difference: str | None) -> None:
        by_file, by_tag = (self.failed, self.failed_by_tag) if difference else (self.passed, self.passed_by_tag)
        by_file[file] += 1
        by_tag.update(case.get("tags", ()))
        if difference:
            self.failures.append(f"{file} {case.get('id', '?')}: {difference}")

    def report(self) -> Iterator[str]:
        yield from self.failures
        yield from ("", "by tag") if self.passed_by_tag or self.failed_by_tag else ()
        yield from _lines(self.passed_by_tag, self.failed_by_tag)
        yield from ("", "by file")
        yield from _lines(self.passed, self.failed)
        yield ""
        yield f"{self.passed.total()} passed, {self.failed.total()} failed"


def _lines(passed: Counter[str], failed: Counter[str]) -> Iterator[str]:
    for name in sorted({*passed, *failed}):
        yield f"  {name:<28} {passed[name]:>5} passed {failed[name]:>5} failed"


def run(folder: Path) -> Tally:
    tally = Tally()
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                case = json.loads(line)
                tally.count(path.name, case, _difference(case))
    return tally


def _difference(case: Json) -> str | None:
    """A case that cannot be computed at all is a failure too, whatever the reason."""
    try:
        return _comparison(case)(case)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"


def _comparison(case: Json) -> Callable[[Json], str | None]:
    if "expected_schedule" in case:
        return schedule_difference
    return apr_difference if "expected_apr_percent" in case else annuity_difference
