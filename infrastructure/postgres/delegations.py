"""Delegations on file, and who acts for whom on a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import DelegateAuthority, RevokeDelegation
from domain.delegation import Delegation
from domain.errors import BeyondAuthority, NotAllowedNow, UnknownDelegation, UnknownUser
from domain.people import Role
from infrastructure.postgres.engine import read
from infrastructure.postgres.ids import known_id
from infrastructure.postgres.once import once
from infrastructure.postgres.pages import Page, page_of
from infrastructure.postgres.tables import delegations, users
from infrastructure.postgres.users import DECIDING


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRow:
    id: str
    delegator_id: str
    delegate_id: str
    first_day: date
    last_day: date
    made_by: str
    made_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


class Delegations:
    """Officers delegate their own authority; an admin anybody's, as for who is ill. Refusals are audited."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def make(self, command: DelegateAuthority, at: datetime) -> DelegationRow:
        """Raises UnknownUser for who is no officer, BeyondAuthority for another's authority."""

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            await _require_officers(connection, command.delegator_id, command.delegate_id)
            await _require_say(connection, command.actor, command.delegator_id)
            made = Delegation(
                id=command.delegation_id,
                delegator_id=command.delegator_id,
                delegate_id=command.delegate_id,
                first_day=command.first_day,
                last_day=command.last_day,
            )
            await connection.execute(insert(delegations).values(_values(made, command.actor, at)))
            return {name: str(getattr(made, name)) for name in Delegation.__dataclass_fields__}

        await once(self._engine, command, "authority_delegated", at, deed)
        return await self.by_id(command.delegation_id)

    async def revoke(self, command: RevokeDelegation, at: datetime) -> DelegationRow:
        """From now on it holds no more; what was decided by it stands."""

        async def deed(connection: AsyncConnection) -> dict[str, str]:
            asked = select(delegations).where(_named(command.delegation_id)).with_for_update()
            row = (await connection.execute(asked)).one_or_none()
            if row is None:
                raise UnknownDelegation("there is no such delegation")
            if command.actor != str(row.delegate_id):
                await _require_say(connection, command.actor, str(row.delegator_id))
            if row.revoked_at is not None:
                raise NotAllowedNow("the delegation was revoked before")
            revoked = {"revoked_by": command.actor, "revoked_at": at}
            await connection.execute(update(delegations).where(_named(command.delegation_id)).values(revoked))
            return {"id": command.delegation_id}

        await once(self._engine, command, "delegation_revoked", at, deed)
        return await self.by_id(command.delegation_id)

    async def by_id(self, delegation_id: str) -> DelegationRow:
        asked = select(delegations).where(_named(delegation_id))
        row = (await read(self._engine, lambda connection: connection.execute(asked))).one_or_none()
        if row is None:
            raise UnknownDelegation("there is no such delegation")
        return _row(row)

    async def page(self, *, after: str | None = None, limit: int = 50) -> Page[DelegationRow]:
        """The newest first."""
        key = (delegations.c.made_at, delegations.c.id)
        return await read(
            self._engine,
            lambda connection: page_of(
                connection, select(delegations), _row, key=key, after=after, limit=limit, newest_first=True
            ),
        )


def _named(delegation_id: str) -> Any:
    return delegations.c.id == known_id(delegation_id, UnknownDelegation)


async def _require_officers(connection: AsyncConnection, *user_ids: str) -> None:
    for user_id in user_ids:
        asked = select(users.c.id).where(users.c.id == known_id(user_id, UnknownUser), users.c.active)
        if await connection.scalar(asked.where(users.c.role.in_(DECIDING))) is None:
            raise UnknownUser(f"{user_id} is no active officer")


async def _require_say(connection: AsyncConnection, actor: str, delegator_id: str) -> None:
    role = await connection.scalar(select(users.c.role).where(users.c.id == known_id(actor, UnknownUser)))
    if role != Role.ADMIN and actor != delegator_id:
        raise BeyondAuthority("an officer disposes of nobody's authority but their own")


def _values(made: Delegation, made_by: str, at: datetime) -> dict[str, Any]:
    return {
        "id": UUID(made.id),
        "delegator_id": UUID(made.delegator_id),
        "delegate_id": UUID(made.delegate_id),
        "first_day": made.first_day,
        "last_day": made.last_day,
        "made_by": made_by,
        "made_at": at,
    }


def _row(row: Row[Any]) -> DelegationRow:
    ids = {name: str(getattr(row, name)) for name in ("id", "delegator_id", "delegate_id")}
    return DelegationRow(**{**row._asdict(), **ids})
