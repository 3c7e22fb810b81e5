"""Places of a report that are empty when its task ends and filled when the run does.

The template marks each by two comments.
"""

COST, COST_LINK = "cost", "cost link"


def marks(place: str) -> tuple[str, str]:
    """The comments around a place."""
    return f"<!-- {place} -->", f"<!-- /{place} -->"


def fill(page: str, place: str, html: str) -> str:
    """The page with `html` in a place, instead of what was there.

    Raises ValueError when the page does not have the place exactly once.
    """
    start, end = marks(place)
    before, _, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    if not closed or start in rest:
        raise ValueError(f"a report without its place for the {place}")
    return f"{before}{start}{html}{end}{after}"
