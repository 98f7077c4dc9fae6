"""LoanFile: what is on file about one loan, and the few ways in which anything is written into it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from domain.accrual import AccrualLine, Outlook
from domain.cooling_off import CoolingOff, without_charges, without_fees_kept
from domain.errors import NotAllowedNow
from domain.evidence import BureauReport, IdentityResult
from domain.facts import Fact
from domain.ledger import JournalEntry, postings_between
from domain.money import Money
from domain.offer import Choice, Offer
from domain.people import MAIN_BRANCH
from domain.position import Position, Totals, fold, position_of
from domain.product import LoanProduct
from domain.referral import Referral
from domain.status import LoanStatus
from domain.terms import Terms
from domain.transaction import Component, Transaction, TransactionKind, in_force
from domain.underwriting import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """`device` is a keyed digest of what names the device it came from; None when nobody said.
    `credit_report_consent` names the wording that the applicant agreed to, if any."""

    amount: Money
    installments: int
    applied_on: date
    device: str | None = None
    credit_report_consent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One officer's yes, kept until a second officer agrees where two are needed.

    `on_behalf_of` is whose authority was used, when the officer's own was not enough; `acts_for` all whom the officer
    acted for that day.
    """

    officer_id: str
    amount: Money
    installments: int
    alternatives: tuple[Choice, ...] = ()
    on_behalf_of: str | None = None
    acts_for: tuple[str, ...] = ()

    def seconds(self, other: "Approval") -> bool:
        """Whether these are two people's yes to the same terms."""
        terms = (self.amount, self.installments, self.alternatives)
        return terms == (other.amount, other.installments, other.alternatives) and not self.counts_as_one_with(other)

    def counts_as_one_with(self, other: "Approval") -> bool:
        """A delegate and whom they act for are one pair of eyes, and so are two who use the same authority."""
        delegated = self.officer_id in other.acts_for or other.officer_id in self.acts_for
        shared = self.on_behalf_of is not None and self.on_behalf_of == other.on_behalf_of
        return self.officer_id == other.officer_id or delegated or shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """`key` is what the payment rail knows the payout by; attempt k has a key of its own.

    A person looks at what is `overdue`, and at the keys that the rail has `contradicted` itself about.
    """

    key: str
    attempt: int
    amount: Money
    overdue: bool = False
    contradicted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """The borrower's word that what falls due may be drawn from the bank account on file, until it is revoked.

    `reference` is what the payment rail is told; mandate k of a loan has a reference of its own.
    """

    reference: str
    number: int
    given_on: date
    revoked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """The latest direct debit. `key` is what the payment rail knows it by; attempt k to collect what fell due until
    `due_date` has a key of its own. `number` is that of the transaction that instructed it.

    It is `open` until it settles or fails; failed, it is tried again on `retry_on`. A person looks at what is
    `overdue`, and at the keys, of this one or earlier ones, that the rail has `contradicted` itself about.
    """

    key: str
    number: int
    due_date: date
    attempt: int
    amount: Money
    instructed_at: datetime
    open: bool = True
    overdue: bool = False
    retry_on: date | None = None
    contradicted: tuple[str, ...] = ()


