"""A simulated mitochondrion from reads of a whole genome with copies in the nucleus, by the real programs."""

import gzip
import json
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import organelle as step
from linnaea.assembly import organelle, seed_extension
from linnaea.assembly.decisions import read_decisions
from linnaea.assembly.organelle import Trna
from linnaea.base.errors import InputError, run
from linnaea.formats.sequences import fasta_records, reverse_complement
from linnaea.simulate.genome import make_mitochondrion
from linnaea.simulate.long_reads import Source, hifi_reads
from linnaea.simulate.sequence import decode, diverge, random_sequence

# MT-TF of the human mitochondrion (NC_012920, 577 to 647).
TRNF = b"GTTTATGTAGCTTACCTCCTCAAAGCAATACACTGAAAATGTTTAGACGGGCTCACATCACCCCATAAACA"


def write_fasta(path, sequences):
    path.write_bytes(b"".join(b">%b\n%b\n" % (name.encode(), letters) for name, letters in sequences.items()))
    return path


def same_circle(one, other):
    return len(one) == len(other) and (one in other * 2 or reverse_complement(one) in other * 2)


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def nuclear_with_copy(rng, circle, length, copy_bp, divergence):
    """A nuclear chromosome with a diverged copy of organelle sequence in its middle."""
    start = int(rng.integers(circle.size))
    copy = diverge(rng, np.tile(circle, 2)[start : start + copy_bp], divergence)
    half = length // 2
    return np.concatenate([random_sequence(rng, half, 0.38), copy, random_sequence(rng, half, 0.38)])


def write_reads(path, rng, sources):
    """Write reads of sources; returns the bases of each source."""
    reads = list(hifi_reads(rng, sources, mean_length=9_000, adapter_share=0))
    write_fasta(path, {read.name: read.sequence for read in reads})
    return {one.name: sum(len(read.sequence) for read in reads if read.source is one) for one in sources}


def assembled(*options):
    """Run the step; returns its record and the letters of the circle."""
    words = ["assemble", "--id", "x", "--reads", "reads.fa", "--out", "circle.fa", "--metrics", "record.json"]
    assert step.main([*words, *map(str, options)]) == 0
    record = json.loads(Path("record.json").read_text())
    return record, b"".join(gzip.decompress(Path("circle.fa").read_bytes()).split(b"\n")[1:])


@pytest.mark.parametrize(
    ("seed", "length", "depth", "divergence", "copy_bp", "copy_divergence"),
    [(1, 16_000, 80, 0.08, 9_000, 0.02), (2, 5_000, 200, 0.15, 4_000, 0.05)],
)
def test_circle_is_exact_with_a_diverged_relative_and_a_copy_in_the_nucleus(
    in_folder, seed, length, depth, divergence, copy_bp, copy_divergence
):
    rng = np.random.default_rng(seed)
    circle = make_mitochondrion(rng, length)
    nuclear = nuclear_with_copy(rng, circle, 60_000, copy_bp, copy_divergence)
    sources = [Source("n", "1", nuclear, 25), Source("m", "", circle, depth, circular=True)]
    bases = write_reads(in_folder / "reads.fa", rng, sources)
    write_fasta(in_folder / "relative.fa", {"r": decode(diverge(rng, circle, divergence))})
    record, letters = assembled("--relative", "relative.fa")
    assert same_circle(letters, decode(circle))
    assert record["result"] == "circle" and record["length_bp"] == length
    assert record["depth_x"] == pytest.approx(bases["m"] / length, rel=0.1)


def test_circle_is_exact_by_frequent_kmers_and_starts_with_trnf(in_folder):
    rng = np.random.default_rng(3)
    circle = make_mitochondrion(rng, 5_000)
    letters = decode(circle[:3_000]) + reverse_complement(TRNF) + decode(circle[3_000:])
    circle = np.searchsorted(np.frombuffer(b"ACGT", np.uint8), np.frombuffer(letters, np.uint8)).astype(
        np.uint8
    )
    nuclear = nuclear_with_copy(rng, circle, 60_000, 4_000, 0.03)
    sources = [Source("n", "1", nuclear, 12), Source("n", "2", nuclear, 12)]
    write_reads(in_folder / "reads.fa", rng, [*sources, Source("m", "", circle, 350, circular=True)])
    (in_folder / "temporary").mkdir()
    command = ["kmc", "-k21", "-ci1", "-cs10000", "-m2", "-t1", "-fa", "reads.fa", "kmers", "temporary"]
    subprocess.run(command, check=True, capture_output=True)
    profile = {"id": "x", "step": "genome_profile", "haploid_kmer_coverage": 11.8, "ploidy_model": 2}
    (in_folder / "profile.json").write_text(json.dumps(profile))
    options = ["--kmers", "kmers", "--profile", "profile.json", "--mito-code", 2]
    # One tRNA gene does not tell a mitochondrion from a tandem repeat.
    record, found = assembled(*options, "--candidates", "candidates.fa")
    assert record["result"] == "unconfirmed" and found == b""
    (candidate,) = dict(fasta_records("candidates.fa")).values()
    assert same_circle(candidate, letters)
    record, found = assembled(*options, "--any-circle")
    assert record["result"] == "circle"
    assert same_circle(found, letters)
    assert found.startswith(TRNF)
    assert {"product": "Phe", "start": 1, "end": len(TRNF), "strand": "+"} in record["trnas"]
    assert "confirm it" in record["warnings"][0]


