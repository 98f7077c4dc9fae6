"""One trace from the door to the database, and nothing personal in any of it."""

import json
from collections.abc import AsyncIterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from temporalio.worker import Replayer

from infrastructure.settings import Settings
from infrastructure.telemetry.loan_tracing import LoanTracing
from infrastructure.telemetry.metrics import lender_metrics
from stack.postgres import EmbeddedPostgres
from stack.temporal_server import TemporalServer
from tests.end_to_end.house import ADA, PERSONAL, House, one_process
from tests.log_lines import LogLines, logging_to_lines
from tests.servers import Database, fresh_database
from workflows.loan import LoanWorkflow


@pytest.fixture(scope="module")
async def whole_house(postgres: EmbeddedPostgres, temporal_server: TemporalServer) -> AsyncIterator[House]:
    with fresh_database(postgres) as database:
        async with one_process(database, temporal_server) as house:
            yield house


@pytest.fixture
def house(whole_house: House) -> House:
    whole_house.spans.clear()
    return whole_house


def lineage(house: House, span: ReadableSpan) -> list[str]:
    """The names from the root down to `span`."""
    ended = {identity(each): each for each in house.spans.get_finished_spans()}
    names, parent = [span.name], span.parent
    while parent is not None:
        above = ended[parent.trace_id, parent.span_id]
        names.insert(0, above.name)
        parent = above.parent
    return names


def identity(span: ReadableSpan) -> tuple[int, int]:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id


def is_under(span: ReadableSpan, parent: ReadableSpan) -> bool:
    return span.parent is not None and (span.parent.trace_id, span.parent.span_id) == identity(parent)


async def statements_under(house: House, span: ReadableSpan) -> list[str]:
    return [
        str((each.attributes or {}).get("db.statement"))
        for each in house.spans.get_finished_spans()
        if is_under(each, span) and each.kind is SpanKind.CLIENT
    ]


async def test_an_application_is_one_trace_from_the_request_to_sql_and_to_the_providers(house: House) -> None:
    await house.active_loan()
    recorded = await house.span("RunActivity:Record application")
    assert lineage(house, recorded) == [
        "POST /api/v1/loans",
        "StartUpdateWithStartWorkflow:Loan",
        "HandleUpdate:submit",
        "RunActivity:Record application",
    ]
    assert any("INSERT INTO loans" in sql for sql in await statements_under(house, recorded))
    checked = await house.span("RunActivity:Ask both providers")
    assert lineage(house, checked)[:-1] == [
        "POST /api/v1/loans",
        "StartUpdateWithStartWorkflow:Loan",
        "RunWorkflow:Loan",
    ]
    called = await house.span("POST", lambda span: is_under(span, checked))
    assert called.kind is SpanKind.CLIENT


async def test_what_the_loan_does_in_answer_to_a_message_is_in_the_trace_of_the_message(house: House) -> None:
    loan_id = await house.active_loan()
    await house.post(f"/api/v1/loans/{loan_id}/payments", {"amount": {"amount": "100.00", "currency": "USD"}})
    booked = await house.span("RunActivity:Book payment")
    assert lineage(house, booked) == [
        "POST /api/v1/loans/{loan_id}/payments",
        "StartWorkflowUpdate:make_payment",
        "HandleUpdate:make_payment",
        "RunActivity:Book payment",
    ]
    assert await statements_under(house, booked)
    heard = await house.span("HandleSignal:payout_result")
    assert lineage(house, heard)[0] == "POST /api/v1/webhooks/{provider}"


async def test_a_milestone_that_passes_later_is_a_trace_of_its_own(house: House) -> None:
    loan_id = await house.active_loan()
    await house.let_pass(loan_id, 35)
    passed = await house.span("RunActivity:Pass milestone")
    assert lineage(house, passed) == ["RunActivity:Pass milestone"]
    assert passed.attributes is not None
    assert passed.attributes["tenor.loan_id"] == loan_id
    assert await statements_under(house, passed)


async def test_probes_and_scrapes_leave_no_traces(house: House) -> None:
    assert (await house.get("/readyz"))["postgres"]
    await lender_metrics(house.engine)
    assert house.spans.get_finished_spans() == ()


async def test_a_refusal_is_named_in_its_trace(house: House) -> None:
    loan_id = await house.offered_loan()
    answer = await house.http.post(
        f"/api/v1/loans/{loan_id}/accept",
        json={"offer_digest": "0" * 64},
        headers={**house.headers, "Idempotency-Key": "another-offer"},
    )
    assert answer.status_code == 409
    refused = await house.span("RunActivity:Accept offer and instruct payout")
    assert refused.attributes is not None
    assert refused.attributes["tenor.refusal"] == "OfferChanged"
    assert lineage(house, refused)[0] == "POST /api/v1/loans/{loan_id}/accept"


async def test_a_replay_adds_nothing_to_a_trace(house: House) -> None:
    loan_id = await house.offered_loan()
    await house.post(f"/api/v1/loans/{loan_id}/withdraw", {"reason": "found a better one"})
    workflow = house.client.get_workflow_handle(f"loan-{loan_id}")
    await workflow.result()
    history = await workflow.fetch_history()
    provider, spans = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    replayer = Replayer(
        workflows=[LoanWorkflow], data_converter=house.client.data_converter, interceptors=[LoanTracing(provider)]
    )
    await replayer.replay_workflow(history)
    assert spans.get_finished_spans() == ()


async def test_neither_spans_nor_logs_nor_histories_mention_a_person(
    database: Database, temporal_server: TemporalServer
) -> None:
    settings = Settings.model_validate(
        {"environment": "development", "database_url": database.application_url, "log_level": "DEBUG"}
    )
    with logging_to_lines(settings) as lines:
        async with one_process(database, temporal_server) as house:
            await _everything_that_could_give_ada_away(house)
            history = await house.client.get_workflow_handle(f"loan-{await house.active_loan()}").fetch_history()
    _lines_of_one_request_find_each_other(lines)
    spans = [span.to_json() for span in house.spans.get_finished_spans()]
    for personal in PERSONAL:
        assert [span for span in spans if personal in span] == []
        assert [line for line in lines.all() if personal in json.dumps(line, ensure_ascii=False)] == []
        assert personal not in history.to_json()


def _lines_of_one_request_find_each_other(lines: LogLines) -> None:
    (request,) = (line for line in lines.of("request") if line["route"] == "/api/v1/loans/{loan_id}/accept")
    (booked,) = (line for line in lines.of("done") if line["activity_type"] == "Accept offer and instruct payout")
    assert request["status"] == 200
    assert booked["trace_id"] == request["trace_id"]
    assert booked["loan_id"] == request["loan_id"]


async def _everything_that_could_give_ada_away(house: House) -> None:
    """Paths, queries, bodies, headers, and a database that quotes what it refuses."""
    twin = await house.http.post("/api/v1/customers", json=ADA, headers={"Idempotency-Key": "a-twin"})
    assert twin.status_code == 422
    for path in ("/api/v1/loans/{email}", "/{email}", "/api/v1/products?email={email}"):
        await house.http.get(path.format_map(ADA), headers={**house.headers, "baggage": f"email={ADA['email']}"})
    wrong = {"username": ADA["email"], "password": "not " + str(ADA["password"])}
    assert (await house.http.post("/api/v1/auth/token", json=wrong)).status_code == 401
