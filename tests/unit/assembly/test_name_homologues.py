"""Chromosomes of the second haplotype get the names and directions of their homologues."""

import random
import subprocess

import pytest

import name_homologues as step
from linnaea.assembly.decisions import read_decisions
from linnaea.assembly.name_homologues import Homologue, covered, find_homologues
from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics
from linnaea.base.tables import read_table
from linnaea.formats.agp import Component, Gap, read_agp
from linnaea.formats.sequences import fasta_records, reverse_complement


def changed(letters, share, rng):
    """A copy with so many of its bases replaced."""
    copy = bytearray(letters)
    for position in rng.sample(range(len(copy)), int(share * len(copy))):
        copy[position] = rng.choice(b"ACGT".replace(copy[position : position + 1], b""))
    return bytes(copy)


def write_fasta(path, sequences):
    path.write_bytes(b"".join(b">%b\n%b\n" % (name.encode(), text) for name, text in sequences.items()))


@pytest.fixture(scope="module", params=[0.002, 0.01, 0.03])
def haplotypes(request, tmp_path_factory):
    """Two haplotypes that differ by a share of their bases, and the alignment of the second to the first."""
    folder = tmp_path_factory.mktemp("haplotypes")
    rng = random.Random(request.param)
    first = {name: bytes(rng.choices(b"ACGT", k=length)) for name, length in
             [("SUPER_1", 90_000), ("SUPER_2", 80_000), ("SUPER_3", 70_000), ("SUPER_4", 60_000),
              ("SUPER_X", 50_000)]}  # fmt: skip
    copies = {name: changed(letters, request.param, rng) for name, letters in first.items()}
    second = {
        "SUPER_1_hap2": reverse_complement(copies["SUPER_2"]),
        "SUPER_2_hap2": copies["SUPER_1"][:75_000],
        "SUPER_2_hap2_unloc_1": copies["SUPER_1"][75_000:],
        "SUPER_3_hap2": copies["SUPER_3"][:40_000],
        "SUPER_4_hap2": reverse_complement(copies["SUPER_3"][40_000:]),
        "SUPER_5_hap2": copies["SUPER_4"][:28_000] + copies["SUPER_X"][:27_000],
        "SUPER_6_hap2": bytes(rng.choices(b"ACGT", k=20_000)),
        "SUPER_Y_hap2": bytes(rng.choices(b"ACGT", k=15_000)),
        "hap2_scaffold_9": copies["SUPER_4"][30_000:45_000],
    }
    write_fasta(folder / "first.fa", first)
    write_fasta(folder / "second.fa", second)
    with (folder / "x.paf").open("w") as handle:
        subprocess.run(
            ["minimap2", "-x", "asm10", "-t", "1", folder / "first.fa", folder / "second.fa"],
            stdout=handle, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
    rows = []
    for name, letters in second.items():
        # each of two contigs of an earlier assembly, the second reversed
        half = len(letters) // 2
        rows.append(f"{name}\t1\t{half}\t1\tW\tc_{name}\t1\t{half}\t+")
        rows.append(f"{name}\t{half + 1}\t{half + 100}\t2\tU\t100\tscaffold\tyes\tproximity_ligation")
        rest = len(letters) - half - 100
        rows.append(f"{name}\t{half + 101}\t{len(letters)}\t3\tW\td_{name}\t1\t{rest}\t-")
    (folder / "second.agp").write_text("\n".join(rows) + "\n")
    (folder / "first.tsv").write_text("".join(f"{name}\t{name[6:]}\tLinear-Chromosome\n" for name in first))
    numbers = {
        name: name.split("_")[1] for name in second if name.startswith("SUPER") and "unloc" not in name
    }
    (folder / "second.tsv").write_text("".join(f"{n}\t{c}\tLinear-Chromosome\n" for n, c in numbers.items()))
    (folder / "loose.tsv").write_text("SUPER_2_hap2_unloc_1\t2\n")
    return folder, second


def run(folder, out, *options):
    arguments = ["--id", "x", "--haplotype", "hap2", "--out", str(out)]
    for option, name in [
        ("--assembly", "second.fa"), ("--agp", "second.agp"), ("--chromosomes", "second.tsv"),
        ("--paf", "x.paf"),
        ("--homologous-chromosomes", "first.tsv"), ("--unlocalised", "loose.tsv"),
    ]:  # fmt: skip
        arguments += [option, str(folder / name)]
    assert not step.main([*arguments, *options])


def test_chromosomes_get_names_and_directions_of_their_homologues(haplotypes, tmp_path):
    folder, second = haplotypes
    run(folder, tmp_path)
    files = dict(fasta_records(tmp_path / "x.hap2.fa.gz"))
    assert files == {
        "SUPER_1_hap2": second["SUPER_2_hap2"],
        "SUPER_1_hap2_unloc_1": second["SUPER_2_hap2_unloc_1"],
        "SUPER_2_hap2": reverse_complement(second["SUPER_1_hap2"]),
        "SUPER_3A_hap2": second["SUPER_3_hap2"],
        "SUPER_3B_hap2": reverse_complement(second["SUPER_4_hap2"]),
        "SUPER_5_hap2": second["SUPER_5_hap2"],  # half of it is chromosome 4, half X: a number of its own
        "SUPER_6_hap2": second["SUPER_6_hap2"],
        "SUPER_Y_hap2": second["SUPER_Y_hap2"],
        "hap2_scaffold_9": second["hap2_scaffold_9"],
    }
    assert list(files) == sorted(files)
    lists = [
        (tmp_path / f"x.hap2.{name}.tsv").read_text().split("\n")[:-1]
        for name in ("chromosomes", "unlocalised")
    ]
    assert [row.split("\t")[1] for row in lists[0]] == ["1", "2", "3A", "3B", "5", "6", "Y"]
    assert lists[1] == ["SUPER_1_hap2_unloc_1\t1"]
    verdicts = {row["sequence"]: row["verdict"] for row in read_table(tmp_path / "x.hap2.homologues.tsv")}
    assert verdicts == {
        "SUPER_1_hap2": "turned", "SUPER_2_hap2": "named", "SUPER_3_hap2": "named", "SUPER_4_hap2": "turned",
        "SUPER_5_hap2": "tie", "SUPER_6_hap2": "none", "SUPER_Y_hap2": "none",
    }  # fmt: skip
    record = read_metrics(tmp_path / "x.hap2.homologues.json")
    assert record["verdicts"] == {"named": 2, "turned": 2, "strand_tie": 0, "tie": 1, "none": 2}
    assert "aligns about as well to two chromosomes: SUPER_5_hap2" in record["warnings"]
    decisions = read_decisions(
        tmp_path / "x.hap2.decisions.tsv", {name: len(text) for name, text in second.items()}
    )
    assert {one.sequence for one in decisions if one.action == "flip"} == {"SUPER_1_hap2", "SUPER_4_hap2"}
    assert {one.sequence for one in decisions if one.action == "review"} == {
        "SUPER_5_hap2", "SUPER_6_hap2", "SUPER_Y_hap2",
    }  # fmt: skip


def test_the_agp_traces_back_to_the_contigs_before(haplotypes, tmp_path):
    folder, second = haplotypes
    run(folder, tmp_path)
    half = len(second["SUPER_1_hap2"]) // 2
    assert read_agp(tmp_path / "x.hap2.agp").objects["SUPER_2_hap2"] == [
        Component("d_SUPER_1_hap2", 0, half - 100, "+"),
        Gap(),
        Component("c_SUPER_1_hap2", 0, half, "-"),
    ]


def test_haplotypes_that_do_not_align_keep_their_order(haplotypes, tmp_path):
    folder, second = haplotypes
    (tmp_path / "empty.paf").touch()
    run(folder, tmp_path, "--paf", str(tmp_path / "empty.paf"))
    found = dict(fasta_records(tmp_path / "x.hap2.fa.gz"))
    # numbers behind the 4 of the first haplotype, by length
    lengths = [len(found[f"SUPER_{number}_hap2"]) for number in range(5, 11)]
    assert lengths == sorted(lengths, reverse=True)
    assert found["SUPER_5_hap2"] == second["SUPER_1_hap2"] and found["SUPER_Y_hap2"] == second["SUPER_Y_hap2"]


def test_faults_of_the_input_are_named(haplotypes, tmp_path):
    folder, _ = haplotypes
    with pytest.raises(InputError, match="SUPER_1_hap2 of chromosome 1 is not named chr1; give its prefix"):
        run(folder, tmp_path, "--prefix", "chr")
    (tmp_path / "other.tsv").write_text("SUPER_77\t77\n")
    with pytest.raises(InputError, match=r"sequence SUPER_77 is not in the FASTA; give its own list"):
        run(folder, tmp_path, "--unlocalised", str(tmp_path / "other.tsv"))
    (tmp_path / "x.sam").write_text("@SQ\tSN:a\tLN:5\n")
    with pytest.raises(InputError, match="line 1: not PAF"):
        run(folder, tmp_path, "--paf", str(tmp_path / "x.sam"))
    assert not (tmp_path / "x.hap2.agp").exists()


@pytest.mark.parametrize(
    ("aligned", "minus", "second", "verdict"),
    [
        (100, 0, 0, "named"),
        (100, 100, 79, "turned"),
        (100, 20, 0, "named"),
        (50, 30, 0, "turned"),
        (49, 0, 0, "none"),
        (100, 0, 80, "tie"),
        (100, 45, 0, "strand tie"),
        (0, 0, 0, "none"),
    ],
)
def test_verdicts(aligned, minus, second, verdict):
    assert Homologue("a", 100, "b", aligned, minus, "c", second).verdict == verdict


def test_aligned_bases_are_counted_once(tmp_path):
    assert covered([(0, 10), (5, 20), (30, 40), (32, 35)]) == 30
    row = "q\t100\t{}\t{}\t{}\t{}\t500\t0\t50\t50\t50\t60\ttp:A:{}\n"
    (tmp_path / "x.paf").write_text(
        row.format(0, 60, "+", "t1", "P")
        + row.format(40, 80, "-", "t1", "P")
        + row.format(0, 90, "+", "t2", "S")  # secondary
        + row.format(0, 95, "+", "unplaced", "P")  # not a chromosome
    )
    (found,) = find_homologues(tmp_path / "x.paf", {"q": 100}, ["q"], {"t1": "1", "t2": "2"})
    assert (found.homologue, found.aligned, found.minus, found.second) == ("t1", 80, 40, "")
