"""The simulated species against its own truth, read back by independent means."""

import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import edlib
import numpy as np
import pysam
import pytest
import yaml
from Bio.Seq import Seq
from simulation import digests, fasta, simulate

from linnaea.base.errors import InputError
from linnaea.input.check import check_run_input
from linnaea.input.genomes import check_genomes
from linnaea.input.options import all_parameters
from linnaea.simulate import hic, long_reads
from linnaea.simulate.haplotypes import Variant, apply_variants, lift
from linnaea.simulate.kmers import profile
from linnaea.simulate.sequence import decode, encode, homopolymer_lengths

ADAPTERS = [long_reads.SMRTBELL, long_reads.C2_PRIMER]
TINY = ["--size", "240000", "--chromosomes", "2", "--hifi-coverage", "8", "--hic-coverage", "4"]
TINY += ["--rnaseq-pairs", "4000", "--dropouts", "2", "--chimeras", "1"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("tiny"), *TINY, "--adapter-share", "10")


@pytest.fixture(scope="module")
def sequences(tiny):
    """True sequences by (name, haplotype)."""
    found = {}
    for path in (tiny / "truth").glob("*.fasta"):
        haplotype = {"haplotype1": "1", "haplotype2": "2"}.get(path.stem, "none")
        if haplotype != "none" or path.stem in ("mitochondrion", "contaminant", "symbiont", "chimeras"):
            with pysam.FastxFile(str(path)) as records:
                found |= {(record.name, haplotype): record.sequence for record in records}
    return found


def table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def reverse(sequence: str) -> str:
    return str(Seq(sequence).reverse_complement())


def true_sequence(row: dict[str, str], sequences: dict) -> str:
    source = sequences[row["source"], row["haplotype"]]
    text = (source + source)[int(row["start"]) : int(row["end"])]
    return text if row["strand"] == "+" else reverse(text)


@pytest.mark.slow
def test_same_seed_gives_the_same_bytes(tiny, tmp_path):
    again = digests(simulate(tmp_path / "again", *TINY, "--adapter-share", "10"))
    assert again == digests(tiny)
    other = digests(simulate(tmp_path / "other", *TINY, "--adapter-share", "10", "--seed", "2"))
    assert other.keys() == again.keys()
    same = {name for name in again if again[name] == other[name]}
    assert same == {"genomes.yml", "annotation.yml", "specimens.csv"}


def test_leaving_out_one_kind_of_reads_changes_no_other(tiny, tmp_path):
    less = digests(simulate(tmp_path, *TINY, "--adapter-share", "10", "--hic-coverage", "0", "--no-proteins"))
    full = digests(tiny)
    assert "reads/hic_1.fastq.gz" not in less
    for name in ("reads/hifi.fastq.gz", "reads/rnaseq_2.fastq.gz", "truth/haplotype2.fasta"):
        assert less[name] == full[name]


@pytest.mark.parametrize(
    ("name", "workflow", "assembly"),
    [
        ("genomes.yml", "assembly,annotation", "truth/haplotype1.fasta"),
        ("annotation.yml", "annotation", None),
    ],
)
def test_inputs_pass_the_check_of_their_workflow(tiny, name, workflow, assembly):
    parameters = all_parameters({"workflow": workflow})
    (genome,), notes, faults = check_genomes(str(tiny / name), parameters)
    assert (notes, faults) == ([], [])
    assert genome["id"] == "xxLinDemo1"
    assert genome["rnaseq"][0]["strandedness"] == "reverse"
    assert genome["proteins"][0]["fasta"] == str(tiny / "reads/relative_proteins.fasta")
    assert genome["reference_annotation"] == {
        "annotation": str(tiny / "truth/genes.gff3"),
        "assembly": str(tiny / assembly) if assembly else None,
    }
    # What the annotation is compared with lies on the annotated assembly, or on the one named beside it.
    given = genome["assembly"]["haplotypes"] if genome["assembly"] else None
    assert given == (None if assembly else {"primary": str(tiny / "truth/haplotype1.fasta")})
    assert bool(genome["hifi"]) == (name == "genomes.yml")


