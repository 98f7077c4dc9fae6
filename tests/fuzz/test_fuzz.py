"""Whatever anybody sends to any endpoint, the answer is one that the OpenAPI document promised.

`make test` sends a few requests to each, always the same; `make fuzz` sends many, and new ones each time.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.main import ADMIN, create_admin_app, create_public_app
from infrastructure.settings import Settings
from tests.fuzz.target import Target

MANY = os.environ.get("FUZZ_EXAMPLES")
WHO = ("nobody", "applicant", "officer", "operator", "admin")
BUSINESS_REFUSES_MORE_THAN_A_SCHEMA_CAN_SAY = positive_data_acceptance
NO_RAIL_HERE = "urn:tenor:problem:provider-unavailable"  # whose statement could be asked for
WHAT_WAS_WRONG_MAY_BE_RIGHT_NOW = negative_data_rejection  # when a value that leads somewhere took its place

bounded: Callable[[Any], Any] = settings(
    max_examples=int(MANY or 10),
    derandomize=MANY is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def _operations() -> list[Any]:
    closed = Settings.model_validate({"environment": "development", "database_url": "postgresql://nowhere/nothing"})
    documents = (create_public_app(closed).openapi(), create_admin_app(closed).openapi())
    schemas = [schemathesis.openapi.from_dict(document) for document in documents]
    operations: list[Any] = [result for schema in schemas for result in schema.get_all_operations()]
    return [pytest.param(operation.ok(), id=operation.ok().label) for operation in operations]


def _cases(operation: Any) -> Any:
    return st.one_of(*(operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)))


def _callers(operation: Any) -> st.SearchStrategy[str]:
    """Everybody, and mostly those who get far."""
    return st.sampled_from((*WHO, *["admin" if operation.path.startswith(ADMIN) else "applicant"] * 5))


@pytest.mark.parametrize("operation", _operations())
def test_no_answer_is_a_surprise(operation: Any, target: Target) -> None:
    @bounded
    @given(
        who=_callers(operation), knows=st.booleans(), chance=st.randoms(use_true_random=True), case=_cases(operation)
    )
    def answers_as_documented(who: str, knows: bool, chance: Random, case: Any) -> None:
        excluded = [BUSINESS_REFUSES_MORE_THAN_A_SCHEMA_CAN_SAY]
        if knows:
            excluded.append(WHAT_WAS_WRONG_MAY_BE_RIGHT_NOW)
            informed = _Informed(target.names, chance)
            case.path_parameters, case.body = informed.by(case.path_parameters), informed.by(case.body)
        answer = case.call(base_url=target.address, headers=target.bearer(who))
        if answer.status_code == 503 and answer.json()["type"] == NO_RAIL_HERE:
            excluded.append(not_a_server_error)
        case.validate_response(answer, excluded_checks=excluded)

    answers_as_documented()


@dataclass(frozen=True)
class _Informed:
    """Puts values that lead somewhere wherever we know some, so that more than the doorstep is tested."""

    names: dict[str, list[str]]
    chance: Random

    def by(self, sent: Any) -> Any:
        if isinstance(sent, list):
            return [self.by(item) for item in sent]
        if isinstance(sent, dict):
            return {name: self._known(name, value) for name, value in sent.items()}
        return sent

    def _known(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and name in self.names:
            return self.chance.choice(self.names[name])
        return self.by(value)
