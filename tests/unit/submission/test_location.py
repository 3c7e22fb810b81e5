"""Locations are written as INSDC has them and read back the same."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linnaea.submission.location import Location, LocationError, location_of, read_location


@pytest.mark.parametrize(
    ("text", "spans", "missing"),
    [
        ("5..9", [(4, 9, "+")], ""),
        ("5", [(4, 5, "+")], ""),
        ("<5..>9", [(4, 9, "+")], "53"),
        ("complement(<5..9)", [(4, 9, "-")], "3"),
        ("complement(5..>9)", [(4, 9, "-")], "5"),
        ("join(1..3,7..9)", [(0, 3, "+"), (6, 9, "+")], ""),
        ("complement(join(1..3,7..>9))", [(6, 9, "-"), (0, 3, "-")], "5"),
        ("join(complement(7..9),complement(1..3))", [(6, 9, "-"), (0, 3, "-")], ""),
        ("join(1..3,complement(7..9))", [(0, 3, "+"), (6, 9, "-")], ""),
        ("join(10..12,1..3)", [(9, 12, "+"), (0, 3, "+")], ""),
    ],
)
def test_reading(text, spans, missing):
    location = read_location(text)
    assert list(location.spans) == spans
    assert (location.missing_5, location.missing_3) == ("5" in missing, "3" in missing)


def test_the_minus_strand_is_written_as_complement_of_join():
    assert str(read_location("join(complement(7..9),complement(1..3))")) == "complement(join(1..3,7..9))"


@pytest.mark.parametrize("text", ["9..5", "0..4", "J00194.1:1..5", "3^4", "join(1..<3,5..9)", ""])
def test_what_is_not_read(text):
    with pytest.raises(LocationError):
        read_location(text)


def test_letters_follow_the_order_of_reading():
    sequence = b"AACCGGTTTA"
    assert read_location("complement(join(1..2,9..10))").letters(sequence) == b"TATT"
    assert read_location("join(9..10,1..2)").letters(sequence) == b"TAAA"


def test_over_the_origin_of_a_circle():
    assert str(location_of([(90, 110)], "+", circle=100)) == "join(91..100,1..10)"
    assert str(location_of([(90, 110)], "-", circle=100)) == "complement(join(91..100,1..10))"


@st.composite
def locations(draw):
    cuts = sorted(draw(st.sets(st.integers(0, 10_000), min_size=2, max_size=12)))
    parts = list(zip(cuts[::2], cuts[1::2], strict=False))
    missing_5, missing_3 = draw(st.booleans()), draw(st.booleans())
    if draw(st.booleans()):  # trans-splicing
        spans = tuple((a, b, draw(st.sampled_from("+-"))) for a, b in draw(st.permutations(parts)))
        return Location(spans, missing_5, missing_3)
    return location_of(parts, draw(st.sampled_from("+-")), "5" * missing_5 + "3" * missing_3)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(locations())
def test_a_location_is_read_back_as_it_was_written(location):
    assert read_location(str(location)) == location
