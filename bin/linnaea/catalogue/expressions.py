"""Expressions of the table of resources: logic, comparisons and arithmetic in Python's syntax."""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Facts = Mapping[str, Any]
Evaluator = Callable[[Facts], Any]

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.Not: operator.not_, ast.USub: operator.neg}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max}


@cache
def evaluator(expression: str) -> Evaluator:
    """The function from facts to the value of an expression.

    Raises ValueError with the expression, the part of it and its column when it is not Python or has a part
    other than names, constants, tuples, `and or not`, comparisons, `+ - * / //`, `a if b else c`,
    `name["key"]`, `min()` and `max()`. The function raises KeyError for a name that the facts lack.
    """
    try:
        return _compiled(ast.parse(expression, mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"{expression!r}: {error.msg}, column {error.offset}") from None
    except _RefusedError as error:
        node = error.node
        part = ast.get_source_segment(expression, node)
        raise ValueError(f"{expression!r}: {part!r} is not allowed, column {node.col_offset + 1}") from None


class _RefusedError(Exception):
    def __init__(self, node: ast.expr) -> None:
        self.node = node


def _compiled(node: ast.expr) -> Evaluator:
    match node:
        case ast.Constant(value) if isinstance(value, str | int | float | None):
            return lambda facts: value
        case ast.Name(name):
            return operator.itemgetter(name)
        case ast.Tuple(elements):
            parts = [_compiled(element) for element in elements]
            return lambda facts: tuple(part(facts) for part in parts)
        case ast.BoolOp(connective, values):
            return _junction([_compiled(part) for part in values], isinstance(connective, ast.Or))
        case ast.UnaryOp(sign, operand) if type(sign) in _UNARY:
            unary, inner = _UNARY[type(sign)], _compiled(operand)
            return lambda facts: unary(inner(facts))
        case ast.BinOp(left, sign, right) if type(sign) in _BINARY:
            binary, first, second = _BINARY[type(sign)], _compiled(left), _compiled(right)
            return lambda facts: binary(first(facts), second(facts))
        case ast.Compare(left, [sign], [right]) if type(sign) in _COMPARISONS:
            compare, first, second = _COMPARISONS[type(sign)], _compiled(left), _compiled(right)
            return lambda facts: compare(first(facts), second(facts))
        case ast.IfExp(test, body, orelse):
            condition, first, second = _compiled(test), _compiled(body), _compiled(orelse)
            return lambda facts: first(facts) if condition(facts) else second(facts)
        case ast.Subscript(ast.Name() as container, ast.Constant(key)) if isinstance(key, str | int):
            whole = _compiled(container)
            return lambda facts: whole(facts)[key]
        case ast.Call(ast.Name(name), arguments, []) if name in _FUNCTIONS and arguments:
            function, given = _FUNCTIONS[name], [_compiled(argument) for argument in arguments]
            return lambda facts: function(*(argument(facts) for argument in given))
    raise _RefusedError(node)


def _junction(parts: list[Evaluator], until: bool) -> Evaluator:
    """The value of the first part whose truth is `until`, else of the last (`or`: True, `and`: False)."""
    *first, last = parts

    def evaluate(facts: Facts) -> Any:
        for part in first:
            value = part(facts)
            if bool(value) is until:
                return value
        return last(facts)

    return evaluate
