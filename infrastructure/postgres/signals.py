"""Who else has the same account or device, and how often was applied: counted as of an application's moment."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import UnknownLoan
from domain.signals import Signals
from infrastructure.postgres.data_keys import DEVICE_INDEX, DataKeys
from infrastructure.postgres.engine import read
from infrastructure.postgres.ids import known_id

_SAME = {
    "applications": "l.customer_id = this.customer_id",
    "account_applications": "l.customer_id IN (SELECT id FROM customers WHERE account_index = this.account)",
    "device_applications": "l.application ->> 'device' = this.device",
}

_COUNTS = ",\n".join(
    f"(SELECT count(*) FROM loans l WHERE {same}"  # noqa: S608  no word from outside
    f" AND l.created_at BETWEEN this.created_at - interval '{days} days' AND this.created_at) AS {name}_{days}_{unit}"
    for name, same in _SAME.items()
    for days, unit in ((1, "day"), (30, "days"))
)

_OWED = "CASE WHEN l.status IN ('accepted', 'disbursing') THEN l.approved_amount ELSE l.outstanding END"

_SIGNALS = text(f"""
SELECT
(SELECT count(*) FROM customers c
  WHERE c.account_index = this.account AND c.id <> this.customer_id AND c.created_at <= this.created_at
) AS customers_with_account,
(SELECT count(DISTINCT l.customer_id) FROM loans l
  WHERE l.application ->> 'device' = this.device AND l.customer_id <> this.customer_id
    AND l.created_at <= this.created_at
) AS customers_with_device,
{_COUNTS},
(SELECT coalesce(sum({_OWED}), 0)::bigint FROM loans l
  WHERE l.customer_id = this.customer_id AND l.currency = this.currency AND l.id <> this.id
    AND l.status IN ('accepted', 'disbursing', 'active', 'charged_off')
) AS exposure
FROM (
    SELECT l.id, l.customer_id, l.created_at, l.currency, l.application ->> 'device' AS device,
           c.account_index AS account
      FROM loans l JOIN customers c ON c.id = l.customer_id WHERE l.id = :loan_id
) this
""")  # noqa: S608  no word from outside


class PostgresSignals:
    """Implements `domain.ports.ApplicationSignals`."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self._engine, self._keys = engine, keys

    async def of(self, loan_id: str) -> Signals:
        asked = {"loan_id": known_id(loan_id, UnknownLoan)}
        row = (await read(self._engine, lambda connection: connection.execute(_SIGNALS, asked))).one_or_none()
        if row is None:
            raise UnknownLoan(f"there is no loan {loan_id}")
        return Signals(**row._asdict())

    async def device(self, told: str) -> str:
        """What stands for a device outside and inside of Temporal: a keyed digest, from which nobody learns which."""
        return (await self._keys.house(DEVICE_INDEX)).index(told).hex()
