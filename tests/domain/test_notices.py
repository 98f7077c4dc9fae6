"""A product says what its borrowers are told of; what can't be told is refused by the field's name."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import InvalidValue
from domain.notices import Notice, NoticeEvent, notice_of
from domain.product import Servicing
from tests.fakes import product

DOMAIN = Path(__file__).parents[2] / "domain"


def notice(event: str = "offer_made", bucket: str | None = None, template: str = "a-template") -> Notice:
    return Notice(event=NoticeEvent(event), template=template, bucket=bucket)


def told_by_loans() -> set[str]:
    """Every word of the code that tells facts: their names are among them."""
    files = [file for file in DOMAIN.glob("*.py") if file.name != "notices.py"]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text())))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_event_that_can_be_a_notice_is_a_fact_that_loans_tell() -> None:
    assert set(NoticeEvent) - told_by_loans() == set()


@pytest.mark.parametrize("template", ["", "two words", "a/b", "x" * 65, "über", "a\n"])
def test_a_template_that_no_sender_could_know_is_refused(template: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        notice(template=template)
    assert refusal.value.field == "template"


def test_only_a_change_of_delinquency_enters_a_bucket() -> None:
    with pytest.raises(InvalidValue) as refusal:
        notice("loan_closed", bucket="30-59")
    assert refusal.value.field == "bucket"


@pytest.mark.parametrize(
    ("notices", "field"),
    [
        ((notice(), notice(template="another")), "notices.1.event"),
        ((notice("delinquency_changed", "30-59"), notice("delinquency_changed", "30-59")), "notices.1.event"),
        ((notice("delinquency_changed", "30 to 59"),), "notices.0.bucket"),
        ((notice("cooling_off_ended"),), "notices.0.event"),
        ((notice("debit_failed"),), "notices.0.event"),
    ],
)
def test_notices_without_sense_are_refused(notices: tuple[Notice, ...], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        product(notices=notices)
    assert refusal.value.field == field


@pytest.mark.parametrize("event", ["payment_reminder", "late_fee_charged"])
def test_a_notice_of_what_never_happens_is_refused(event: str) -> None:
    told = product(notices=(notice(event),))
    with pytest.raises(InvalidValue, match="never happens"):
        replace(told, servicing=Servicing(reminder_days=None, late_fee=None))


def test_of_a_bucket_its_own_notice_is_sent_and_else_the_one_for_all() -> None:
    notices = (
        notice("delinquency_changed", template="any"),
        notice("delinquency_changed", "30-59", "a-month"),
        notice("delinquency_changed", "current", "thanks"),
    )
    told = {
        bucket: notice_of(product(notices=notices).notices, "delinquency_changed", {"left": "1-29", "entered": bucket})
        for bucket in ("30-59", "60-89", "current")
    }
    assert {bucket: one and one.template for bucket, one in told.items()} == {
        "30-59": "a-month",
        "60-89": "any",
        "current": "thanks",
    }


def test_what_the_product_does_not_name_is_not_told() -> None:
    only = (notice("delinquency_changed", "30-59"),)
    assert notice_of(only, "delinquency_changed", {"entered": "1-29"}) is None
    assert notice_of(only, "loan_closed", {}) is None
