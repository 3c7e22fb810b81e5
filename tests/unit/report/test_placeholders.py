"""Placeholders of the page that are filled at the end of the run."""

import pytest

from linnaea.report.page import Extras, Head, page
from linnaea.report.placeholders import COST, COST_LINK, fill, marks


@pytest.fixture
def empty() -> str:
    return page(Head("A <!-- cost --> name", "x", "assembly", [], []), [], Extras())


def test_the_page_has_each_placeholder_where_it_belongs(empty):
    whole = fill(fill(empty, COST, "<p>SECTION</p>"), COST_LINK, "<li>LINK</li>")
    navigation, _, rest = whole.partition("</nav>")
    assert "<li>LINK</li>" in navigation
    assert "<p>SECTION</p>" in rest.partition("</main>")[0].partition("<main>")[2]


def test_a_placeholder_is_filled_anew(empty):
    assert fill(fill(empty, COST, "first"), COST, "second") == fill(empty, COST, "second")
    assert fill(fill(empty, COST, "first"), COST, "") == empty


@pytest.mark.parametrize("text", ["", "".join(marks(COST)) * 2, marks(COST)[0], "".join(marks(COST)[::-1])])
def test_a_page_without_its_placeholder_is_refused(text):
    with pytest.raises(ValueError, match="without its placeholder for the cost"):
        fill(text, COST, "x")