def test_the_specimen_passes_the_check_of_a_submission(tiny):
    given = {"workflow": "assembly,annotation,submission", "input": str(tiny / "genomes.yml")}
    given |= {"specimens": str(tiny / "specimens.csv"), "check_tools": False, "assembler": "wtdbg2"}
    checked, notes, faults = check_run_input(all_parameters(given))
    assert faults == [] and checked["genomes"][0]["locus_tag"] == "LDEMO"
    assert any("not given yet" in note and "the sample" not in note for note in notes)


@pytest.mark.slow
def test_hifi_reads_come_from_where_the_truth_says(tiny, sequences):
    rows = {row["read"]: row for row in table(tiny / "truth/reads.tsv.gz")}
    edits = length = predicted = 0
    lengths = []
    kinds = Counter()
    with pysam.FastxFile(str(tiny / "reads/hifi.fastq.gz")) as reads:
        for number, read in enumerate(reads):
            row = rows.pop(read.name)
            assert len(read.sequence) == int(row["length"])
            if row["adapter"] != "none" or number % 2:
                continue
            source = true_sequence(row, sequences)
            result = edlib.align(read.sequence, source, mode="NW", task="path", k=400)
            # Neighbouring errors can cancel, so the distance is at most the number of errors.
            assert 0 <= result["editDistance"] <= int(row["errors"])
            assert result["editDistance"] >= 0.9 * int(row["errors"]) - 2
            edits += result["editDistance"]
            length += len(source)
            lengths.append(len(source))
            predicted += sum(10 ** (-q / 10) for q in read.get_quality_array())
            kinds += homopolymer_share(read.sequence, source, result["cigar"])
    assert not rows
    # Phred accuracy is normal (31, 3): a read's error is log-normal, and the mean of few reads varies.
    variance = (3 * np.log(10) / 10) ** 2
    expected = 10**-3.1 * np.exp(variance / 2)
    standard_error = expected * np.sqrt(np.exp(variance) - 1) * np.linalg.norm(lengths) / length
    assert standard_error < 0.1 * expected
    assert abs(edits / length - expected) < 3.5 * standard_error
    assert edits / predicted == pytest.approx(1, rel=0.08)
    total = sum(kinds.values())
    assert kinds["homopolymer indel"] / total == pytest.approx(0.923, abs=0.03)
    assert kinds["mismatch"] / total == pytest.approx(0.034, abs=0.02)


def homopolymer_share(read: str, source: str, cigar: str) -> Counter:
    """Kinds of errors of an edlib alignment."""
    kinds: Counter = Counter()
    at = reference = 0
    for length, kind in re.findall(r"(\d+)([=XID])", cigar):
        for _ in range(int(length)):
            if kind == "X":
                kinds["mismatch"] += 1
            elif kind == "I":
                same = read[at] in (read[at - 1], read[at + 1 : at + 2])
                kinds["homopolymer indel" if same else "other indel"] += 1
            elif kind == "D":
                lost = source[reference]
                same = lost in (source[reference - 1], source[reference + 1 : reference + 2])
                kinds["homopolymer indel" if same else "other indel"] += 1
            at += kind != "D"
            reference += kind != "I"
    return kinds


def test_adapters_are_where_the_truth_says_and_nowhere_else(tiny):
    rows = {row["read"]: row for row in table(tiny / "truth/reads.tsv.gz")}
    places = Counter()
    with pysam.FastxFile(str(tiny / "reads/hifi.fastq.gz")) as reads:
        for read in reads:
            row = rows[read.name]
            start, end = int(row["adapter_start"]), int(row["adapter_end"])
            both = [word for adapter in ADAPTERS for word in (adapter, reverse(adapter))]
            if row["adapter"] == "none":
                best = edlib.align(ADAPTERS[0], read.sequence, mode="HW")["editDistance"]
                assert best > 8
                continue
            places[row["adapter"]] += 1
            found = read.sequence[start:end]
            assert min(edlib.align(found, word)["editDistance"] for word in both) <= 4
            expected = {"start": start == 0, "end": end == len(read.sequence)}
            assert expected.get(row["adapter"], 0 < start < end < len(read.sequence))
    share = sum(places.values()) / len(rows)
    assert share == pytest.approx(0.1, abs=0.06)
    assert set(places) == {"start", "inside", "end"}


