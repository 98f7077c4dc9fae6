"""Long lists, a page at a time: a cursor is the place of the last row seen, so that new rows never shift a page."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import InvalidValue

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """`next` is the cursor of the page after this one; None when this is the last."""

    items: tuple[Item, ...]
    next: str | None = None


async def page_of(
    connection: AsyncConnection,
    asked: Select[Any],
    build: Callable[[Row[Any]], Item],
    *,
    key: tuple[Column[Any], ...],
    after: str | None,
    limit: int,
    newest_first: bool = False,
) -> Page[Item]:
    """The rows of `asked` that follow the cursor, in the order of `key`, which must name each row once."""
    if after is not None:
        place = _read(after, key)
        asked = asked.where(tuple_(*key) < place if newest_first else tuple_(*key) > place)
    order = [column.desc() if newest_first else column.asc() for column in key]
    rows = (await connection.execute(asked.order_by(*order).limit(limit + 1))).all()
    shown = rows[:limit]
    more = len(rows) > limit and bool(shown)
    return Page(items=tuple(map(build, shown)), next=_write(shown[-1], key) if more else None)


def _write(row: Row[Any], key: Sequence[Column[Any]]) -> str:
    place = [getattr(row, column.name) for column in key]
    return urlsafe_b64encode(json.dumps(place, default=str).encode()).decode().rstrip("=")


def _read(cursor: str, key: Sequence[Column[Any]]) -> tuple[Any, ...]:
    try:
        place = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(_value(column, given) for column, given in zip(key, place, strict=True))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise InvalidValue("cursor", "was not given by this list") from None


def _value(column: Column[Any], given: object) -> object:
    """What the column can hold. Raises one of many errors for what it cannot."""
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(str(given)).astimezone(UTC)
    if kind is int:
        return _whole(given, 63 if isinstance(column.type, BigInteger) else 31)
    return UUID(str(given)) if kind is UUID else _text(given)


def _whole(given: object, bits: int) -> int:
    if not isinstance(given, int) or abs(given) >= 1 << bits:
        raise ValueError(given)
    return given


def _text(given: object) -> str:
    if not isinstance(given, str) or "\0" in given:
        raise TypeError(given)
    given.encode()  # half a character has no code
    return given
