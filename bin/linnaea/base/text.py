"""Numbers and short texts as people read them: bases in Mb, shares with a sensible precision."""

from collections.abc import Iterable


def number(value: float | int | None, decimals: int = 2) -> str:
    """`value` with thousands separated and at most `decimals` decimals; None becomes an en dash."""
    if value is None:
        return "–"
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bases(value: float | int | None) -> str:
    """A length in bp, kb, Mb, Gb or Tb with three significant digits; None becomes an en dash."""
    if value is None:
        return "–"
    for unit, size in (("Tb", 1e12), ("Gb", 1e9), ("Mb", 1e6), ("kb", 1e3)):
        if abs(value) >= size * 0.9995:
            scaled = value / size
            return f"{scaled:.{0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2}f} {unit}"
    return f"{value:,.0f} bp"


def percent(value: float | int | None, decimals: int = 2) -> str:
    """A share given in percent; None becomes an en dash."""
    return "–" if value is None else f"{number(value, decimals)} %"


def with_unit(value: float | int | str | None, unit: str, at_least: bool = False) -> str:
    """A metric's value with its unit (bp, pct, phred or a word); `at_least` marks a lower bound.

    "phred" is a quality, Q40; a difference of two is in "Phred", 2.7 Phred.
    """
    if value is None or isinstance(value, str):
        return value or "–"
    if at_least:
        return f"≥ {with_unit(value, unit)}"
    if unit == "bp":
        return bases(value)
    if unit in ("pct", "%"):
        return percent(value)
    if unit == "phred":
        return f"Q{number(value, 1)}"
    return f"{number(value)} {unit}".strip()


def listing(words: Iterable[str], most: int | None = None) -> str:
    """'a', 'a and b', 'a, b and c', for a sentence; of more than `most` the first: 'a, b and 7 more'."""
    words = list(words)
    if most and len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def some(names: Iterable[str], most: int = 3) -> str:
    """'a, b, c', for parentheses, or the first names: 'a, b, c and 7 more'."""
    names = list(names)
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def printable(text: str) -> str:
    """A message in which nothing of the user's names and keys breaks the line or steers a terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
