"""YAML of a user, read with the line of every key, so that faults can be reported with their place."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from linnaea.base.errors import InputError
from linnaea.base.text import printable
from linnaea.input.files import regular_file

Keys = tuple[str | int, ...]
# A thousand genomes have a tenth of that.
MOST_KEYS = 500_000


def load_yaml(path: str | os.PathLike) -> tuple[Any, dict[Keys, int], list[tuple[Keys, str]]]:
    """Read a YAML file as (data, line of each key path, faults such as a key given twice).

    Raises InputError, with line and column, when the file is no YAML.
    """
    import yaml

    regular_file(str(path))
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file in UTF-8 ({error.reason}); save it as UTF-8") from (error)

    class Loader(yaml.SafeLoader):
        """Safe YAML whose dates stay text."""

    Loader.yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        lines: dict[Keys, int] = {}
        faults: list[tuple[Keys, str]] = []
        for keys, line, fault in _walk(node, (), frozenset()):
            lines.setdefault(keys, line)
            if len(lines) > MOST_KEYS:
                raise InputError(
                    f"{path}: more than {MOST_KEYS} keys; aliases may multiply them, write them out"
                )
            if fault:
                faults.append((keys, fault))
        return loader.construct_document(node) if node else None, lines, faults
    except yaml.MarkedYAMLError as error:
        raise InputError(f"{path}{_yaml_problem(error)}") from error
    except yaml.YAMLError as error:
        problem = str(error).splitlines()[0]
        raise InputError(f"{path}: not valid YAML ({problem}); remove that character") from error


def _yaml_problem(error: Any) -> str:
    mark = error.problem_mark or error.context_mark
    place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = error.problem or error.context or "it cannot be parsed"
    remedy = "check the indentation, the quotes and the space after each colon"
    if "\\t" in problem:
        remedy = "indent with spaces, never with tabs"
    elif "expected a single document" in (error.context or ""):
        remedy = "remove the `---` line: list all genomes in one document"
    return f"{place}: not valid YAML ({problem}); {remedy}"


def _walk(node: Any, keys: Keys, above: frozenset[int]) -> Iterator[tuple[Keys, int, str]]:
    """Yield (key path, line, fault or "") of every mapping key and list item below a node."""
    import yaml

    if node is None:
        return
    if id(node) in above:
        raise yaml.constructor.ConstructorError(None, None, "an alias holds itself", node.start_mark)
    above |= {id(node)}
    yield keys, node.start_mark.line + 1, ""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*keys, index), above)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node.value, str) else "?"
            line = key_node.start_mark.line + 1
            twice = f"the key `{key}` is given again in line {line}; keep one" if key in seen else ""
            seen.add(key)
            yield (*keys, key), line, twice
            yield from _walk(value, (*keys, key), above)


def without_nulls(value: Any) -> Any:
    """A key without a value (`hic:`) counts as absent."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


@dataclass
class Place:
    """Speaks of places in the input file: `genomes.yml, line 4, genome 2 (Aus bus), hifi[1].reads`."""

    file: str
    lines: Mapping[Keys, int] = field(default_factory=dict)
    prefix: Keys = ()
    genome: str = ""
    # Where the keys of a normalised genome come from, when not from keys of the same name.
    origin: Mapping[Keys, Keys] = field(default_factory=dict)

    def _resolved(self, keys: Keys) -> tuple[int, Keys]:
        """The line of a key path (that of the nearest key above when it is absent) and its own name."""
        for size in range(len(keys), 0, -1):
            if keys[:size] in self.origin:
                keys = (*self.origin[keys[:size]], *keys[size:])
                break
        full = (*self.prefix, *keys)
        above = (full[:size] for size in range(len(full), -1, -1))
        return next((self.lines[path] for path in above if path in self.lines), 0), keys

    def name(self, keys: Keys) -> str:
        """The place of `keys`, which start at the genome, in the user's terms."""
        line, keys = self._resolved(keys)
        parts = [self.file, f"line {line}" if line else "", self.genome, dotted(keys)]
        return ", ".join(part for part in parts if part)

    def remark(self, keys: Keys, message: str) -> "Remark":
        """A message about the place of `keys`."""
        return Remark(self._resolved(keys)[0], printable(f"{self.name(keys)}: {message}"))


class Remark(NamedTuple):
    """A fault or note with the line it is about (0: the whole file)."""

    line: int
    text: str


def dotted(keys: Keys) -> str:
    """Key path as people write it, list items counted from 1: `hifi[1].reads`."""
    text = ""
    for key in keys:
        text += f"[{key + 1}]" if isinstance(key, int) else f".{key}"
    return text.lstrip(".")
