"""Both doors before the whole house, in a process of its own: who fuzzes them calls from outside and waits.

(In one process, Hypothesis and the house would disturb each other's dice.)
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from domain.people import Role
from infrastructure.postgres.users import User
from infrastructure.security import Caller, Tokens, hash_password
from infrastructure.settings import Settings
from stack.temporal_server import TemporalServer
from tests.api.desk import now
from tests.end_to_end.house import House, one_process
from tests.servers import Database

PATIENCE = 90  # seconds for a house to open, on a busy machine


@dataclass(frozen=True)
class Target:
    """`names` are values that lead somewhere, by the name of the parameter or field that takes them."""

    address: str
    users: dict[str, User]
    settings: Settings
    names: dict[str, list[str]]

    def bearer(self, who: str) -> dict[str, str]:
        """Fresh, for a run that outlives a token."""
        if who not in self.users:
            return {}
        user = self.users[who]
        caller = Caller(user_id=user.id, role=user.role, customer_id=user.customer_id)
        return {"Authorization": f"Bearer {Tokens(self.settings).issue(caller)}"}


@contextmanager
def open_house(database: Database, temporal: TemporalServer) -> Iterator[Target]:
    elsewhere = get_context("spawn")
    here, there = elsewhere.Pipe()
    process = elsewhere.Process(target=_live, args=(there, database, temporal), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(PATIENCE):
            raise TimeoutError("the house does not open")
        target: Target = here.recv()
        yield target
    finally:
        here.close()
        process.join(10)
        process.kill()


def _live(door: "Connection[Target, None]", database: Database, temporal: TemporalServer) -> None:
    asyncio.run(_until_left(door, database, temporal))


async def _until_left(door: "Connection[Target, None]", database: Database, temporal: TemporalServer) -> None:
    async with one_process(database, temporal) as house:
        door.send(await _furnished(house))
        await asyncio.to_thread(door.poll, None)


async def _furnished(house: House) -> Target:
    """A user of each role, and loans in two stages."""
    active, offered = await house.active_loan(), await house.offered_loan()
    offer = await house.get(f"/api/v1/loans/{offered}/offer")
    users = {"applicant": await house.parts.users.by_id((await house.get("/api/v1/me"))["id"])}
    hashed = hash_password("correct horse battery")
    for role in (Role.OFFICER, Role.OPERATOR, Role.ADMIN):
        users[role] = await house.parts.users.create(
            email=f"{role}@lender.example", password_hash=hashed, role=role, at=now(), level=2
        )
    names = {
        "loan_id": [active, offered],
        "offer_digest": [offer["digest"]],
        "product_code": ["personal"],
        "code": ["personal"],
        "version": ["1"],
        "currency": ["USD"],
        "amount": ["100.00", "1200.00"],
    }
    return Target(house.address, users, house.parts.settings, names)
