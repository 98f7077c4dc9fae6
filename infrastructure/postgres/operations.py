"""Operations on the lender's own affairs, a product or a user, rather than on one loan."""

from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.commands import Command
from domain.errors import OperationReused
from infrastructure.postgres.engine import write
from infrastructure.postgres.tables import operations


def carried_out(notes: Table, command: type[Command]) -> ColumnElement[bool]:
    """Joins a note that was made before a command was sent to the operation, once the loan has carried it out.

    A key that came before with something else, or for another loan, carries out nothing.
    """
    return and_(
        operations.c.operation_id == notes.c.operation_id,
        operations.c.loan_id == notes.c.loan_id,
        operations.c.kind == command.__name__,
    )


class Operations:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, operation_id: str, *, kind: str, body_digest: str, at: datetime) -> bool:
        """Note that this is being done; False when it was noted before. Raises OperationReused for another content."""
        new = {"operation_id": operation_id, "kind": kind, "body_digest": body_digest, "at": at}
        claiming = insert(operations).values(new).on_conflict_do_nothing().returning(operations.c.operation_id)
        noted = select(operations.c.kind, operations.c.body_digest).where(operations.c.operation_id == operation_id)

        async def claim(connection: AsyncConnection) -> bool:
            if await connection.scalar(claiming):
                return True
            if tuple((await connection.execute(noted)).one()) != (kind, body_digest):
                raise OperationReused("this key came before, with another content")
            return False

        return await write(self._engine, claim)