def test_coverage_is_as_asked_and_even_up_to_chromosome_ends():
    codes = np.zeros(200_000, np.uint8)
    source = long_reads.Source("x", "1", codes, 300.0)
    _, starts, lengths = long_reads._plan(np.random.default_rng(3), [source], 12_000)
    depth = np.zeros(codes.size + 1)
    np.add.at(depth, starts, 1)
    np.add.at(depth, starts + lengths, -1)
    depth = np.cumsum(depth)[:-1]
    assert depth.mean() == pytest.approx(300, rel=0.03)
    for window in (depth[1000:3000], depth[-3000:-1000], depth[99_000:101_000]):
        assert window.mean() == pytest.approx(300, rel=0.15)
    assert depth[0] > 200
    assert depth[-1] > 200


def test_reads_cross_the_origin_of_the_mitochondrion(tiny, sequences):
    rows = [row for row in table(tiny / "truth/reads.tsv.gz") if row["source"] == "mitochondrion"]
    size = len(sequences["mitochondrion", "none"])
    assert size == 16_000
    assert sum(int(row["end"]) > size for row in rows) / len(rows) > 0.5
    bases = sum(int(row["end"]) - int(row["start"]) for row in rows)
    assert bases / size == pytest.approx(100, rel=0.25)


def gene_models(path: Path) -> dict[str, dict]:
    """Transcripts of a GFF3 file: sequence, strand, and intervals by type."""
    models: dict[str, dict] = defaultdict(lambda: defaultdict(list))
    genes = {}
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        name, _, kind, start, end, _, strand, phase, text = line.split("\t")
        tags = dict(item.split("=") for item in text.split(";"))
        interval = (int(start) - 1, int(end), phase)
        if kind == "gene":
            genes[tags["ID"]] = interval
        elif kind == "mRNA":
            span = genes[tags["Parent"]]
            assert span[0] <= interval[0] < interval[1] <= span[1]
            models[tags["ID"]]["place"] = (name, strand, *interval[:2])
        else:
            models[tags["Parent"]][kind].append(interval)
    return models


def test_genes_translate_to_their_proteins_with_right_phases_and_splice_sites(tiny):
    chromosomes = fasta(tiny / "truth/haplotype1.fasta")
    proteins = fasta(tiny / "truth/proteins.fasta")
    models = gene_models(tiny / "truth/genes.gff3")
    assert models.keys() == proteins.keys()
    strands = Counter()
    for name, model in models.items():
        chromosome, strand, start, end = model["place"]
        strands[strand] += 1
        text = chromosomes[chromosome]
        exons = sorted(model["exon"])
        assert (exons[0][0], exons[-1][1]) == (start, end)
        coding = sorted(model["CDS"], reverse=strand == "-")
        letters = ""
        for low, high, phase in coding:
            assert int(phase) == -len(letters) % 3
            piece = text[low:high]
            letters += piece if strand == "+" else reverse(piece)
        assert letters[:3] == "ATG"
        assert str(Seq(letters).translate(cds=True)) == proteins[name]
        for (_, left, _), (right, _, _) in pairwise(exons):
            inner = text[left:right] if strand == "+" else reverse(text[left:right])
            assert (inner[:2], inner[-2:]) == ("GT", "AG")
            assert len(inner) >= 50
        untranslated = model["five_prime_UTR"] + model["three_prime_UTR"]
        bases = [sum(b - a for a, b, _ in part) for part in (exons, coding, untranslated)]
        assert bases[0] == bases[1] + bases[2]
        five = [a for a, _, _ in model["five_prime_UTR"]]
        assert five
        first = coding[0]
        assert all((a < first[0]) if strand == "+" else (a >= first[1]) for a in five)
    assert min(strands.values()) > 5


