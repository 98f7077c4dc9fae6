"""What an endpoint asks for before it acts: the parts, who is calling, which loan, under which operation id."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import Depends, Header, Path, Query, Request
from fastapi.security import OAuth2PasswordBearer
from limits import RateLimitItemPerMinute

from api.errors import IDEMPOTENCY_KEY, Refused
from api.parts import Parts
from api.rate_limits import slow_down
from domain.errors import UnknownLoan
from domain.people import Role
from infrastructure.limits import TooMany
from infrastructure.oidc import issuer_of
from infrastructure.postgres.rows import LoanDetail
from infrastructure.postgres.users import User
from infrastructure.security import Caller, TokenRefused
from infrastructure.telemetry.requests import route_of

OPERATIONS = UUID("0b0f2f6e-7d5c-5f0a-9a53-6a1d6a6f7e01")  # namespace of operation ids: never change it
LOANS = UUID("0b0f2f6e-7d5c-5f0a-9a53-6a1d6a6f7e02")  # namespace of loan ids: never change it
DELEGATIONS = UUID("0b0f2f6e-7d5c-5f0a-9a53-6a1d6a6f7e05")  # namespace of delegation ids: never change it
CUSTOMERS = UUID("0b0f2f6e-7d5c-5f0a-9a53-6a1d6a6f7e03")  # namespace of customer ids: never change it

Bearer = Annotated[str | None, Depends(OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token", auto_error=False))]


def parts(request: Request) -> Parts:
    opened: Parts = request.app.state.parts
    return opened


PartsOf = Annotated[Parts, Depends(parts)]


async def _verified(parts: Parts, token: str) -> Caller:
    """By our own signature or, for the lender's people, by their identity provider's. Raises TokenRefused."""
    if parts.oidc is None or issuer_of(token) != parts.oidc.issuer:
        return parts.tokens.verify(token)
    name = await parts.oidc.verify(token)
    found = await parts.users.by_email(name) if parts.oidc.claim == "email" else None
    user = found[0] if found else await parts.users.by_subject(name) if parts.oidc.claim == "sub" else None
    if user is None or not user.active or user.role is Role.APPLICANT:
        raise TokenRefused("nobody who works here has this token")
    return Caller(user_id=user.id, role=user.role, customer_id=user.customer_id)


async def caller(request: Request, parts: PartsOf, token: Bearer) -> Caller:
    if token is None:
        raise Refused("NotAuthenticated", "send a token as `Authorization: Bearer …`")
    try:
        known = await _verified(parts, token)
        request.state.caller = known
        if per_minute := parts.settings.requests_per_user:
            limit = RateLimitItemPerMinute(per_minute, namespace="users")
            await parts.limits.hit(limit, known.user_id, exact=False)
    except TokenRefused as refusal:
        raise Refused("NotAuthenticated", str(refusal)) from None
    except TooMany as refusal:
        raise slow_down("TooManyRequests", refusal) from None
    return known


ByToken = Annotated[Caller, Depends(caller)]  # as of when it was issued


def only(*roles: Role) -> Callable[[Caller], Caller]:
    def with_role(caller: ByToken) -> Caller:
        if caller.role not in roles:
            raise Refused("NotYourRole", f"this is for {' or '.join(roles)}")
        return caller

    return with_role


staff = only(Role.OFFICER, Role.OPERATOR, Role.ADMIN)


async def at_work(parts: PartsOf, caller: Annotated[Caller, Depends(staff)]) -> User:
    """One of the lender's people, as of now and not of when the token was issued."""
    user = await parts.users.at_work(caller.user_id)
    if not user.active:
        raise Refused("NotAuthenticated", "the user is no longer active")
    return user


AtWork = Annotated[User, Depends(at_work)]


def as_of_now(user: User) -> Caller:
    return Caller(user_id=user.id, role=user.role, customer_id=user.customer_id)


def employed(*roles: Role) -> Callable[[User], Caller]:
    def with_role(user: AtWork) -> Caller:
        return only(*roles)(as_of_now(user))

    return with_role


