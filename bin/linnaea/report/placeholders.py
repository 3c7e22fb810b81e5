"""Placeholders of a report: empty when its task ends, filled when the run does.

The template marks each by two comments.
"""

COST, COST_LINK = "cost", "cost link"


def marks(name: str) -> tuple[str, str]:
    """The comments around a placeholder."""
    return f"<!-- {name} -->", f"<!-- /{name} -->"


def fill(page: str, name: str, html: str) -> str:
    """The page with `html` in a placeholder, instead of what was there.

    Raises ValueError when the page does not have the placeholder exactly once.
    """
    start, end = marks(name)
    before, _, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    if not closed or start in rest:
        raise ValueError(f"a report without its placeholder for the {name}")
    return f"{before}{start}{html}{end}{after}"
