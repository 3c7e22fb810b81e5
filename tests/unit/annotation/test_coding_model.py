"""Starts of simulated genes in several genetic codes, found by a model that other genes taught."""

from functools import cache

import numpy as np
import pytest
from simulated import recoded

from linnaea.annotation.coding_model import MIN_GENES, CodingModel, learn
from linnaea.annotation.orfs import longest_orf
from linnaea.formats.gene_models import codon_table, translate
from linnaea.simulate.genes import make_genes, splice
from linnaea.simulate.sequence import decode

KNOWN = 20


@cache
def genes_of(seed, number):
    return make_genes(np.random.default_rng(seed), number)


def transcripts(code, seed, number=60):
    """Letters of transcripts with start and end of their CDS, in a genetic code."""
    rng = np.random.default_rng(seed)
    found = []
    for gene, block in genes_of(seed, number):
        model = gene.transcripts[0]
        letters = decode(splice(block, model.exons, 1))
        coding = decode(splice(block, model.coding_parts(), 1))
        start = letters.index(coding)
        end = start + len(coding)
        found.append((letters[:start] + recoded(coding, code, rng) + letters[end:], start, end))
    return found


@pytest.mark.parametrize("code", [1, 2, 6, 10, 12])
def test_recoded_genes_are_the_same_proteins(code):
    for (letters, start, end), (old, *_) in zip(transcripts(code, 4, 5), transcripts(1, 4, 5), strict=True):
        protein = translate(letters[start:end], code)
        assert protein.index("*") == len(protein) - 1
        if code == 1:
            assert letters == old and codon_table(1)[letters[end - 3 : end]] == "*"


def right(genes, frame):
    return np.mean([frame(letters) == (start, end) for letters, start, end in genes])


@pytest.mark.parametrize("code, by_length", [(1, 0.9), (6, 0.8), (10, 0.9), (12, 0.9)])
@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_genes_teach_the_starts_of_the_others(code, by_length, seed):
    genes = transcripts(code, seed)
    model = learn(genes[:KNOWN], code)

    def longest(letters):
        found = longest_orf(letters, code, allow_partial=False)
        return found.start, found.end

    assert right(genes[KNOWN:], longest) <= by_length
    assert right(genes[KNOWN:], model.frame) >= 0.95


def test_where_the_first_start_is_always_right_it_is_taken():
    """Leaders without start codons: what lies beyond the first one is no reason to leave it."""
    genes = []
    for letters, start, end in transcripts(1, 3, 90):
        leader = letters[:start].replace(b"ATG", b"ACG")
        while b"ATG" in leader + letters[start : start + 2]:
            leader = leader.replace(b"ATG", b"ACG")
        # an N terminus unlike the rest, and a context that says nothing
        odd = b"".join([b"ATG", *[b"ATACGA"] * 6])
        genes.append((leader[:-9] + b"TACTACTAC" + odd + letters[start:end], len(leader), 0))
    genes = [(letters, start, len(letters)) for letters, start, _ in genes]
    model = learn(genes[:30])
    assert right(genes[30:], model.frame) == 1


def test_the_frame_is_found_among_longer_ones():
    """With one stop codon of 64 a frame without a gene may be longer than a short gene."""
    genes = transcripts(6, 5)
    model = learn(genes[:KNOWN], 6)
    rng = np.random.default_rng(1)
    short = bytes(rng.choice(list(b"ACGT"), 120))
    long = bytes(rng.choice(list(b"ACGT"), 3000)).replace(b"TGA", b"TCA")
    for letters, start, end in genes[KNOWN:]:
        if end - start > 2000:
            continue
        behind = letters + short + b"TGATTGATTGA" + b"ATG" + long + b"TGA"
        assert longest_orf(behind, 6, allow_partial=False).end != end
        assert model.frame(behind)[1] == end


def test_only_frames_of_enough_codons_count():
    genes = transcripts(1, 6, 40)
    model = learn(genes[:KNOWN])
    letters, start, end = genes[-1]
    codons = (end - start) // 3
    assert model.frame(letters, codons + 200) is None
    assert model.frame(b"", 1) is None and model.frame(b"AT") is None
    assert model.frame(letters.replace(b"ATG", b"ACG")) is None
    assert model.start(letters, end, among=[start]) == start
    assert model.start(letters, end, among=[]) is None


def test_few_genes_teach_nothing():
    genes = transcripts(1, 7, MIN_GENES)
    assert learn(genes[:-1]) is None
    assert isinstance(learn(genes), CodingModel)


def test_letters_that_are_no_bases_say_nothing():
    genes = transcripts(1, 8, 30)
    model = learn([(letters[:5] + b"NNN" + letters[8:], *place) for letters, *place in genes])
    letters, _, end = genes[0]
    assert np.isfinite(model.tables.frames(letters[:5] + b"N" * 9 + letters[14:]).usage).all()
    assert model.frame(letters)[1] == end
