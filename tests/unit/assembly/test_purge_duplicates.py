"""Haplotigs planted in an assembly of a simulated diploid, with real alignments of its reads."""

import io
import json
import subprocess

import numpy as np
import pytest

import purge_duplicates as step
from linnaea.assembly import purge_duplicates as purge
from linnaea.assembly.decisions import read_decisions
from linnaea.assembly.read_depth import WindowedDepth
from linnaea.base.errors import run
from linnaea.formats.sequences import fasta_records
from linnaea.simulate.genome import make_genome
from linnaea.simulate.haplotypes import apply_variants, draw_variants, lift
from linnaea.simulate.long_reads import Source, hifi_reads
from linnaea.simulate.sequence import decode, reverse_complement

K = 21


def write_fasta(path, sequences):
    path.write_bytes(b"".join(b">%b\n%b\n" % (name.encode(), bases) for name, bases in sequences.items()))


def simulated(folder, seed, heterozygosity_pct, depth, piece_bp, overlap_bp=0):
    """An assembly of the first haplotype with pieces of the second, and its alignments.

    Returns bases to remove by contig. With `overlap_bp` the second contig goes on, as the other haplotype,
    into the first one.
    """
    rng = np.random.default_rng(seed)
    genome = make_genome(rng, 160_000, 1, "TTAGGG", "")
    (first,) = genome.chromosomes.values()
    variants = draw_variants(rng, first, heterozygosity_pct / 100, genome.genes, [])
    second = apply_variants(first, variants)
    cut = 100_000
    low, high = lift(variants, np.array([cut - overlap_bp, cut]))
    contigs = {"one": first[:cut], "two": np.concatenate([second[low:high], first[cut:]])}
    planted = {"two": int(high - low)} if overlap_bp else {}
    at = 4_000
    while at + piece_bp[0] < second.size - 4_000:
        piece = second[at : at + int(rng.integers(*piece_bp))]
        name = f"piece{at}"
        contigs[name] = piece if rng.random() < 0.5 else reverse_complement(piece)
        planted[name] = piece.size
        at += piece.size + int(rng.integers(10_000, 30_000))
    write_fasta(folder / "assembly.fa", {name: decode(codes) for name, codes in contigs.items()})
    sources = [Source("a", "1", first, depth / 2), Source("a", "2", second, depth / 2)]
    reads = {read.name: read.sequence for read in hifi_reads(rng, sources, adapter_share=0)}
    write_fasta(folder / "reads.fa", reads)
    write_profile(folder, depth / 2)
    for options, name in (
        (["-x", "map-hifi", "--secondary=no", "--paf-no-hit", "assembly.fa", "reads.fa"], "reads.paf"),
        (["-x", "asm5", "-DP", "assembly.fa", "assembly.fa"], "self.paf"),
    ):
        done = subprocess.run(["minimap2", *options], cwd=folder, capture_output=True, check=True)
        (folder / name).write_bytes(done.stdout)
    return planted


def write_profile(folder, depth, ploidy=2):
    """A record as the genome profile writes it for reads of 0.08 % errors."""
    record = {"id": "x", "step": "genome_profile", "kmer_size": K, "ploidy_model": ploidy}
    record |= {"error_rate_pct": 0.08, "haploid_kmer_coverage": depth * (1 - 0.0008) ** K}
    (folder / "profile.json").write_text(json.dumps(record))


def purged(folder, monkeypatch, *options):
    """Run the step; returns its record and decisions."""
    paths = {"assembly": "assembly.fa", "self-alignment": "self.paf", "profile": "profile.json"}
    paths |= {"out": "out.fa.gz", "removed": "removed.fa.gz", "agp": "out.agp"}
    paths |= {"decisions": "decisions.tsv", "metrics": "record.json"}
    words = [word for name, path in paths.items() for word in (f"--{name}", str(folder / path))]
    monkeypatch.setattr("sys.stdin", io.StringIO((folder / "reads.paf").read_text()))
    assert step.main(["remove", "--id", "x", "--haplotype", "primary", *words, *map(str, options)]) == 0
    record = json.loads((folder / "record.json").read_text())
    assert record["bases_in_bp"] == record["bases_out_bp"] + record["removed_bp"]
    return record, read_decisions(folder / "decisions.tsv")


