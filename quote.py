"""Quote a loan on the command line: `python -m quote 10000 --installments 12 --annual-rate 9.5`.

Every option of `Terms` has a flag; `--help` lists them.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from domain.disclosure import Disclosure, disclosure
from domain.errors import DomainError
from domain.money import Money
from domain.position import Installment
from domain.terms import Terms

EPILOG = """Lists and nested options are JSON, as the API takes them:
  --holidays '["2026-12-25"]'  --recalculation '{}'  --days-of-month '[1, 15]'"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    start = given.pop("start") or datetime.now(UTC).date()
    amount, fees = given.pop("amount"), given.pop("fees")
    try:
        options = {name: _value(text) for name, text in given.items() if text is not None}
        terms = TypeAdapter(Terms).validate_python(options)
        lent, prepaid = (Money.parse(text, terms.currency) for text in (amount, fees))
        figures = disclosure(terms, lent.minor, start, prepaid.minor)
    except DomainError as refusal:
        parser.error(str(refusal))
    except ValidationError as refusal:
        parser.error("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in refusal.errors()))
    _show(terms, lent, figures)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m quote",
        usage="python -m quote AMOUNT --installments COUNT --annual-rate PERCENT [--OPTION VALUE ...]",
        description="The schedule, the totals and the annual percentage rate of a loan, without a loan.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("amount", help="the amount lent: 10000 or 10000.00")
    parser.add_argument("--start", type=date.fromisoformat, help="the day of the payout (default: today)")
    parser.add_argument("--fees", default="0", help="fees kept back from the payout (default: 0)")
    for option in fields(Terms):
        flag, own = f"--{option.name.replace('_', '-')}", "USD" if option.name == "currency" else None
        parser.add_argument(flag, metavar="VALUE", help=_help(option), default=own)
    return parser


def _help(option: "Field[Any]") -> str:
    kind = getattr(option.type, "__name__", str(option.type)).replace("|", "or")
    choices = [str(member) for member in option.type] if hasattr(option.type, "__members__") else []
    what = ", ".join(choices) if choices else kind
    if option.name == "currency":
        return f"{what} (default: USD)".replace("%", "%%")
    if option.default is MISSING:
        return f"{what} (needed)"
    short = str(option.default) if not hasattr(option.default, "slots") else "oldest first"
    return f"{what} (default: {short})".replace("%", "%%")


def _value(text: str) -> Any:
    """Lists, objects and flags are JSON; everything else is read as its field's type."""
    return json.loads(text) if text[:1] in "[{" or text in ("true", "false", "null") else text


def _show(terms: Terms, lent: Money, figures: Disclosure) -> None:
    console = Console()
    table = Table(title=f"{lent} in {terms.installments} installments at {terms.annual_rate} percent")
    for heading in ("", "due", "principal", "interest", "to pay", "balance"):
        table.add_column(heading, justify="right")
    for row in figures.installments:
        table.add_row(*_cells(row, terms.currency))
    console.print(table)
    for label, value in _totals(terms, figures).items():
        console.print(f"{label:>22}  {value}", highlight=False)


def _cells(row: Installment, currency: str) -> tuple[str, ...]:
    amounts = (row.principal, row.interest, row.due, row.balance_after)
    return str(row.number), row.due_date.isoformat(), *(Money(minor, currency).text for minor in amounts)


def _totals(terms: Terms, figures: Disclosure) -> dict[str, str]:
    return {
        "amount financed": str(Money(figures.amount_financed, terms.currency)),
        "finance charge": str(Money(figures.finance_charge, terms.currency)),
        "total of payments": str(Money(figures.total_of_payments, terms.currency)),
        "APR (Regulation Z)": f"{figures.apr}%",
        "APR (EU, UK)": f"{figures.apr_eu}%",
    }


if __name__ == "__main__":
    sys.exit(main())
