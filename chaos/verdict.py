"""When it has come to rest: was everything booked once, does every loan live, are the books clean?"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from chaos.caller import Caller
from chaos.people import Diary, Sent
from demo.tenor import Tenor
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.engine import create_engine


@dataclass(frozen=True)
class Finding:
    """One thing that was promised, and whether it was so."""

    promise: str
    holds: bool
    says: str


async def findings(tenor: Tenor, diary: Diary) -> AsyncIterator[Finding]:
    """In the order in which a person wants to know."""
    unanswered = [payment for payment in diary.payments if payment.receipt is None]
    booked_unseen = await _booked_unseen(diary, unanswered)
    await asyncio.gather(*(_ask_again(diary.loans[payment.loan_id], payment) for payment in unanswered))
    operator = Caller(next(iter(diary.loans.values())).http, {"Authorization": f"Bearer {tenor.operator.token}"})
    await asyncio.gather(*(_ask_again(operator, reversal) for reversal in diary.reversals if not reversal.receipt))
    yield Finding(
        "every payment whose sender hung up is booked once or not at all, and is found out by its key",
        all(payment.receipt for payment in unanswered) and booked_unseen <= len(unanswered),
        f"{len(unanswered)} unanswered: {booked_unseen} were booked, the others were booked on asking again",
    )
    yield await _every_payment_once(diary)
    yield await _every_reversal_once(diary)
    yield await _no_loan_is_stuck(diary)
    yield await _rail_paid_once(tenor, diary)
    yield await _trial_balance(tenor)
    yield await _audit(tenor)


async def _payments_of(diary: Diary, loan_id: str, kind: str) -> int:
    booked = (await diary.loans[loan_id].look(f"/api/v1/loans/{loan_id}/transactions"))["transactions"]
    return sum(transaction["kind"] == kind for transaction in booked)


async def _booked_unseen(diary: Diary, unanswered: list[Sent]) -> int:
    """How many of the unanswered ones are in the books already."""
    answered = Counter(payment.loan_id for payment in diary.payments if payment.receipt)
    loans = {payment.loan_id for payment in unanswered}
    counts = [await _payments_of(diary, loan_id, "payment") - answered[loan_id] for loan_id in sorted(loans)]
    return sum(counts)


async def _ask_again(caller: Caller, sent: Sent) -> None:
    sent.receipt = await caller.insist(sent.path, sent.body, sent.key)


async def _every_payment_once(diary: Diary) -> Finding:
    sent = Counter(payment.loan_id for payment in diary.payments)
    booked = {loan_id: await _payments_of(diary, loan_id, "payment") for loan_id in sent}
    numbers = Counter((p.loan_id, p.receipt["transaction"]) for p in diary.payments if p.receipt)
    wrong = [loan_id for loan_id in sent if booked[loan_id] != sent[loan_id]]
    return Finding(
        "every payment is booked exactly once",
        not wrong and set(numbers.values()) <= {1},
        f"{sum(sent.values())} payments on {len(sent)} loans" + (f"; wrong on {', '.join(wrong)}" if wrong else ""),
    )


async def _every_reversal_once(diary: Diary) -> Finding:
    sent = Counter(reversal.loan_id for reversal in diary.reversals)
    wrong = [loan_id for loan_id in sent if await _payments_of(diary, loan_id, "reversal") != sent[loan_id]]
    return Finding("every reversal is booked exactly once", not wrong, f"{sum(sent.values())} reversals")


async def _no_loan_is_stuck(diary: Diary) -> Finding:
    """Each takes one more payment."""
    one = {"amount": {"amount": "1.00", "currency": "USD"}}

    async def lives(loan_id: str, caller: Caller) -> bool:
        receipt = await caller.insist(f"/api/v1/loans/{loan_id}/payments", one, f"last-{loan_id}")
        return bool(receipt["status"] == "active")

    living = await asyncio.gather(*(lives(loan_id, caller) for loan_id, caller in diary.loans.items()))
    return Finding("no loan is stuck", all(living), f"{sum(living)} of {len(living)} loans take another payment")


async def _rail_paid_once(tenor: Tenor, diary: Diary) -> Finding:
    settled = Counter()  # type: Counter[str]
    for loan_id in diary.loans:
        payouts = await tenor.payouts(loan_id)
        settled[loan_id] = sum(payout["outcome"] == "settled" for payout in payouts)
    wrong = [loan_id for loan_id, count in settled.items() if count != 1]
    return Finding("the payment rail paid each loan once", not wrong, f"{len(settled)} loans were paid out")


async def _trial_balance(tenor: Tenor) -> Finding:
    books = (await tenor.operator.get("/api/admin/v1/ledger/trial-balance"))["currencies"]
    totals = [book["total"]["amount"] for book in books]
    return Finding("the trial balance is zero", totals == ["0.00"], f"total {', '.join(totals)}")


async def _audit(tenor: Tenor) -> Finding:
    engine = create_engine(tenor.stack.addresses.application_database, pool_size=1)
    try:
        report = await audit(engine, most_refolded=None)
    finally:
        await engine.dispose()
    said = [
        f"{answer.name}: {finding.place} {finding.says}" for answer in report.answers for finding in answer.findings
    ]
    return Finding("the audit finds nothing", report.clean, "; ".join(said) or f"{report.loans} loans computed anew")