@pytest.mark.parametrize(
    ("seed", "heterozygosity_pct", "depth", "piece_bp", "overlap_bp"),
    [
        (1, 0.3, 50, (8_000, 30_000), 0),
        (2, 1.0, 15, (15_000, 60_000), 0),
        (3, 3.0, 24, (5_000, 20_000), 0),
        (4, 1.0, 30, (15_000, 40_000), 25_000),
    ],
)
def test_planted_haplotigs_are_removed_and_nothing_else(
    tmp_path, monkeypatch, seed, heterozygosity_pct, depth, piece_bp, overlap_bp
):
    planted = simulated(tmp_path, seed, heterozygosity_pct, depth, piece_bp, overlap_bp)
    record, decisions = purged(tmp_path, monkeypatch)
    inside = sum(max(0, min(one.end, planted.get(one.sequence, 0)) - one.start) for one in decisions)
    assert sum(one.length for one in decisions) == inside == record["removed_bp"]
    assert inside >= 0.96 * sum(planted.values())
    assert record["removed_by_kind_bp"].get("overlap", 0) == pytest.approx(overlap_bp, rel=0.04)
    before = dict(fasta_records(tmp_path / "assembly.fa"))
    after = dict(fasta_records(tmp_path / "out.fa.gz"))
    assert after["one"] == before["one"] and before["two"].endswith(after["two"])
    removed = dict(fasta_records(tmp_path / "removed.fa.gz"))
    assert sum(map(len, removed.values())) == record["removed_bp"]


def depth_of(lengths, depths):
    """Depth of contigs: `depths` has (contig, start, end, reads) that cover a stretch."""
    windows = WindowedDepth(lengths, purge.WINDOW_BP)
    for name, start, end, reads in depths:
        for _ in range(reads):
            windows.add(name, start, end)
    return purge.Depth(windows)


def paf(lengths, *alignments):
    """Lines of alignments (query, start, end, strand, target, start, end) of 98 % identity."""
    for query, start, end, strand, target, low, high in alignments:  # each in both directions
        for one, other in (
            ((query, lengths[query], start, end), (target, lengths[target], low, high)),
            ((target, lengths[target], low, high), (query, lengths[query], start, end)),
        ):
            matches = int(0.98 * (end - start))
            yield "\t".join(map(str, [*one, strand, *other, matches, end - start, 0])) + "\n"


def judged(lengths, depths, *alignments):
    """(contig, start, end, reason) of what is removed at 10x per haplotype of a diploid."""
    rows = purge.read_alignments(paf(lengths, *alignments), lengths, "self.paf")
    removals = purge.find_duplicates(rows, depth_of(lengths, depths), purge.Coverage(10.0, 2))
    return [(one.sequence, one.start, one.end, one.reason) for one in removals]


LENGTHS = {"a": 100_000, "b": 40_000, "c": 30_000}


def test_a_contig_whose_only_partner_was_removed_stays():
    """c lies in b only, and b in a; with b removed, c is the only copy of what it has."""
    depths = [("a", 0, 100_000, 10), ("b", 0, 40_000, 10), ("c", 0, 30_000, 10)]
    alignments = [("b", 0, 40_000, "+", "a", 5_000, 45_000), ("c", 0, 30_000, "-", "b", 2_000, 32_000)]
    assert judged(LENGTHS, depths, *alignments) == [("b", 0, 40_000, "haplotig")]
    beside = [*alignments, ("c", 0, 30_000, "-", "a", 7_000, 37_000)]
    assert [row[0] for row in judged(LENGTHS, depths, *beside)] == ["b", "c"]


