"""The reference page of the checks has every class."""

from linnaea.base.paths import ROOT
from linnaea.submission.findings import KINDS
from linnaea.submission.gene_features import ACTIONS

SAID = {
    "refused": "refused", "repaired": "repaired in silence", "webin": "refused by webin-cli",
    "changed": "changed", "accepted": "taken",
}  # fmt: skip


def test_the_reference_has_every_class():
    page = (ROOT / "docs/reference/submission.md").read_text()
    rows = [
        f"| `{name}` | {kind.what} | {SAID[kind.ena]}: {kind.does} | {kind.remedy} |"
        for name, kind in KINDS.items()
    ]
    assert [line for line in page.splitlines() if line.startswith("| `")] == rows


def test_what_can_be_resolved_is_a_class():
    assert ACTIONS.keys() <= KINDS.keys()
