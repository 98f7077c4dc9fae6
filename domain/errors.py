"""Business refusals. Each class is one thing that can be refused; its name is part of the interface."""


class DomainError(Exception):
    """A refusal in the language of lending.

    The class name is stable: activities carry it through Temporal as the failure's type and the API maps it to a
    status. `str(error)` is a sentence fit for a user and holds no personal data.
    """


class InvalidValue(DomainError):
    """A value that makes no sense at birth. `field` names it (dotted for nested values), `reason` says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies met."""


class UnknownLoan(DomainError):
    """No loan has this id."""


class UnknownProduct(DomainError):
    """No product has this code."""


class UnknownCustomer(DomainError):
    """No customer has this id."""


class UnknownBranch(DomainError):
    """The lender has no branch of this code."""


class UnknownTransaction(DomainError):
    """The loan has no transaction of this number."""


class UnknownReceipt(DomainError):
    """No parked receipt has this id."""


class UnknownEndpoint(DomainError):
    """No endpoint for events has this id."""


class UnknownEvent(DomainError):
    """The endpoint has no delivery of such an event."""


class UnknownReconciliation(DomainError):
    """No reconciliation has this id."""


class UnreadableStatement(DomainError):
    """The payment rail's statement is not what was agreed on, as a whole."""


class CustomerErased(DomainError):
    """What was held about the customer was erased, at their wish or when its time was over."""


class UnknownDelegation(DomainError):
    """No delegation has this id."""


class ConsentMissing(DomainError):
    """The applicant has not agreed to the wording under which the credit bureau may be asked."""


class UnknownDocument(DomainError):
    """The customer has no document of this id."""


class DocumentRefused(DomainError):
    """An uploaded file is not one that is kept."""


class UnsupportedDocument(DocumentRefused):
    """It is of a kind of file that nobody here reads."""


class MislabelledDocument(DocumentRefused):
    """It is not what it says it is."""


class DamagedDocument(DocumentRefused):
    """It is empty, cut off, or carries something besides the document."""


class DocumentTooLarge(DocumentRefused):
    """It has more bytes, or more pixels, than are kept."""


class TooManyDocuments(DocumentRefused):
    """The customer has as many documents here as anybody may have."""


class UnknownUser(DomainError):
    """No user has this id."""


class NotAllowedNow(DomainError):
    """The loan's status does not allow this."""


class LoansOpen(NotAllowedNow):
    """Loans of the customer are not over."""


class AlreadyDecided(NotAllowedNow):
    """The application was decided before."""


class OfferExpired(NotAllowedNow):
    """The offer's last day has passed."""


class OfferChanged(NotAllowedNow):
    """What is accepted is not what was offered."""


class AlreadyReversed(NotAllowedNow):
    """The transaction was undone before."""


class AlreadyResolved(NotAllowedNow):
    """The parked receipt was matched or returned before."""


class AlreadyClosed(NotAllowedNow):
    """The accounting period was closed before."""


class BookedSince(NotAllowedNow):
    """What shall be undone has had consequences, which must be undone first."""


class BeyondAuthority(DomainError):
    """The officer may not approve this amount at this risk."""


class OutsidePolicy(DomainError):
    """The product's policy declines these terms, whoever approves them."""


class NotYourBranch(DomainError):
    """The loan is another branch's."""


class OwnApplication(DomainError):
    """Nobody decides their own application."""


class OutsideProduct(InvalidValue):
    """An amount or term that the product does not offer."""


class OperationReused(DomainError):
    """An operation id came again with another content."""
