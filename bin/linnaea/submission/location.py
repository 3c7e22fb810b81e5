"""Locations of features as INSDC writes them.

https://www.insdc.org/submitting-standards/feature-table/ (section 3.4). `order(…)` is kept, `n^m` (a site
between two bases) and places on other entries are not read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from linnaea.formats.gene_models import Part
from linnaea.formats.sequences import reverse_complement

Span = tuple[int, int, str]

_PLAIN = re.compile(r"(<?)(\d+)(?:\.\.(>?)(\d+))?")
# Ranges on one strand without open ends, as most locations are.
_RANGES = re.compile(r"(complement\()?(?:join\()?(\d+\.\.\d+(?:,\d+\.\.\d+)*)\){0,2}")
_FLIPPED = {"+": "-", "-": "+"}


class LocationError(ValueError):
    """A text that is not a location, or one that is not read; the message says why."""


@dataclass(frozen=True, slots=True)
class Location:
    """Spans (start, end, strand) in order of reading, 0-based and half-open on the forward strand.

    `missing_5` and `missing_3`: the feature goes on beyond its 5' or 3' end (`<` and `>`).
    """

    spans: tuple[Span, ...]
    missing_5: bool = False
    missing_3: bool = False
    operator: str = "join"

    @property
    def start(self) -> int:
        return min(span[0] for span in self.spans)

    @property
    def end(self) -> int:
        return max(span[1] for span in self.spans)

    @property
    def strand(self) -> str:
        """`+`, `-`, or `?` where spans lie on both strands (trans-splicing)."""
        strands = {span[2] for span in self.spans}
        return strands.pop() if len(strands) == 1 else "?"

    @property
    def bp(self) -> int:
        return sum(end - start for start, end, _ in self.spans)

    def letters(self, sequence: bytes) -> bytes:
        """Letters of the spans in order of reading."""
        return b"".join(
            sequence[start:end] if strand == "+" else reverse_complement(sequence[start:end])
            for start, end, strand in self.spans
        )

    def __str__(self) -> str:
        reverse = self.strand == "-"
        last = len(self.spans) - 1
        texts = []
        for number, (start, end, strand) in enumerate(self.spans):
            open_5, open_3 = self.missing_5 and number == 0, self.missing_3 and number == last
            low, high = (open_5, open_3) if strand == "+" else (open_3, open_5)
            text = str(end) if end - start == 1 and not low and not high else (
                f"{'<' if low else ''}{start + 1}..{'>' if high else ''}{end}"
            )  # fmt: skip
            texts.append(f"complement({text})" if strand == "-" and not reverse else text)
        if reverse:
            texts.reverse()
        text = texts[0] if len(texts) == 1 else f"{self.operator}({','.join(texts)})"
        return f"complement({text})" if reverse else text


def location_of(parts: Sequence[Part], strand: str, missing: str = "", circle: int = 0) -> Location:
    """Location of ascending parts on one strand; `missing` holds the ends (5, 3) that the feature lacks.

    On a circular sequence of `circle` bp, what lies beyond its end goes on at its start.
    """
    spans: list[Span] = []
    mark = "-" if strand == "-" else "+"
    for start, end in parts:
        if circle and end > circle:
            if start < circle:
                spans.append((start, circle, mark))
            spans.append((max(start, circle) - circle, end - circle, mark))
        else:
            spans.append((start, end, mark))
    if mark == "-":
        spans.reverse()
    return Location(tuple(spans), "5" in missing, "3" in missing)


def read_location(text: str) -> Location:
    """The location that a text says; LocationError for one that cannot be read."""
    text = "".join(text.split())
    if (match := _RANGES.fullmatch(text)) and text.count("(") == text.count(")"):
        numbers = list(map(int, match[2].replace("..", ",").split(",")))
        mark = "-" if match[1] else "+"
        plain = [(start - 1, end, mark) for start, end in zip(numbers[::2], numbers[1::2], strict=True)]
        if all(0 <= start < end for start, end, _ in plain):
            return Location(tuple(reversed(plain) if match[1] else plain))
    spans, operator = _read(text)
    first, last = spans[0], spans[-1]
    inner = [
        span
        for number, span in enumerate(spans)
        if (span[3] and number) or (span[4] and number < len(spans) - 1)
    ]
    if inner:
        raise LocationError("`<` or `>` within the feature; only its outer ends can be missing")
    return Location(
        tuple((start, end, strand) for start, end, strand, _, _ in spans), first[3], last[4], operator
    )


_Read = tuple[int, int, str, bool, bool]


def _read(text: str) -> tuple[list[_Read], str]:
    """Spans in order of reading, each with its strand and whether its 5' and 3' ends are open."""
    if text.startswith("complement(") and text.endswith(")"):
        spans, operator = _read(text[11:-1])
        return [
            (start, end, _FLIPPED[strand], open_3, open_5)
            for start, end, strand, open_5, open_3 in reversed(spans)
        ], operator
    if text.startswith(("join(", "order(")) and text.endswith(")"):
        operator, _, inside = text[:-1].partition("(")
        return [span for piece in _pieces(inside) for span in _read(piece)[0]], operator
    match = _PLAIN.fullmatch(text)
    if not match:
        raise LocationError(f"location {text} cannot be read; write n..m, join(), order() or complement()")
    low, start, high, end = match.groups()
    first, last = int(start), int(end or start)
    if first < 1 or last < first:
        raise LocationError(f"{text} ends before it starts; the smaller position comes first")
    return [(first - 1, last, "+", bool(low), bool(high))], "join"


def _pieces(text: str) -> list[str]:
    """The parts of a list; commas within parentheses do not separate."""
    if "(" not in text:
        return text.split(",")
    pieces, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]