def test_an_absent_organelle_is_none_and_no_failure(in_folder):
    rng = np.random.default_rng(4)
    circle = make_mitochondrion(rng, 6_000)
    write_reads(in_folder / "reads.fa", rng, [Source("n", "1", random_sequence(rng, 50_000, 0.4), 15)])
    write_fasta(in_folder / "relative.fa", {"r": decode(circle)})
    record, letters = assembled("--relative", "relative.fa")
    assert record["result"] == "none" and letters == b""
    assert record["warnings"] == ["0 reads look like an organelle's, too few to assemble it"]
    # A linear molecule does not close.
    write_reads(in_folder / "reads.fa", rng, [Source("m", "", circle, 60)])
    record, letters = assembled("--relative", "relative.fa")
    assert record["result"] == "none" and "do not close a circle" in record["warnings"][0]


def test_bad_input_is_one_sentence(in_folder, capsys):
    write_fasta(in_folder / "reads.fa", {"r": b"ACGT" * 50})
    assert run(lambda: assembled()) == 1
    assert "by a relative's genome (--relative) or by frequent k-mers" in capsys.readouterr().err
    write_fasta(in_folder / "relative.fa", {"one": b"ACGT", "two": b"ACGT"})
    assert run(lambda: assembled("--relative", "relative.fa")) == 1
    assert "relative.fa: 2 sequences" in capsys.readouterr().err


@pytest.mark.parametrize("strand", ["+", "-"])
def test_rotation_moves_genes_with_the_bases(strand):
    circle = decode(make_mitochondrion(np.random.default_rng(5), 900))
    genes = [Trna("Val", 300, 360, "+"), Trna("Phe", 500, 560, strand), Trna("Ser", 880, 40, "-")]
    turned, moved = organelle.rotate(circle, genes)
    assert same_circle(turned, circle) and moved[0].product == "Phe" and moved[0].start == 1

    def letters(sequence, gene):
        span = (sequence * 2)[gene.start - 1 : gene.end + len(sequence) * (gene.end < gene.start)]
        return span if gene.strand == "+" else reverse_complement(span)

    assert {gene.product: letters(circle, gene) for gene in genes} == {
        gene.product: letters(turned, gene) for gene in moved
    }
    assert organelle.rotate(circle, [replace(genes[0])]) == (circle, [genes[0]])


def test_one_turn_is_cut_from_any_number_of_turns():
    circle = decode(make_mitochondrion(np.random.default_rng(6), 5_000))
    for turns in (2, 4):
        turn = seed_extension.one_turn((circle * 5)[700 : 700 + turns * 5_000 + 40])
        assert same_circle(turn, circle)
    # K-mers with an error in one turn come again after two.
    letters = bytearray(circle * 4)
    letters[6_000] = ord("A") if letters[6_000] != ord("A") else ord("C")
    assert same_circle(seed_extension.one_turn(bytes(letters)), circle)
    with pytest.raises(InputError, match="is not a circle"):
        seed_extension.one_turn(circle)
    assert seed_extension.find_period(circle * 2) == 5_000
    assert seed_extension.find_period(circle) is None


def test_reads_that_leave_the_organelle_are_left_out():
    rng = np.random.default_rng(7)
    circle = decode(make_mitochondrion(rng, 6_000)) * 3
    whole = [circle[at : at + 5_000] for at in range(0, 9_000, 300)]
    beyond = circle[:4_000] + decode(random_sequence(rng, 2_000, 0.4))
    kept = seed_extension.supported(seed_extension.both_strands([*whole, beyond]))
    assert Counter(read.letters for read in kept) == Counter(
        read.letters for read in seed_extension.both_strands(whole)
    )


