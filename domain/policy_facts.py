"""What a policy can look at: the catalogue of facts, by name. A fact that is not known is not there."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.evidence import IdentityOutcome


class FactKind(StrEnum):
    """MONEY is in the product's currency, in whole units and their decimals; PERCENT of a month's income."""

    COUNT = "count"
    PERCENT = "percent"
    MONEY = "money"
    WORD = "word"
    WORDS = "words"


FactValue = int | Decimal | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownFact:
    """`words` are all that a WORD can be; none: any."""

    name: str
    kind: FactKind
    meaning: str
    words: tuple[str, ...] = ()


_COUNT, _PERCENT, _MONEY, _WORD, _WORDS = FactKind

CATALOGUE = (
    KnownFact("identity", _WORD, "what the identity check said", tuple(IdentityOutcome)),
    KnownFact("age", _COUNT, "whole years on the day of the decision"),
    KnownFact("country", _WORD, "of residence, ISO 3166-1 alpha-2"),
    KnownFact("score", _COUNT, "the bureau's; unknown without a credit file"),
    KnownFact("grade", _WORD, "by the product's price grid; unknown without a score or a grid"),
    KnownFact("bureau_flags", _WORDS, "the bureau's warnings; unknown when there is none"),
    KnownFact("amount", _MONEY, "what is applied for"),
    KnownFact("installments", _COUNT, "over how many"),
    KnownFact("monthly_income", _MONEY, "a twelfth of the stated yearly income; unknown in another currency"),
    KnownFact("monthly_obligations", _MONEY, "what is paid a month already: as stated, and as the bureau knows"),
    KnownFact(
        "monthly_payment", _MONEY, "what this loan takes a month: its largest regular installment, a balloon aside"
    ),
    KnownFact("debt_to_income", _PERCENT, "obligations and this payment; unknown without an income"),
    KnownFact("payment_to_income", _PERCENT, "this payment; unknown without an income"),
    KnownFact("exposure", _MONEY, "this loan, and what the customer owes on others in its currency"),
    KnownFact("customers_with_account", _COUNT, "other customers with the same bank account"),
    KnownFact("customers_with_device", _COUNT, "other customers who applied from the same device"),
    KnownFact("applications_1_day", _COUNT, "of the customer within a day, this one included"),
    KnownFact("applications_30_days", _COUNT, "of the customer within thirty days, this one included"),
    KnownFact("account_applications_1_day", _COUNT, "of all customers with the bank account, within a day"),
    KnownFact("account_applications_30_days", _COUNT, "of all customers with the bank account, within thirty days"),
    KnownFact("device_applications_1_day", _COUNT, "from the device within a day, this one included"),
    KnownFact("device_applications_30_days", _COUNT, "from the device within thirty days, this one included"),
)

KNOWN_FACTS = {fact.name: fact for fact in CATALOGUE}
