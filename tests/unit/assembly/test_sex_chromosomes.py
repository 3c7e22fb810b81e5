"""Sex chromosomes are found by their depth, at several coverages and systems."""

import gzip

import numpy as np
import pytest

import sex_chromosomes as step
from linnaea.assembly.decisions import read_decisions
from linnaea.assembly.read_depth import WindowedDepth
from linnaea.assembly.sex_chromosomes import chromosome_depths, sex_chromosome_names
from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics
from linnaea.base.tables import read_table
from linnaea.formats.agp import identity, read_agp, write_agp
from linnaea.formats.sequences import fasta_records

KB = 1000
MALE = {"1": (1800 * KB, 2), "2": (1400 * KB, 1), "3": (900 * KB, 2), "4": (700 * KB, 2), "5": (300 * KB, 1)}
FEMALE = {name: (length, 2) for name, (length, _) in MALE.items()}


def depths(chromosomes, coverage, seed, shared=0.0, read_bp=12_000, window_bp=1000):
    """Windows of reads at random places; `coverage` is of two copies, `shared` the share of one-copy
    chromosomes that recombines and has both."""
    rng = np.random.default_rng(seed)
    lengths = {f"SUPER_{name}": length for name, (length, _) in chromosomes.items()}
    depth = WindowedDepth(lengths, window_bp)
    for name, (length, copies) in chromosomes.items():
        for low, high, share in [(0, length, copies / 2), (0, int(length * shared), (2 - copies) / 2)]:
            reads = rng.poisson(coverage * share * (high - low + read_bp) / read_bp)
            for start in rng.integers(low - read_bp, max(high, 1), reads):
                depth.add(f"SUPER_{name}", max(0, int(start)), max(0, min(length, int(start) + read_bp)))
    found = {}
    for name, values in depth.depth().items():
        edges = np.array([*range(0, lengths[name], window_bp), lengths[name]])
        found[name] = (np.diff(edges), values)
    return found


def names_of(chromosomes):
    return {f"SUPER_{name}": name for name in chromosomes}


@pytest.mark.parametrize("coverage", [15, 30, 60])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("system", ["XY", "ZW"])
def test_two_sex_chromosomes_are_named_by_length(coverage, seed, system):
    found = chromosome_depths(depths(MALE, coverage, seed, shared=0.2), names_of(MALE))
    assert [one.verdict for one in found] == ["autosome", "half", "autosome", "autosome", "half"]
    names, sentence = sex_chromosome_names(found, system)
    assert names == {
        "SUPER_1": "1", "SUPER_2": system[0], "SUPER_3": "2", "SUPER_4": "3", "SUPER_5": system[1],
    }  # fmt: skip
    assert "SUPER_2, SUPER_5 of half depth" in sentence
    for one in found:
        assert one.relative == pytest.approx(0.5 if one.verdict == "half" else 1, abs=0.15)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_clear_is_not_named(seed):
    both = chromosome_depths(depths(FEMALE, 30, seed), names_of(FEMALE))
    assert {one.verdict for one in both} == {"autosome"}
    names, sentence = sex_chromosome_names(both, "XY")
    assert names == {} and "no chromosome of half depth: an individual of the sex with two X" in sentence
    single = {**MALE, "5": (300 * KB, 2)}
    found = chromosome_depths(depths(single, 30, seed), names_of(single))
    assert sex_chromosome_names(found, "X0")[0]["SUPER_2"] == "X"
    assert sex_chromosome_names(found, "Y")[0]["SUPER_2"] == "Y"
    names, sentence = sex_chromosome_names(found, "XY")
    assert names == {} and "X or Y, which depth cannot tell" in sentence
    two = chromosome_depths(depths(MALE, 30, seed), names_of(MALE))
    names, sentence = sex_chromosome_names(two, "X0")
    assert names == {} and "more than the 1 of the system X0" in sentence
    curated = {**names_of(MALE), "SUPER_5": "B1"}
    names, sentence = sex_chromosome_names(chromosome_depths(depths(MALE, 30, seed), curated), "XY")
    assert names == {} and "B1 named by the curator" in sentence


def test_most_of_a_sex_chromosome_has_half_the_depth():
    found = chromosome_depths(depths(MALE, 60, 1, shared=0.7), names_of(MALE))
    assert {one.verdict for one in found if one.chromosome in "25"} == {"autosome"}
    short = {**MALE, "5": (99 * KB, 1)}
    found = chromosome_depths(depths(short, 60, 1), names_of(short))
    assert [one.verdict for one in found if one.chromosome in "25"] == ["half", "unclear"]