async def anybody(parts: PartsOf, caller: ByToken) -> Caller:
    """An applicant by the token, which lives out its minutes; one of the lender's people as of now."""
    return caller if caller.role is Role.APPLICANT else as_of_now(await at_work(parts, caller))


AnyCaller = Annotated[Caller, Depends(anybody)]
Applicant = Annotated[Caller, Depends(only(Role.APPLICANT))]
Staff = Annotated[Caller, Depends(employed(Role.OFFICER, Role.OPERATOR, Role.ADMIN))]
Officer = Annotated[Caller, Depends(employed(Role.OFFICER, Role.ADMIN))]
Operator = Annotated[Caller, Depends(employed(Role.OPERATOR, Role.ADMIN))]
Admin = Annotated[Caller, Depends(employed(Role.ADMIN))]


def customer_id(caller: Applicant) -> str:
    if caller.customer_id is None:
        raise Refused("NotYourRole", "this is for customers")
    return caller.customer_id


OwnCustomerId = Annotated[str, Depends(customer_id)]

IdempotencyKey = Annotated[
    str,
    Header(
        alias=IDEMPOTENCY_KEY,
        min_length=1,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="New for each intent, the same for each attempt: it makes the call safe to repeat.",
        examples=["6f1c2a1e-3c0f-4b7e-9d55-0c2b1a5f8e11"],
    ),
]


def operation_id(caller: ByToken, key: IdempotencyKey) -> str:
    """One caller's key never meets another's."""
    return str(uuid5(OPERATIONS, f"{caller.user_id}/{key}"))


OperationId = Annotated[str, Depends(operation_id)]


def address(request: Request) -> str | None:
    """Where the call came from; behind a proxy, what uvicorn believes of its `X-Forwarded-For`."""
    return request.client.host if request.client else None


Address = Annotated[str | None, Depends(address)]


def loan_id(loan_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})]) -> str:
    try:
        if str(UUID(loan_id)) == loan_id.lower():
            return loan_id.lower()
    except ValueError:
        pass
    raise UnknownLoan("no loan has this id")


LoanId = Annotated[str, Depends(loan_id)]


def within(user: AtWork) -> frozenset[str] | None:
    """The branches whose loans the caller sees and moves; None: all."""
    return user.branches


Within = Annotated[frozenset[str] | None, Depends(within)]


async def own_loan(parts: PartsOf, customer_id: OwnCustomerId, loan_id: LoanId) -> LoanDetail:
    return await parts.views.loan(loan_id, customer_id=customer_id)


async def any_loan(parts: PartsOf, within: Within, loan_id: LoanId) -> LoanDetail:
    """Any of one's branches."""
    return await parts.views.loan(loan_id, within=within)


OwnLoan = Annotated[LoanDetail, Depends(own_loan)]
AnyLoan = Annotated[LoanDetail, Depends(any_loan)]


def not_own(caller: Staff, loan: AnyLoan) -> LoanDetail:
    """Whoever works here comes to a loan of their own as its borrower, by the other door."""
    if caller.customer_id == loan.customer_id:
        raise Refused("OwnApplication", "nobody handles their own loan, nor reads its file")
    return loan


async def not_own_on_record(
    request: Request, parts: PartsOf, caller: Staff, loan: AnyLoan, operation_id: OperationId
) -> LoanDetail:
    """A deed's refusal is in the loan's audit trail, as those of the books are."""
    try:
        return not_own(caller, loan)
    except Refused as refusal:
        await note_own(request, parts, caller, refusal, loan_id=loan.id, operation_id=operation_id)
        raise


async def note_own(
    request: Request, parts: Parts, caller: Caller, refusal: Refused, *, loan_id: str | None = None, **named: str
) -> None:
    call, reason = f"{request.method} {route_of(request.scope)}", f"{refusal.name}: {refusal}"
    details = {"call": call, **named}
    await parts.refusals.note(loan_id, actor=caller.user_id, reason=reason, details=details, at=parts.now())


OthersLoan = Annotated[LoanDetail, Depends(not_own)]  # to be looked at
LoanToMove = Annotated[LoanDetail, Depends(not_own_on_record)]

Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items on a page.")]
