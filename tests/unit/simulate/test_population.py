"""The simulated populations against their own truth, read back by independent means."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pysam
import pytest
import tskit
from Bio.Seq import Seq
from simulation import digests, fasta, simulate

from linnaea.base.errors import InputError
from linnaea.simulate import genealogy
from linnaea.simulate.coding import CodingIndex
from linnaea.simulate.cohort import CARRIERS, PLANTED, draw_planted
from linnaea.simulate.genome import make_genome
from linnaea.simulate.mappability import mappable, unique_kmers
from linnaea.simulate.population_reads import (
    DAMAGE_POSITIONS,
    Damage,
    Library,
    deaminate,
    deamination_chance,
    draw_molecules,
)
from linnaea.simulate.sequence import encode, random_sequence

pytestmark = pytest.mark.slow

SIZE = ["--size", "300000", "--chromosomes", "2"]
SMALL = [*SIZE, "--population-coverage", "3", "--historical-coverage", "2"]
ADAPTER = "AGATCGGAAGAGC"
DEMO = {"chr1": 600_000, "chr2": 500_000, "chrX": 400_000}
KINDS = {"chr1": "autosome", "chr2": "autosome", "chrX": "X"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("small"), *SMALL, "--populations", "only") / "population"


@pytest.fixture(scope="module")
def truth(demo):
    return json.loads((demo / "truth/truth.json").read_text())


@pytest.fixture(scope="module")
def reference(demo):
    return fasta(demo / "reference.fasta")


@pytest.fixture(scope="module")
def calls(demo):
    """Records of the true VCF: (chromosome, 0-based position) to (alleles, sample to allele numbers)."""
    found = {}
    with pysam.VariantFile(str(demo / "truth/genotypes.vcf.gz")) as records:
        for record in records:
            assert list(record.filter) == ["PASS"]
            genotypes = {name: call.allele_indices for name, call in record.samples.items()}
            found[record.chrom, record.pos - 1] = record.alleles, genotypes
    return found


@pytest.fixture(scope="module")
def haplotypes(reference, calls):
    """Sequences of a sample by (sample, chromosome, copy), made from the VCF alone."""

    def make(sample: str, chromosome: str, copy: int) -> str:
        pieces, at = [], 0
        for (name, position), (alleles, genotypes) in calls.items():
            if name == chromosome and genotypes[sample][copy]:
                pieces += [reference[name][at:position], alleles[genotypes[sample][copy]]]
                at = position + len(alleles[0])
        return "".join([*pieces, reference[chromosome][at:]])

    return make


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as handle:
        return list(csv.DictReader(handle, delimiter="," if path.suffix == ".csv" else "\t"))


def bed(path: Path) -> list[tuple[str, int, int, str]]:
    parts = (line.split("\t") for line in path.read_text().splitlines())
    return [(name, int(start), int(end), (rest or [""])[0]) for name, start, end, *rest in parts]


def reads(path: Path) -> list[str]:
    with pysam.FastxFile(str(path)) as records:
        return [record.sequence for record in records]


def reverse(sequence: str) -> str:
    return str(Seq(sequence).reverse_complement())


def test_same_seed_gives_the_same_bytes_and_coverage_changes_only_reads(demo, tmp_path):
    again = digests(simulate(tmp_path / "again", *SMALL, "--populations", "only") / "population")
    assert again == digests(demo)
    thin = ["--population-coverage", "1", "--historical-coverage", "0.5"]
    less = digests(simulate(tmp_path / "less", *SIZE, *thin, "--populations", "only") / "population")
    assert less.keys() == again.keys()
    changed = {name for name in again if again[name] != less[name]}
    tables = {"truth/damage.tsv", "truth/libraries.tsv", "truth/samples.tsv"}
    assert changed == {name for name in again if name.startswith("reads/")} | tables


def test_populations_stand_beside_the_species_and_change_nothing_of_it(demo, tmp_path):
    fast = [*SMALL, "--hifi-coverage", "4", "--hic-coverage", "0", "--rnaseq-pairs", "500"]
    alone = digests(simulate(tmp_path / "alone", *fast))
    both = digests(simulate(tmp_path / "both", *fast, "--populations"))
    inside = {name for name in both if name.startswith("population/")}
    assert {name: both[name] for name in both.keys() - inside} == alone
    assert {name.removeprefix("population/"): both[name] for name in inside} == digests(demo)
    assert both["population/reference.fasta"] == alone["truth/haplotype1.fasta"]
    assert both["population/genes.gff3"] == alone["truth/genes.gff3"]


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--population-coverage", "0"], "--population-coverage"), (["--genome", "GENOME"], "--genome")],
)
def test_what_cannot_be_simulated_is_refused(options, word, tmp_path):
    genome = tmp_path / "g.fasta"
    genome.write_text(">a\n" + "ACGTTGCA" * 30_000 + "\n")
    options = [str(genome) if option == "GENOME" else option for option in options]
    with pytest.raises(InputError, match=word):
        simulate(tmp_path / "out", *SIZE, *options, "--populations", "only")
    assert not (tmp_path / "out").exists()


def test_sample_table_names_every_file_of_reads_once(demo):
    table = rows(demo / "samples.csv")
    named = [row[f"fastq_{mate}"] for row in table for mate in (1, 2) if row[f"fastq_{mate}"]]
    assert sorted(named) == sorted(f"reads/{path.name}" for path in (demo / "reads").iterdir())
    samples = {row["sample"]: row for row in table}
    assert len(samples) == 14
    by_age = Counter((row["population"], row["age_class"]) for row in samples.values())
    assert by_age == {
        ("north", "modern"): 5,
        ("south", "modern"): 6,
        ("south", "historical"): 2,
        ("outgroup", "modern"): 1,
    }
    assert {row["sex"] for row in samples.values()} == {"male", "female", "unknown"}
    assert len({(row["library"], row["lane"]) for row in table}) == len(table)
    assert Counter(row["sample"] for row in table).most_common(3)[-1][1] == 2
    unpaired = {row["sample"] for row in table if not row["fastq_2"]}
    assert unpaired == {"H2"}


def test_reference_alleles_are_of_the_reference_and_indels_leftmost(reference, calls):
    kinds = Counter()
    for (name, position), (alleles, _) in calls.items():
        first = alleles[0]
        assert reference[name][position : position + len(first)] == first
        if any(len(allele) > 1 for allele in alleles):
            short, long = sorted(alleles, key=len)
            kinds["indel"] += 1
            assert (len(alleles), len(short), short[0]) == (2, 1, long[0])
            assert 1 < len(long) <= 6
            # Could it be moved to the left, its last base would be the base before it.
            assert long[-1] != short
        else:
            kinds["snv"] += 1
    assert 0.02 < kinds["indel"] / kinds["snv"] < 0.08


def test_no_variant_lies_within_a_deletion(calls):
    end = defaultdict(int)
    for (name, position), (alleles, _) in calls.items():
        assert position >= end[name]
        end[name] = position + len(alleles[0])


def test_trees_hold_the_genotypes_and_the_reference(demo, truth, calls):
    seen = 0
    for name in truth["chromosomes_bp"]:
        trees = tskit.load(demo / f"truth/{name}.trees")
        nodes = truth["nodes"][name]
        for variant in trees.variants():
            letters = np.array(variant.alleles)[variant.genotypes]
            record = calls.get((name, int(variant.site.position)))
            if record is None:
                assert len(set(letters)) == 1
                continue
            seen += 1
            alleles, genotypes = record
            assert letters[0] == alleles[0]
            for sample, call in genotypes.items():
                assert [alleles[i] for i in call] == letters[nodes[sample]].tolist()
    assert seen == len(calls) == truth["snvs"] + truth["indels"]


def test_males_have_one_copy_of_x_and_duplicates_are_one_individual(demo, truth, calls):
    sexes = {row["sample"]: row["sex"] for row in rows(demo / "truth/samples.tsv")}
    for (name, _), (_, genotypes) in calls.items():
        for sample, call in genotypes.items():
            assert len(call) == (1 if name == "chrX" and sexes[sample] == "male" else 2)
        assert genotypes["S5"] == genotypes["S6"]
    assert (demo / "masks/sex_chromosomes.tsv").read_text() == "chromosome\tkind\nchrX\tX\n"
    assert truth["groups"].keys() == {"north", "south", "south.historical"}
    assert len(truth["group_nodes"]["chr1"]["south"]) == 10


def test_diversity_is_that_of_the_demography(demo, truth, calls):
    """Expected differences: 4 N mu within, and 2 T mu more to the outgroup; the south lost some of it."""
    trees = tskit.load(demo / "truth/chr1.trees")
    nodes = truth["nodes"]["chr1"]
    north, south = ([n for s in truth["groups"][g] for n in nodes[s]] for g in ("north", "south"))
    snvs = trees.delete_sites([s.id for s in trees.sites() if any(len(a) > 1 for a in s.alleles)])
    within = 4 * genealogy.SIZE * genealogy.MUTATION_RATE
    between = within + 2 * genealogy.OUTGROUP_SPLIT * genealogy.MUTATION_RATE
    # A tenth or less is lost to selection in genes.
    pi_north, pi_south = snvs.diversity([north, sorted(set(south))])
    assert 0.8 * within < pi_north < 1.1 * within
    assert pi_south < 0.9 * pi_north
    assert 0.8 * between < snvs.divergence([north, nodes["O1"]]) < 1.1 * between
    changes = Counter(
        (int(encode(alleles[0])[0]) ^ int(encode(other)[0])) == 2
        for alleles, _ in calls.values()
        for other in alleles[1:]
        if {len(allele) for allele in alleles} == {1}
    )
    assert 1.8 < changes[True] / changes[False] < 2.25


def test_pedigree_has_the_expected_inbreeding_and_kinship():
    rng = np.random.default_rng(5)
    draws = [genealogy.drop_genes(rng, 100_000, "autosome") for _ in range(1500)]
    inbreeding = np.array([genealogy.autozygous(draw, "S4").mean() for draw in draws])
    assert abs(inbreeding.mean() - 0.25) < 4 * inbreeding.std() / len(draws) ** 0.5
    expected = genealogy.expected_kinship()
    pairs = {("S1", "S2"): 0.25, ("S2", "S3"): 0.25, ("S4", "S2"): 0.375, ("S4", "S1"): 0.25}
    pairs |= {("S4", "S4"): 0.625, ("N1", "N1"): 0.5, ("S5", "S1"): 0.0}
    for pair, value in pairs.items():
        realised = np.array([genealogy.realised_kinship([draw], *pair) for draw in draws])
        assert expected[pair] == value
        assert abs(realised.mean() - value) <= 4 * realised.std() / len(draws) ** 0.5
    # Crossovers of the four meioses are as many as the map is long.
    cuts = [len(draw.copies[c].pieces) - 1 for draw in draws for i in ("S2", "S4") for c in draw.of[i]]
    assert abs(np.mean(cuts) - 0.15) < 4 * (0.15 / len(cuts)) ** 0.5


def test_x_is_passed_on_as_sexes_do():
    pedigree = genealogy.drop_genes(np.random.default_rng(2), 300_000, "X")
    sources = {name: [pedigree.copies[c].pieces for c in own] for name, own in pedigree.of.items()}
    (father,) = pedigree.of["father"]
    assert [len(sources[name]) for name in ("S1", "father", "S2", "S3", "S4")] == [2, 1, 2, 1, 2]
    assert sources["S2"][0] == [(0, 300_000, father)]
    assert {parent for _, _, parent in sources["S3"][0]} <= set(pedigree.of["S1"])


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_families_are_near_what_is_expected(seed):
    pedigrees, draws = genealogy.draw_pedigrees(np.random.default_rng(seed), DEMO, KINDS)
    autosomes = [pedigrees["chr1"], pedigrees["chr2"]]
    tracts = [b - a for p in autosomes for a, b in genealogy.intervals(genealogy.autozygous(p, "S4"))]
    assert draws < genealogy.DRAWS
    assert abs(sum(tracts) / 1.1e6 - 0.25) <= 0.03
    assert sum(tract >= 50_000 for tract in tracts) >= 3
    assert abs(genealogy.realised_kinship(autosomes, "S2", "S3") - 0.25) <= 0.03


def test_autozygous_tracts_and_kinship_are_those_of_the_trees(demo, truth):
    tracts = defaultdict(int)
    for name, start, end, sample in bed(demo / "truth/roh.bed"):
        assert sample == "S4"
        tracts[name] += end - start
    for name in truth["chromosomes_bp"]:
        trees = tskit.load(demo / f"truth/{name}.trees")
        pair = truth["nodes"][name]["S4"]
        shared = trees.ibd_segments(within=pair, max_time=2.5)
        assert shared.total_span == tracts[name]
    share = tracts["chr1"] / truth["chromosomes_bp"]["chr1"]
    assert truth["f_roh_inbred_sample"] == pytest.approx(share)
    trees = tskit.load(demo / "truth/chr1.trees")
    kinship = {(row["sample_1"], row["sample_2"]): row for row in rows(demo / "truth/kinship.tsv")}
    assert len(kinship) == 14 * 13 / 2
    for one, two in (("S2", "S3"), ("S1", "S4"), ("S3", "S4"), ("S1", "S2")):
        nodes = truth["nodes"]["chr1"]
        # A node that is the other's ancestor counts as shared too.
        shared = trees.ibd_segments(between=[nodes[one], nodes[two]], max_time=2.5)
        realised = shared.total_span / (4 * trees.sequence_length)
        assert float(kinship[one, two]["kinship_realised"]) == pytest.approx(realised, rel=1e-5)
    how = {pair: row["relation"] for pair, row in kinship.items() if row["relation"] != "unrelated"}
    assert how == {
        ("S1", "S2"): "parent_offspring",
        ("S1", "S3"): "parent_offspring",
        ("S1", "S4"): "grandparent",
        ("S2", "S3"): "full_siblings",
        ("S2", "S4"): "parent_offspring",
        ("S3", "S4"): "parent_offspring",
        ("S5", "S6"): "duplicate",
    }
    assert kinship["S5", "S6"]["class"] == "duplicate"
    assert {kinship[pair]["class"] for pair in how} == {"duplicate", "first_degree"}


def test_background_tracts_are_as_young_as_said(demo, truth):
    lines = [line.split("\t") for line in (demo / "truth/roh_background.bed").read_text().splitlines()]
    own = {(c, s): range(a, b) for c, a, b, s in bed(demo / "truth/roh.bed")}
    for name, start, end, sample, age in lines:
        trees = tskit.load(demo / f"truth/{name}.trees").simplify(truth["nodes"][name][sample])
        assert int(end) - int(start) >= 10_000
        ages = [
            tree.time(tree.root)
            for tree in trees.trees()
            if tree.interval.left < int(end) and tree.interval.right > int(start)
        ]
        assert max(ages) == pytest.approx(
            float(age) + (450 if sample[0] == "H" else {"S1": 2, "S2": 1, "S3": 1}.get(sample, 0)), rel=1e-4
        )
        assert int(start) not in own.get((name, sample), ())


def coding_sequences(demo: Path, reference: dict[str, str]) -> dict[str, tuple[str, list[int], str]]:
    """Chromosome, positions in coding order and strand of transcripts, from the GFF3 alone."""
    parts = defaultdict(list)
    for line in (demo / "genes.gff3").read_text().splitlines():
        if "\tCDS\t" in line:
            name, _, _, start, end, _, strand, _, attributes = line.split("\t")
            parent = attributes.split("Parent=")[1]
            parts[name, strand, parent].append((int(start) - 1, int(end)))
    return {
        parent: (
            name,
            [p for a, b in sorted(spans) for p in range(a, b)][:: 1 if strand == "+" else -1],
            strand,
        )
        for (name, strand, parent), spans in parts.items()
    }


def test_coding_effects_are_those_of_translated_genes(demo, reference, calls):
    transcripts = coding_sequences(demo, reference)
    seen = set()
    for row in rows(demo / "truth/coding_effects.tsv"):
        name, sites, strand = transcripts[row["transcript"]]
        position = int(row["position"]) - 1
        assert reference[name][position] == row["reference"]
        assert row["alternative"] in calls[name, position][0][1:]
        seen.add((row["transcript"], position, row["alternative"]))
        proteins = []
        for base in (row["reference"], row["alternative"]):
            text = "".join(base if site == position else reference[name][site] for site in sites)
            proteins.append(str((Seq(text) if strand == "+" else Seq(text).complement()).translate()))
        old, new = proteins
        changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
        kind = "synonymous" if not changed else "stop" if new[changed[0]] == "*" else "missense"
        assert row["class"] == kind
        assert (kind == "stop") <= (row["planted"] == "yes")
        if changed:
            assert row["change"] == f"{old[changed[0]]}{changed[0] + 1}{new[changed[0]]}"
    expected = {
        (transcript, position, base)
        for transcript, (name, sites, _) in transcripts.items()
        for position in sites
        if (name, position) in calls and {len(a) for a in calls[name, position][0]} == {1}
        for base in calls[name, position][0][1:]
    }
    assert seen == expected


def test_planted_alleles_are_in_their_carriers_and_in_no_other(demo, calls):
    planted = rows(demo / "truth/planted.tsv")
    effects = defaultdict(set)
    for row in rows(demo / "truth/coding_effects.tsv"):
        effects[row["chromosome"], row["position"]].add((row["class"], row["planted"]))
    assert Counter(row["class"] for row in planted)["stop"] >= 6
    meant = [set(carriers.items()) for carriers in CARRIERS]
    for row in planted:
        assert effects[row["chromosome"], row["position"]] == {(row["class"], "yes")}
        alleles, genotypes = calls[row["chromosome"], int(row["position"]) - 1]
        assert alleles == (row["reference"], row["alternative"])
        found = {name: sum(call) for name, call in genotypes.items() if any(call)}
        said = {carrier.split(":")[0]: carrier.count("1/1") + 1 for carrier in row["carriers"].split(",")}
        assert said == found
        assert any(carriers <= set(found.items()) for carriers in meant)


def test_enough_alleles_of_each_class_are_planted_in_the_demo():
    genome = make_genome(np.random.default_rng(1), 1_500_000, 3, "TTAGGG", "XY")
    indexes = {
        name: (
            CodingIndex(name, genome.chromosomes[name], [g for g in genome.genes if g.chromosome == name]),
            np.ones(genome.chromosomes[name].size, bool),
        )
        for name in ("chr1", "chr2")
    }
    planted = draw_planted(np.random.default_rng(3), indexes)
    assert Counter(plant.effect.effect for plant in planted) == PLANTED
    assert len({plant.effect.gene for plant in planted}) == len(planted)


def test_modern_pairs_come_from_both_copies_of_the_sample(demo, haplotypes):
    one, two = (reads(demo / f"reads/N2_a_L1_R{mate}.fastq.gz") for mate in (1, 2))
    copies = [("chr1", 0), ("chr1", 1), ("chrX", 0)]
    texts = {copy: haplotypes("N2", *copy) for copy in copies}
    inserts, found, bases = [], Counter(), Counter()
    for first, second in zip(one[:1500], two[:1500], strict=True):
        assert len(first) == len(second) == 150
        for copy, text in texts.items():
            for left, right in ((first, reverse(second)), (second, reverse(first))):
                start = text.find(left)
                end = text.find(right, start) + 150 if start >= 0 else 0
                if start >= 0 and end >= 150:
                    inserts.append(end - start)
                    found[copy, left == first] += 1
                    bases[copy[0]] += 300
                    break
            else:
                continue
            break
    # What is not found has sequencing errors.
    assert len(inserts) > 0.55 * 1500
    assert 345 < np.median(inserts) < 355
    # Within tandem repeats a mate is found at a wrong place now and then.
    low, high = np.percentile(inserts, [25, 75])
    assert 62 < high - low < 73  # of a standard deviation of 50: 67.4
    # Copies that are alike count for the first; read 1 is from either strand.
    assert min(found[copy, True] + found[copy, False] for copy in copies) > 100
    sides = [sum(count for (_, side), count in found.items() if side is way) for way in (True, False)]
    assert abs(sides[0] / sum(sides) - 0.5) < 0.06
    # Males have half the depth on X.
    depth = {name: bases[name] / len(texts[name, 0]) for name in ("chr1", "chrX")}
    assert 0.4 < depth["chrX"] / depth["chr1"] < 0.62


def test_depth_and_lanes_are_as_the_tables_say(demo):
    libraries = rows(demo / "truth/libraries.tsv")
    bases = Counter()
    for row in libraries:
        path = demo / "reads" / f"{row['library']}_{row['lane']}_R1.fastq.gz"
        path = path if path.exists() else demo / "reads" / f"{row['library']}_{row['lane']}.fastq.gz"
        with gzip.open(path, "rt") as handle:
            names = [line for number, line in enumerate(handle) if number % 4 == 0]
        assert len(names) == len(set(names)) == int(row["fragments"])
        bases[row["sample"]] += int(row["bases_bp"])
        copies = int(row["library_pcr_copies"]) / int(row["library_fragments"])
        assert 0.03 < copies < 0.11
    assert bases["N1"] == pytest.approx(3 * 300_000, rel=0.01)
    assert bases["S1"] == pytest.approx(3 * 300_000, rel=0.01)


def test_duplicates_are_copies_of_a_molecule():
    library = Library("x", "x_a", ("L1",), 5.0, duplicates=0.05)
    molecules = draw_molecules(np.random.default_rng(1), np.array([200_000, 200_000, 90_000]), library)
    place = list(zip(molecules.start, molecules.length, molecules.forward, strict=True))
    number = len(place)
    assert molecules.copies == round(0.05 * number)
    # Two molecules at one place by chance are rare.
    assert 0 <= molecules.copies - (number - len(set(place))) + 3 <= 6
    ends = molecules.start + molecules.length
    for border in (200_000, 400_000):
        assert not ((molecules.start < border) & (ends > border)).any()
    assert ends.max() <= 490_000


def test_deamination_falls_from_the_ends_and_touches_nothing_else():
    rng = np.random.default_rng(4)
    lengths = rng.integers(30, 91, 40_000)
    bases = rng.integers(0, 4, (40_000, 90)).astype(np.uint8)
    damage = Damage.empty()
    damaged = deaminate(rng, bases, lengths, damage)
    cycle = np.arange(90)
    inside = cycle < lengths[:, None]
    changed = (bases != damaged) & inside
    assert not (bases != damaged)[~inside].any()
    kinds = set(zip(bases[changed].tolist(), damaged[changed].tolist(), strict=True))
    assert kinds == {(1, 3), (2, 0)}
    expected = deamination_chance(np.arange(DAMAGE_POSITIONS))
    assert expected[0] == 0.25
    for at in range(DAMAGE_POSITIONS):
        c = bases[:, at] == 1
        observed = (damaged[c, at] == 3).mean()
        assert abs(observed - expected[at]) < 5 * (expected[at] / c.sum()) ** 0.5
        assert (damage.c[at], damage.c_to_t[at]) == (c.sum(), (damaged[c, at] == 3).sum())
        column = lengths - 1 - at
        g = bases[np.arange(lengths.size), column] == 2
        lost = damaged[np.arange(lengths.size), column][g] == 0
        assert abs(lost.mean() - expected[at]) < 5 * (expected[at] / g.sum()) ** 0.5
        assert (damage.g[at], damage.g_to_a[at]) == (g.sum(), lost.sum())


def test_historical_reads_are_short_molecules_with_adapters_behind_them(demo):
    one = reads(demo / "reads/H1_a_L1_R1.fastq.gz") + reads(demo / "reads/H1_a_L2_R1.fastq.gz")
    two = reads(demo / "reads/H1_a_L1_R2.fastq.gz") + reads(demo / "reads/H1_a_L2_R2.fastq.gz")
    lengths, equal = [], []
    for first, second in zip(one, two, strict=True):
        length = first.find(ADAPTER)
        if length >= 0 and second.find(ADAPTER) == length:
            lengths.append(length)
            mate = reverse(second[:length])
            equal.append(sum(a != b for a, b in zip(first[:length], mate, strict=True)) <= 2)
    assert 0.6 * len(one) < len(lengths)
    assert min(lengths) >= 30
    assert np.mean(equal) > 0.97
    # Molecules of 63 to 90 bp show less than the adapter's 13 bases, or none of it.
    assert 44 < np.median(lengths) < 54


def test_historical_reads_differ_from_the_sample_as_damage_says(demo, haplotypes):
    """C of the sample read as T at the first base, found by the rest of the read."""
    text = [haplotypes("H2", "chr1", copy) for copy in (0, 1)]
    text += [reverse(sequence) for sequence in text]
    counts = Counter()
    for read in reads(demo / "reads/H2_a_L1.fastq.gz"):
        for sequence in text:
            at = sequence.find(read[2:28])
            if at >= 2:
                counts[sequence[at - 2] + read[0]] += 1
                break
    share = counts["CT"] / sum(counts["C" + base] for base in "ACGT")
    assert 0.21 < share < 0.29
    assert counts["GA"] / sum(counts["G" + base] for base in "ACGT") < 0.04
    table = [row for row in rows(demo / "truth/damage.tsv") if row["sample"] == "H2"]
    first = next(row for row in table if (row["end"], row["distance_bp"]) == ("5p", "1"))
    assert int(first["changed"]) / int(first["bases"]) == pytest.approx(0.25, abs=0.03)
    assert len(table) == 2 * DAMAGE_POSITIONS


def test_unique_kmers_equal_a_plain_count_on_both_strands():
    rng = np.random.default_rng(8)
    one, two = random_sequence(rng, 1500, 0.4), random_sequence(rng, 900, 0.4)
    two[100:400] = one[700:1000]
    two[500:700] = (3 - one[200:400])[::-1]
    sequences = {"a": one, "b": two}
    texts = {name: "".join("ACGT"[code] for code in codes) for name, codes in sequences.items()}
    counts = Counter()
    for text in texts.values():
        words = [text[i : i + 60] for i in range(len(text) - 59)]
        counts.update(min(word, reverse(word)) for word in words)
    found = unique_kmers(sequences, 60)
    for name, text in texts.items():
        words = [text[i : i + 60] for i in range(len(text) - 59)]
        assert found[name].tolist() == [counts[min(word, reverse(word))] == 1 for word in words]
    inside = mappable(sequences, 60)
    assert not inside["b"][135:365].any()
    assert not inside["a"][235:365].any()
    assert inside["a"][:150].all()


def test_masks_lie_on_the_reference(demo, reference):
    for name in ("repeats", "mappability"):
        end = dict.fromkeys(reference, -1)
        spans = bed(demo / f"masks/{name}.bed")
        for chromosome, start, stop, _ in spans:
            assert end[chromosome] < start < stop <= len(reference[chromosome])
            end[chromosome] = stop
        share = sum(stop - start for _, start, stop, _ in spans) / 300_000
        assert (0.05 < share < 0.4) if name == "repeats" else (0.85 < share < 1)