def test_variants_turn_haplotype_1_into_haplotype_2_and_number_as_asked(tiny):
    first = fasta(tiny / "truth/haplotype1.fasta")
    second = fasta(tiny / "truth/haplotype2.fasta")
    truth = json.loads((tiny / "truth/truth.json").read_text())
    made = {name: list(text) for name, text in first.items()}
    small = Counter()
    with pysam.VariantFile(str(tiny / "truth/variants.vcf")) as variants:
        for record in reversed(list(variants)):
            text = first[record.chrom]
            assert text[record.start : record.start + len(record.ref)] == record.ref
            alternative = record.alts[0]
            if alternative == "<INV>":
                low, high = record.start + 1, record.stop
                made[record.chrom][low:high] = [reverse(text[low:high])]
                alternative = "inversion"
            else:
                made[record.chrom][record.start : record.stop] = [alternative]
                size = abs(len(alternative) - len(record.ref))
                small["SNV" if len(record.ref) == len(alternative) else "indel"] += size < 50
            placed = second[truth["homologues"][record.chrom]]
            start, end = record.info["H2START"], record.info["H2END"]
            if alternative != "inversion":
                skip = len(record.ref) != len(alternative)
                assert placed[start:end] == alternative[skip:]
    for name, target in truth["homologues"].items():
        assert "".join(made[name]) == second[target]
    size = sum(len(first[name]) for name in truth["homologues"])
    assert sum(small.values()) == pytest.approx(0.005 * size, abs=2)
    assert truth["heterozygosity_pct"] == pytest.approx(0.5, abs=0.002)
    assert small["indel"] / sum(small.values()) == pytest.approx(0.12, abs=0.02)


def test_sex_chromosomes_are_each_in_one_haplotype_and_not_alike(tiny):
    first, second = (fasta(tiny / f"truth/haplotype{number}.fasta") for number in (1, 2))
    truth = json.loads((tiny / "truth/truth.json").read_text())
    assert (set(first), set(second)) == ({"chr1", "chrX"}, {"chr1", "chrY"})
    assert truth["homologues"] == {"chr1": "chr1"}
    assert truth["unpaired_bp"] == {"chrY": len(second["chrY"])}

    def shared(one: str, other: str) -> float:
        words = {other[at : at + 31] for at in range(len(other) - 30)}
        return float(np.mean([one[at : at + 31] in words for at in range(len(one) - 30)]))

    assert shared(second["chrY"], first["chrX"]) < 0.15  # telomeres and young repeats
    assert shared(second["chr1"], first["chr1"]) > 0.7
    of_x = [row for row in table(tiny / "truth/rnaseq.tsv.gz") if row["haplotype"] == "2"]
    assert of_x
    genes = gene_models(tiny / "truth/genes.gff3")
    assert {genes[row["transcript"]]["place"][0] for row in of_x} == {"chr1"}


def test_no_read_crosses_a_dropout_and_depth_beside_it_stays(tiny):
    lines = (tiny / "truth/dropouts.bed").read_text().splitlines()
    dropouts = [(name, int(start), int(end)) for name, start, end in map(str.split, lines)]
    assert [name for name, *_ in dropouts] == ["chr1", "chrX"]
    rows = [row for row in table(tiny / "truth/reads.tsv.gz") if row["haplotype"] == "1"]
    for name, low, high in dropouts:
        places = [(int(row["start"]), int(row["end"])) for row in rows if row["source"] == name]
        assert not [place for place in places if place[0] < high and place[1] > low]
        beside = sum(start <= low - 500 and end == low for start, end in places)
        inside = np.mean([sum(s <= at < e for s, e in places) for at in range(20_000, low - 20_000, 5_000)])
        assert beside > 0
        assert sum(start <= low - 1 < end for start, end in places) == pytest.approx(inside, rel=0.8)
    repeats = [line.split("\t")[:3] for line in (tiny / "truth/repeats.bed").read_text().splitlines()]
    for name, low, high in dropouts:
        assert not [r for r in repeats if r[0] == name and int(r[1]) < high and int(r[2]) > low]


