"""The quote on the command line."""

import pytest

from quote import main


def test_a_quote_shows_the_rows_the_totals_and_both_rates(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["10000", "--installments", "6", "--annual-rate", "9.5", "--start", "2024-01-31", "--fees", "100"]) == 0
    shown = capsys.readouterr().out
    for figure in ("2024-02-29", "1713.15", "9900.00 USD", "378.91 USD", "13.07%", "13.91%"):
        assert figure in shown


def test_every_option_of_the_terms_is_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--unit", "weeks", "--every", "2", "--weekend", "[5, 6]", "--roll", "next", "--recalculation", "{}"]
    assert main(["500", "--installments", "3", "--annual-rate", "0", "--start", "2024-01-01", *options]) == 0
    assert "2024-02-12" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--grace-on-principal", "6"], "grace_on_principal: is not shorter than the term"),
        (["--kind", "weird"], "kind: Input should be"),
        (["--colour", "red"], "unrecognized arguments"),
        (["--fees", "1.001"], "USD has 2 decimals"),
    ],
)
def test_nonsense_is_refused_by_name(arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(["10000", "--installments", "6", "--annual-rate", "9.5", *arguments])
    assert refusal.value.code == 2
    assert reason in capsys.readouterr().err


def test_help_lists_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert "--day-count" in shown
    assert "ACT/ACT ISDA" in shown
