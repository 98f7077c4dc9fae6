"""What the domain's commands need from the outside, as the activities see it. Adapters live in `infrastructure/`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from domain.commands import ApplyForLoan, Command
from domain.customer import CustomerDetails
from domain.documents import ShownDocument
from domain.errors import DomainError
from domain.evidence import BureauReport, DebitResult, IdentityResult, PayoutResult
from domain.key_rotation import KeyVersions, NoteRotation, Rewrapped
from domain.loan import Loan
from domain.money import Money
from domain.people import Officer
from domain.portfolio import Partition
from domain.product import LoanProduct
from domain.signals import Signals
from domain.underwriting import Dossier
from domain.views import Outcome, Receipt, Standing


class ProviderRefused(Exception):
    """A provider said no for good (a 4xx that asking again won't change). `reason` is its code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderUnavailable(Exception):
    """A provider is away, slow or overloaded. Asking again, with the same key, is right."""


class BooksUnavailable(Exception):
    """The database is away, restarting or overloaded. Asking again, with the same operation id, is right."""


class CustomerDirectory(Protocol):
    """Where adapters learn who a customer is, so that everybody else can speak of ids only."""

    async def details(self, customer_id: str) -> CustomerDetails:
        """Raises UnknownCustomer."""
        ...


class DocumentFile(Protocol):
    async def shown(self, customer_id: str, *, until: datetime) -> tuple[ShownDocument, ...]:
        """What the customer had uploaded at that moment, in the order in which it came."""
        ...

    async def hand_out(self, document: ShownDocument, *, key: str, loan_id: str, customer_id: str) -> bytes:
        """The file, to the byte, for whoever is asked under `key`. On the loan's record before it is out, once per key.

        Raises CustomerErased, and UnknownDocument.
        """
        ...


class IdentityProvider(Protocol):
    async def check(
        self, *, key: str, loan_id: str, customer_id: str, documents_until: datetime | None = None
    ) -> IdentityResult:
        """Ask for an identity check, or for the state of the one asked for under `key`, with the documents that the
        customer had uploaded at that moment. The provider gets each of them once, however often it is asked.

        PENDING: a webhook that names the loan and the key follows.
        """
        ...


class CreditBureau(Protocol):
    async def report(self, *, key: str, customer_id: str, currency: str) -> BureauReport:
        """The customer's credit report, with obligations in `currency`. The same key is one enquiry."""
        ...


class EvidenceFile(Protocol):
    """What providers said of a customer, kept where only those who decide read it."""

    async def keep(self, *, key: str, loan_id: str, customer_id: str, report: BureauReport) -> None:
        """The first report under a key stands. `customer_id` is the loan's."""
        ...

    async def report(self, *, key: str) -> BureauReport | None: ...

    async def recent_report(self, *, customer_id: str, currency: str, since: datetime) -> BureauReport | None:
        """The newest that the bureau itself gave of the customer since then, in the currency, as one that is reused."""
        ...

    async def passed_identity(self, *, customer_id: str, since: date) -> IdentityResult | None:
        """The newest check that the customer passed since that day, as one that is reused."""
        ...

    async def keep_dossier(self, *, key: str, loan_id: str, customer_id: str, dossier: Dossier) -> Dossier:
        """The one on file under the key: this, or the first."""
        ...

    async def dossier(self, *, key: str) -> Dossier | None: ...

    async def of_application(self, *, loan_id: str, report_key: str) -> tuple[Dossier | None, BureauReport | None]:
        """Both at once: what the applicant was known by, and what the bureau said under the key."""
        ...


class ApplicationSignals(Protocol):
    async def of(self, loan_id: str) -> Signals:
        """What the lender's own records say of the application, as of its moment. Raises UnknownLoan."""
        ...


class PaymentRail(Protocol):
    async def send(self, *, key: str, loan_id: str, customer_id: str, amount: Money) -> PayoutResult:
        """Instruct one payout. The same key never pays twice; a webhook names the loan and the key.

        Raises ProviderRefused when nothing was and nothing will be paid, and ProviderUnavailable when the outcome is
        unknown: then ask `status`, never send under a new key.
        """
        ...

    async def status(self, *, key: str) -> PayoutResult:
        """What became of the payout under `key`.

        After UNKNOWN send again under the same key: the first attempt may still be on its way.
        """
        ...

    async def debit(self, *, key: str, loan_id: str, customer_id: str, mandate: str, amount: Money) -> DebitResult:
        """Draw from the customer's account, under the mandate of this reference. Keys and refusals as of `send`."""
        ...

    async def debit_status(self, *, key: str) -> DebitResult:
        """What became of the debit under `key`; after UNKNOWN as of `status`."""
        ...


class Notifier(Protocol):
    async def notify(self, *, key: str, customer_id: str, template: str, facts: dict[str, str]) -> None:
        """Tell a customer something, once per key."""
        ...


class LoanBooks(Protocol):
    """The loans and their books. Each write is one transaction, and one operation id writes once, ever."""

    async def open(self, command: ApplyForLoan, at: datetime, apply: Callable[[LoanProduct], Loan]) -> Outcome:
        """Store the loan that `apply` makes of the product's newest version. Raises UnknownProduct."""
        ...

    async def write(self, command: Command, at: datetime, change: Callable[[Loan], Receipt | None]) -> Outcome:
        """Lock the loan, `change` it, and store what that added: state, transactions, schedule, journal, events, audit.

        A repeated operation id changes nothing and answers the first receipt with the present standing; with another
        content it raises OperationReused. When `change` refuses, nothing is stored but an audit line of the refusal,
        and the refusal is raised on. `change` may run more than once and must be pure. Raises UnknownLoan.
        """
        ...

    async def refuse(self, refusal: DomainError, command: Command, at: datetime) -> None:
        """Put on record what was refused before the loan could be asked."""
        ...

    async def standing(self, loan_id: str) -> Standing:
        """Where the loan stands on its business date. Raises UnknownLoan."""
        ...


class OfficerDirectory(Protocol):
    async def officer(self, user_id: str, at: datetime) -> Officer:
        """With those whom they act for at the time. Raises UnknownUser for an id that is no active officer's."""
        ...


class Portfolio(Protocol):
    """All running loans at once. Everything here may be repeated; what is done is not done again."""

    async def open_days(self, through: date) -> tuple[date, ...]:
        """The days that were not closed yet, to `through`; `through` itself when all are."""
        ...

    async def is_done(self, day: date) -> bool:
        """Whether the day was closed, and no loan is left that it should have accrued."""
        ...

    async def partitions(self) -> int:
        """In how many partitions a day is done best."""
        ...

    async def accrue(self, partition: Partition, day: date, at: datetime) -> int:
        """Book interest to the end of `day`, in one journal entry per product and currency. How many loans."""
        ...

    async def move(self, partition: Partition, day: date, at: datetime) -> int:
        """Put loans into the bucket of their days past due on `day`, on record as what it is. How many loans."""
        ...

    async def lost(self, partition: Partition, day: date) -> tuple[str, ...]:
        """Loans that the product charges off by `day` and nobody has."""
        ...

    async def moved(self, day: date) -> tuple[str, ...]:
        """Loans of applicants that the close of `day` changed."""
        ...

    async def close(self, day: date, at: datetime) -> None:
        """Take the snapshot of the accounts and the portfolio's figures."""
        ...


class LoanWorkflows(Protocol):
    async def refresh(self, loan_id: str) -> None:
        """Tell the loan's workflow to look at its books again. Where there is none, nothing happens."""
        ...


class WrappedKeys(Protocol):
    """The data keys of customers and of the house, as they lie wrapped. Everything here may be repeated."""

    async def rewrap(self, after: str | None) -> Rewrapped:
        """Wrap some hundreds anew, unless the newest version wrapped them; from the first on when `after` is None.

        A key that does not open is left as it is, and named. What was erased or wrapped by somebody else meanwhile
        stays so.
        """
        ...

    async def versions(self) -> KeyVersions: ...

    async def note(self, rotation: NoteRotation, at: datetime) -> None:
        """In the audit trail, once."""
        ...