def test_chimeras_join_what_lies_at_two_dropouts(tiny):
    first = fasta(tiny / "truth/haplotype1.fasta")
    (row,) = csv.DictReader((tiny / "truth/chimeras.tsv").open(), delimiter="\t")
    chimeras = fasta(tiny / "truth/chimeras.fasta")
    arms = [first[row[s]][int(row[f"{s}_start"]) : int(row[f"{s}_end"])] for s in ("left", "right")]
    assert chimeras == {"chimera1.1": "".join(arms)}  # the second haplotype has no X
    assert row["left"] != row["right"]
    edges = {tuple(line.split("\t")) for line in (tiny / "truth/dropouts.bed").read_text().splitlines()}
    assert row["left_end"] in {start for name, start, _ in edges if name == row["left"]}
    assert row["right_start"] in {end for name, _, end in edges if name == row["right"]}
    crossing = [row for row in table(tiny / "truth/reads.tsv.gz") if row["source"] == "chimera1.1"]
    assert sum(int(one["start"]) < 14_000 and int(one["end"]) > 16_000 for one in crossing) >= 3


def test_a_piece_of_the_mitochondrion_is_in_the_nucleus(tiny):
    name, start, end = (tiny / "truth/numt.bed").read_text().split()
    copy = fasta(tiny / "truth/haplotype1.fasta")[name][int(start) : int(end)]
    (mitochondrion,) = fasta(tiny / "truth/mitochondrion.fasta").values()
    distance = edlib.align(copy, mitochondrion, mode="HW")["editDistance"] / len(copy)
    assert len(copy) > 1000
    assert distance == pytest.approx(0.04, abs=0.015)


def test_lift_follows_the_sequence():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, 300).astype(np.uint8)
    variants = [
        Variant(20, 21, np.array([1], np.uint8), "SNV"),
        Variant(50, 58, codes[:0], "deletion"),
        Variant(100, 100, codes[:13], "insertion"),
        Variant(200, 201, codes[:0], "deletion"),
    ]
    other = apply_variants(codes, variants)
    assert other.size == 300 - 8 + 13 - 1
    outside = np.setdiff1d(np.arange(300), [20, *range(50, 58), 200])
    assert (other[lift(variants, outside)] == codes[outside]).all()
    assert lift(variants, np.array([50, 54, 58])).tolist() == [50, 50, 50]


def test_telomeres_and_repeats_are_where_annotated(tiny):
    chromosomes = fasta(tiny / "truth/haplotype1.fasta")
    truth = json.loads((tiny / "truth/truth.json").read_text())
    for telomere in truth["telomeres"]:
        text = chromosomes[telomere["sequence"]]
        length = telomere["length_bp"]
        piece = reverse(text[:length]) if telomere["end"] == "start" else text[-length:]
        assert piece == ("TTAGGG" * length)[:length]
    families = {name.split("#")[0]: text for name, text in
                fasta(tiny / "truth/repeat_families.fasta").items()}  # fmt: skip
    checked = Counter()
    for line in (tiny / "truth/repeats.bed").read_text().splitlines():
        name, start, end, label, divergence, strand = line.split("\t")
        family = families.get(label.split("#")[0])
        if family is None:
            continue
        text = chromosomes[name][int(start) : int(end)]
        text = text if strand == "+" else reverse(text)
        distance = edlib.align(text, family, mode="HW")["editDistance"] / len(text)
        assert distance <= 0.03 + 1.6 * float(divergence) / 100
        checked[label] += 1
    assert len(checked) == 5


def test_kmer_truth_equals_a_plain_count():
    rng = np.random.default_rng(2)
    first = rng.integers(0, 4, 3000).astype(np.uint8)
    first[2000:2200] = first[100:300]
    second = first.copy()
    second[[500, 900, 1500]] = (second[[500, 900, 1500]] + 1) % 4
    counts: Counter = Counter()
    for codes in (first, second):
        text = decode(codes).decode()
        for i in range(len(text) - 20):
            counts[min(text[i : i + 21], reverse(text[i : i + 21]))] += 1
    once = sum(count == 1 for count in counts.values())
    twice = sum(count == 2 for count in counts.values())
    found = profile([[first], [second]], 21)
    share = once / (once + 2 * twice)
    assert found["heterozygosity_pct"] == pytest.approx(100 * (1 - (1 - share) ** (1 / 21)))
    # Three changes in the 2620 positions (2980 without two copies of 180) whose 21-mers are unique.
    assert found["heterozygosity_pct"] == pytest.approx(100 * 3 / 2620, rel=0.05)
    assert found["repeat_share_pct"] == pytest.approx(100 * 2 * 180 / 2980, rel=0.01)