@dataclass(kw_only=True)
class LoanFile:
    """One loan from application to closure.

    `branch` is the code of the one through which the application came. `waits_until` is the last day of the offer, the
    referral or the payout's retry. `business_date` is the latest day the loan was looked at; `processed_through` the
    last whose milestones have passed. `bucket` None means current. `booked` is what the journal shows, with interest to
    `accrued_through`. The books take entries from `open_from` on: earlier days are closed. `facts` and `entries` are
    what this piece of work adds.
    """

    id: str
    customer_id: str
    product: LoanProduct
    application: Application
    branch: str = MAIN_BRANCH
    status: LoanStatus = LoanStatus.VERIFYING
    decision: Decision | None = None
    identity: IdentityResult | None = None
    report: BureauReport | None = None
    referral: Referral | None = None
    approvals: tuple[Approval, ...] = ()
    offer: Offer | None = None
    alternatives: tuple[Offer, ...] = ()
    payout: Payout | None = None
    mandate: Mandate | None = None
    debit: Debit | None = None
    cooling_off: CoolingOff | None = None
    waits_until: date | None = None
    transactions: tuple[Transaction, ...] = ()
    booked: Totals = field(default_factory=Totals)
    bucket: str | None = None
    business_date: date = date.min
    processed_through: date = date.min
    accrued_through: date = date.min
    open_from: date = date.min
    closure: str | None = None
    facts: list[Fact] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    _positions: dict[tuple[str, bool, int, date], tuple[Position, Any]] = field(
        default_factory=dict, repr=False, compare=False
    )  # and its Outlook, by all that a fold depends on

    @property
    def withdrawn(self) -> bool:
        """The borrower has given the loan back, and the money may still come."""
        return self.cooling_off is not None and not self.cooling_off.lapsed

    @property
    def last_day_to_withdraw(self) -> date | None:
        """None where the product has no cooling-off period."""
        days = self.product.cooling_off_days
        return self._first_day() + timedelta(days=days) if days else None

    def twin(self) -> Self:
        """The same loan, to try something out."""
        return replace(self, facts=[], entries=[], _positions={})

    def filed(self) -> Self:
        """The same loan, with nothing new to tell or to post. What it knows of today is not worked out again."""
        now = {(len(self.transactions), day) for day in (self.business_date, self.accrued_through)}
        known = {key: folded for key, folded in self._positions.items() if key[2:] in now}
        return replace(self, facts=[], entries=[], _positions=known)

    @property
    def terms(self) -> Terms:
        """The terms the borrower accepted. Raises `NotAllowedNow` before there is an offer."""
        terms = self._offered().terms
        return without_charges(terms) if self.withdrawn else terms

    @property
    def position(self) -> Position:
        """What is owed on the loan's business date."""
        return self.position_on(self.business_date)

    def position_on(self, day: date) -> Position:
        """What is owed at the end of `day`, by all transactions effective until then."""
        return self._folded(day)[0]

    @property
    def accrual_lines(self) -> tuple[AccrualLine, ...]:
        """What the loan earns, if nothing happens, from the day on to which interest is booked."""
        _, outlook = self._folded(self.accrued_through)
        return outlook.lines(self.accrued_through)

    def _counting(self) -> tuple[Transaction, ...]:
        return without_fees_kept(self._offered().terms, self.transactions) if self.withdrawn else self.transactions

    def _folded(self, day: date) -> tuple[Position, Outlook]:
        key = (self._offered().digest, self.withdrawn, len(self.transactions), day)
        if key not in self._positions:
            state, facts = fold(self.terms, self._counting(), day)
            outlook = Outlook(state, facts)
            self._positions[key] = position_of(state, facts, day), outlook
        return self._positions[key]

    def _append(
        self,
        kind: TransactionKind,
        amount: int,
        effective: date,
        operation_id: str,
        at: datetime,
        *,
        installment: int | None = None,
        reverses: int | None = None,
        due_date: date | None = None,
        component: Component | None = None,
        debit: int | None = None,
    ) -> Transaction:
        added = Transaction(
            number=len(self.transactions) + 1,
            kind=kind,
            effective_date=effective,
            booked_at=at,
            operation_id=operation_id,
            amount=amount,
            installment=installment,
            reverses=reverses,
            due_date=due_date,
            component=component,
            debit=debit,
        )
        self.transactions = (*self.transactions, added)
        self._book(f"{kind.replace('_', ' ').capitalize()} {added.number}", effective, at, transaction=added.number)
        return added

    def _book(self, memo: str, effective: date, at: datetime, *, transaction: int | None = None) -> None:
        """Post what the position has grown by since the journal was last written. What belongs into a closed period is
        posted on the first open day; the transaction keeps its own."""
        self.accrued_through = max(self.business_date, self.accrued_through)
        after = self.position_on(self.accrued_through).totals
        if postings := postings_between(self.booked, after):
            entry = JournalEntry(
                memo=memo,
                effective_date=max(effective, self.open_from),
                booked_at=at,
                postings=postings,
                transaction=transaction,
            )
            self.entries.append(entry)
        self.booked = after

    def _tell(self, name: str, actor: str, at: datetime, reason: str | None = None, /, **details: str) -> None:
        self.facts.append(Fact(name=name, actor=actor, at=at, reason=reason, details=details))

    def _cool_off(self, cooling_off: CoolingOff, memo: str, at: datetime) -> None:
        """It changes what is owed, and with that what the books must show."""
        self.cooling_off = cooling_off
        self._book(memo, self.business_date, at)

    def _first_day(self) -> date:
        """Of the payout that counts."""
        return next(t.effective_date for t in in_force(self.transactions) if t.kind is TransactionKind.DISBURSEMENT)

    def _close(self, status: LoanStatus, name: str, actor: str, at: datetime, reason: str | None = None) -> None:
        self.status, self.waits_until, self.closure = status, None, reason
        self._tell(name, actor, at, reason)

    def _today(self, at: datetime) -> date:
        self.business_date = max(self.business_date, self.product.business_date(at))
        return self.business_date

    def _require(self, *statuses: LoanStatus) -> None:
        if self.status not in statuses:
            raise NotAllowedNow(f"the loan is {self.status}")

    def _require_in_time(self, at: datetime) -> None:
        """What expires by a timer is over on its last day, though the timer be late."""
        if self.waits_until is not None and self._today(at) > self.waits_until:
            raise NotAllowedNow(f"{self.waits_until} was the last day for it")

    def _offered(self) -> Offer:
        if self.offer is None:
            raise NotAllowedNow("there is no offer")
        return self.offer