def test_homologues_with_letters_keep_them():
    letters = {"1": (900 * KB, 2), "2A": (700 * KB, 1), "3A": (500 * KB, 2), "3B": (300 * KB, 2)}
    found = chromosome_depths(depths(letters, 40, 2), names_of(letters))
    assert sex_chromosome_names(found, "X0")[0] == {
        "SUPER_1": "1", "SUPER_2A": "X", "SUPER_3A": "2A", "SUPER_3B": "2B",
    }  # fmt: skip


@pytest.fixture
def given(tmp_path):
    rng = np.random.default_rng(5)
    lengths = {"1": 300, "2": 170, "2_unloc_1": 5, "3": 160, "10": 140}
    sequences = {f"SUPER_{name}": rng.choice(list(b"ACGT"), kb * KB) for name, kb in lengths.items()}
    sequences = {name: letters.astype(np.uint8).tobytes() for name, letters in sequences.items()}
    sequences["rest"] = b"ACGGT" * 600
    (tmp_path / "a.fa").write_bytes(b"".join(b">%b\n%b\n" % (n.encode(), s) for n, s in sequences.items()))
    write_agp(tmp_path / "a.agp", identity({name: len(letters) for name, letters in sequences.items()}))
    (tmp_path / "chromosomes.tsv").write_text(
        "".join(f"SUPER_{name}\t{name}\tLinear-Chromosome\n" for name in ("1", "2", "3", "10"))
    )
    (tmp_path / "unlocalised.tsv").write_text("SUPER_2_unloc_1\t2\n")
    rows = "".join(
        f"{name}\t{start}\t{start + KB}\t{15 if name == 'SUPER_2' else 30}\n"
        for name, letters in sequences.items()
        for start in range(0, len(letters), KB)
    )
    (tmp_path / "depth.bedgraph.gz").write_bytes(gzip.compress(rows.encode(), 1))
    return tmp_path, sequences


def run(folder, *options):
    arguments = ["--id", "x", "--haplotype", "primary", "--out", str(folder / "out"), "--system", "X0"]
    for option, name in [("assembly", "a.fa"), ("agp", "a.agp"), ("chromosomes", "chromosomes.tsv"),
                         ("unlocalised", "unlocalised.tsv"), ("depth", "depth.bedgraph.gz")]:  # fmt: skip
        arguments += [f"--{option}", str(folder / name)]
    assert not step.main([*arguments, *options])


def test_the_step_names_x_and_numbers_the_rest(given):
    folder, sequences = given
    run(folder)
    out = folder / "out"
    assert dict(fasta_records(out / "x.primary.fa.gz")) == {
        "SUPER_1": sequences["SUPER_1"],
        "SUPER_2": sequences["SUPER_3"],
        "SUPER_3": sequences["SUPER_10"],
        "SUPER_X": sequences["SUPER_2"],
        "SUPER_X_unloc_1": sequences["SUPER_2_unloc_1"],
        "rest": sequences["rest"],
    }
    assert read_agp(out / "x.primary.agp").objects["SUPER_X"][0].name == "SUPER_2"
    rows = [line.split("\t")[:2] for line in (out / "x.primary.chromosomes.tsv").read_text().splitlines()]
    assert rows == [["SUPER_1", "1"], ["SUPER_2", "2"], ["SUPER_3", "3"], ["SUPER_X", "X"]]
    assert (out / "x.primary.unlocalised.tsv").read_text() == "SUPER_X_unloc_1\tX\n"
    found = read_decisions(out / "x.primary.decisions.tsv")
    assert [(one.sequence, one.action, one.evidence["name"]) for one in found] == [
        ("SUPER_2", "rename", "SUPER_X"), ("SUPER_3", "rename", "SUPER_2"), ("SUPER_10", "rename", "SUPER_3"),
        ("SUPER_2_unloc_1", "rename", "SUPER_X_unloc_1"),
    ]  # fmt: skip
    verdicts = {row["sequence"]: row["verdict"] for row in read_table(out / "x.primary.sex_chromosomes.tsv")}
    assert verdicts == {
        "SUPER_1": "autosome",
        "SUPER_2": "half",
        "SUPER_3": "autosome",
        "SUPER_10": "autosome",
    }
    assert read_metrics(out / "x.primary.sex_chromosomes.json")["decided"] is True


def test_faults_of_the_depth_are_named(given):
    folder, _ = given
    path = folder / "other.bedgraph"
    for text, message in [
        ("SUPER_1\t0\t1000\tmany\n", "line 1: not bedGraph"),
        ("elsewhere\t0\t1000\t5\n", r"no depth of SUPER_1, SUPER_2, SUPER_3, SUPER_10; give the read depth"),
        (
            "".join(f"SUPER_{name}\t0\t1000\t0\n" for name in ("1", "2", "3", "10")),
            "most chromosomes have no read depth",
        ),
    ]:
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            run(folder, "--depth", str(path))
    assert not (folder / "out").exists()
