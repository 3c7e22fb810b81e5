"""Chunks that cover a genome once, and genes of overlapping chunks joined."""

import shutil
from itertools import pairwise

import numpy as np
import pytest
from simulated import genome_with_genes

from linnaea.annotation.augustus import copy_config
from linnaea.annotation.gene_prediction import (
    CUT_OFF,
    MIN_SEQUENCE,
    Chunk,
    _hints_of,
    join,
    plan_chunks,
    predict,
)
from linnaea.annotation.hints import Hints, read_hints
from linnaea.formats.gene_models import Gene, Transcript

pytestmark = pytest.mark.slow


def genomes(seed):
    rng = np.random.default_rng(seed)
    lengths = np.concatenate(
        [rng.integers(1, 2000, 40), rng.integers(100_000, 900_000, 8), rng.integers(1_000_000, 30_000_000, 3)]
    )
    return {f"s{i}": int(length) for i, length in enumerate(rng.permutation(lengths))}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("intron", [2_000, 40_000, 900_000])
def test_every_base_counts_in_exactly_one_chunk(seed, intron):
    lengths = genomes(seed)
    jobs = plan_chunks(lengths, intron)
    by_sequence = {}
    for chunk in (chunk for job in jobs for chunk in job):
        by_sequence.setdefault(chunk.seqid, []).append(chunk)
        assert 0 <= chunk.start <= chunk.low < chunk.high <= chunk.end <= lengths[chunk.seqid]
    assert set(by_sequence) == {name for name, length in lengths.items() if length >= MIN_SEQUENCE}
    size = min(max(sum(lengths.values()) // 64, 500_000), 5_000_000)
    shared = min(max(50_000, 4 * intron), size // 2)
    for name, chunks in by_sequence.items():
        assert [chunk.low for chunk in chunks] == [0, *(chunk.high for chunk in chunks[:-1])]
        assert chunks[-1].high == chunks[-1].end == lengths[name] and chunks[0].start == 0
        for one, other in pairwise(chunks):
            assert shared - 2 <= one.end - other.start <= shared
            assert one.end <= other.end and one.start <= other.start
    loads = [sum(chunk.end - chunk.start for chunk in job) for job in jobs]
    assert max(loads) <= 1.5 * size + 2 * shared, "no job is much larger than the others"
    assert all(load >= size // 2 for load in loads[:-1]) or any(len(job) > 1 for job in jobs)
    assert all(len(job) == 1 for job in jobs if job[0].end - job[0].start > size + shared)


def test_chunks_do_not_depend_on_anything_but_the_genome():
    lengths = genomes(1)
    assert plan_chunks(lengths, 5000) == plan_chunks(dict(lengths), 5000)
    assert plan_chunks({"a": 150}, 5000) == []
    (job,) = plan_chunks({f"s{i}": 300 for i in range(100)}, 5000)
    assert len(job) == 100


def test_a_hundred_thousand_scaffolds_are_few_jobs():
    jobs = plan_chunks({f"s{i}": 1000 for i in range(100_000)}, 5000)
    assert 60 <= len(jobs) <= 200


def gene(ident, start, end, strand="+", gap=True, partial=None):
    middle = (start + end) // 2
    cds = [(start, middle), (middle + 20, end)] if gap and end - start > 60 else [(start, end)]
    facts = {"partial": partial} if partial else {}
    model = Transcript(f"{ident}.t1", "c", strand, cds, cds, attributes=facts)
    return Gene(ident, "c", strand, [model])


def places(genes):
    return [(one.start, one.end, one.strand) for one in genes]


LEFT, RIGHT = Chunk("c", 0, 1100, 0, 1000), Chunk("c", 900, 2000, 1000, 2000)


def test_a_gene_found_twice_stays_once():
    found = [(LEFT, gene("a", 930, 990)), (RIGHT, gene("b", 930, 990)), (RIGHT, gene("c", 1020, 1080)),
             (LEFT, gene("d", 1020, 1080))]  # fmt: skip
    for order in (found, found[::-1]):
        kept = join(order)
        assert places(kept) == [(930, 990, "+"), (1020, 1080, "+")]
        assert [one.id for one in kept] == ["a", "c"], "from the chunk in whose own part they begin"


def test_a_cut_gene_gives_way_to_the_whole_one():
    whole, cut = gene("whole", 950, 1400), gene("cut", 950, 1099, partial="3")
    assert [one.id for one in join([(LEFT, cut), (RIGHT, whole)])] == ["whole"]
    tail = gene("tail", 902, 1400, partial="5")
    begun = gene("begun", 700, 1098, partial="3")
    kept = join([(LEFT, begun), (RIGHT, tail)])
    assert [one.id for one in kept] == ["begun"], "the longer than the overlap stay cut, but only once"


def test_a_gene_at_the_end_of_the_sequence_is_not_cut():
    first, last = gene("first", 0, 300, partial="5"), gene("last", 1500, 2000, partial="3")
    assert [one.id for one in join([(LEFT, first), (RIGHT, last)])] == ["first", "last"]


def test_a_neighbours_gene_stays_where_the_owner_has_nothing():
    extra = gene("extra", 1010, 1090)
    assert [one.id for one in join([(LEFT, extra)])] == ["extra"]
    assert [one.id for one in join([(LEFT, extra), (RIGHT, gene("own", 1050, 1300))])] == ["own"]
    near_end = gene("near", 1010, 1100 - CUT_OFF + 1)
    assert join([(LEFT, near_end)]) == []


def test_strands_and_introns_do_not_collide():
    outer = gene("outer", 100, 500)
    inner = gene("inner", 300, 318, gap=False)  # in the intron of the outer one
    other = gene("other", 100, 500, strand="-")
    assert outer.transcripts[0].cds[0][1] == 300
    assert {one.id for one in join([(LEFT, outer), (LEFT, inner), (LEFT, other)])} == {
        "outer",
        "inner",
        "other",
    }


@pytest.mark.parametrize("seed", range(8))
def test_join_gives_back_random_genes(seed):
    """Genes up to half an overlap long, seen whole or cut by chunks: each comes back once, whole."""
    rng = np.random.default_rng(seed)
    chunks = [chunk for job in plan_chunks({"c": 3_000_000}, 10_000) for chunk in job]
    assert len(chunks) > 4
    shared = chunks[0].end - chunks[1].start
    truth, free = [], {"+": 0, "-": 0}
    while min(free.values()) < 3_000_000:
        strand = min(free, key=free.get)
        start = free[strand] + int(rng.integers(1, 3000))
        end = start + int(rng.integers(100, shared // 2))
        if end < 3_000_000:
            truth.append(gene(f"g{len(truth)}", start, end, strand))
        free[strand] = end
    found = []
    for number, chunk in enumerate(chunks):
        for one in truth:
            start, end = max(one.start, chunk.start), min(one.end, chunk.end)
            if end - start < 100:
                continue
            found.append((chunk, gene(f"{number}.{one.id}", start, end, one.strand)))
    kept = join([found[i] for i in rng.permutation(len(found))])
    assert sorted(places(kept)) == sorted(places(truth))
    assert [(one.start, one.end) for one in kept] == sorted((one.start, one.end) for one in kept)
    assert places(join(found)) == places(kept)


def test_augustus_predicts_the_same_in_one_chunk_and_in_several(tmp_path, monkeypatch):
    """The fly's model on simulated genes, with hints: chunks change nothing but the time."""
    assert shutil.which("augustus")
    monkeypatch.chdir(tmp_path)
    fasta, _ = genome_with_genes(tmp_path, 8, spacer=800)
    size = len(fasta.read_bytes().split(b"\n")[1])
    config = copy_config(tmp_path / "config", ["fly"])
    whole = predict(fasta, Hints(), config, "fly", [[Chunk("c1", 0, size, 0, size)]])
    assert len(whole) >= 6
    between = [(one.end + other.start) // 2 for one, other in pairwise(whole)]
    cut = min(between, key=lambda place: abs(place - size // 2))
    overlap = min(cut, size - cut) // 2
    pieces = [[Chunk("c1", 0, cut + overlap, 0, cut)], [Chunk("c1", cut - overlap, size, cut, size)]]
    joined = predict(fasta, Hints(), config, "fly", pieces, threads=2)
    same = set(places(whole)) & set(places(joined))
    assert len(same) >= 0.9 * len(whole) and abs(len(joined) - len(whole)) <= 1
    assert not list(tmp_path.glob("tmp*")), "no scratch is left"


def test_hints_are_given_in_the_coordinates_of_their_chunk(tmp_path):
    hints = Hints()
    for start, end in ((899, 950), (900, 950), (1500, 2000), (1500, 2001)):
        hints.add("E", "intron", ("c", start, end, "-"), start)
    hints.add("P", "stop", ("c", 1000, 1003, "+"), 2)
    path = tmp_path / "h.gff"
    path.write_text("".join(_hints_of(RIGHT, hints, "c0")))
    found = read_hints(path)
    assert found.of["E"]["intron"] == {("c0", 0, 50, "-"): 900, ("c0", 600, 1100, "-"): 1500}
    assert found.of["P"]["stop"] == {("c0", 100, 103, "+"): 2}
