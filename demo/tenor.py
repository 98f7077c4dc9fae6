"""Tenor as its users reach it: people at the HTTP API, and an operator's Temporal client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from temporalio.client import Client

from demo.narration import Json
from infrastructure.keys.local import LocalKeys
from infrastructure.payload_codec import SealedPayloads
from stack.stack import Stack

PATIENCE = 60  # seconds for one call; putting a clock forward by months takes some
ATTEMPTS = 3


class StoryBroken(Exception):
    """A story cannot go on. The message says why, in a line."""


class Refused(StoryBroken):
    """The API said no."""

    def __init__(self, call: str, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.problem = answer.json() if answer.headers.get("content-type", "").endswith("json") else {}
        super().__init__(f"{call} was answered {self.status}: {self.problem.get('detail', answer.text[:200])}")

    @property
    def kind(self) -> str:
        """The last word of the problem's type: `not-allowed-now`."""
        return str(self.problem.get("type", "")).rpartition(":")[2]


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in. `name` is what the story calls them."""

    http: httpx.AsyncClient
    token: str
    id: str
    name: str

    async def get(self, path: str, **parameters: str) -> Json:
        return await self._call("GET", path, params=parameters)

    async def post(self, path: str, body: Json | None = None) -> Json:
        """Each call is a new intent."""
        return await self._call("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})

    async def _call(self, method: str, path: str, headers: dict[str, str] | None = None, **content: Any) -> Json:
        """What is away for a moment is asked again, as its answer says: with the same key, so nothing happens twice."""
        headers = {**(headers or {}), "Authorization": f"Bearer {self.token}"}
        response = await self.http.request(method, path, headers=headers, **content)
        for _ in range(ATTEMPTS - 1):
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(float(response.headers.get("Retry-After", "1")))
            response = await self.http.request(method, path, headers=headers, **content)
        return _answer(response)


def _answer(response: httpx.Response) -> Json:
    if response.is_error:
        raise Refused(f"{response.request.method} {response.request.url.path}", response)
    answer: Json = response.json()
    return answer


class Tenor:
    """A running stack. `officer` and `operator` work there."""

    def __init__(self, stack: Stack, http: httpx.AsyncClient, temporal: Client) -> None:
        self.stack = stack
        self.temporal = temporal
        self.codec = SealedPayloads(LocalKeys.parse(stack.site.credentials.local_keys))
        self._http = http

    @classmethod
    @asynccontextmanager
    async def of(cls, stack: Stack) -> AsyncIterator["Tenor"]:
        temporal = await Client.connect(stack.addresses.temporal)
        async with httpx.AsyncClient(base_url=stack.addresses.api, timeout=PATIENCE, trust_env=False) as http:
            tenor = cls(stack, http, temporal)
            password = stack.site.credentials.seed_password
            tenor.officer, tenor.operator = await asyncio.gather(
                tenor.sign_in("officer@tenor.example", password, "Officer"),
                tenor.sign_in("operator@tenor.example", password, "Operator"),
            )
            yield tenor

    officer: Person
    operator: Person

    async def sign_up(self, details: Json) -> Person:
        """A new customer. `details` as in `POST /customers`."""
        key = {"Idempotency-Key": str(uuid4())}
        _answer(await self._http.post("/api/v1/customers", json=details, headers=key))
        return await self.sign_in(details["email"], details["password"], details["given_name"])

    async def sign_in(self, email: str, password: str, name: str) -> Person:
        token = _answer(await self._http.post("/api/v1/auth/token", json={"username": email, "password": password}))[
            "access_token"
        ]
        me = _answer(await self._http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}))
        return Person(self._http, token, me["id"], name)

    async def payouts(self, loan_id: str) -> list[Json]:
        """The payment rail's own statement of a loan's payouts."""
        key = self.stack.site.credentials.payments_api_key
        async with httpx.AsyncClient(base_url=self.stack.addresses.sandbox, trust_env=False) as rail:
            answer = await rail.get("/payouts", params={"loan_id": loan_id}, headers={"Authorization": f"Bearer {key}"})
        statement: list[Json] = answer.raise_for_status().json()
        return statement