@pytest.mark.parametrize(
    ("own", "other", "removed"), [(10, 10, True), (4, 16, True), (20, 20, False), (13, 20, False)]
)
def test_two_copies_of_a_locus_share_its_depth_and_repeats_do_not(own, other, removed):
    depths = [("a", 0, 100_000, other), ("b", 0, 40_000, own), ("c", 0, 30_000, 20)]
    rows = judged(LENGTHS, depths, ("b", 0, 40_000, "+", "a", 5_000, 45_000))
    assert rows == ([("b", 0, 40_000, "haplotig")] if removed else [])


def test_a_contig_with_the_only_copy_of_a_locus_is_not_removed():
    """Three quarters of b are in a, in its middle; the rest has the depth of a locus of its own."""
    rows = ("b", 0, 30_000, "+", "a", 20_000, 50_000)
    half = [("a", 0, 100_000, 10), ("b", 0, 30_000, 10), ("c", 0, 30_000, 20)]
    assert judged(LENGTHS, [*half, ("b", 30_000, 40_000, 20)], rows) == []
    assert judged(LENGTHS, [*half, ("b", 30_000, 40_000, 10)], rows) == [("b", 0, 40_000, "haplotig")]


@pytest.mark.parametrize(
    ("strand", "near", "far", "removed"),
    [
        ("+", (0, 15_000), (85_000, 100_000), (0, 15_000)),
        ("+", (25_000, 40_000), (0, 15_000), (25_000, 40_000)),
        ("-", (0, 15_000), (0, 15_000), (0, 15_000)),
        ("-", (25_000, 40_000), (85_000, 100_000), (25_000, 40_000)),
        ("+", (0, 15_000), (40_000, 55_000), None),
        ("+", (0, 15_000), (0, 15_000), None),
        ("-", (0, 15_000), (85_000, 100_000), None),
    ],
)
def test_only_ends_that_continue_each_other_are_trimmed(strand, near, far, removed):
    depths = [("a", 0, 100_000, 10), ("b", 0, 40_000, 10), ("c", 0, 30_000, 20)]
    rows = judged(LENGTHS, depths, ("b", *near, strand, "a", *far))
    assert rows == ([("b", *removed, "overlap")] if removed else [])


def test_repeats_in_the_same_order_are_no_copy():
    depths = [("a", 0, 100_000, 10), ("b", 0, 40_000, 10), ("c", 0, 30_000, 20)]
    repeats = [("b", at, at + 3_000, "+", "a", at + 10_000, at + 13_000) for at in range(0, 40_000, 12_000)]
    assert judged(LENGTHS, depths, *repeats) == []


def test_a_contig_without_reads_is_removed():
    depths = [("a", 0, 100_000, 20), ("b", 0, 40_000, 2), ("c", 0, 30_000, 3)]
    assert judged(LENGTHS, depths) == [("b", 0, 40_000, "low_depth")]


@pytest.fixture(scope="module")
def duplicated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("duplicated")
    return folder, simulated(folder, 5, 1.0, 20, (15_000, 30_000))


def evaluation(folder, false_duplication_pct):
    entries = [{"haplotype": "primary", "false_duplication_pct": false_duplication_pct}]
    record = {"id": "x", "step": "kmer_evaluation", "haplotypes": entries}
    (folder / "evaluation.json").write_text(json.dumps(record))
    return folder / "evaluation.json"


def need(folder, capsys, *options):
    words = ["check-need", "--haplotype", "primary", "--profile", str(folder / "profile.json")]
    assert step.main([*words, *map(str, options)]) == 0
    return capsys.readouterr().out


def test_reads_are_needed_only_where_duplicates_may_be_removed(duplicated, monkeypatch, capsys):
    folder, planted = duplicated
    write_profile(folder, 10)
    few = evaluation(folder, 1.9)
    reason = need(folder, capsys, "--evaluation", few)
    reads = (folder / "reads.paf").read_text()
    (folder / "reads.paf").write_text("")
    assert purged(folder, monkeypatch, "--evaluation", few)[0]["nothing_removed_because"] == reason
    (folder / "reads.paf").write_text(reads)
    many = evaluation(folder, 2.1)
    assert need(folder, capsys, "--evaluation", many) == need(folder, capsys) == ""
    assert purged(folder, monkeypatch, "--evaluation", many)[0]["removed_bp"] == sum(planted.values())


