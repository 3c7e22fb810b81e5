"""The comparison of sentences that other tests use."""

import pytest
from sentences import like


@pytest.mark.parametrize(
    ("pattern", "equal"),
    [
        ("a.vcf: 2 of 3 rows … (c1, c2) …", True),
        ("… 2 of 3 … c2 …", True),
        ("a.vcf: 2 of 3 rows lie outside (c1, c2); mend them", True),
        ("… c2 … c1 …", False),
        ("… 3 of 3 …", False),
        ("2 of 3 …", False),
        ("… (c1, c2)", False),
        ("aXvcf …", False),
    ],
)
def test_facts_are_compared_in_their_order(pattern, equal):
    sentence = "a.vcf: 2 of 3 rows lie outside (c1, c2); mend them"
    assert (sentence == like(pattern)) is equal
    assert ([sentence] == [like(pattern)]) is equal
    assert ([sentence, sentence] == [like(pattern)]) is False
