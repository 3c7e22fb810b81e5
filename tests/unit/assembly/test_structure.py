"""Structural checks against planted errors, on synthetic alignments and on those of simulated reads."""

import subprocess

import numpy as np
import pytest

from linnaea.assembly.read_depth import WindowedDepth, read_paf
from linnaea.assembly.structure import ERRORS, ReadSupport, gap_places, suspect_counts, suspects

LENGTH, READ, PLACE = 200_000, 10_000, 100_000


def checked(alignments, length=LENGTH, gaps=()):
    """Suspects of alignments (start, end, clipped before, clipped after) on one sequence."""
    depth, support = WindowedDepth({"a": length}, 1000), ReadSupport({"a": length})
    for start, end, before, after in alignments:
        depth.add("a", start, end)
        support.add("a", start, end, before, after)
    return suspects(support, depth.depth(), 1000, {"a": gaps})


def tiled(start, end, coverage=20):
    """Whole reads at even steps."""
    return [(at, at + READ, 0, 0) for at in range(start, end - READ + 1, READ // coverage)]


def broken(reads, place, every=1):
    """Every `every`-th read over a place is split there into two clipped alignments."""
    alignments, over = [], 0
    for start, end, *_ in reads:
        over += start < place < end
        if start < place < end and over % every == 0:
            alignments += [(start, place, 0, end - place), (place, end, place - start, 0)]
        else:
            alignments.append((start, end, 0, 0))
    return alignments


def test_reads_that_agree_raise_no_suspect():
    assert checked(tiled(0, LENGTH)) == []


@pytest.mark.parametrize("coverage", [10, 20, 50])
def test_a_place_where_all_reads_end_is_a_misjoin_and_one_where_half_end_is_not(coverage):
    reads = tiled(0, LENGTH, coverage)
    (misjoin,) = checked(broken(reads, PLACE))
    assert misjoin.kind == "misjoin" and misjoin.start_bp <= PLACE <= misjoin.end_bp
    assert misjoin.spanning == 0 and misjoin.clipped >= 0.7 * coverage
    (half,) = checked(broken(reads, PLACE, every=2))
    assert half.kind == "partial" and half.spanning >= half.clipped / 2


def test_a_misjoin_at_a_gap_is_left_to_the_gap():
    assert checked(broken(tiled(0, LENGTH), PLACE), gaps=[(PLACE - 50, PLACE + 50)]) == []


def test_places_without_reads_and_with_those_of_two_copies():
    reads = [r for r in tiled(0, LENGTH) if not r[0] < PLACE < r[1]]
    (suspect,) = [s for s in checked(reads) if s.kind in ("unspanned", "low_depth")]
    assert suspect.start_bp <= PLACE <= suspect.end_bp
    # 2,000 bp between reads that abut: fewer windows than a run of low depth has
    abutting = tiled(0, PLACE) + tiled(PLACE, LENGTH)
    assert [s.kind for s in checked(abutting)] == ["unspanned"]
    twice = tiled(0, LENGTH) + tiled(60_000, 120_000)
    (collapse,) = checked(twice)
    assert collapse.kind == "collapse"
    assert collapse.start_bp == pytest.approx(60_000, abs=READ) and collapse.end_bp == pytest.approx(
        120_000, abs=READ
    )


def test_strand_of_a_clipped_read():
    support, depth = ReadSupport({"a": LENGTH}), WindowedDepth({"a": LENGTH}, 1000)
    line = f"r\t9000\t4000\t9000\t-\ta\t{LENGTH}\t50000\t55000\t4000\t5000\t60\n"
    read_paf([line] * 5, depth, support)
    # the first 4,000 bp of a reversed read lie behind its end
    assert np.flatnonzero(support.clipped("a")).tolist() == [549, 550, 551]


def test_gaps_and_counts():
    assert gap_places("ACGT" + "N" * 12 + "ac" + "n" * 9 + "A") == [(4, 16)]
    numbers = suspect_counts(checked(broken(tiled(0, LENGTH), PLACE)), ["a", "b"])
    assert numbers["misjoin_suspects"] == 1 and numbers["suspects"] == {
        "sequence": ["a", "b"],
        "errors": [1, 0],
    }


# Real alignments


LETTERS = np.frombuffer(b"ACGT", np.uint8)
REVERSED = np.zeros(256, np.uint8)
REVERSED[LETTERS] = LETTERS[::-1]


def mutated(rng, bases, share):
    """Substitutions at a share of the bases."""
    copy = bases.copy()
    at = np.flatnonzero(rng.random(len(bases)) < share)
    copy[at] = LETTERS[(np.searchsorted(LETTERS, copy[at]) + rng.integers(1, 4, len(at))) % 4]
    return copy


def reads_of(rng, haplotypes, coverage):
    """FASTA of HiFi-like reads: 12 kb, 0.2 % errors, both strands."""
    lines, number = [], 0
    for bases in haplotypes:
        for _ in range(round(len(bases) * coverage / 12_000)):
            size = int(np.clip(rng.normal(12_000, 2_000), 5_000, 20_000))
            start = int(rng.integers(-size // 2, len(bases) - size // 2))
            read = mutated(rng, bases[max(0, start) : start + size], 0.002)
            if rng.random() < 0.5:
                read = REVERSED[read[::-1]]
            lines.append(b">r%d\n%s\n" % (number, read.tobytes()))
            number += 1
    return b"".join(lines)


def simulated(rng, heterozygosity, divergence):
    """Haplotypes of a species, an assembly with errors, and the places of these.

    Chromosome 1 has 40-kb repeats whose second copies the assembly lacks; so it also lacks sequence there.
    Haplotype 2 has an inversion and an insertion: true variants.
    """
    one, two, three = (LETTERS[rng.integers(0, 4, 600_000)] for _ in range(3))
    for at in (100_000, 300_000):
        one[at + 100_000 : at + 140_000] = mutated(rng, one[at : at + 40_000], divergence)
    first = [one, two, three]
    second = [mutated(rng, bases, heterozygosity) for bases in first]
    if heterozygosity:
        second[1][480_000:520_000] = REVERSED[second[1][480_000:520_000][::-1]]
        insertion = LETTERS[rng.integers(0, 4, 8_000)]
        second[2] = np.concatenate([second[2][:500_000], insertion, second[2][500_000:]])
    # the assembly: two collapses, an inversion, a relocation, and the ends of two chromosomes exchanged
    a = np.concatenate([one[:200_000], one[240_000:400_000], one[440_000:]])
    inverted = two.copy()
    inverted[100_000:160_000] = REVERSED[two[100_000:160_000][::-1]]
    moved = np.concatenate([three[:100_000], three[150_000:250_000], three[100_000:150_000], three[250_000:]])
    b = np.concatenate([inverted[:350_000], moved[400_000:]])
    c = np.concatenate([moved[:400_000], inverted[350_000:]])
    truth = {
        "misjoin": [("a", 200_000), ("a", 360_000), ("b", 100_000), ("b", 160_000), ("b", 350_000)]
        + [("c", 100_000), ("c", 200_000), ("c", 250_000), ("c", 400_000)],
        "collapse": [("a", 120_000), ("a", 280_000)],
    }
    return [*first, *second], {"a": a, "b": b, "c": c}, truth


@pytest.mark.slow
@pytest.mark.parametrize("heterozygosity", [0, 0.005, 0.02])
@pytest.mark.parametrize(
    ("coverage", "divergence"), [(15, 0.005), (30, 0.01), pytest.param(60, 0.02, marks=pytest.mark.nightly)]
)
def test_planted_errors_are_reported_and_true_variants_are_not(
    tmp_path, heterozygosity, coverage, divergence
):
    rng = np.random.default_rng([coverage, int(1000 * heterozygosity)])
    haplotypes, assembly, truth = simulated(rng, heterozygosity, divergence)
    (tmp_path / "assembly.fa").write_bytes(
        b"".join(b">%s\n%s\n" % (n.encode(), s.tobytes()) for n, s in assembly.items())
    )
    (tmp_path / "reads.fa").write_bytes(reads_of(rng, haplotypes, coverage / 2))
    command = ["minimap2", "-x", "map-hifi", "--secondary=no", "--paf-no-hit", "-t", "2"]
    paf = subprocess.run(
        [*command, tmp_path / "assembly.fa", tmp_path / "reads.fa"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lengths = {name: len(bases) for name, bases in assembly.items()}
    depth, support = WindowedDepth(lengths, 1000), ReadSupport(lengths)
    read_paf(paf.splitlines(), depth, support)
    errors = [s for s in suspects(support, depth.depth(), 1000, {}) if s.kind in ERRORS]

    def places(kind):
        return [(name, at) for name, at in truth[kind]]

    met = dict.fromkeys(truth, 0)
    right = set()
    for kind in truth:
        for name, at in places(kind):
            hits = [
                s
                for s in errors
                if s.sequence == name and s.kind == kind and s.start_bp - 1000 <= at <= s.end_bp + 1000
            ]
            met[kind] += bool(hits)
            right |= set(hits)
    planted = sum(map(len, truth.values()))
    wrong = [s for s in errors if s not in right]
    assert sum(met.values()) / planted >= 0.9, (met, errors)
    assert len(right) / len(errors) >= 0.8, wrong
