"""Thirty years of a mortgage, a month at a time. Told by the year: 360 payments are not a story."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from demo.narration import Json, money
from demo.stage import Stage, usd
from demo.stories import EARLY, end_of

FORGOTTEN: Final = 79  # the installment that is paid after its late fee
REMINDED: Final = timedelta(days=5)  # before a due date, by the product


async def lives_thirty_years(stage: Stage) -> None:
    await stage.apply("mortgage", "320000.00", 360)
    await stage.until("offered")
    await stage.accept()
    await stage.until("active")
    rows = (await stage.look("/schedule"))["installments"]
    for row in rows[:-1]:
        await _pays(stage, row)
        if row["number"] % 12 == 0:
            await _tell_year(stage, row)
    await stage.catch_up(quietly=True)
    await stage.advance_to(_due(rows[-1]) - REMINDED - EARLY)
    await stage.pay(await stage.payoff())
    await _check_thirty_years(stage)


async def _pays(stage: Stage, row: Json) -> None:
    """Before the reminder; but one of them, after the late fee."""
    if row["number"] != FORGOTTEN:
        await stage.put_clock(_due(row) - REMINDED - EARLY)
        await stage.send_payment(row["due"])
        return
    await stage.catch_up(quietly=True)
    await stage.advance_to(_due(row) + timedelta(days=17))
    late = (await stage.look("/schedule"))["installments"][row["number"] - 1]
    await stage.pay(late["outstanding"])


async def _tell_year(stage: Stage, row: Json) -> None:
    await stage.catch_up(quietly=True)
    year, left = row["number"] // 12, money(row["balance_after"])
    stage.tell(stage.borrower.name, f"year {year}: {row['number']} installments are paid, {left} is left")


async def _check_thirty_years(stage: Stage) -> None:
    loan, rows = await stage.look(), (await stage.look("/schedule"))["installments"]
    years = (stage.today - date.fromisoformat(loan["disbursed_on"])).days / 365.25
    repaid = sum(Decimal(row["principal_paid"]["amount"]) for row in rows)
    stage.check("360 payments were booked", len(stage.happened("payment_received")), 360)
    stage.check("they took thirty years", round(years), 30)
    stage.check("they repaid every cent that was lent", repaid, Decimal("320000.00"))
    stage.check("one late fee, for the forgotten installment", _fees(stage), [str(FORGOTTEN)])
    stage.check("closed as paid, owing nothing", end_of(loan), ("closed", "paid", "0.00"))
    stage.check("nothing was paid too much", loan["balances"]["credit"], usd("0.00"))


def _fees(stage: Stage) -> list[str]:
    return [fact["details"]["installment"] for fact in stage.happened("late_fee_charged")]


def _due(row: Json) -> date:
    return date.fromisoformat(row["due_date"])
