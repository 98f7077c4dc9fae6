"""What a caller is told when something is refused: problem details (RFC 9457), one table for all of them.

`type` is stable and names the refusal; `title` is the same for every occurrence; `detail` is about this one.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api import metrics
from api.json_or_yaml import is_yaml
from domain.errors import DomainError, InvalidValue
from domain.ports import BooksUnavailable, ProviderUnavailable
from infrastructure.keys.provider import KeysUnavailable

log = logging.getLogger(__name__)

RETRY_AFTER = "5"  # seconds
IDEMPOTENCY_KEY = "Idempotency-Key"

# name of the refusal: (status, title). A DomainError that isn't listed is answered like the class it derives from.
PROBLEMS: dict[str, tuple[int, str]] = {
    "InvalidRequest": (422, "The request doesn't make sense"),
    "InvalidValue": (422, "A value doesn't make sense"),
    "OutsideProduct": (422, "The product doesn't offer this"),
    "OutsidePolicy": (422, "The product's policy declines these terms"),
    "CurrencyMismatch": (422, "The currency is another one"),
    "UnknownTransaction": (422, "The loan has no such transaction"),
    "UnknownBranch": (422, "There is no such branch"),
    "UnknownProduct": (422, "There is no such product"),
    "UnreadableStatement": (422, "The statement cannot be read"),
    "ConsentMissing": (422, "The applicant's consent is missing"),
    "OperationReused": (422, "The Idempotency-Key was used for something else"),
    "IdempotencyKeyMissing": (400, "The call needs an Idempotency-Key"),
    "NotAuthenticated": (401, "No valid token or password"),
    "WebhookNotAuthentic": (401, "The webhook isn't signed by the provider"),
    "NotYourRole": (403, "The role doesn't allow this"),
    "BeyondAuthority": (403, "It is beyond the officer's authority"),
    "OwnApplication": (403, "Nobody handles their own application or loan"),
    "NotYourBranch": (403, "The loan is another branch's"),
    "UnknownUser": (403, "The user may not do this"),
    "NotFound": (404, "There is nothing here"),
    "UnknownLoan": (404, "There is no such loan"),
    "UnknownDelegation": (404, "There is no such delegation"),
    "UnknownEndpoint": (404, "There is no such endpoint"),
    "UnknownEvent": (404, "There is no such delivery"),
    "UnknownReconciliation": (404, "There is no such reconciliation"),
    "UnknownReceipt": (404, "There is no such receipt"),
    "UnknownCustomer": (404, "There is no such customer"),
    "UnknownDocument": (404, "There is no such document"),
    "MethodNotAllowed": (405, "The method isn't allowed here"),
    "CustomerErased": (410, "The customer was erased"),
    "NotAllowedNow": (409, "The loan's status doesn't allow this"),
    "LoansOpen": (409, "Loans of the customer are not over"),
    "AlreadyDecided": (409, "The application was decided before"),
    "OfferExpired": (409, "The offer has expired"),
    "OfferChanged": (409, "The offer is another one"),
    "AlreadyReversed": (409, "The transaction was reversed before"),
    "AlreadyResolved": (409, "The receipt was matched or returned before"),
    "BookedSince": (409, "Something was booked since that must be undone first"),
    "AlreadyClosed": (409, "The accounting period was closed before"),
    "TooManyDocuments": (409, "There are too many documents"),
    "ContentTooLarge": (413, "The body is too large"),
    "DocumentTooLarge": (413, "The document is too large"),
    "UnsupportedDocument": (415, "Documents of this kind of file aren't read here"),
    "MislabelledDocument": (422, "The document isn't what it says it is"),
    "DamagedDocument": (422, "The document is damaged, or holds something else"),
    "TooManyAttempts": (429, "Too many attempts"),
    "TooManyRequests": (429, "Too many requests"),
    "DomainError": (422, "The request was refused"),
    "InternalError": (500, "Something is wrong on our side"),
    "EngineUnavailable": (503, "The loan engine is away for the moment"),
    "BooksUnavailable": (503, "The books are away for the moment"),
    "KeysUnavailable": (503, "The keys are away for the moment"),
    "ProviderUnavailable": (503, "A provider is away for the moment"),
}
_BY_STATUS = {404: "NotFound", 413: "ContentTooLarge"}
# Refusals without a field of their own that are always about the same place of a request
_PLACES = {
    "UnknownProduct": {"pointer": "/product_code"},
    "ConsentMissing": {"pointer": "/credit_report_consent"},
    "UnknownBranch": {"pointer": "/branch"},
    "UnknownTransaction": {"pointer": "/transaction"},
    "CurrencyMismatch": {"pointer": "/amount/currency"},
    "OperationReused": {"header": IDEMPOTENCY_KEY},
}

Place = dict[str, str]


class Refused(Exception):
    """A refusal of the door itself; `name` is a name in PROBLEMS."""

    def __init__(self, name: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.name, self.headers = name, headers


class EngineUnavailable(Exception):
    """Temporal, or the worker, does not answer in time."""


def type_of(name: str) -> str:
    return "urn:tenor:problem:" + re.sub(r"(?<=.)([A-Z])", r"-\1", name).lower()


def problem(
    name: str, detail: str, errors: Sequence[Place] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    status, title = PROBLEMS[name]
    metrics.PROBLEMS.labels(name).inc()
    content: dict[str, Any] = {"type": type_of(name), "title": title, "status": status, "detail": detail}
    if errors:
        content["errors"] = list(errors)
    return JSONResponse(
        content, status, headers={**_extra_headers(status), **(headers or {})}, media_type="application/problem+json"
    )


def _extra_headers(status: int) -> dict[str, str]:
    return {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": RETRY_AFTER}}.get(status, {})


def handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(EngineUnavailable, _unavailable)
    app.add_exception_handler(BooksUnavailable, _unavailable)
    app.add_exception_handler(KeysUnavailable, _unavailable)
    app.add_exception_handler(ProviderUnavailable, _unavailable)
    app.add_exception_handler(Exception, _internal_error)


def _name(error: Exception) -> str:
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in PROBLEMS)


async def _domain_error(request: Request, error: Exception) -> Response:
    name = _name(error)
    if isinstance(error, InvalidValue):
        return problem(name, str(error), [{**_place(request, error.field), "detail": error.reason}])
    place = _PLACES.get(name)
    return problem(name, str(error), [{**place, "detail": str(error)}] if place else ())


def _place(request: Request, field: str) -> Place:
    """Where `field` (dotted) was in the request."""
    if request.method == "GET":
        return {"parameter": field}
    return {"pointer": _pointer(field.split("."))}


def _pointer(path: Iterable[object]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101  registered for nothing else
    return problem(error.name, str(error), headers=error.headers)


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for nothing else
    if any(each["loc"][0] == "path" for each in error.errors()):
        return problem("NotFound", "nothing has this address")
    places = [_invalid_place(dict(each), "YAML" if is_yaml(request) else "JSON") for each in error.errors()]
    if any(place.get("header") == IDEMPOTENCY_KEY for place in places):
        return problem("IdempotencyKeyMissing", "send 1 to 128 visible ASCII characters, new for each intent", places)
    return problem("InvalidRequest", "; ".join(place["detail"] for place in places[:5]), places)


def _invalid_place(error: dict[str, Any], language: str) -> Place:
    where, *path = error["loc"]
    if error["type"] == "json_invalid":
        return {"pointer": "", "detail": f"the body is not valid {language}: {error['ctx']['error']}"}
    if where == "body":
        return {"pointer": _pointer(path), "detail": error["msg"]}
    return {"header" if where == "header" else "parameter": str(path[0]), "detail": error["msg"]}


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for nothing else
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return problem("MethodNotAllowed", error.detail, headers={"Allow": _allowed(request)})
    if error.status_code in _BY_STATUS:
        return problem(_BY_STATUS[error.status_code], error.detail, headers=error.headers)
    if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem("InvalidRequest", error.detail, headers=error.headers)
    return problem("InternalError", "it was noted", headers=error.headers)


def _allowed(request: Request) -> str:
    """All methods of the address; each route knows of its own only."""
    paths: dict[str, dict[str, object]] = request.app.openapi()["paths"]
    here = [methods for path, methods in paths.items() if compile_path(path)[0].match(request.url.path)]
    return ", ".join(sorted(method.upper() for methods in here for method in methods))


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("%s: %s", _name(error), error)
    return problem(_name(error), "nothing was half done; send the same request with the same Idempotency-Key again")


async def _internal_error(request: Request, error: Exception) -> Response:
    """Logged with its trace by the server; the caller learns nothing of what is inside."""
    return problem("InternalError", "it was noted")