def test_copies_of_the_organelle_leave_and_copies_in_the_nucleus_stay(in_folder):
    rng = np.random.default_rng(8)
    circle = make_mitochondrion(rng, 6_000)
    turns = np.tile(circle, 8)
    contigs = {
        "nuclear": nuclear_with_copy(rng, circle, 90_000, 5_000, 0.02),
        "plain": random_sequence(rng, 80_000, 0.4),
        "turned": (3 - turns[2_500:9_000])[::-1],
        "fragment": turns[100:3_100],
        "deep": turns[:30_000],
        "shortened": np.concatenate([turns[:7_000], turns[9_500:13_000]]),  # as assemblers make them
        "shallow": turns[:36_000],
        "old": diverge(rng, turns[:6_000], 0.1),
        "partly": nuclear_with_copy(rng, circle, 4_000, 4_000, 0.0),
    }
    write_fasta(in_folder / "assembly.fa", {name: decode(codes) for name, codes in contigs.items()})
    write_fasta(in_folder / "circle.fa", {"m": decode(circle)})
    depths = {"turned": 900, "deep": 800, "old": 900, "partly": 900}
    rows = [f"{name}\t0\t{codes.size}\t{depths.get(name, 30)}\n" for name, codes in contigs.items()]
    (in_folder / "depth.bedgraph.gz").write_bytes(gzip.compress("".join(rows).encode()))
    paths = {
        "assembly": "assembly.fa",
        "organelle": "circle.fa",
        "depth": "depth.bedgraph.gz",
        "agp": "out.agp",
    }
    paths |= {"out": "out.fa", "removed": "removed.fa.gz", "decisions": "d.tsv", "metrics": "record.json"}
    words = [word for name, path in paths.items() for word in (f"--{name}", path)]
    assert step.main(["separate", "--id", "x", "--haplotype", "primary", *words]) == 0
    assert dict(fasta_records("removed.fa.gz")).keys() == {"turned", "fragment", "deep", "shortened"}
    assert dict(fasta_records("out.fa")).keys() == {"nuclear", "plain", "shallow", "old", "partly"}
    (numt,) = (one for one in read_decisions("d.tsv") if one.sequence == "nuclear")
    assert numt.action == "keep" and (numt.start, numt.end) == pytest.approx((45_000, 50_000), abs=60)
    record = json.loads((in_folder / "record.json").read_text())
    assert (
        record["copies_removed"] == 4
        and record["bases_in_bp"] == record["bases_out_bp"] + record["removed_bp"]
    )
    # Without an organelle, everything stays.
    (in_folder / "circle.fa").write_text("")
    assert step.main(["separate", "--id", "x", "--haplotype", "primary", *words]) == 0
    assert len(dict(fasta_records("out.fa"))) == len(contigs)


@pytest.mark.parametrize(("closed", "result"), [("circular=true", "circle"), ("circular=false", "linear")])
def test_the_circle_of_another_program_is_rotated(in_folder, closed, result):
    rng = np.random.default_rng(11)
    circle = decode(random_sequence(rng, 3_000, 0.4)) + TRNF + decode(random_sequence(rng, 9_000, 0.4))
    turned = circle[1_000:] + circle[:1_000]
    write_fasta(in_folder / "given.fa", {f"ctg1 length=1 {closed}": turned, "ctg2": turned[:2_000]})
    words = ["--tool", "oatk", "--mito-code", "2", "--out", "circle.fa.gz", "--metrics", "record.json"]
    assert step.main(["adopt", "--id", "x", "--given", "given.fa", *words]) == 0
    ((name, letters),) = fasta_records("circle.fa.gz")
    assert name == "x_mitochondrion" and same_circle(letters, circle) and letters.find(TRNF) in (0, 1)
    record = json.loads((in_folder / "record.json").read_text())
    assert (record["tool"], record["result"], record["length_bp"]) == ("oatk", result, len(circle))
    assert any("assembled 2 sequences" in warning for warning in record["warnings"])


def test_a_program_that_found_no_mitochondrion_gives_an_empty_file(in_folder):
    (in_folder / "given.fa").touch()
    words = ["--tool", "mitohifi", "--out", "circle.fa.gz", "--metrics", "record.json"]
    assert step.main(["adopt", "--id", "x", "--given", "given.fa", *words]) == 0
    assert gzip.decompress((in_folder / "circle.fa.gz").read_bytes()) == b""
    record = json.loads((in_folder / "record.json").read_text())
    assert (record["result"], record["warnings"]) == ("none", ["mitohifi assembled no mitochondrion"])