def test_hic_distances_decay_as_one_over_distance():
    size = 2_000_000
    contacts = hic.draw_contacts(np.random.default_rng(1), np.array([size]), 200_000, trans=0.0)
    cis = contacts.kind == "cis"
    distance = np.abs(contacts.position1 - contacts.position2)[cis]
    edges = np.geomspace(1000, 500_000, 15)
    pairs = np.histogram(distance, edges)[0]
    middle = np.sqrt(edges[1:] * edges[:-1])
    density = pairs / np.diff(edges) / (size - middle)
    slope = np.polyfit(np.log(middle), np.log(density), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)


def test_hic_has_compartments_and_uneven_coverage():
    rng = np.random.default_rng(3)
    landscape = hic.draw_landscape(rng, 2_000_000)
    contacts = hic.draw_contacts(rng, np.array([2_000_000]), 200_000, trans=0.5, landscapes=[landscape])
    far = (contacts.kind == "trans") & (np.abs(contacts.position1 - contacts.position2) > 100_000)
    sides = [landscape.compartment[at[far] // hic.BIN_BP] for at in (contacts.position1, contacts.position2)]
    weight = np.array([landscape.visibility[landscape.compartment == side].sum() for side in (False, True)])
    expected = hic.BETWEEN * 2 * weight.prod() / (weight**2).sum()
    different = sides[0] != sides[1]
    assert different.sum() / (~different).sum() == pytest.approx(expected, rel=0.1)
    seen = np.bincount(contacts.position1 // hic.BIN_BP, minlength=landscape.visibility.size)
    assert np.corrcoef(seen, landscape.visibility)[0, 1] > 0.8


def test_hic_mates_lie_at_their_junctions(tiny, sequences):
    rows = table(tiny / "truth/hic.tsv.gz")
    kinds = Counter(row["kind"] for row in rows)
    assert kinds["trans"] / len(rows) == pytest.approx(0.15, abs=0.04)
    seen = Counter(tuple(row[key] for key in row if key != "pair") for row in rows)
    copied = sum(count - 1 for count in seen.values()) / len(rows)
    assert copied == pytest.approx(0.08, abs=0.03)
    right = 0
    for mate in (1, 2):
        with pysam.FastxFile(str(tiny / f"reads/hic_{mate}.fastq.gz")) as reads:
            for read, row in zip(reads, rows, strict=True):
                assert read.name == row["pair"]
                source = sequences[row[f"source{mate}"], row[f"haplotype{mate}"]]
                position = int(row[f"position{mate}"])
                if row[f"strand{mate}"] == "+":
                    near = source[max(0, position - 700) : position]
                else:
                    near = reverse(source[position : position + 700])
                right += read.sequence[:24] in near
    assert right / (2 * len(rows)) > 0.9


def test_rnaseq_is_reverse_stranded_and_spliced(tiny, sequences):
    models = gene_models(tiny / "truth/genes.gff3")
    truth = json.loads((tiny / "truth/truth.json").read_text())
    rows = table(tiny / "truth/rnaseq.tsv.gz")
    forms = Counter(row["form"] for row in rows)
    assert forms["spliced"] / len(rows) > 0.93
    right, counted = Counter(), Counter()
    for mate in (1, 2):
        with pysam.FastxFile(str(tiny / f"reads/rnaseq_{mate}.fastq.gz")) as reads:
            for read, row in zip(reads, rows, strict=True):
                if row["haplotype"] != "1" or row["form"] == "unspliced":
                    continue
                model = models[row["transcript"]]
                name, strand = model["place"][:2]
                text = sequences[name, "1"]
                spliced = "".join(text[a:b] for a, b, _ in sorted(model["exon"]))
                spliced = (spliced if strand == "+" else reverse(spliced)) + "A" * 30
                sense = (mate == 2) == (row["form"] == "spliced")
                start = read.sequence[:24]
                counted[mate] += 1
                right[mate] += (start if sense else reverse(start)) in spliced
    assert truth["reads"]["rnaseq"]["strandedness"] == "reverse"
    for mate in (1, 2):
        assert counted[mate] > 1500
        assert right[mate] / counted[mate] > 0.9


def test_relative_has_most_proteins_at_the_stated_divergence(tiny):
    proteins = fasta(tiny / "truth/proteins.fasta")
    with pysam.FastxFile(str(tiny / "reads/relative_proteins.fasta")) as records:
        relatives = {r.comment.split("=")[1]: r.sequence for r in records}
    genes = {name.split(".")[0] for name in proteins}
    assert relatives.keys() < genes
    assert len(relatives) / len(genes) > 0.75
    distances = [
        edlib.align(text, proteins[f"{gene}.t1"])["editDistance"] / len(text)
        for gene, text in relatives.items()
    ]
    assert np.mean(distances) == pytest.approx(0.235, abs=0.03)


def test_given_genome_without_heterozygosity(tmp_path):
    rng = np.random.default_rng(8)
    letters = decode(rng.integers(0, 4, 70_000).astype(np.uint8)).decode()
    given = tmp_path / "given.fa"
    given.write_text(f">one some words\n{letters[:50_000].lower()}NNNN\n>two\n{letters[50_000:]}\n")
    options = ["--genome", str(given), "--heterozygosity", "0", "--hifi-coverage", "6"]
    out = simulate(tmp_path / "out", *options, "--hic-coverage", "1")
    made = fasta(out / "truth/haplotype1.fasta")
    assert made["one"][:50_000] == letters[:50_000]
    assert set(made["one"]) == set("ACGT")
    assert not (out / "truth/haplotype2.fasta").exists()
    assert not (out / "truth/genes.gff3").exists()
    genome = yaml.safe_load((out / "genomes.yml").read_text())[0]
    assert genome["ploidy"] == 1
    assert "rnaseq" not in genome
    assert "reference_annotation" not in genome
    assert not (out / "annotation.yml").exists()
    truth = json.loads((out / "truth/truth.json").read_text())
    assert truth["heterozygosity_pct"] == 0
    assert truth["reads"]["hifi"]["nuclear_bases_bp"] / 70_004 == pytest.approx(6, rel=0.4)


def test_faults_of_options_and_input_are_named(tmp_path):
    with pytest.raises(InputError, match=r"--heterozygosity .*; --size"):
        simulate(tmp_path, "--heterozygosity", "30", "--size", "1000")
    empty = tmp_path / "empty.fa"
    empty.write_text("")
    with pytest.raises(InputError, match="has no sequence"):
        simulate(tmp_path, "--genome", str(empty))


def test_homopolymer_lengths():
    assert homopolymer_lengths(encode("AACGGGT")).tolist() == [2, 2, 1, 3, 3, 3, 1]


@pytest.mark.slow
def test_default_species_keeps_its_size(tmp_path):
    out = simulate(tmp_path)
    assert sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) < 80e6
    truth = json.loads((out / "truth/truth.json").read_text())
    assert truth["multi_exon_genes"] >= 100
    assert truth["haploid_size_bp"] == 1_500_000
    depth = 2 * truth["reads"]["hifi"]["nuclear_bases_bp"] / sum(truth["haplotype_sizes_bp"])
    assert depth == pytest.approx(40, rel=0.06)
    genome = yaml.safe_load((out / "genomes.yml").read_text())[0]
    files = [genome["hifi"][0]["reads"][0], genome["hic"][0]["read1"], genome["rnaseq"][0]["read2"]]
    files.append(genome["proteins"][0]["fasta"])
    assert all((out / name).is_file() for name in files)
    assert genome["rnaseq"][0]["strandedness"] == "reverse"
    assert "genome_size" not in genome
