"""The journal as the tables hold it: the chart of accounts, and the trial balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ledger import Account, AccountKind
from domain.money import Money

ADD_CHART = text("""
INSERT INTO accounts (code, currency, kind)
SELECT code, :currency, kind FROM unnest(CAST(:codes AS text[]), CAST(:kinds AS text[])) AS chart (code, kind)
    ON CONFLICT DO NOTHING
""")

# The last snapshot, and what was posted since.
TRIAL_BALANCE = text("""
WITH last AS MATERIALIZED (SELECT day, last_entry FROM closings ORDER BY day DESC LIMIT 1),
moved AS (
    SELECT account, currency, sum(debits) AS debits, sum(credits) AS credits FROM (
        SELECT account, currency, debits, credits FROM balance_snapshots WHERE day = (SELECT day FROM last)
         UNION ALL
        SELECT account, currency, greatest(amount, 0), greatest(-amount, 0) FROM postings
         WHERE entry_id > coalesce((SELECT last_entry FROM last), 0)
    ) postings_and_snapshot GROUP BY account, currency
)
SELECT a.currency, a.code, a.kind, coalesce(m.debits, 0)::bigint AS debits, coalesce(m.credits, 0)::bigint AS credits
  FROM accounts a LEFT JOIN moved m ON m.account = a.code AND m.currency = a.currency
 ORDER BY a.currency, a.code
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance:
    """`balance` is debits less credits."""

    account: Account
    kind: AccountKind
    debits: Money
    credits: Money
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """All accounts of one currency. `total` is the sum of their balances: zero, or the books are wrong."""

    currency: str
    rows: tuple[AccountBalance, ...]
    total: Money


async def add_chart(connection: AsyncConnection, currency: str) -> None:
    """Make the accounts of a currency, unless they are there."""
    codes, kinds = [account.value for account in Account], [account.kind.value for account in Account]
    await connection.execute(ADD_CHART, {"currency": currency, "codes": codes, "kinds": kinds})


async def trial_balance(connection: AsyncConnection) -> tuple[TrialBalance, ...]:
    rows = await connection.execute(TRIAL_BALANCE)
    return tuple(_of_currency(currency, group) for currency, group in groupby(rows, key=lambda row: row.currency))


def _of_currency(currency: str, group: Iterator[Row[Any]]) -> TrialBalance:
    rows = tuple(
        AccountBalance(
            account=Account(row.code),
            kind=AccountKind(row.kind),
            debits=Money(row.debits, currency),
            credits=Money(row.credits, currency),
            balance=Money(row.debits - row.credits, currency),
        )
        for row in group
    )
    return TrialBalance(currency=currency, rows=rows, total=Money(sum(row.balance.minor for row in rows), currency))
