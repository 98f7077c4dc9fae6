"""Magic values: which customer data makes a provider do what. The tables of docs/sandbox.md, as data."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from sandbox.behaviour import Behaviour

T = TypeVar("T")


class Outcome(StrEnum):
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    NEEDS_PERSON = "needs_person"
    SETTLED = "settled"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a check, a payout or a debit ends, with the provider's codes."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    aspect: str = "document"  # of an identity check: the one that the outcome comes from


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will become of one request. `at_once`: the answer already holds the verdict and no webhook follows. `later`
    is a second verdict, some time after it is told of the first."""

    verdict: Verdict
    later: Verdict | None = None
    at_once: bool = False
    refusal: str | None = None
    apart: str | None = None  # of an identity check: the aspect that is told by itself, after all others
    documents_expire_on: date | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditFile:
    """`monthly_obligations` are minor units of the currency asked for; no score is no file."""

    score: int | None = 780
    monthly_obligations: int = 0
    flags: tuple[str, ...] = ()


_IDENTITY_VERDICTS = {
    "mismatch": Verdict(Outcome.FAILED, ("document_mismatch",)),
    "sanctioned": Verdict(Outcome.NEEDS_PERSON, ("sanctions_possible_match",), "sanctions"),
    "spoofed": Verdict(Outcome.FAILED, ("liveness_failed",), "liveness"),
    "outdated": Verdict(Outcome.NEEDS_PERSON, ("document_expired",)),
}
_IDENTITY_REFUSALS = {"unsupported": "applicant_not_supported"}
_IDENTITY_BEHAVIOURS = {
    "later": Behaviour(),
    "late": Behaviour(late_webhook=2),
    "lost": Behaviour(lose_webhook=True),
    "never": Behaviour(never=True),
}

_TOLD_APART = {"selfie": "liveness", "screening": "sanctions"}
_EXPIRED_DOCUMENTS = {"lapsed": date(2020, 1, 31)}

_CREDIT_FILES = {
    "thinfile": CreditFile(score=None),
    "lowscore": CreditFile(score=480),
    "mediumscore": CreditFile(score=640),
    "indebted": CreditFile(monthly_obligations=250_000),
    "bankrupt": CreditFile(score=520, flags=("bankruptcy",)),
}
_BUREAU_REFUSALS = {"frozen": "file_frozen"}

_SETTLED = Verdict(Outcome.SETTLED)
_CLOSED = Verdict(Outcome.FAILED, ("account_closed",))
_BLOCKED = Verdict(Outcome.FAILED, ("account_blocked",))
_FAILS_ONCE = "0003"
_PAYOUTS = {
    "0001": Plan(verdict=_SETTLED, at_once=True),
    "0002": Plan(verdict=_CLOSED),
    "0004": Plan(verdict=_CLOSED, refusal="account_unknown"),
    "0005": Plan(verdict=_SETTLED, behaviour=Behaviour(commit_then_time_out=True)),
    "0006": Plan(verdict=_SETTLED, behaviour=Behaviour(lose_webhook=True)),
    "0007": Plan(verdict=_SETTLED, behaviour=Behaviour(never=True)),
    "0008": Plan(verdict=_SETTLED, behaviour=Behaviour(duplicate_webhook=True)),
    "0009": Plan(verdict=_SETTLED, behaviour=Behaviour(out_of_order=True)),
    "0010": Plan(verdict=_SETTLED, behaviour=Behaviour(contradict=True)),
    "0011": Plan(verdict=_SETTLED, behaviour=Behaviour(late_webhook=2)),
    "0012": Plan(verdict=_CLOSED, behaviour=Behaviour(commit_then_time_out=True)),
}

_NO_FUNDS = Verdict(Outcome.FAILED, ("insufficient_funds",))
TAKEN_BACK = Verdict(Outcome.RETURNED, ("refused_by_payer",))
_DRAWN_AT_SECOND = "0022"
_DEBITS = {
    **_PAYOUTS,
    "0021": Plan(verdict=_NO_FUNDS),
    "0023": Plan(verdict=_SETTLED, later=TAKEN_BACK),
    "0024": Plan(verdict=_CLOSED, refusal="mandate_unknown"),
    "0027": Plan(verdict=_SETTLED, behaviour=Behaviour(never=True)),
}


def identity_plan(family_name: str) -> Plan:
    behaviour, apart = _named(family_name, _IDENTITY_BEHAVIOURS), _named(family_name, _TOLD_APART)
    return Plan(
        verdict=_named(family_name, _IDENTITY_VERDICTS) or Verdict(Outcome.PASSED),
        at_once=behaviour is None and apart is None,
        apart=apart,
        documents_expire_on=_named(family_name, _EXPIRED_DOCUMENTS),
        refusal=_named(family_name, _IDENTITY_REFUSALS),
        behaviour=behaviour or Behaviour(),
    )


def bureau_refusal(family_name: str) -> str | None:
    return _named(family_name, _BUREAU_REFUSALS)


def credit_file(family_name: str) -> CreditFile:
    return _named(family_name, _CREDIT_FILES) or CreditFile()


def payout_plan(account: str, earlier_payouts: int) -> Plan:
    """`earlier_payouts`: how many were taken to this account for the same loan, under other keys."""
    ending = account[-4:]
    if ending == _FAILS_ONCE:
        return Plan(verdict=_SETTLED if earlier_payouts else _BLOCKED)
    return _PAYOUTS.get(ending, Plan(verdict=_SETTLED))


def debit_plan(account: str, earlier_debits: int) -> Plan:
    """As of payouts; the endings from 0021 on are of debits alone."""
    ending = account[-4:]
    if ending == _FAILS_ONCE:
        return Plan(verdict=_SETTLED if earlier_debits else _BLOCKED)
    if ending == _DRAWN_AT_SECOND:
        return Plan(verdict=_SETTLED if earlier_debits else _NO_FUNDS)
    return _DEBITS.get(ending, Plan(verdict=_SETTLED))


def notice_refusal(address: str) -> str | None:
    return "mailbox_unavailable" if address.partition("@")[0].endswith("+bounce") else None


def _named(family_name: str, table: dict[str, T]) -> T | None:
    """Double-barrelled names combine: "Later-Mismatch" is told later that it failed."""
    words = family_name.lower().replace("-", " ").split()
    return next((table[word] for word in words if word in table), None)
