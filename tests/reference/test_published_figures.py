import pytest

from tests.reference.run import PUBLISHED, Tally, run


@pytest.fixture(scope="module")
def tally() -> Tally:
    return run(PUBLISHED)


@pytest.mark.parametrize(
    ("file", "expected"), [("schedule.jsonl", 41), ("servicing.jsonl", 224), ("apr.jsonl", 54), ("annuity.jsonl", 8)]
)
def test_every_published_figure_is_met_to_the_last_digit(tally: Tally, file: str, expected: int) -> None:
    assert [failure for failure in tally.failures if failure.startswith(file)] == []
    assert tally.passed[file] == expected
