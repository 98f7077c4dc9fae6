"""Six loans: one that goes well, and five that take other ways. Each act says what is done, then what must be true."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import uuid4

from demo.narration import Json, money
from demo.stage import Stage, usd
from demo.tenor import Refused
from workflows.options import workflow_id

EARLY: Final = timedelta(days=5)  # how long before a due date a careful borrower pays: before any reminder


async def pays_as_agreed(stage: Stage) -> None:
    await stage.apply("personal-loan", "9000.00", 12)
    await stage.until("offered")
    await stage.accept()
    await stage.until("active")
    for row in (await stage.look("/schedule"))["installments"]:
        await stage.advance_to(date.fromisoformat(row["due_date"]) - EARLY)
        await stage.pay(min(row["outstanding"], await stage.payoff(), key=_minor))
    await _check_paid(stage)


async def _check_paid(stage: Stage) -> None:
    loan, file = await stage.look(), await stage.file()
    rows = (await stage.look("/schedule"))["installments"]
    repaid = sum(Decimal(row["principal_paid"]["amount"]) for row in rows)
    approved: Json = {"verdict": "approve", "reasons": [], "grade": None}
    stage.check("approved by policy alone, without a person", file["decision"], approved)
    stage.check("twelve payments were booked", len(stage.happened("payment_received")), 12)
    stage.check("they repaid every cent that was lent", repaid, Decimal("9000.00"))
    stage.check("nobody was reminded, nothing was late", _troubles(stage), [])
    stage.check("closed as paid, owing nothing", end_of(loan), ("closed", "paid", "0.00"))


async def is_late_and_cures(stage: Stage) -> None:
    await stage.apply("personal-loan", "12000.00", 24)
    await stage.until("referred")
    await _officer_signals(stage, "8000.00", "steady income, but less to begin with")
    await stage.until("offered")
    await stage.accept()
    await stage.until("active")
    await _misses_two(stage)
    await _cures(stage)
    await _pays_off_early(stage)


async def _officer_signals(stage: Stage, amount: str, reason: str) -> None:
    """What `temporal workflow signal --name decide --input '{…}'` sends."""
    queue = (await stage.tenor.officer.get("/api/admin/v1/applications"))["items"]
    stage.check("the application is in the officers' queue", stage.loan_id in [loan["id"] for loan in queue])
    decision = {
        "operation_id": str(uuid4()),
        "loan_id": stage.loan_id,
        "actor": stage.tenor.officer.id,
        "verdict": "approve",
        "amount": {"minor": _minor(usd(amount)), "currency": "USD"},
        "reason": reason,
    }
    stage.tell("Officer", "signals the loan's workflow, as the temporal CLI does")
    await stage.tenor.temporal.get_workflow_handle(workflow_id(stage.loan_id)).signal("decide", decision)


async def _misses_two(stage: Stage) -> None:
    rows = (await stage.look("/schedule"))["installments"]
    second = date.fromisoformat(rows[1]["due_date"])
    await stage.advance_to(second + timedelta(days=12))
    loan, file = await stage.look(), await stage.file()
    stage.check("referred because of the score", file["decision"]["reasons"], ["score_needs_person"])
    stage.check("the officer approved less than was asked for", loan["approved"], usd("8000.00"))
    stage.check("two reminders, two due dates, two late fees", _lateness(stage), (["1", "2"],) * 3)
    stage.check("the loan went through two buckets", _buckets(stage), ["1-29", "30-59"])
    stage.check("the fees are owed", loan["balances"]["penalties"], usd("50.00"))


async def _cures(stage: Stage) -> None:
    rows = (await stage.look("/schedule"))["installments"]
    late = [row for row in rows if row["due_date"] <= str(stage.today)]
    owed = sum(Decimal(row["outstanding"]["amount"]) for row in late)
    receipt = await stage.pay(usd(str(owed)))
    penalties, interest, principal = (money(receipt[part]) for part in ("penalties", "interest", "principal"))
    stage.tell("Engine", f"used for late fees {penalties}, interest {interest}, principal {principal}")
    loan = await stage.look()
    stage.check("the late fees are paid first", receipt["penalties"], usd("50.00"))
    stage.check("the loan is current again", (loan["bucket"], loan["days_past_due"]), (None, 0))


async def _pays_off_early(stage: Stage) -> None:
    await stage.advance(3)
    day = stage.today + timedelta(days=10)
    quote = await stage.payoff(day)
    stage.tell(stage.borrower.name, f"asks what would close the loan on {day}: {money(quote)}")
    await stage.advance_to(day)
    receipt = await stage.pay(quote)
    loan = await stage.look()
    stage.check("paid off at the quoted amount", receipt["amount"], quote)
    stage.check("not a cent was left over", receipt["credit"], usd("0.00"))
    stage.check("closed as paid, owing nothing", end_of(loan), ("closed", "paid", "0.00"))


async def is_declined(stage: Stage) -> None:
    await stage.apply("personal-loan", "40000.00", 12)
    await stage.until("declined")
    file = await stage.file()
    reasons = ["fraud_flag", "score_too_low", "debt_to_income_too_high", "payment_to_income_too_high"]
    stage.check("declined, with every reason that applies", file["decision"]["reasons"], reasons)
    told = (await stage.look("/decision"))["reasons"]
    stage.check("the borrower is told why, in words", (len(told), "fraud_flag" in told), (4, False))
    stage.check("nothing was ever booked", (await stage.look("/transactions"))["transactions"], [])
    stage.check("there is no offer to accept", await _refusal_of_offer(stage), "not-allowed-now")


async def is_paid_out_at_the_second_attempt(stage: Stage) -> None:
    await stage.apply("personal-loan", "5000.00", 12)
    await stage.until("offered")
    await stage.accept()
    await stage.until("accepted")
    stage.check("the failed payout is undone in the books", await _moves(stage), ["payout_instructed", "payout_failed"])
    stage.check("nobody owes anything for it", (await stage.look())["outstanding"], usd("0.00"))
    await stage.advance(1)
    stage.tell("Operator", "asks for another attempt")
    await stage.tenor.operator.post(f"/api/admin/v1/loans/{stage.loan_id}/retry-payout")
    await stage.until("active")
    rail = [(payout["outcome"], payout["amount_minor"]) for payout in await stage.tenor.payouts(stage.loan_id)]
    stage.check("the rail failed once and paid once", rail, [("failed", 500_000), ("settled", 500_000)])
    stage.check("the second attempt is the loan", (await _moves(stage))[2:], ["payout_instructed", "disbursement"])
    stage.check("the borrower owes what arrived", (await stage.look())["balances"]["principal"], usd("5000.00"))


async def is_looked_at_twice_and_pays_by_direct_debit(stage: Stage) -> None:
    await stage.apply("personal-loan", "6000.00", 12)
    await stage.until("referred")
    await _officer_doubts_then_approves(stage)
    await stage.until("offered")
    await stage.accept()
    await stage.until("active")
    await _is_drawn_at_the_second_attempt(stage)
    await _pays_off_early(stage)


async def _officer_doubts_then_approves(stage: Stage) -> None:
    officer, loan = stage.tenor.officer, f"/api/admin/v1/loans/{stage.loan_id}"
    await officer.post(f"{loan}/recheck", {"reason": "the photograph is an old one"})
    await stage.until_happened("identity_checked", times=2)
    await officer.post(f"{loan}/decision", {"verdict": "approve", "reason": "it is her"})
    outcomes = [fact["details"]["outcome"] for fact in stage.happened("identity_checked")]
    stage.check("the identity provider was asked twice", outcomes, ["passed", "passed"])


async def _is_drawn_at_the_second_attempt(stage: Stage) -> None:
    await stage.borrower.post(f"/api/v1/loans/{stage.loan_id}/mandate")
    first = await _first_installment(stage)
    await stage.advance_to(date.fromisoformat(first["due_date"]))
    await stage.until_happened("debit_failed")
    stage.check("a debit that failed pays nothing", (await _first_installment(stage))["outstanding"], first["due"])
    await stage.advance(3)
    await stage.until_happened("payment_received")
    moves = ["debit_instructed", "debit_failed", "debit_instructed", "payment"]
    stage.check("three days later it is drawn again, and settles", (await _moves(stage))[2:], moves)
    stage.check("the installment is paid", (await _first_installment(stage))["outstanding"], usd("0.00"))


async def lets_an_offer_expire(stage: Stage) -> None:
    await stage.apply("personal-loan", "3000.00", 18)
    await stage.until("offered")
    offer = await stage.look("/offer")
    await stage.advance_to(date.fromisoformat(offer["expires_on"]))
    stage.check("on its last day the offer still stands", (await stage.look())["status"], "offered")
    await stage.advance(1)
    loan = await stage.look()
    stage.check("a day later its timer has ended it", loan["status"], "expired")
    stage.check("it is too late to accept", await _refusal_of(stage, offer["digest"]), "not-allowed-now")
    stage.check("nothing was ever booked", await _moves(stage), [])


# --- what checks look at


def _minor(told: Json) -> int:
    return int(Decimal(told["amount"]) * 100)


def end_of(loan: Json) -> tuple[str, str, str]:
    return loan["status"], loan["closure"], loan["outstanding"]["amount"]


def _troubles(stage: Stage) -> list[str]:
    kinds = {"payment_reminder", "late_fee_charged", "delinquency_changed"}
    return [fact["action"] for fact in stage.facts if fact["action"] in kinds]


def _lateness(stage: Stage) -> tuple[list[str], ...]:
    kinds = ("payment_reminder", "installment_due", "late_fee_charged")
    return tuple([fact["details"]["installment"] for fact in stage.happened(kind)] for kind in kinds)


def _buckets(stage: Stage) -> list[str]:
    return [fact["details"]["entered"] for fact in stage.happened("delinquency_changed")]


async def _first_installment(stage: Stage) -> Json:
    return dict((await stage.look("/schedule"))["installments"][0])


async def _moves(stage: Stage) -> list[str]:
    return [each["kind"] for each in (await stage.look("/transactions"))["transactions"]]


async def _refusal_of_offer(stage: Stage) -> str:
    try:
        await stage.look("/offer")
    except Refused as refusal:
        return refusal.kind
    return "an offer"


async def _refusal_of(stage: Stage, digest: str) -> str:
    try:
        await stage.borrower.post(f"/api/v1/loans/{stage.loan_id}/accept", {"offer_digest": digest})
    except Refused as refusal:
        return refusal.kind
    return "accepted"
