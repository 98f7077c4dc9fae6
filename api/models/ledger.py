"""The books as they are told."""

from datetime import date, datetime

from api.models.base import IsoDate, Model, MoneyView, Text, View
from domain.ledger import Account, AccountKind


class AccountBalanceView(View):
    """`balance` is debits less credits."""

    account: Account
    kind: AccountKind
    debits: MoneyView
    credits: MoneyView
    balance: MoneyView


class TrialBalanceView(View):
    """`total` is zero."""

    currency: str
    rows: list[AccountBalanceView]
    total: MoneyView


class TrialBalancesView(View):
    currencies: list[TrialBalanceView]


class PeriodClosing(Model):
    """`through` is the last day of a month that is over."""

    through: IsoDate
    reason: Text


class ClosedPeriodView(View):
    """The books take no entry of `through` or an earlier day any more."""

    through: date
    closed_by: str
    reason: str
    closed_at: datetime


class ClosedPeriodsView(View):
    periods: list[ClosedPeriodView]


class FindingView(View):
    """`place` names the row, `says` what is wrong with it."""

    place: str
    says: str


class CheckView(View):
    """`count` faults were found; `findings` names the first thousand."""

    name: str
    promise: str
    count: int
    findings: list[FindingView]


class AuditReportView(View):
    """`refolded` of `loans` loans were computed anew from their transactions; every other check looks at every row."""

    clean: bool
    faults: int
    loans: int
    refolded: int
    entries: int
    answers: list[CheckView]
