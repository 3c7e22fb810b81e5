"""What a JSON schema finds wrong, in plain words.

Schemas may carry `x-say` (what a pattern means; nf-core's word for it is `errorMessage`) and `x-want` (what a
value should be).
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from linnaea.input.places import Keys, dotted


def schema_faults(instance: Any, schema: Mapping[str, Any]) -> list[tuple[Keys, str]]:
    """What is wrong with `instance` by a JSON schema, as (key path, plain sentence)."""
    from jsonschema import Draft202012Validator, validators

    strict = validators.extend(Draft202012Validator, {"pattern": _pattern})
    faults: list[tuple[Keys, str]] = []
    for error in strict(schema).iter_errors(instance):
        faults.extend(_plain_faults(error))
    return faults


def _pattern(validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    """A pattern whose `$` is the end, as JSON schema means it; Python's would let a line break follow."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(re.sub(r"(?<!\\)\$(?=\)|$)", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _plain_faults(error: Any) -> list[tuple[Keys, str]]:
    keys: Keys = tuple(error.absolute_path)
    rule, wanted, value = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties" and isinstance(value, dict):
        known = list(error.schema.get("properties", {}))
        unknown = [key for key in value if key not in known]
        return [((*keys, str(key)), unknown_key(str(key), known)) for key in unknown]
    if rule == "required":
        missing = next(key for key in wanted if f"'{key}'" in error.message.split(" is a ")[0])
        return [(keys, f"`{missing}` is missing; add it")]
    if rule == "dependentRequired":
        return [(keys, f"`{error.message.split(chr(39))[1]}` is missing; add it")]
    if rule in ("anyOf", "oneOf") and not isinstance(value, dict):
        return []  # which keys belong together says nothing to a value of the wrong type
    if rule == "type":
        return [(keys, _wrong_type(value, error.schema, wanted))]
    return [(keys, _wrong_value(rule, wanted, value, error))]


def unknown_key(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key.lower(), known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
    return f"unknown key `{key}`; {hint}"


_WORDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list (each item on its own line after a dash)", "object": "a mapping of keys",
}  # fmt: skip


def _wrong_type(value: Any, schema: Mapping[str, Any], wanted: str | list[str]) -> str:
    kinds = [wanted] if isinstance(wanted, str) else wanted
    expected = schema.get("x-want") or " or ".join(_WORDS[kind] for kind in kinds)
    sentence = f"expected {expected}, found {shown(value)}"
    if "string" in kinds and isinstance(value, bool | int | float):
        return f'{sentence}; put it in quotes ("...") to make it text'
    if "integer" in kinds and isinstance(value, str) and re.fullmatch(r"[0-9]+", value):
        return f"{sentence}; remove the quotes"
    return sentence


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping of keys"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()} (YAML reads yes, no, on, off as true or false)"
    return f"the text {value!r}" if isinstance(value, str) else f"the number {value}"


def _wrong_value(rule: str, wanted: Any, value: Any, error: Any) -> str:
    """A fault of a value whose type is right."""
    if rule in ("minLength", "minItems", "minProperties"):
        return "it is empty; fill it in or remove the key"
    if rule == "maxLength":
        return f"{value!r} is longer than {wanted} characters; shorten it"
    say = error.schema.get("x-say") or error.schema.get("errorMessage")
    if rule in ("pattern", "anyOf", "oneOf", "not") and say:
        start = f"{value!r} cannot be used; " if isinstance(value, str) else ""
        return start + say
    if rule == "enum":
        words = [item for item in wanted if isinstance(item, str)]
        close = difflib.get_close_matches(str(value).lower(), words, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{value!r} is not one of {', '.join(map(str, wanted))}{hint}"
    limits = {
        "minimum": "less than", "maximum": "more than", "exclusiveMinimum": "not more than",
    }  # fmt: skip
    if rule in limits:
        return f"{value} is {limits[rule]} {wanted}; correct it"
    return error.message


def parameter_faults(parameters: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with the parameters of a run by nextflow_schema.json, in plain words."""
    properties: dict[str, Any] = dict(schema.get("properties", {}))
    for group in schema.get("$defs", {}).values():
        properties |= group.get("properties", {})
    given = {key: value for key, value in parameters.items() if value is not None}
    flat = {"type": "object", "properties": properties, "additionalProperties": False}
    return [
        f"option --{dotted(keys)}: {fault.replace('unknown key', 'unknown option')}"
        for keys, fault in schema_faults(given, flat)
    ]
