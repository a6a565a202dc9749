"""What Stripe's published specification says of requests and answers: an extract of it lies beside, in ``spec.json``.

``extract.py`` made it, and says what was left out.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SPEC = json.loads((Path(__file__).parent / "spec.json").read_text())

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


class AgainstSpec(Exception):
    """Something that the specification does not allow: where, and what is wrong with it."""


def operation(method: str, path: str) -> str | None:
    """The operation's name in the specification, such as ``GET /v1/refunds/{refund}``."""
    for name in SPEC["sent"]:
        known, template = name.split()
        if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return name
    return None


def read(sent: list[tuple[str, str]]) -> dict[str, Any]:
    """A form as Stripe reads it: ``a[b][0]=c`` is ``{"a": {"b": ["c"]}}``."""
    found: dict[str, Any] = {}
    for name, value in sent:
        first, *rest = re.findall(r"[^\[\]]+", name)
        place = found
        for key, below in zip([first, *rest], rest, strict=False):
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise AgainstSpec(f"{name}: {below} of something that is a word")
        key = [first, *rest][-1]
        if key in place:
            raise AgainstSpec(f"{name}: sent twice")
        place[key] = value
    return _lists(found)


def check_request(operation: str, fields: dict[str, Any]) -> None:
    """Raises AgainstSpec."""
    _fail_at_first(_wrong(fields, SPEC["sent"][operation]["fields"], is_form=True))


def check_answer(operation: str, answer: dict[str, Any]) -> None:
    """Raises AgainstSpec."""
    name = SPEC["sent"][operation]["answer"]
    if not name.startswith("list of "):
        check_object(name, answer)
        return
    if answer.keys() != {"object", "data", "has_more", "url"} or answer["object"] != "list":
        raise AgainstSpec(f"not a list: {sorted(answer)}")
    for one in answer["data"]:
        check_object(name.removeprefix("list of "), one)


def check_object(name: str, found: dict[str, Any]) -> None:
    """Whether it is what the specification calls by this name. Raises AgainstSpec."""
    _fail_at_first(_wrong(found, SPEC["answered"][name]))


def _fail_at_first(wrong: Iterator[str]) -> None:
    for words in wrong:
        raise AgainstSpec(words)


def _lists(found: Any) -> Any:
    """A form has no lists: what is numbered from 0 is one."""
    if not isinstance(found, dict):
        return found
    below = {key: _lists(value) for key, value in found.items()}
    is_numbered = bool(below) and list(below) == [str(number) for number in range(len(below))]
    return list(below.values()) if is_numbered else below


def _wrong(value: Any, schema: dict, where: str = "", *, is_form: bool = False) -> Iterator[str]:
    """What is wrong with a value. In a form all are words, and must read as what they should be."""
    if value is None:
        if not schema.get("nullable"):
            yield f"{where}: null"
        return
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        found = [list(_wrong(value, choice, where, is_form=is_form)) for choice in choices]
        if all(found):
            yield from found[0]
        return
    if is_form and not isinstance(value, dict | list):
        value = _spoken(value, schema["type"])
    expected = TYPES[schema["type"]]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        yield f"{where}: {value!r} is no {schema['type']}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        yield f"{where}: too long"
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _wrong(one, schema["items"], f"{where}[{number}]", is_form=is_form)
    elif isinstance(value, dict):
        yield from _wrong_inside(value, schema, where, is_form=is_form)


def _wrong_inside(value: dict, schema: dict, where: str, *, is_form: bool) -> Iterator[str]:
    known, others = schema.get("properties"), schema.get("additionalProperties")
    if known is None and not isinstance(others, dict):
        return  # anything may stand here
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}[{name}]: missing"
    for name, one in value.items():
        if known and name in known:
            yield from _wrong(one, known[name], f"{where}[{name}]", is_form=is_form)
        elif isinstance(others, dict):
            yield from _wrong(one, others, f"{where}[{name}]", is_form=is_form)
        else:
            yield f"{where}[{name}]: unknown"


def _spoken(word: str, kind: str) -> Any:
    if kind == "integer" and re.fullmatch(r"-?\d+", word):
        return int(word)
    if kind == "boolean" and word in {"true", "false"}:
        return word == "true"
    return word
