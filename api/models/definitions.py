"""Shapes that mirror a value of the domain field by field, both ways.

What a caller leaves out stays the domain's default. Amounts are money of the definition's one currency outside, and
minor units inside.
"""

from types import UnionType
from typing import Any, ClassVar, Self, Union, cast, get_args, get_origin

from api.models.base import Amount, Model
from domain.errors import InvalidValue
from domain.money import Money

Path = tuple[str, ...]


class Definition(Model):
    mirrors: ClassVar[type[Any]]

    def domain(self, currency: str, path: Path = (), **given: Any) -> Any:
        """Raises InvalidValue with the whole path of the field that makes no sense. `given` is what no caller sends."""
        for name in self._named():
            given[name] = _inward(getattr(self, name), currency, (*path, name))
        return _born(self.mirrors, given, path)

    def _named(self) -> list[str]:
        return [name for name in type(self).model_fields if name in self.model_fields_set]

    @classmethod
    def of(cls, value: Any, currency: str) -> Self:
        fields = cls.model_fields.items()
        told = {name: _outward(field.annotation, getattr(value, name), currency) for name, field in fields}
        return cast(Self, cls.model_construct(None, **told))


def _born(kind: type[Any], values: dict[str, Any], path: Path) -> Any:
    try:
        return kind(**values)
    except InvalidValue as refusal:
        raise type(refusal)(".".join(_whole_path(path, refusal.field)), refusal.reason) from None


def _whole_path(path: Path, field: str) -> Path:
    """A domain value may name its own place ("policy.min_age") or only the field within it."""
    first, *rest = field.split(".")
    return (*path, *rest) if first in path else (*path, first, *rest)


def _inward(value: Any, currency: str, path: Path) -> Any:
    if isinstance(value, Amount):
        if value.currency != currency:
            raise InvalidValue(".".join((*path, "currency")), f"is not {currency}")
        return value.money.minor
    if isinstance(value, Definition):
        return value.domain(currency, path)
    if isinstance(value, tuple):
        return tuple(_inward(item, currency, (*path, str(place))) for place, item in enumerate(value))
    return value


def _outward(annotation: Any, value: Any, currency: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_outward(get_args(annotation)[0], item, currency) for item in value)
    kind = _class_in(annotation)
    if value is None or kind is None:
        return value
    if issubclass(kind, Amount):
        return Amount.model_construct(currency=currency, amount=Money(value, currency).text)
    return kind.of(value, currency) if issubclass(kind, Definition) else value


def _class_in(annotation: Any) -> type[Any] | None:
    """The class of `X` and of `X | None`."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(each for each in get_args(annotation) if each is not type(None))
    return annotation if isinstance(annotation, type) else None
