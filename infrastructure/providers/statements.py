"""The payment rail's statement: fetched over HTTP or handed in as a file, and read line by line."""

import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO

from domain.errors import InvalidValue, UnreadableStatement
from domain.evidence import DebitOutcome, PayoutOutcome
from domain.money import LARGEST_AMOUNT, Money
from domain.ports import ProviderRefused
from domain.reconciliation import LineRefusal, Outcome, Payment, RefusedLine, Statement
from infrastructure.providers.connection import ProviderConnection

COLUMNS = ("key", "outcome", "amount_minor", "currency")  # that we read; there may be others
LARGEST_STATEMENT = 16 * 1024 * 1024  # bytes

_OUTCOMES: dict[str, Outcome] = {told.value: told for told in (*DebitOutcome, *PayoutOutcome) if told != "unknown"}
_LONGEST_KEY = 255


class _Refused(Exception):
    def __init__(self, reason: LineRefusal) -> None:
        self.reason = reason


class HttpStatements:
    """`connection` must take answers of `LARGEST_STATEMENT`."""

    def __init__(self, connection: ProviderConnection) -> None:
        self._connection = connection

    async def fetch(self, first: date, last: date) -> bytes:
        """The CSV of all payouts and debits taken from `first` to `last`, both included. Raises ProviderUnavailable."""
        try:
            return await self._connection.get(f"/statement.csv?from={first}&to={last}")
        except ProviderRefused as refusal:
            raise UnreadableStatement(f"the rail gives no statement: {refusal.reason}") from None


def read_statement(content: bytes) -> Statement:
    """Raises UnreadableStatement when it is no statement at all; a line that makes no sense is refused by itself."""
    rows = _rows(content)
    header = [name.strip() for name in next(rows, [])]
    if len(set(header)) < len(header) or not set(COLUMNS) <= set(header):
        raise UnreadableStatement(f"the first line must name the columns {', '.join(COLUMNS)}")
    places = [header.index(name) for name in COLUMNS]
    payments: dict[str, Payment] = {}
    refused: list[RefusedLine] = []
    for line, row in enumerate(rows, 2):
        try:
            payment = _payment(row, len(header), places)
            if payment.key in payments:
                raise _Refused(LineRefusal.KEY_CAME_BEFORE)
            payments[payment.key] = payment
        except _Refused as refusal:
            refused.append(RefusedLine(line=line, reason=refusal.reason))
    return Statement(payments=tuple(payments.values()), refused=tuple(refused))


def _rows(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableStatement("it is not UTF-8") from None
    if "\0" in text:
        raise UnreadableStatement("it holds NUL")
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableStatement(f"it is not CSV: {error}") from None


def _payment(row: list[str], width: int, places: list[int]) -> Payment:
    if len(row) != width:
        raise _Refused(LineRefusal.WRONG_NUMBER_OF_FIELDS)
    key, outcome, minor, currency = (row[place].strip() for place in places)
    if not key or len(key) > _LONGEST_KEY or not key.isprintable():
        raise _Refused(LineRefusal.NO_KEY)
    if outcome not in _OUTCOMES:
        raise _Refused(LineRefusal.UNKNOWN_OUTCOME)
    if not (minor.isascii() and minor.isdigit() and len(minor) <= 16 and 0 < int(minor) <= LARGEST_AMOUNT):
        raise _Refused(LineRefusal.NOT_AN_AMOUNT)
    try:
        amount = Money(int(minor), currency)
    except InvalidValue:
        raise _Refused(LineRefusal.NOT_A_CURRENCY) from None
    return Payment(key=key, amount=amount, outcome=_OUTCOMES[outcome])
