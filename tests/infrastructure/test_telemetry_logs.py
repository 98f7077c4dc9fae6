"""One JSON object per line, whoever speaks, and nothing personal in it."""

import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_trace_id
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from temporalio.exceptions import ApplicationError

from domain.errors import NotAllowedNow
from infrastructure.settings import Settings
from infrastructure.telemetry.requests import LogRequests
from tests.log_lines import LogLines, logging_to_lines

LOAN = "7d1c1f0e-3d5b-4f4c-9a51-0d6f7c1b2a3e"
SECRET = "ada.lovelace@example.com"


@pytest.fixture
def lines() -> Iterator[LogLines]:
    settings = Settings.model_validate({"environment": "development", "database_url": "postgresql://nobody@nowhere/x"})
    with logging_to_lines(settings) as lines:
        yield lines


@pytest.mark.parametrize("name", ["uvicorn.error", "temporalio.worker", "alembic.runtime.migration", "ours"])
def test_libraries_speak_in_the_same_format_as_we(lines: LogLines, name: str) -> None:
    logging.getLogger(name).warning("Something with %s", "arguments")
    structlog.stdlib.get_logger("ours").warning("something", number=7)
    theirs, ours = lines.all()
    assert theirs["message"] == "Something with arguments"
    assert (theirs["logger"], theirs["level"]) == (name, "warning")
    assert ours["number"] == 7
    assert {"timestamp", "level", "logger", "message"} <= theirs.keys() & ours.keys()


def test_a_line_names_the_trace_in_which_it_was_logged(lines: LogLines) -> None:
    with TracerProvider(shutdown_on_exit=False).get_tracer("test").start_as_current_span("work") as span:
        logging.getLogger("any").warning("inside")
    logging.getLogger("any").warning("outside")
    inside, outside = lines.all()
    assert inside["trace_id"] == format_trace_id(span.get_span_context().trace_id)
    assert len(inside["span_id"]) == 16
    assert "trace_id" not in outside


def test_a_line_of_temporal_names_the_loan_its_workflow_is_about(lines: LogLines) -> None:
    details = {"workflow_id": f"loan-{LOAN}", "run_id": "r", "attempt": 1, "task_queue": "loans"}
    logging.getLogger("temporalio.workflow").warning("Hm", extra={"temporal_workflow": details})
    (line,) = lines.all()
    assert line["loan_id"] == LOAN
    assert line["workflow_id"] == f"loan-{LOAN}"


def test_what_a_foreign_exception_quotes_is_not_logged_but_where_it_happened_is(lines: LogLines) -> None:
    try:
        try:
            raise ValueError(f"Key (email)=({SECRET}) already exists")
        except ValueError as error:
            raise NotAllowedNow("the loan is closed") from error
    except NotAllowedNow:
        logging.getLogger("any").exception("It failed")
    (line,) = lines.all()
    assert SECRET not in lines.getvalue()
    assert "domain.errors.NotAllowedNow: the loan is closed" in line["exception"]
    assert "ValueError" in line["exception"]
    assert "test_telemetry_logs.py" in line["exception"]


def test_every_exception_of_a_group_is_logged_as_discreetly(lines: LogLines) -> None:
    group = ExceptionGroup(f"about {SECRET}", [KeyError(SECRET), NotAllowedNow("the loan is closed")])
    logging.getLogger("any").error("It failed", exc_info=group)
    (line,) = lines.all()
    assert SECRET not in lines.getvalue()
    assert "KeyError" in line["exception"]
    assert "the loan is closed" in line["exception"]


def test_a_failure_that_temporal_carries_is_quoted_only_when_it_is_a_refusal(lines: LogLines) -> None:
    log = logging.getLogger("any")
    log.error("A fault", exc_info=ApplicationError(f"about {SECRET}", type="IntegrityError"))
    log.error("A refusal", exc_info=ApplicationError("the loan is closed", type="NotAllowedNow", non_retryable=True))
    fault, refusal = lines.all()
    assert fault["exception"] == "temporalio.exceptions.ApplicationError (IntegrityError)"
    assert "the loan is closed" in refusal["exception"]


def test_chatty_libraries_say_nothing_of_whole_addresses(lines: LogLines) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://provider/?email=%s", SECRET)
    logging.getLogger("uvicorn.access").info("GET /?email=%s", SECRET)
    assert lines.all() == []


class TestRequests:
    """One line for each, and its ids on every line of its work."""

    @pytest.fixture
    def http(self) -> httpx.AsyncClient:
        async def look(request: Request) -> PlainTextResponse:
            logging.getLogger("any").info("Looking")
            return PlainTextResponse("there")

        async def fail(request: Request) -> PlainTextResponse:
            raise ValueError(SECRET)

        routes = [Route("/api/v1/loans/{loan_id}", look), Route("/fail", fail), Route("/healthz", look)]
        app = LogRequests(Starlette(routes=routes))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://tenor")

    async def test_are_logged_by_route_and_loan_without_their_query(
        self, http: httpx.AsyncClient, lines: LogLines
    ) -> None:
        answer = await http.get(f"/api/v1/loans/{LOAN}", params={"email": SECRET})
        work, request = lines.all()
        assert (request["method"], request["route"], request["status"]) == ("GET", "/api/v1/loans/{loan_id}", 200)
        assert request["milliseconds"] >= 0
        assert work["loan_id"] == request["loan_id"] == LOAN
        assert work["request_id"] == request["request_id"] == answer.headers["X-Request-ID"]
        assert SECRET not in lines.getvalue()

    @pytest.mark.parametrize(("given", "kept"), [("caller-17", True), ("two\tlines", False), ("x" * 65, False)])
    async def test_keep_a_callers_id_when_a_log_can_hold_it(
        self, http: httpx.AsyncClient, lines: LogLines, given: str, kept: bool
    ) -> None:
        answer = await http.get(f"/api/v1/loans/{LOAN}", headers={"X-Request-ID": given})
        assert (answer.headers["X-Request-ID"] == given) is kept
        assert (lines.all()[-1]["request_id"] == given) is kept

    async def test_that_fail_are_logged_as_failed(self, http: httpx.AsyncClient, lines: LogLines) -> None:
        await http.get("/fail")
        (request,) = lines.of("request")
        assert request["status"] == 500
        assert SECRET not in lines.getvalue()

    async def test_of_unknown_paths_are_not_quoted(self, http: httpx.AsyncClient, lines: LogLines) -> None:
        await http.get(f"/{SECRET}")
        (request,) = lines.of("request")
        assert request["route"] is None
        assert SECRET not in lines.getvalue()

    async def test_of_probes_are_not_worth_a_line(self, http: httpx.AsyncClient, lines: LogLines) -> None:
        await http.get("/healthz")
        assert lines.of("request") == []
