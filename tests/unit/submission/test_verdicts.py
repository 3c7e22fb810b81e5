"""Every verdict of ENA's validator on one change to a small assembly, and its silent repairs by name.

verdicts.tsv has what enasequence/sequencetools (d4c217d2) says, as webin-cli runs it and with its repairs
off: `passes`, `repaired` (it passes, but only after a repair of which nothing is said) or `refused`.
"""

import csv
from pathlib import Path

import pytest
from flat_file_cases import CASES
from flat_files import Assembly

from linnaea.submission import command
from linnaea.submission.findings import KINDS

VERDICTS = list(csv.DictReader((Path(__file__).parent / "verdicts.tsv").open(), delimiter="\t"))


def check(folder, change):
    """Exit code of the check and (class, place) of its findings."""
    assembly = Assembly()
    change(assembly)
    table = folder / "findings.tsv"
    code = command.check(
        [str(assembly.write(folder))],
        mito_code=2,
        locus_tag=["LINN"],
        organism="Parus major",
        table=str(table),
    )
    return code, [row["class"] for row in csv.DictReader(table.open(), delimiter="\t")]


def test_all_cases_have_a_verdict():
    assert {row["case"] for row in VERDICTS} == CASES.keys()
    assert len(VERDICTS) == 114
    assert sum(row["verdict"] == "repaired" for row in VERDICTS) == 18


@pytest.mark.parametrize("row", VERDICTS, ids=[row["case"] for row in VERDICTS])
def test_verdict_of_the_validator(tmp_path, row):
    code, kinds = check(tmp_path, CASES[row["case"]])
    # webin-cli refuses a bad manifest itself, before the validator that the verdicts are of.
    said = {KINDS[kind].ena for kind in kinds} - {"changed", "accepted", "webin"}
    assert ("refused" if "refused" in said else "repaired" if said else "passes") == row["verdict"]
    assert not row["class"] or row["class"] in kinds
    assert code == (row["verdict"] != "passes" or row["class"] == "manifest")


def test_an_unchanged_assembly_has_no_finding_but_genes_without_utr(tmp_path, capsys):
    code, kinds = check(tmp_path, CASES["base"])
    assert code == 0
    assert set(kinds) == {"gene_on_part"}
    assert "ENA would take this" in capsys.readouterr().out


def test_a_class_that_is_allowed_does_not_stop(tmp_path):
    assembly = Assembly()
    CASES["wrong_start"](assembly)
    manifest = str(assembly.write(tmp_path))
    assert command.check([manifest], mito_code=2) == 1
    assert command.check([manifest], mito_code=2, allow=["no_start"]) == 0
