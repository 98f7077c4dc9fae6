"""YAML as strict as our JSON: the same values and no more, so that a file means what its reader takes it to mean.

Read from the parser's events, so nothing is ever constructed that a document names, and nothing is expanded.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from api.strict_json import MalformedBody, check_texts

MEDIA_TYPE = "application/yaml"  # RFC 9512
DEEPEST = 32
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,29})", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.inf|\.nan)", re.ASCII | re.IGNORECASE)


class _Dumper(yaml.SafeDumper):
    """Quotes whatever `parse` takes for a number: more than YAML 1.1 does, of which `0E0` and `08` are texts."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"({_NUMBER.pattern})\\Z", _NUMBER.flags), None)


def parse(body: bytes) -> Any:
    """Raises MalformedBody for whatever JSON has no word for (anchors, tags, merge keys, several documents), for a
    field named twice, and for numbers that a reader could take for another."""
    try:
        events = yaml.parse(body.decode(), Loader=LOADER)
        value = _only_document(events)
    except UnicodeDecodeError:
        raise MalformedBody("it is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise MalformedBody(f"{error.problem} in line {line}") from None
    except yaml.YAMLError:
        raise MalformedBody("it holds a character that YAML has no place for") from None
    check_texts(value)
    return value


def dump(value: Any) -> str:
    """What `parse` reads back as `value`, in the order in which it came. Letters stay letters, unless one of them
    breaks a line."""
    plain = json.dumps(value, ensure_ascii=False).isprintable()
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=plain, width=120)


def _only_document(events: Iterator[yaml.Event]) -> Any:
    next(events)  # the stream begins
    if isinstance(next(events), yaml.StreamEndEvent):
        raise MalformedBody("it is empty")
    value = _value(next(events), events, 0)
    next(events)  # the document ends
    if not isinstance(next(events), yaml.StreamEndEvent):
        raise MalformedBody("it holds more than one document")
    return value


def _value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:
    if depth > DEEPEST:
        raise MalformedBody("it is nested too deeply")
    _refuse_references(event)
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, depth + 1)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, depth + 1)
    return _scalar(event)


def _mapping(events: Iterator[yaml.Event], depth: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        name = _name(event)
        if name in values:
            raise MalformedBody(f"{name} is named twice, again in {_line(event)}")
        values[name] = _value(next(events), events, depth)
    return values


def _sequence(events: Iterator[yaml.Event], depth: int) -> list[Any]:
    values = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        values.append(_value(event, events, depth))
    return values


def _name(event: yaml.Event) -> str:
    _refuse_references(event)
    if not isinstance(event, yaml.ScalarEvent):
        raise MalformedBody(f"the name of a field is not a text in {_line(event)}")
    if event.value == "<<":
        raise MalformedBody(f"nothing is merged: write the fields out in {_line(event)}")
    return str(event.value)


def _scalar(event: Any) -> Any:
    """A plain word is a text unless JSON knows it. Decimals have to be quoted, as in JSON, or they lose digits."""
    text = str(event.value)
    if event.style:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        raise MalformedBody(f"the number {text[:30]} belongs in quotes in {_line(event)}")
    return text


def _refuse_references(event: Any) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise MalformedBody(f"anchors and aliases are not taken: write it out in {_line(event)}")
    if getattr(event, "tag", None):
        raise MalformedBody(f"tags are not taken: {str(event.tag)[:60]} in {_line(event)}")


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1 if event.start_mark else 0}"