def test_nothing_is_removed_without_reason(duplicated, monkeypatch):
    folder, planted = duplicated
    for options, words in (
        (["--phased"], "the assembly is a phased haplotype"),
        (["--evaluation", evaluation(folder, 1.9)], "k-mers show 1.9 % false duplications, below 2 %"),
    ):
        record, decisions = purged(folder, monkeypatch, *options)
        assert words in record["nothing_removed_because"]
        assert not decisions and record["bases_out_bp"] == record["bases_in_bp"]
    write_profile(folder, 10, ploidy=None)
    record, decisions = purged(folder, monkeypatch)
    assert "no coverage per haplotype" in record["nothing_removed_because"] and not decisions
    assert record["haploid_depth_x"] is None
    write_profile(folder, 40)
    record, decisions = purged(folder, monkeypatch)
    assert "but the k-mers give 40x for one haplotype" in record["nothing_removed_because"] and not decisions
    write_profile(folder, 10)
    record, decisions = purged(folder, monkeypatch, "--evaluation", evaluation(folder, 2.1))
    assert {one.sequence for one in decisions} == planted.keys()
    assert record["nothing_removed_because"] is None


def test_the_user_keeps_a_contig_by_list_or_by_an_edited_table(duplicated, monkeypatch):
    folder, planted = duplicated
    write_profile(folder, 10)
    name = min(planted)
    (folder / "keep.txt").write_text(f"{name}\n")
    record, decisions = purged(folder, monkeypatch, "--keep", folder / "keep.txt")
    assert record["removed_bp"] == sum(planted.values()) - planted[name]
    assert [one.decided_by for one in decisions if one.action == "keep"] == ["person"]
    purged(folder, monkeypatch)
    rows = (folder / "decisions.tsv").read_text().splitlines(True)
    (folder / "edited.tsv").write_text("".join(row for row in rows if f"\t{name}\t" not in row))
    assert (
        purged(folder, monkeypatch, "--edited", folder / "edited.tsv")[0]["removed_bp"]
        == record["removed_bp"]
    )


def test_bad_input_is_one_sentence(duplicated, monkeypatch, capsys):
    folder, _ = duplicated
    good = (folder / "self.paf").read_text()

    def message(*options):
        assert run(lambda: purged(folder, monkeypatch, *options)) == 1
        return capsys.readouterr().err

    write_profile(folder, 10)
    (folder / "self.paf").write_text(good.replace("piece4000\t", "other\t"))
    assert "self.paf: other of " in message()
    (folder / "self.paf").write_text(good)
    (folder / "keep.txt").write_text("unknown\n")
    assert "keep.txt, line 1: sequence unknown is not in the assembly" in message(
        "--keep", folder / "keep.txt"
    )
    reads = (folder / "reads.paf").read_text()
    (folder / "reads.paf").write_text("r\t100\t0\t0\t*\t*\t0\t0\t0\t0\t0\t0\n")
    assert "x primary: no read maps to" in message()
    (folder / "reads.paf").write_text(reads)


def test_an_assembly_of_one_contig_has_no_alignment_to_itself(tmp_path, monkeypatch):
    write_fasta(tmp_path / "assembly.fa", {"one": b"ACGT" * 3_000})
    write_profile(tmp_path, 1)
    (tmp_path / "self.paf").write_text("")
    (tmp_path / "reads.paf").write_text("r\t12000\t0\t12000\t+\tone\t12000\t0\t12000\t12000\t12000\t60\n")
    record, decisions = purged(tmp_path, monkeypatch)
    assert not decisions and record["bases_out_bp"] == 12_000
