"""When it has come to rest: was everything booked once, does every loan live, are the books clean?"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator

from sqlalchemy import exists, select

from chaos.back_office import BackOffice
from chaos.caller import Caller
from chaos.closed_days import days_are_closed_once
from chaos.diary import Diary, Sent
from chaos.finding import Finding
from demo.tenor import Tenor
from domain.status import LoanStatus
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.engine import create_engine
from infrastructure.postgres.tables import loans, operations

ENGINE_S_TURN = frozenset({LoanStatus.VERIFYING, LoanStatus.DISBURSING})  # the others wait for a person, or for a day
REST = 240  # seconds in which the engine has done what there was to do


async def findings(tenor: Tenor, diary: Diary, office: BackOffice) -> AsyncIterator[Finding]:
    """In the order in which a person wants to know."""
    operator = office.operator
    yield await _hung_up(diary)
    await asyncio.gather(*(_ask_again(operator, reversal) for reversal in diary.reversals if not reversal.receipt))
    yield await _every_payment_once(diary)
    yield await _every_reversal_once(diary)
    yield await _no_loan_is_stuck(tenor, operator)
    yield await _rail_paid_once(tenor, diary)
    yield await days_are_closed_once(tenor.stack, office.bought, office.yesterday)
    yield await _trial_balance(tenor)
    yield await _audit(tenor)


async def _booked(diary: Diary, loan_id: str, kind: str) -> set[int]:
    """The numbers of the loan's transactions of one kind."""
    booked = (await diary.loans[loan_id].look(f"/api/v1/loans/{loan_id}/transactions"))["transactions"]
    return {transaction["number"] for transaction in booked if transaction["kind"] == kind}


async def _hung_up(diary: Diary) -> Finding:
    """Asks again for what nobody answered, and holds each loan's books from before and from after against the keys."""
    unanswered = [payment for payment in diary.payments if payment.receipt is None]
    of_loan = sorted({payment.loan_id for payment in unanswered})
    before = {loan_id: await _booked(diary, loan_id, "payment") for loan_id in of_loan}
    told = {loan_id: _told(diary, loan_id) for loan_id in of_loan}
    await asyncio.gather(*(_ask_again(diary.loans[payment.loan_id], payment) for payment in unanswered))
    after = {loan_id: await _booked(diary, loan_id, "payment") for loan_id in of_loan}
    asked = {loan_id: _told(diary, loan_id) - told[loan_id] for loan_id in of_loan}
    wrong = [
        loan_id
        for loan_id in of_loan
        if Counter(before[loan_id]) - told[loan_id] - asked[loan_id]  # booked, and no key knows of it
        or Counter(after[loan_id]) != told[loan_id] + asked[loan_id]  # lost, or booked beside what its key says
    ]
    found = sum((Counter(before[loan_id]) & asked[loan_id]).total() for loan_id in of_loan)
    return Finding(
        "every payment whose sender hung up is booked once or not at all, and is found out by its key",
        not wrong,
        f"{len(unanswered)} unanswered: {found} were booked, the others were booked on asking again"
        + "".join(f"; wrong on {loan_id}" for loan_id in wrong),
    )


def _told(diary: Diary, loan_id: str) -> Counter[int]:
    """The transactions that receipts name, and how many keys have a receipt that names it: one, if all is well."""
    return Counter(p.receipt["transaction"] for p in diary.payments if p.receipt and p.loan_id == loan_id)


async def _ask_again(caller: Caller, sent: Sent) -> None:
    sent.receipt = await caller.insist(sent.path, sent.body, sent.key)


async def _every_payment_once(diary: Diary) -> Finding:
    sent = Counter(payment.loan_id for payment in diary.payments)
    booked = {loan_id: len(await _booked(diary, loan_id, "payment")) for loan_id in sent}
    numbers = Counter((p.loan_id, p.receipt["transaction"]) for p in diary.payments if p.receipt)
    wrong = [loan_id for loan_id in sent if booked[loan_id] != sent[loan_id]]
    return Finding(
        "every payment is booked exactly once",
        not wrong and set(numbers.values()) <= {1},
        f"{sum(sent.values())} payments on {len(sent)} loans" + (f"; wrong on {', '.join(wrong)}" if wrong else ""),
    )


async def _every_reversal_once(diary: Diary) -> Finding:
    sent = Counter(reversal.loan_id for reversal in diary.reversals)
    wrong = [loan_id for loan_id in sent if len(await _booked(diary, loan_id, "reversal")) != sent[loan_id]]
    return Finding("every reversal is booked exactly once", not wrong, f"{sum(sent.values())} reversals")


async def _no_loan_is_stuck(tenor: Tenor, operator: Caller) -> Finding:
    """Of all that was applied for, also by borrowers who hung up when the storm ended: nobody waits for the engine, and
    every loan that can still change does when an operator says something to it."""
    open_ = await _at_rest(tenor)
    moves = await asyncio.gather(*(_moves(operator, loan_id, status) for loan_id, status in open_.items()))
    stuck = [
        f"{loan_id} ({status})" for (loan_id, status), moved in zip(open_.items(), moves, strict=True) if not moved
    ]
    return Finding(
        "no loan is stuck",
        not stuck,
        f"{sum(moves)} of {len(open_)} open loans do as they are told"
        + "".join(f"; {loan} does not" for loan in stuck),
    )


async def _at_rest(tenor: Tenor) -> dict[str, LoanStatus]:
    """Of those with a workflow, all that are not over, as soon as none waits for the engine; or, when that takes too
    long, as they are."""
    engine = create_engine(tenor.stack.addresses.application_database, pool_size=1)
    applied = exists().where(operations.c.loan_id == loans.c.id, operations.c.kind == "ApplyForLoan")
    asked, everyone = select(loans.c.id, loans.c.status).where(applied), dict[str, LoanStatus]()
    try:
        for _ in range(REST):
            async with engine.connect() as connection:
                everyone = {str(row.id): LoanStatus(row.status) for row in await connection.execute(asked)}
            if not ENGINE_S_TURN & set(everyone.values()):
                break
            await asyncio.sleep(1)
    finally:
        await engine.dispose()
    return {loan_id: status for loan_id, status in everyone.items() if not status.final}


async def _moves(operator: Caller, loan_id: str, status: LoanStatus) -> bool:
    """A loan whose money is out takes another payment; an application is called off."""
    path, key = f"/api/admin/v1/loans/{loan_id}", f"last-{loan_id}"
    if status in ENGINE_S_TURN:
        return False
    if status in {LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF}:
        one = {"amount": {"amount": "1.00", "currency": "USD"}}
        return bool((await operator.insist(f"{path}/payments", one, key))["status"] == status)
    cancelled = await operator.insist(f"{path}/cancel", {"reason": "the storm is over"}, key)
    return bool(cancelled["status"] == LoanStatus.CANCELLED)


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
    return Finding("the trial balance is zero", set(totals) == {"0.00"}, f"totals {', '.join(totals)}")


async def _audit(tenor: Tenor) -> Finding:
    engine = create_engine(tenor.stack.addresses.application_database, pool_size=1)
    try:
        report = await audit(engine, processes=os.cpu_count() or 1)
    finally:
        await engine.dispose()
    said = [
        f"{answer.name}: {finding.place} {finding.says}" for answer in report.answers for finding in answer.findings
    ]
    return Finding("the audit finds nothing", report.clean, "; ".join(said) or f"{report.loans} loans computed anew")
