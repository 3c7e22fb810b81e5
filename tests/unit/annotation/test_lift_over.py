"""Lift-over: a genome onto itself, onto a diverged and rearranged copy with known truth, and hard cases."""

import gzip
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from simulated import genome_with_genes, models, shape

from linnaea.annotation.lift_over import Hit, Source, choose_places, lift, read_source, write_transcripts
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.formats.gene_models import (
    Gene,
    Transcript,
    coding_sequence,
    protein,
    reverse_complement,
    translate,
)
from linnaea.formats.gff3 import read_genes, write_genes

BIN = ROOT / "bin"
LETTERS = np.frombuffer(b"ACGT", np.uint8)


def lifted(folder, assembly, annotation, genome):
    """Run both parts and minimap2 as the module does; returns the GFF3 and the record."""
    source = ["--source-assembly", str(assembly), "--annotation", str(annotation)]
    script = [sys.executable, str(BIN / "lift_over.py")]
    fasta, paf, gff, out = (folder / name for name in ("t.fasta", "t.paf", "t.gff3", "t.json"))
    command = [*script, "transcripts", *source, "--fasta", str(fasta)]
    longest = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    options = ["-c", "-x", "splice:hq", "-uf", "-G", longest, "-N", "20", "-p", "0.95", "-s", "40", "-t", "1"]
    with paf.open("w") as handle:
        command = ["minimap2", *options, str(genome), str(fasta)]
        subprocess.run(command, check=True, stdout=handle, stderr=subprocess.DEVNULL)
    command = [*script, "models", *source, "--alignments", str(paf), "--genome", str(genome)]
    files = ["--id", "x", "--library", "relative", "--gff", str(gff), "--out", str(out)]
    subprocess.run([*command, *files], check=True)
    return gff, json.loads(out.read_text())


def sequence_of(fasta):
    return np.frombuffer(fasta.read_bytes().split(b"\n")[1], np.uint8)


def write(path, name, letters):
    path.write_bytes(b">" + name.encode() + b"\n" + letters.tobytes() + b"\n")
    return path


def test_an_assembly_onto_itself_gives_every_model_as_it_was(tmp_path):
    fasta, annotation = genome_with_genes(tmp_path, 60)
    packed = tmp_path / "source.fa.gz"
    packed.write_bytes(gzip.compress(fasta.read_bytes().lower().replace(b">c1", b">c1 old assembly")))
    gff, record = lifted(tmp_path, packed, annotation, fasta)
    truth, found = models(annotation), models(gff)
    assert {name: shape(model) for name, model in found.items()} == {
        name: shape(model) for name, model in truth.items()
    }
    assert record["lifted_pct"] == record["identity_median_pct"] == 100
    assert record["complete"] == record["transcripts"] == len(truth)
    assert record["genes"] == 60 and record["warnings"] == []
    assert all(model.attributes["lifted_from"] == name.split(".")[0] for name, model in found.items())


