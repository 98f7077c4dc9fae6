"""The books as they are told."""

from api.models.base import MoneyView, View
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
