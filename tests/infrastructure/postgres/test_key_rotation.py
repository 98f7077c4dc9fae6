"""The wrapping key gets a newer version, and every data key moves under it while people are read, born and erased."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import CustomerErased
from domain.key_rotation import KeysOfVersion, NoteRotation, Rewrapped
from infrastructure.keys.local import LocalKeys
from infrastructure.keys.provider import KeysUnavailable, WrappedKey
from infrastructure.keys.sealing import new_secret
from infrastructure.postgres.audit.report import audit
from infrastructure.postgres.customers import Customers
from infrastructure.postgres.data_keys import EMAIL_INDEX, DataKeys, owner_of
from infrastructure.postgres.erasure import EraseCustomer, Erasure
from infrastructure.postgres.key_rotation import PostgresWrappedKeys
from tests.infrastructure.postgres.conftest import NOON, customer

OLD, NEW = new_secret(), new_secret()
BEFORE, BOTH, AFTER = LocalKeys({"old": OLD}), LocalKeys({"new": NEW, "old": OLD}), LocalKeys({"new": NEW})
PEOPLE = sorted(str(uuid4()) for _ in range(7))


class Watched(LocalKeys):
    """Does something before it wraps for somebody."""

    def __init__(self, before: Callable[[str], Awaitable[None]]) -> None:
        super().__init__({"new": NEW, "old": OLD})
        self._before = before

    async def wrap(self, secret: bytes, owner: str) -> WrappedKey:
        await self._before(owner)
        return await super().wrap(secret, owner)


@pytest.fixture
async def people(engine: AsyncEngine) -> tuple[str, ...]:
    """Seven customers and a key of the house, all under the old version."""
    keys = DataKeys(engine, BEFORE)
    await keys.house(EMAIL_INDEX)
    for number, customer_id in enumerate(PEOPLE):
        details = customer(customer_id, email=f"{number}@example.org", bank_account=None)
        await Customers(engine, keys).create(details, NOON)
    return tuple(PEOPLE)


async def rotate(keys: PostgresWrappedKeys) -> Rewrapped:
    done = await keys.rewrap(None)
    while done.after is not None:
        done += await keys.rewrap(done.after)
    return done


async def under(engine: AsyncEngine) -> dict[str, int]:
    told = await PostgresWrappedKeys(engine, BOTH).versions()
    assert told.newest == "new"
    return {one.version: one.keys for one in told.versions}


def named(customer_id: str) -> str:
    return owner_of(UUID(customer_id))


async def test_every_key_moves_and_the_old_version_may_go(engine: AsyncEngine, people: tuple[str, ...]) -> None:
    index = await DataKeys(engine, BEFORE).house(EMAIL_INDEX)
    assert await under(engine) == {"old": 8}
    done = await rotate(PostgresWrappedKeys(engine, BOTH, batch=3))
    assert (done, await under(engine)) == (Rewrapped(rewrapped=8), {"new": 8})
    customers = Customers(engine, DataKeys(engine, AFTER))
    for number, customer_id in enumerate(people):
        assert (await customers.details(customer_id)).email == f"{number}@example.org"
    assert (await DataKeys(engine, AFTER).house(EMAIL_INDEX)).secret == index.secret
    assert await rotate(PostgresWrappedKeys(engine, AFTER)) == Rewrapped()


async def test_a_batch_that_was_cut_short_is_done_again_and_loses_nothing(
    engine: AsyncEngine, people: tuple[str, ...]
) -> None:
    async def accident(owner: str) -> None:
        if owner == named(people[4]):
            raise KeysUnavailable("away")

    first = await PostgresWrappedKeys(engine, Watched(accident), batch=3).rewrap(None)
    with pytest.raises(KeysUnavailable):
        await PostgresWrappedKeys(engine, Watched(accident), batch=3).rewrap(first.after)
    assert (first.rewrapped, await under(engine)) == (4, {"new": 4, "old": 4})
    done = first + await PostgresWrappedKeys(engine, BOTH, batch=3).rewrap(first.after)
    assert (done.rewrapped, await under(engine)) == (7, {"new": 7, "old": 1})
    assert (await rotate(PostgresWrappedKeys(engine, BOTH))).rewrapped == 1
    assert (await Customers(engine, DataKeys(engine, AFTER)).details(people[4])).email == "4@example.org"


async def test_who_is_erased_in_between_stays_erased(engine: AsyncEngine, people: tuple[str, ...]) -> None:
    async def erase(owner: str) -> None:
        if owner == named(people[2]):
            command = EraseCustomer(operation_id="e", actor="admin", customer_id=people[2], reason="they asked")
            await Erasure(engine).erase(command, NOON)

    done = await rotate(PostgresWrappedKeys(engine, Watched(erase)))
    assert (done, await under(engine)) == (Rewrapped(rewrapped=7), {"new": 7})
    with pytest.raises(CustomerErased):
        await Customers(engine, DataKeys(engine, BOTH)).details(people[2])


async def test_two_rotations_at_once_wrap_each_key_once(engine: AsyncEngine, people: tuple[str, ...]) -> None:
    others: list[Rewrapped] = []

    async def rival(owner: str) -> None:
        if not others and owner == named(people[0]):
            others.append(Rewrapped())
            others[0] = await rotate(PostgresWrappedKeys(engine, BOTH))

    done = await rotate(PostgresWrappedKeys(engine, Watched(rival)))
    assert done.rewrapped + others[0].rewrapped == 8
    assert (await Customers(engine, DataKeys(engine, AFTER)).details(people[0])).email == "0@example.org"


async def test_a_key_that_does_not_open_is_named_and_stops_no_other(
    engine: AsyncEngine, owner: AsyncEngine, people: tuple[str, ...]
) -> None:
    broken = text("UPDATE customer_keys SET wrapped = '\\x0102' WHERE customer_id = :id")
    async with owner.begin() as connection:
        await connection.execute(broken, {"id": UUID(people[3])})
    keys = PostgresWrappedKeys(engine, BOTH, batch=2)
    done = await rotate(keys)
    assert done == Rewrapped(rewrapped=7, refused=1, named=(named(people[3]),))
    assert (await keys.versions()).versions == (
        KeysOfVersion(version="new", keys=7),
        KeysOfVersion(version="old", keys=1),
    )
    for _ in range(2):  # the activity, tried again
        await keys.note(NoteRotation(operation_id="rotation/1", actor="admin", done=done), NOON)
    async with engine.connect() as connection:
        [line] = await connection.execute(text("SELECT * FROM audit WHERE action = 'keys_rotated'"))
    told = {"rewrapped": "7", "refused": "1", "named": named(people[3])}
    assert (line.actor, line.details) == ("admin", told)
    assert [a for a in (await audit(engine)).answers if a.count] == []
