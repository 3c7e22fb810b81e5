"""Genes in memory: arithmetic on parts against sets of bases, translation against Biopython."""

from itertools import pairwise

import numpy as np
import pytest
from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.Seq import Seq

from linnaea.formats.gene_models import (
    Gene,
    Transcript,
    by_sequence,
    coding_sequence,
    introns,
    merged,
    overlap,
    phases,
    reverse_complement,
    spliced,
    total_bp,
    translate,
)


def random_letters(rng, number, letters="ACGT"):
    return "".join(rng.choice(list(letters), number)).encode()


@pytest.mark.filterwarnings("ignore:This table contains")
@pytest.mark.parametrize("code", sorted(unambiguous_dna_by_id))
def test_translation_equals_biopythons(code):
    """In the codes where a codon is both stop and amino acid (27, 28, 31), we read it as a stop."""
    table = unambiguous_dna_by_id[code]
    both = set(table.stop_codons) & set(table.forward_table)
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    wanted = "".join("*" if codon in both else str(Seq(codon).translate(code)) for codon in codons)
    assert translate("".join(codons).encode(), code) == wanted
    assert translate("".join(codons).lower().encode(), code) == wanted
    assert bool(both) == (code in (27, 28, 31))


def test_translation_of_odd_letters_and_ends():
    rng = np.random.default_rng(1)
    assert translate(b"ATGNNNTGA") == "MX*" and translate(b"") == translate(b"AT") == ""
    assert translate(b"atgA-GRTAatgC") == "MXXM"
    for length in range(300, 309):
        letters = random_letters(rng, length)
        assert translate(letters) == str(Seq(letters[: length // 3 * 3].decode()).translate())
    letters = random_letters(rng, 30_000, "ACGTNRYacgtn-")
    expected = [
        str(Seq(letters[i : i + 3].decode()).translate())
        if set(letters[i : i + 3].upper()) <= set(b"ACGT")
        else "X"
        for i in range(0, 30_000, 3)
    ]
    assert translate(letters) == "".join(expected)


def bases_of(parts):
    return {place for start, end in parts for place in range(start, end)}


def random_parts(rng, number=6, width=60):
    edges = np.sort(rng.choice(width, 2 * number, replace=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def test_parts_behave_as_sets_of_bases():
    rng = np.random.default_rng(3)
    for _ in range(300):
        one, other = random_parts(rng, int(rng.integers(1, 7))), random_parts(rng, int(rng.integers(1, 7)))
        assert overlap(one, other) == overlap(other, one) == len(bases_of(one) & bases_of(other))
        assert total_bp(one) == len(bases_of(one))
        union = merged(rng.permutation(np.array(one + other)).tolist())
        assert bases_of(union) == bases_of(one + other)
        assert all(left[1] < right[0] for left, right in pairwise(union))
        assert bases_of(introns(one)) == set(range(one[0][0], one[-1][1])) - bases_of(one)
        gap = int(rng.integers(1, 5))
        bridged = merged(one, gap)
        assert bases_of(bridged) == bases_of(one) | {
            place for start, end in introns(one) if end - start <= gap for place in range(start, end)
        }
    assert overlap([], [(0, 5)]) == 0 and merged([]) == [] and introns([(3, 9)]) == []


def test_complement_knows_all_iupac_letters_and_keeps_case():
    letters = b"ACGTNRYSWKMBDHVacgtnryswkmbdhv"
    assert reverse_complement(letters).decode() == str(Seq(letters.decode()).reverse_complement())
    assert reverse_complement(reverse_complement(letters)) == letters


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("phase", [0, 1, 2])
def test_coding_sequence_and_phases_agree(strand, phase):
    """Each part, skipped by its phase, must read a piece of the whole protein."""
    rng = np.random.default_rng(4)
    for _ in range(50):
        cds = random_parts(rng, 5, 200)
        sequence = random_letters(rng, 210)
        model = Transcript("t", "c", strand, cds, cds, phase)
        whole = coding_sequence(model, sequence)
        assert whole == spliced(sequence, cds, strand)[phase:]
        offset = coding_sequence(model, sequence[cds[0][0] :], cds[0][0])
        assert offset == whole
        protein, passed = translate(whole), -phase
        ordered = list(zip(cds, phases(cds, strand, phase), strict=True))
        for part, skip in ordered if strand == "+" else reversed(ordered):
            assert (passed + skip) % 3 == 0
            begun = (passed + skip) // 3
            piece = translate(spliced(sequence, [part], strand)[skip:])
            assert protein[begun : begun + len(piece)] == piece
            passed += part[1] - part[0]


def test_genes_are_grouped_by_sequence_in_order_of_place():
    def gene(ident, seqid, start):
        return Gene(ident, seqid, "+", [Transcript(f"{ident}.t", seqid, "+", [(start, start + 9)])])

    listed = [gene("c", "s2", 5), gene("b", "s1", 90), gene("a", "s1", 5), gene("d", "s2", 1)]
    found = [(seqid, [one.id for one in genes]) for seqid, genes in by_sequence(listed)]
    assert found == [("s2", ["d", "c"]), ("s1", ["a", "b"])]


def test_a_gene_spans_its_transcripts():
    one = Transcript("a", "c", "+", [(10, 20), (30, 40)])
    other = Transcript("b", "c", "+", [(5, 12)])
    gene = Gene("g", "c", "+", [one, other])
    assert (gene.start, gene.end, one.start, one.end) == (5, 40, 10, 40)
