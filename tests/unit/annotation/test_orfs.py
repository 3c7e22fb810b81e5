"""Open reading frames against a search of every start and end by regular expressions and brute force."""

import numpy as np
import pytest
from Bio.Seq import Seq

from linnaea.annotation.orfs import add_orf, longest_orf, to_genome
from linnaea.formats.gene_models import Transcript, coding_sequence, spliced


def random_letters(rng, number):
    return "".join(rng.choice(list("ACGT"), number, p=[0.3, 0.2, 0.2, 0.3]))


def brute_force(letters, partial):
    """Every frame that may be taken, as (start, end, partial ends), by trying all pairs of places."""
    found = set()
    size = len(letters)
    for start in range(size):
        for end in range(start + 3, size + 1, 3):
            protein = str(Seq(letters[start:end]).translate())
            inner = protein[:-1] if protein.endswith("*") else protein
            if "*" in inner:
                break
            closed, last = protein.endswith("*"), end + 3 > size
            if not closed and not (partial and last):
                continue
            before = str(Seq(letters[start % 3 : start]).translate())
            since_stop = before.rpartition("*")[2]
            three = "" if closed else "3"
            if protein.startswith("M") and "M" not in since_stop:
                open_start = partial and "*" not in before
                if not (open_start and len(since_stop) > len(inner)):
                    found.add((start, end, three))
            if partial and start < 3:
                atg = inner.find("M")
                if atg < 0 or atg > len(inner) - atg:
                    found.add((start, end, ",".join(filter(None, ("5", three)))))
    return found


@pytest.mark.parametrize("partial", [True, False])
def test_the_longest_frame_of_random_sequences(partial):
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(150):
        letters = random_letters(rng, int(rng.integers(3, 150)))
        orf = longest_orf(letters.encode(), allow_partial=partial)
        every = brute_force(letters, partial)
        if orf is None:
            assert not every
            continue
        assert (orf.start, orf.end, orf.partial) in every, letters
        assert orf.length == max(end - start for start, end, _ in every), letters
        seen.add(orf.partial)
    assert seen == ({"", "5", "3", "5,3"} if partial else {""})


def test_the_first_atg_begins_a_frame_and_a_stop_closes_it():
    orf = longest_orf(b"CCTGAATGAAAATGCCCTAACC", allow_partial=False)
    assert (orf.start, orf.end, orf.partial) == (5, 20, "")
    assert longest_orf(b"CCTGACCCTAGCC", allow_partial=False) is None


def test_the_genetic_code_decides_what_stops():
    letters = b"TAAATG" + b"GCT" * 5 + b"TGA" + b"GCT" * 5 + b"TAA"
    assert longest_orf(letters, 1, False).length == 3 * 7
    assert longest_orf(letters, 4, False).length == 3 * 13  # TGA is tryptophan


def test_an_open_start_is_assumed_only_when_it_doubles_the_frame():
    closed = b"GCTAACATAGCC"  # four codons, with stops in the other two frames
    utr, frame = closed * 3, b"ATG" + closed * 3 + b"TAA"
    assert longest_orf(utr + frame).partial == ""
    assert longest_orf(utr + frame).start == 36
    assert longest_orf(utr * 2 + frame).partial == "5"
    assert longest_orf(utr + frame[:-3]).partial == "3"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_places_on_the_genome_spell_the_frame(strand):
    rng = np.random.default_rng(2)
    sequence = random_letters(rng, 400).encode()
    for _ in range(200):
        edges = np.sort(rng.choice(400, 8, replace=False)).tolist()
        exons = list(zip(edges[::2], edges[1::2], strict=True))
        letters = spliced(sequence, exons, strand)
        start, end = sorted(rng.integers(0, len(letters) + 1, 2).tolist())
        parts = to_genome(exons, strand, start, end)
        assert spliced(sequence, parts, strand) == letters[start:end]
        assert all(any(a <= s and e <= b for a, b in exons) for s, e in parts)
        assert parts == sorted(parts) and all(s < e for s, e in parts)


def gene(strand):
    # five codons with stops in all three frames of the other strand
    frame = "ATG" + "TTAGTTAGCCCTTAC" * 12 + "TAG"
    letters = "TAACTAGCTGA" + frame + "TAACTAGCTGA"
    cut = 80
    genome = "C" * 30 + letters[:cut] + "GT" + "T" * 50 + "AG" + letters[cut:] + "C" * 30
    exons = [(30, 30 + cut), (30 + cut + 54, 30 + 54 + len(letters))]
    if strand == "-":
        genome = str(Seq(genome).reverse_complement())
        exons = [(len(genome) - end, len(genome) - start) for start, end in reversed(exons)]
    return genome.encode(), exons, frame.encode()


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("known", [True, False])
def test_a_transcript_gets_its_cds_on_either_strand(strand, known):
    genome, exons, frame = gene(strand)
    model = Transcript("t", "c", strand if known else ".", exons, source="stringtie", attributes={"cov": "7"})
    framed = add_orf(model, genome)
    assert framed.strand == strand and coding_sequence(framed, genome) == frame
    assert framed.exons == exons and len(framed.cds) == 2 and framed.type == "mRNA"
    assert framed.attributes == {"cov": "7"} and framed.source == "stringtie"
    lower = add_orf(model, genome.lower())
    assert lower.cds == framed.cds


def test_a_transcript_without_a_frame_gets_none():
    genome, exons, frame = gene("+")
    model = Transcript("t", "c", "+", exons)
    assert add_orf(model, genome, min_codons=len(frame) // 3) is not None
    assert add_orf(model, genome, min_codons=len(frame) // 3 + 1) is None
    cut = Transcript("t", "c", "+", [(60, exons[0][1]), exons[1]])
    assert add_orf(cut, genome).attributes["partial"] == "5"
    assert add_orf(cut, genome, allow_partial=False) is None
