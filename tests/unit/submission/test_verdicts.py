"""Every verdict of ENA's validator on one change to a small assembly, and its silent repairs by name.

verdicts.tsv has what enasequence/sequencetools (d4c217d2) says, as webin-cli runs it and with its repairs
off: `passes`, `repaired` (it passes, but only after a repair of which nothing is said) or `refused`.
"""

import csv
from pathlib import Path

import pytest
from Bio.Seq import Seq
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


FURTHER = {}


def further(kind, verdict="refused"):
    """A further change, of a class, that the validator was run on as well."""

    def add(change):
        FURTHER[change.__name__] = change, kind, verdict
        return change

    return add


def cds(assembly):
    return assembly.one.of("LINN_000010", "CDS")


def gap(assembly):
    return next(feature for feature in assembly.one.features if feature.key == "assembly_gap")


@further("chromosome_list")
def five_columns(assembly):
    assembly.chromosomes[0] += "\tnucleus\tx"


@further("gap_missing", "repaired")
def n_at_the_end(assembly):
    assembly.other.letters += "n" * 20


@further("gap_missing", "repaired")
def eleven_n(assembly):
    assembly.other.put(101, "n" * 11)


@further("", "passes")
def ten_n(assembly):
    assembly.other.put(101, "n" * 10)


@further("gap_place")
def gap_without_n(assembly):
    assembly.one.add(
        "assembly_gap", "10..30", estimated_length="21", gap_type="within scaffold",
        linkage_evidence="proximity ligation",
    )  # fmt: skip


@further("gap_place")
def gap_of_a_part_of_the_n(assembly):
    gap(assembly).location = f"{assembly.gap + 5}..{assembly.gap + 199}"


@further("gap_evidence", "repaired")
def evidence_between_scaffolds(assembly):
    gap(assembly).set("gap_type", "between scaffolds")


@further("circular_unlisted", "repaired")
def a_circle_that_is_not_listed(assembly):
    assembly.other.topology = "circular"


@further("stop_at_open_end", "repaired")
def stop_at_an_open_end(assembly):
    for key in ("gene", "mRNA", "CDS"):
        assembly.one.of("LINN_000010", key).location = "301..>486"


@further("codon_start", "repaired")
def codon_start_of_a_complete_cds(assembly):
    for key in ("gene", "mRNA", "CDS"):
        assembly.one.of("LINN_000010", key).location = "300..486"
    cds(assembly).set("codon_start", "2")


@further("gap_in_cds", "passes")
def a_gap_in_frame(assembly):
    assembly.one.put(391, "n" * 12)
    assembly.one.add(
        "assembly_gap", "391..402", estimated_length="12", gap_type="within scaffold",
        linkage_evidence="proximity ligation",
    )  # fmt: skip


@further("cds_overlap", "passes")
def an_overlap_in_frame(assembly):
    assembly.one.put(395, "ctccctccc")
    cds(assembly).location = "join(301..402,394..486)"


@further("exception")
def exception_without_translation(assembly):
    assembly.one.put(400, "taa")
    cds(assembly).set("exception", "RNA editing")


@further("translation")
def another_translation(assembly):
    cds(assembly).set("translation", "MM")


@further("cds_length")
def a_cds_of_two_bases(assembly):
    cds(assembly).location = "301..302"


@further("duplicate")
def two_trnas_at_one_place(assembly):
    for tag in ("LINN_000051", "LINN_000052"):
        assembly.one.add("tRNA", "10..82", locus_tag=tag, product="tRNA-Ala")


@further("", "passes")
def anticodons_of_the_sequence(assembly):
    assembly.one.put(133, "tga")
    assembly.one.add("tRNA", "100..172", locus_tag="LINN_000050", anticodon="(pos:133..135,aa:Ser,seq:tga)")


@further("", "passes")
def anticodon_of_a_selenocysteine(assembly):
    assembly.one.put(133, "tca")
    assembly.one.add("tRNA", "100..172", locus_tag="LINN_000050", anticodon="(pos:133..135,aa:Sec,seq:tca)")


@pytest.mark.parametrize("name", FURTHER)
def test_further_verdicts_of_the_validator(tmp_path, name):
    change, kind, verdict = FURTHER[name]
    code, kinds = check(tmp_path, change)
    said = {KINDS[one].ena for one in kinds} - {"changed", "accepted"}
    assert ("refused" if "refused" in said else "repaired" if said else "passes") == verdict
    assert not kind or kind in kinds
    assert code == (verdict != "passes")


def test_the_translation_that_the_cds_has_is_taken(tmp_path):
    """Biopython's translation of the first gene."""

    def change(assembly):
        cds(assembly).set("translation", str(Seq(assembly.one.letters[300:486]).translate(cds=True)))

    assert check(tmp_path, change)[0] == 0
