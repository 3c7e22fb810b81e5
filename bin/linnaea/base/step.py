"""The command line of a step: its options come from the signature of the function that does the step."""

import argparse
import inspect
import re
from collections.abc import Callable, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

Function = Callable[..., int | None]


def step(
    function: Function | None = None, prog: str | None = None, /, **actions: Function
) -> Callable[[Sequence[str] | None], int]:
    """The `main` of a script: it calls `function` with the words of a command line (those of the process by
    default) and returns its exit code, None as 0.

    A positional-only parameter is an argument, any other is an option: `min_sites` is `--min-sites`. Without
    a default it is required. The type of a parameter is `str`, `int`, `float`, `Path`, a `Literal` (choices),
    `bool` (a flag, off by default), `Sequence[...]` (words, the option may be repeated) or `tuple[...]` (so
    many words), each also with `| None`. Help is in the docstring, a line `name: text` per parameter, longer
    ones go on indented; what stands above describes the step.

    `prog` is the name of the program in its help, that of the script by default. With `actions`, the first
    word of the command line chooses one (`samtools_sort` is `samtools-sort`).
    """

    def main(argv: Sequence[str] | None = None) -> int:
        given = vars(parser.parse_args(argv))
        chosen = actions[given.pop("action").replace("-", "_")] if function is None else function
        return _call(chosen, given) or 0

    parser = argparse.ArgumentParser(prog=prog)
    if function is not None:
        _describe(parser, function)
        return main
    commands = parser.add_subparsers(dest="action", required=True)
    for name, action in actions.items():
        description, _ = _help(action)
        command = commands.add_parser(name.replace("_", "-"), help=description.splitlines()[0])
        _describe(command, action)
    return main


def _call(function: Function, given: dict[str, Any]) -> int | None:
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    for parameter in parameters:
        if parameter.name in given and get_origin(_kind(parameter)) is tuple:
            given[parameter.name] = tuple(given[parameter.name])
    arguments = [
        given.pop(parameter.name)
        for parameter in parameters
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in given
    ]
    return function(*arguments, **given)


def _describe(parser: argparse.ArgumentParser, function: Function) -> None:
    """Give a parser the options and the help of a function."""
    parser.description, texts = _help(function)
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        required = parameter.default is parameter.empty
        help_text = texts.get(parameter.name, "").replace("%", "%%")
        if not required and parameter.default not in (None, False, "", ()):
            help_text = f"{help_text} (default: {parameter.default})".strip()
        # What is not given stays out, so that the function's own default holds.
        settings = {"help": help_text, "default": argparse.SUPPRESS} | _settings(_kind(parameter))
        if parameter.kind is parameter.POSITIONAL_ONLY:
            if not required:
                settings["nargs"] = "*" if "nargs" in settings else "?"
            parser.add_argument(parameter.name, **settings)
        else:
            if not required and settings.get("nargs") == "+":
                settings["nargs"] = "*"
            parser.add_argument(f"--{parameter.name.replace('_', '-')}", required=required, **settings)


def _kind(parameter: inspect.Parameter) -> Any:
    """The type of a parameter without `| None`."""
    annotation = parameter.annotation
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    (kind,) = (kind for kind in get_args(annotation) if kind is not NoneType)
    return kind


def _settings(kind: Any) -> dict[str, Any]:
    """How argparse reads a type."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is bool:
        return {"action": "store_true"}
    if origin is Literal:
        return {"choices": parts}
    if origin is Sequence:
        return _settings(parts[0]) | {"nargs": "+", "action": "extend"}
    if origin is tuple:
        return _settings(parts[0]) | {"nargs": len(parts)}
    return {"type": kind}


def _help(function: Function) -> tuple[str, dict[str, str]]:
    """What a docstring says of the step and of each parameter."""
    parameters = inspect.signature(function).parameters
    description: list[str] = []
    texts: dict[str, str] = {}
    name = ""
    for line in (inspect.getdoc(function) or "").splitlines():
        start = re.match(r"(\w+): +(.*)", line)
        if start and start[1] in parameters:
            name = start[1]
            texts[name] = start[2]
        elif name and line.startswith(" "):
            texts[name] += f" {line.strip()}"
        else:
            name = ""
            description.append(line)
    return "\n".join(description).strip(), texts
