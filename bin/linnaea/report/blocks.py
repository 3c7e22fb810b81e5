"""What a section of the report is made of; the template knows how to draw each block."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A table cell; `mark` is a verdict drawn as a symbol with its word, `link` an address.

    `weak` greys the cell and says why its number should not be relied on.
    """

    text: str = ""
    mark: str | None = None
    small: str | None = None
    link: str | None = None
    weak: str | None = None


@dataclass(frozen=True)
class Facts:
    """Key figures: (label, value, remark)."""

    items: Sequence[tuple[str, str, str]]
    kind: str = "facts"


@dataclass(frozen=True)
class Table:
    """A table; `align` has one letter a column, l or r. `folded` hides it behind its title."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    align: str
    title: str = ""
    folded: bool = False
    wide_last: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Plot:
    """A figure for plotly.js under `name`, which is unique in the page."""

    name: str
    title: str
    figure: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Plots:
    """Figures side by side where there is room; `layout` is wide (one per row) or lead (3:2)."""

    plots: Sequence[Plot]
    layout: str = ""
    kind: str = "plots"


@dataclass(frozen=True)
class Text:
    """A paragraph; `tone` is plain or warning."""

    text: str
    tone: str = "plain"
    kind: str = "text"


@dataclass(frozen=True)
class Picture:
    """An image as a data address; `folded` hides it behind its title."""

    title: str
    source: str
    note: str = ""
    folded: bool = True
    kind: str = "picture"


Block = Facts | Table | Plots | Text | Picture


@dataclass(frozen=True)
class Section:
    """One chapter of the report: what to expect, then its blocks."""

    name: str
    title: str
    expect: str = ""
    blocks: Sequence[Block] = field(default=())
