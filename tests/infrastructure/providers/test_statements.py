"""Reading the payment rail's statement, line by line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import UnreadableStatement
from domain.evidence import PayoutOutcome
from domain.money import Money
from domain.ports import ProviderUnavailable
from domain.reconciliation import LineRefusal, Payment
from infrastructure.providers.connection import ProviderConnection
from infrastructure.providers.statements import HttpStatements, read_statement
from tests.sandbox.running import Sandbox

HEADER = "key,outcome,amount_minor,currency"


def read(*lines: str, header: str = HEADER) -> list[LineRefusal]:
    statement = read_statement("\n".join((header, "good,settled,100,USD", *lines)).encode())
    assert statement.payments[0].key == "good"
    assert [refused.line for refused in statement.refused] == list(range(3, 3 + len(statement.refused)))
    return [refused.reason for refused in statement.refused]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,settled,100", LineRefusal.WRONG_NUMBER_OF_FIELDS),
        ("a,settled,100,USD,more", LineRefusal.WRONG_NUMBER_OF_FIELDS),
        ("%PDF-1.4", LineRefusal.WRONG_NUMBER_OF_FIELDS),
        (" ", LineRefusal.WRONG_NUMBER_OF_FIELDS),
        (",settled,100,USD", LineRefusal.NO_KEY),
        ("\x07,settled,100,USD", LineRefusal.NO_KEY),
        ("k" * 256 + ",settled,100,USD", LineRefusal.NO_KEY),
        ("good,failed,100,USD", LineRefusal.KEY_CAME_BEFORE),
        ("a,SETTLED,100,USD", LineRefusal.UNKNOWN_OUTCOME),
        ("a,unknown,100,USD", LineRefusal.UNKNOWN_OUTCOME),
        ("a,,100,USD", LineRefusal.UNKNOWN_OUTCOME),
        ("a,settled,,USD", LineRefusal.NOT_AN_AMOUNT),
        ("a,settled,-100,USD", LineRefusal.NOT_AN_AMOUNT),
        ("a,settled,0,USD", LineRefusal.NOT_AN_AMOUNT),
        ("a,settled,1.50,USD", LineRefusal.NOT_AN_AMOUNT),
        ("a,settled,1e3,USD", LineRefusal.NOT_AN_AMOUNT),
        ("a,settled,\u0661\u0662,USD", LineRefusal.NOT_AN_AMOUNT),
        ("a,settled,99999999999999999999,USD", LineRefusal.NOT_AN_AMOUNT),
        ("a,settled,100,usd", LineRefusal.NOT_A_CURRENCY),
        ("a,settled,100,DOLLAR", LineRefusal.NOT_A_CURRENCY),
    ],
)
def test_a_garbage_line_is_refused_by_name_and_the_others_are_read(line: str, reason: LineRefusal) -> None:
    assert read(line) == [reason]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\xff\xfe\x00k",
        b"PK\x03\x04\x00\x00",
        b"key,outcome\na,settled",
        b"key,key,outcome,amount_minor,currency\n",
        b'key,outcome,amount_minor,currency\n"a,settled,100,USD',
        b"{}",
    ],
)
def test_what_is_no_statement_at_all_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(UnreadableStatement):
        read_statement(content)


def test_columns_may_come_in_any_order_with_others_between_and_a_byte_order_mark() -> None:
    content = '\ufeffcurrency,key,note,amount_minor,outcome\r\nJPY,a,"x, y",7,failed\r\n'
    assert read_statement(content.encode()).payments == (
        Payment(key="a", amount=Money(7, "JPY"), outcome=PayoutOutcome.FAILED),
    )


async def test_the_rails_own_statement_is_fetched_for_its_days(
    sandbox: Sandbox, connect: Callable[[str], ProviderConnection]
) -> None:
    body = {"amount_minor": 100, "currency": "USD", "account": "X-0001", "holder": 'A, "B"', "loan_id": "loan-1"}
    await sandbox.ask("POST", "/payouts", key="loan-1-payout-1", json=body)
    today = datetime.now(UTC).date()
    statements = HttpStatements(connect("payments"))
    stated = read_statement(await statements.fetch(today, today))
    assert stated.payments == (Payment(key="loan-1-payout-1", amount=Money(100, "USD"), outcome=PayoutOutcome.SETTLED),)
    assert stated.refused == ()
    yesterday = today - timedelta(days=1)
    assert read_statement(await statements.fetch(yesterday, yesterday)).payments == ()


async def test_a_rail_that_is_away_gives_no_statement(
    sandbox: Sandbox, connect: Callable[[str], ProviderConnection]
) -> None:
    await sandbox.switch("payments", down=True)
    with pytest.raises(ProviderUnavailable):
        await HttpStatements(connect("payments")).fetch(datetime.now(UTC).date(), datetime.now(UTC).date())