def test_a_diverged_and_rearranged_copy_keeps_its_genes(tmp_path):
    """2 % substitutions, an inversion of the middle third and a piece moved to another sequence."""
    fasta, annotation = genome_with_genes(tmp_path, 60)
    letters, truth = sequence_of(fasta), models(annotation)
    rng = np.random.default_rng(5)
    changed = letters.copy()
    hit = rng.random(letters.size) < 0.02
    changed[hit] = LETTERS[(np.searchsorted(LETTERS, letters[hit]) + rng.integers(1, 4, hit.sum())) % 4]
    gaps = sorted(model.end + 100 for model in truth.values())
    a, b, c = gaps[len(gaps) // 3], gaps[len(gaps) // 2], gaps[4 * len(gaps) // 5]
    assert not any(model.start < cut < model.end for model in truth.values() for cut in (a, b, c))
    turned = np.frombuffer(reverse_complement(changed[a:b].tobytes()), np.uint8)
    genome = tmp_path / "target.fasta"
    write(genome, "n1", np.concatenate([changed[:a], turned, changed[b:c]]))
    genome.write_bytes(genome.read_bytes() + b">n2\n" + changed[c:].tobytes() + b"\n")

    def moved(model):
        def part(start, end):
            if start >= c:
                return start - c, end - c
            return (a + b - end, a + b - start) if a <= start < b else (start, end)

        flipped = a <= model.start < b
        strand = {"+": "-", "-": "+"}[model.strand] if flipped else model.strand
        place = "n2" if model.start >= c else "n1"
        parts = (sorted(part(*p) for p in listed) for listed in (model.exons, model.cds))
        return (place, strand, *parts, 0)

    gff, record = lifted(tmp_path, fasta, annotation, genome)
    found = models(gff)
    assert record["lifted_pct"] >= 98 and 97.5 < record["identity_median_pct"] < 98.5
    wanted = {name: moved(model) for name, model in truth.items()}
    # the transcript's own ends may lose a few bases behind a substitution: the CDS is what is judged
    same = [
        name
        for name in found
        if shape(found[name])[:2] + (found[name].cds,) == wanted[name][:2] + (wanted[name][3],)
    ]
    assert len(same) >= 0.95 * len(truth)
    assert {found[name].seqid for name in found} == {"n1", "n2"}
    spoken = json.loads((tmp_path / "t.json").read_text())
    whole = {"n1": changed_of(genome, 1), "n2": changed_of(genome, 3)}
    for model in found.values():
        read = translate(coding_sequence(model, whole[model.seqid].tobytes()))
        facts = model.attributes
        assert int(facts["stops"]) == read[: -1 if read.endswith("*") else None].count("*")
        assert ("5" not in facts.get("partial", "")) == read.startswith("M")
        assert ("3" not in facts.get("partial", "")) == read.endswith("*")
    broken = [
        model for model in found.values() if model.attributes["stops"] != "0" or "partial" in model.attributes
    ]
    assert broken, "2 % substitutions must cost some start or stop, or make one"
    assert spoken["complete"] <= spoken["lifted"] - len(broken)


def changed_of(path, line):
    return np.frombuffer(path.read_bytes().split(b"\n")[line], np.uint8)


def test_a_stranger_is_warned_of(tmp_path):
    fasta, annotation = genome_with_genes(tmp_path, 10)
    other = write(tmp_path / "other.fasta", "o1", LETTERS[np.random.default_rng(9).integers(0, 4, 100_000)])
    gff, record = lifted(tmp_path, fasta, annotation, other)
    assert record["lifted"] == 0 and record["identity_median_pct"] is None
    assert "the annotation does not fit: 0 of" in record["warnings"][0]
    assert not models_or_none(gff)


def models_or_none(path):
    return [line for line in path.read_text().splitlines() if line and line[0] != "#"]


def test_names_of_another_assembly_are_refused(tmp_path):
    fasta, annotation = genome_with_genes(tmp_path, 5)
    renamed = tmp_path / "renamed.gff3"
    renamed.write_text(annotation.read_text().replace("c1\t", "chr1\t"))
    with pytest.raises(InputError, match=r"renamed.gff3.*sequences that the assembly\s+lacks \(chr1"):
        read_source(fasta, renamed)


def test_coordinates_of_another_version_are_refused(tmp_path):
    fasta, annotation = genome_with_genes(tmp_path, 12)
    letters = sequence_of(fasta)
    shifted = write(tmp_path / "shifted.fasta", "c1", np.concatenate([LETTERS[[0] * 301], letters]))
    with pytest.raises(
        InputError, match=r"have stop codons .*give the assembly that this annotation was made"
    ):
        read_source(shifted, annotation)


def test_an_annotation_without_cds_is_refused(tmp_path):
    fasta, annotation = genome_with_genes(tmp_path, 5)
    exons = tmp_path / "exons.gff3"
    exons.write_text(
        "".join(line for line in annotation.read_text().splitlines(True) if "\tCDS\t" not in line)
    )
    with pytest.raises(InputError, match="no coding transcript"):
        read_source(fasta, exons)


# One gene by hand: exons of 300, 9, 300 bp; `lift` is given alignments as minimap2 makes them.


def by_hand(minus=False):
    rng = np.random.default_rng(3)

    def coding(codons):
        return "".join(rng.choice(["GCT", "AAC", "CTG", "GAA", "TCA", "CGT"], codons))

    one, two, three = "ATG" + coding(99), "GGATCCTAC", coding(99) + "TAA"
    gap = ["GT" + "".join(rng.choice(list("ACGT"), 96)) + "AG" for _ in range(2)]
    flank = ["".join(rng.choice(list("ACGT"), 2000)) for _ in range(2)]
    sequence = (flank[0] + one + gap[0] + two + gap[1] + three + flank[1]).encode()
    exons = [(2000, 2300), (2400, 2409), (2509, 2809)]
    letters = (one + two + three).encode()
    strand = "+"
    if minus:
        sequence = reverse_complement(sequence)
        exons = [(len(sequence) - end, len(sequence) - start) for start, end in reversed(exons)]
        strand = "-"
    source = Source(
        "t1",
        "g1",
        ("c", 2000, 2809, "+"),
        letters,
        (0, 609),
        0,
        [0, 300, 309, 609],
        [100, 100],
        [b"GTAG", b"GTAG"],
    )
    return sequence, source, exons, strand


def operations_of(cigar):
    return [(int(size), kind) for size, kind in re.findall(r"(\d+)(\w)", cigar)]


@pytest.mark.parametrize("minus", [False, True])
@pytest.mark.parametrize(
    "cigar",
    [
        "300M100N9M100N300M",
        "297M100N12M100N300M",  # the first intron three bases too early
        "300M193N2I7M9N300M",  # the small exon beside the next one, with two bases lost
        "309M200N300M",  # the small exon read as part of the first intron
    ],
)
def test_exon_borders_of_the_source_correct_the_alignment(minus, cigar):
    sequence, source, exons, strand = by_hand(minus)
    operations = operations_of(cigar)
    hit = Hit(
        (0, 609), strand, "c", (exons[0][0], exons[-1][1]), 600, operations[::-1] if minus else operations
    )
    model = lift(source, hit, sequence)
    assert (model.cds, model.exons, model.strand) == (exons, exons, strand)
    facts = {key: model.attributes[key] for key in ("stops", "frameshifts", "noncanonical")}
    assert facts == {"stops": "0", "frameshifts": "0", "noncanonical": "0"}
    assert model.attributes["identity"] == model.attributes["coverage"] == "1.000"
    assert "partial" not in model.attributes


def test_an_intron_that_moved_stays_where_it_fits_better():
    """The target's first exon ends six bases early; four of the six would fit straight on, too."""
    sequence, source, _, _ = by_hand()
    last = source.letters[294:300]
    moved = sequence[:2294] + b"GT" + last[2:] + sequence[2308:2400] + last + sequence[2400:]
    assert moved[2294:2296] != last[:2] and sequence[2398:2400] == b"AG"
    low, high = 2294 + 98, 2294 + 98 + 6 + 9
    cigar = [(294, "M"), (98, "N"), (15, "M"), (100, "N"), (300, "M")]
    model = lift(source, Hit((0, 609), "+", "c", (2000, 2807), 600, cigar), moved)
    assert model.cds[:2] == [(2000, 2294), (low, high)] and model.attributes["identity"] == "1.000"


def change(sequence, exons, strand, at, new, old=1):
    """Put letters `new` over `old` bases at place `at` of the transcript, in reading direction."""
    if strand == "-":
        sequence = reverse_complement(sequence)
    places = [
        place for start, end in ((2000, 2300), (2400, 2409), (2509, 2809)) for place in range(start, end)
    ]
    place = places[at]
    made = sequence[:place] + new + sequence[place + old :]
    return reverse_complement(made) if strand == "-" else made


@pytest.mark.parametrize("minus", [False, True])
@pytest.mark.parametrize(
    ("at", "new", "old", "cigar", "facts"),
    [
        (30, b"TAA", 3, "300M100N9M100N300M", {"stops": "1", "frameshifts": "0"}),
        (0, b"GTG", 3, "300M100N9M100N300M", {"partial": "5", "stops": "0"}),
        (606, b"AAA", 3, "300M100N9M100N300M", {"partial": "3", "stops": "0"}),
        (31, b"", 1, "31M1I268M100N9M100N300M", {"frameshifts": "1"}),
        (31, b"", 3, "31M3I266M100N9M100N300M", {"frameshifts": "0", "stops": "0"}),
        (31, b"AA", 1, "31M1D269M100N9M100N300M", {"frameshifts": "1"}),
    ],
)
def test_faults_of_the_target_are_told(minus, at, new, old, cigar, facts):
    sequence, source, exons, strand = by_hand(minus)
    sequence = change(sequence, exons, strand, at, new, old)
    operations = operations_of(cigar)
    span = sum(size for size, kind in operations if kind in "MDN")
    start = len(sequence) - 2000 - span if minus else 2000
    hit = Hit((0, 609), strand, "c", (start, start + span), 600, operations[::-1] if minus else operations)
    model = lift(source, hit, sequence)
    assert {key: model.attributes.get(key) for key in facts} == facts
    if facts.get("frameshifts") == "1":
        assert "partial" in model.attributes or int(model.attributes["stops"])


def test_half_a_gene_is_partial_and_less_is_none():
    sequence, source, exons, _ = by_hand()
    half = Hit((0, 309), "+", "c", (2000, 2409), 309, [(300, "M"), (100, "N"), (9, "M")])
    model = lift(source, half, sequence[:2450])
    assert model.attributes["partial"] == "3" and model.attributes["coverage"] == "0.507"
    assert model.cds == exons[:2]
    assert lift(source, Hit((0, 300), "+", "c", (2000, 2300), 300, [(300, "M")]), sequence[:2300]) is None


def test_a_lost_start_leaves_the_phase():
    sequence, source, _, _ = by_hand()
    hit = Hit(
        (100, 609), "+", "c", (100, 809), 509, [(200, "M"), (100, "N"), (9, "M"), (100, "N"), (300, "M")]
    )
    model = lift(
        source, hit, sequence[2000:]
    )  # whole there: nothing stops the first exon from being straightened
    assert model.cds[0] == (0, 300) and "partial" not in model.attributes
    cut = Hit((100, 609), "+", "c", (0, 709), 509, hit.cigar)
    model = lift(source, cut, sequence[2100:])
    assert model.phase == 2 and model.attributes["partial"] == "5" and model.cds[0] == (0, 200)
    assert translate(coding_sequence(model, sequence[2100:])) == translate(source.letters[102:])


@pytest.mark.parametrize("minus", [False, True])
@pytest.mark.parametrize(
    ("at", "source_codon", "target_codon", "residue", "kept", "facts"),
    [
        (90, b"TGA", b"TGA", "U", True, {"stops": "0"}),
        (90, b"TGA", b"TGC", "U", False, {"stops": "0"}),  # a relative with cysteine has nothing to recode
        (90, b"TGA", b"TAA", "U", False, {"stops": "1"}),
        (0, b"CTG", b"CTG", "M", True, {"partial": None}),
        (0, b"CTG", b"ATG", "M", False, {"partial": None}),
        (0, b"CTG", b"CTA", "M", False, {"partial": "5"}),
    ],
)
def test_a_recoded_codon_is_kept_where_the_target_has_it(
    minus, at, source_codon, target_codon, residue, kept, facts
):
    sequence, source, exons, strand = by_hand(minus)
    source.letters = source.letters[:at] + source_codon + source.letters[at + 3 :]
    source.recoded = {at // 3: residue}
    sequence = change(sequence, exons, strand, at, target_codon, 3)
    operations = operations_of("300M100N9M100N300M")
    place = (exons[0][0], exons[-1][1])
    model = lift(source, Hit((0, 609), strand, "c", place, 600, operations), sequence)
    assert {key: model.attributes.get(key) for key in facts} == facts
    assert ("transl_except" in model.attributes) == kept
    assert not kept or protein(model, sequence)[at // 3] == residue


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("step", [-2, -1, 1, 2])
def test_slippage_is_lifted(tmp_path, strand, step):
    """The second exon slips; the target has three other letters and lies elsewhere."""
    rng = np.random.default_rng(5)

    def random(size):
        return "".join(rng.choice(list("ACGT"), size))

    def coding(codons):
        return "".join(rng.choice(["GCT", "AAC", "CTG", "GAA", "TCA", "CGT"], codons))

    one, two, rest = "ATG" + coding(40), coding(30), coding(60) + "TAA"
    # The message reads bases twice (the codon that it begins with is whole), or leaves some out.
    back = rest if step > 0 else two[step:] + rest[-step:]
    exon = two + (random(step) + rest if step > 0 else back[-step:])
    letters = random(50) + one + "GT" + random(96) + "AG" + exon + random(40)
    begin, split = 50, 50 + len(one) + 100
    cds = [(50, 50 + len(one)), (split, split + len(two)), (split + len(two) + step, split + len(exon))]
    exons = [(0, begin + len(one)), (split, len(letters))]
    changed = letters.replace(one[60:63], "TGT", 1).replace(back[90:93], "TGC", 1)
    source_genome, target = letters, random(300) + changed + random(20)
    if strand == "-":
        source_genome, target = (reverse_complement(g.encode()).decode() for g in (source_genome, target))
        cds, exons = ([(len(letters) - e, len(letters) - s) for s, e in p[::-1]] for p in (cds, exons))
    shift = 300 if strand == "+" else 20
    gene = Gene(
        "g",
        "c",
        strand,
        [Transcript("t", "c", strand, exons, cds, attributes={"exception": "ribosomal slippage"})],
    )
    write_genes(tmp_path / "in.gff3", [gene], {"c": len(letters)})
    (tmp_path / "in.fa").write_text(f">c\n{source_genome}\n")
    (source,) = read_source(tmp_path / "in.fa", tmp_path / "in.gff3")
    sizes = [exons[0][1] - exons[0][0], 100, exons[1][1] - exons[1][0]]
    cigar = list(zip(sizes, "MNM", strict=True))
    place = (shift, shift + len(letters))
    model = lift(source, Hit((0, len(source.letters)), strand, "x", place, 500, cigar), target.encode())
    assert model.exons == [(start + shift, end + shift) for start, end in exons]
    assert model.cds == [(start + shift, end + shift) for start, end in cds]
    facts = {key: model.attributes.get(key) for key in ("stops", "frameshifts", "noncanonical", "partial")}
    assert facts == {"stops": "0", "frameshifts": "0", "noncanonical": "0", "partial": None}
    expected = translate(
        (changed[50 : 50 + len(one)] + two + changed[split + len(two) + step :][: len(back)]).encode()
    )
    assert protein(model, target.encode()) == expected
    write_genes(tmp_path / "out.gff3", [Gene("g", "x", strand, [model])], {"x": len(target)})
    ((again,),) = [gene.transcripts for gene in read_genes(tmp_path / "out.gff3")]
    assert protein(again, target.encode()) == expected and expected.endswith("*")


def hit(seqid, start, matches, introns=2):
    return Hit((0, 300), "+", seqid, (start, start + 500), matches, [(300, "M")] + introns * [(100, "N")])


def test_of_copies_the_one_beside_its_neighbours_is_chosen():
    def source(name, start):
        return Source(name, name, ("c", start, start + 500, "+"), b"", (0, 0), 0, [0], [100, 100], [])

    listed = [source("a", 1000), source("b", 5000), source("c", 9000)]
    hits = {
        0: [hit("n", 101_000, 300)],
        1: [hit("n", 40_000, 300), hit("m", 105_000, 300), hit("n", 105_200, 299)],
        2: [hit("m", 9000, 250), hit("n", 109_000, 300)],
    }
    chosen = choose_places(listed, hits)
    assert (chosen[1].seqid, chosen[1].target[0]) == ("n", 105_200)
    assert chosen[2].seqid == "n"
    # alone, the better match counts; and a processed pseudogene is no gene with introns
    assert choose_places(listed, {1: hits[1]})[1].matches == 300
    assert choose_places(listed, {1: [hit("n", 1, 300, 0), hit("n", 9, 298, 2)]})[1].target[0] == 9


def test_the_search_reaches_twice_the_longest_intron(tmp_path):
    _, source, _, _ = by_hand()
    assert write_transcripts(tmp_path / "t.fa", [source]) == 20_000
    source.gaps[0] = 70_000
    assert write_transcripts(tmp_path / "t.fa", [source]) == 140_000
    assert (tmp_path / "t.fa").read_bytes() == b">t0\n" + source.letters + b"\n"
