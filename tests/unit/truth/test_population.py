"""The truth check of populations: its estimators against tskit and scikit-allel; wrong results fail."""

import csv
import json
import shutil
import subprocess
from collections import defaultdict

import allel
import msprime
import numpy as np
import pysam
import pytest
from simulation import simulate

import combine_regions
import population_truth
import scan_sites
from linnaea.base.errors import InputError
from linnaea.truth.population import checks, estimates
from linnaea.truth.population.results import Results, callable_mask, read_snvs, read_truth

SMALL = ["--size", "300000", "--chromosomes", "2", "--population-coverage", "1", "--historical-coverage", "1"]
TRACT = 20_000


@pytest.fixture(scope="module")
def trees():
    """Two populations of five and four diploids; some sites have three alleles."""
    demography = msprime.Demography.island_model([1000, 800], migration_rate=2e-4)
    ancestry = msprime.sim_ancestry(
        {0: 5, 1: 4}, demography=demography, sequence_length=300_000, recombination_rate=1e-8, random_seed=5
    )
    return msprime.sim_mutations(ancestry, rate=8e-7, random_seed=6)


@pytest.fixture(scope="module")
def calls(trees):
    """(v, 9, 2) base codes of the samples, ascending."""
    rows = []
    for variant in trees.variants():
        codes = np.array(["ACGT".index(allele) for allele in variant.alleles])
        rows.append(codes[variant.genotypes].reshape(-1, 2))
    return np.sort(np.array(rows), axis=2)


def test_estimators_are_those_of_tskit_and_scikit_allel(trees, calls):
    sites = 300_000
    groups = [trees.samples(population=0), trees.samples(population=1)]
    people = slice(0, 5), slice(5, 9)
    for nodes, members in zip(groups, people, strict=True):
        found = estimates.diversity(estimates.allele_counts(calls[:, members]), sites)
        assert found["pi"] == pytest.approx(trees.diversity(nodes))
        counts = allel.AlleleCountsArray(estimates.allele_counts(calls[:, members]))
        # scikit-allel's theta and D are of sites where the first allele is not fixed: sort the alleles.
        ordered = allel.AlleleCountsArray(-np.sort(-counts.values, axis=1))
        harmonic = sum(1 / i for i in range(1, len(nodes)))
        assert found["theta_watterson"] == pytest.approx(ordered.count_segregating() / harmonic / sites)
        assert found["tajimas_d"] == pytest.approx(allel.tajima_d(ordered), rel=1e-6)
    found = estimates.divergence(calls[:, people[0]], calls[:, people[1]], sites)
    assert found["dxy"] == pytest.approx(trees.divergence(groups))
    one, two = (allel.AlleleCountsArray(estimates.allele_counts(calls[:, members])) for members in people)
    numerator, denominator = allel.hudson_fst(one, two)
    assert found["fst_hudson"] == pytest.approx(np.nansum(numerator) / np.nansum(denominator))
    a, b, c = allel.weir_cockerham_fst(allel.GenotypeArray(calls), [list(range(5)), list(range(5, 9))])
    total = np.nansum(a) + np.nansum(b) + np.nansum(c)
    assert found["fst_weir_cockerham"] == pytest.approx(np.nansum(a) / total)


def test_spectra_are_those_of_tskit(calls):
    one, two = (estimates.allele_counts(calls[:, members]) for members in (slice(0, 5), slice(5, 9)))
    biallelic = ((one + two) > 0).sum(1) == 2
    codes = calls.reshape(len(calls), -1)
    # Which allele is the second is free in a folded spectrum.
    second = (codes != codes[:, :1]).astype(int)[biallelic]
    expected = np.zeros((11, 9))
    for row in second:
        for derived in (row, 1 - row):
            place = derived[:10].sum(), derived[10:].sum()
            expected[place] += {True: 1.0, False: 0.0}[sum(place) < 9] + 0.5 * (sum(place) == 9)
    assert estimates.true_spectrum([one, two], None) == pytest.approx(expected)
    folded = estimates.true_spectrum([one], None)
    alone = (one > 0).sum(1) == 2
    scikit = allel.sfs_folded(np.sort(one[alone], axis=1)[:, -2:])
    assert folded[1:6] == pytest.approx(scikit[1:])
    # The other population as outgroup: its fixed allele is the ancestral one.
    unfolded = estimates.true_spectrum([one], two)
    fixed = ((two > 0).sum(1) == 1) & biallelic
    derived = (one.sum(1) - one[np.arange(len(one)), two.argmax(1)])[fixed]
    assert unfolded.tolist() == np.bincount(derived, minlength=11).tolist()
    assert estimates.spectrum_distance(unfolded, unfolded) == 0
    assert estimates.spectrum_distance(np.array([9, 1, 1, 0]), np.array([5, 2, 0, 3])) == 50


def write_vcf(path, rows, keys="GT:FT", samples="a b c"):
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=c>", '##FILTER=<ID=LowQual,Description="x">']
    lines += [
        f'##FORMAT=<ID={key},Number=1,Type=String,Description="x">' for key in dict.fromkeys(keys.split(":"))
    ]
    lines.append(
        "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT ".replace(" ", "\t") + "\t".join(samples.split())
    )
    for row in rows:
        place, reference, other, status, *values = row.split()
        lines.append("\t".join(["c", place, ".", reference, other, ".", status, ".", keys, *values]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_genotypes_are_read_by_base(tmp_path):
    rows = [
        "5 G A PASS 1/0:PASS 1|1:Depth .:PASS",
        "9 C T,A LowQual 2/1:PASS 0:PASS 0/.:PASS",
        "11 C CT PASS 0/1:PASS 0/0:PASS 0/0:PASS",
    ]
    names, found = read_snvs(write_vcf(tmp_path / "x.vcf", rows))
    assert names == ["a", "b", "c"]
    snvs = found["c"]
    assert (snvs.position.tolist(), snvs.reference.tolist(), snvs.kept.tolist()) == (
        [5, 9],
        [2, 1],
        [True, False],
    )
    assert snvs.calls.tolist() == [[[0, 2], [-1, -1], [-1, -1]], [[0, 3], [-2, 1], [-1, -1]]]


def test_concordance_counts_every_kind_of_error(tmp_path):
    true = write_vcf(
        tmp_path / "true.vcf",
        [
            "1 A C PASS 0|1 1|1 0",  # all right
            "2 A C PASS 0|1 0|0 1",  # a is wrong, c is missing
            "3 A C PASS 0|1 1|1 0",  # no row: a and b are taken for wrong
            "4 A C PASS 0|1 1|1 1",  # row that failed: not called
            "5 A C PASS 0|1 1|1 0",  # other base called in b
        ],
        "GT",
    )
    called = write_vcf(
        tmp_path / "called.vcf",
        [
            "1 A C PASS 1/0:PASS 1/1:PASS 0:PASS",
            "2 A C PASS 0/0:PASS 0/0:PASS 1:Depth",
            "4 A C LowQual 0/0:PASS 0/0:PASS 0:PASS",
            "5 A C,G PASS 0/1:PASS 2/2:PASS 0:PASS",
            "6 A C PASS 0/1:PASS 0/0:PASS 0:PASS",  # false variant
        ],
    )
    counts, sites, seen = estimates.concordance(read_snvs(true)[1]["c"], read_snvs(called)[1]["c"])
    assert (sites, seen) == (5, 3)
    assert [(c.compared, c.wrong, c.unseen) for c in counts] == [(5, 3, 1), (5, 2, 1), (4, 0, 0)]
    assert [(c.true_heterozygous, c.wrong_heterozygous) for c in counts] == [(3, 1), (0, 0), (0, 0)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("demo"), *SMALL, "--populations", "only") / "population"


def read(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def write(path, rows):
    with path.open("w", newline="") as handle:
        table = csv.DictWriter(handle, list(rows[0]), delimiter="\t", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


@pytest.fixture(scope="module")
def right(demo, tmp_path_factory):
    """Results of a run without any error: scanned from the true genotypes, or the truth itself."""
    folder = tmp_path_factory.mktemp("results")
    facts = json.loads((demo / "truth/truth.json").read_text())
    people = read(demo / "truth/samples.tsv")
    modern = [person for person in people if person["age_class"] == "modern"]
    names = [person["sample"] for person in modern]
    write(
        folder / "called.txt",
        [
            {key: person[key] for key in ("sample", "population", "age_class", "sex")}
            | {"group": person["population"], "outgroup": "yes" if person["sample"] == "O1" else "no"}
            for person in modern
        ],
    )
    lengths = facts["chromosomes_bp"]
    mask = callable_mask(demo / "masks", lengths)
    write_all_sites(demo, mask, names, folder / "true.vcf")
    options = (
        f"{folder}/true.vcf --samples {folder}/called.txt --out {folder}/sums.npz --window-bp 20000 "
        f"--include {demo}/masks/mappability.bed --exclude {demo}/masks/repeats.bed --indel-gap-bp 0 "
        f"--compartments {demo}/masks/sex_chromosomes.tsv --variants {folder}/variants.bcf "
        "--excess-heterozygosity 0"
    )
    assert scan_sites.main(options.split()) == 0
    assert combine_regions.main([f"{folder}/sums.npz", "--id", "popgen", "--out", str(folder)]) == 0
    truth_of_people(demo, folder, people, names)
    return folder


def write_all_sites(demo, mask, names, path):
    """The true genotypes at all positions of the mask, the reference's where there is no SNV."""
    command = ["bcftools", "view", "-v", "snps", "-s", ",".join(names), demo / "truth/genotypes.vcf.gz"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = {tuple(line.split("\t", 2)[:2]): line for line in lines if not line.startswith("#")}
    copies = {}
    for (name, _), line in rows.items():
        genotypes = line.split("\t")[9:]
        copies.setdefault(name, "\t".join("0" if len(value) == 1 else "0|0" for value in genotypes))
    with path.open("w") as handle, pysam.FastaFile(str(demo / "reference.fasta")) as reference:
        handle.writelines(f"{line}\n" for line in lines if line.startswith("#"))
        for name, inside in mask.items():
            bases = reference.fetch(name).upper()
            for at in np.flatnonzero(inside).tolist():
                none = f"{name}\t{at + 1}\t.\t{bases[at]}\t.\t.\tPASS\t.\tGT\t{copies[name]}"
                handle.write(rows.get((name, str(at + 1)), none) + "\n")


def truth_of_people(demo, folder, people, names):
    """What is known of samples, written as results."""
    likely = []
    with pysam.VariantFile(str(demo / "truth/genotypes.vcf.gz")) as records:
        heterozygous = defaultdict(lambda: np.zeros(2))
        mask = callable_mask(demo / "masks", {"chr1": 180_000, "chrX": 120_000})["chr1"]
        for record in records:
            if record.chrom == "chr1" and mask[record.pos - 1] and max(map(len, record.alleles)) == 1:
                for name, call in record.samples.items():
                    bases = set(call.alleles)
                    if len(bases) == 2:
                        heterozygous[name] += [1, bases not in ({"A", "G"}, {"C", "T"})]
    for person in people:
        for kind, count in zip(("all", "transversions"), heterozygous[person["sample"]], strict=True):
            values = {"heterozygosity_per_bp": count / mask.sum(), "standard_error_per_bp": 1e-6}
            likely.append({"sample": person["sample"], "sites": kind, **values})
    write(folder / "likelihood_heterozygosity.tsv", likely)
    tracts = [line.split("\t")[:4] for line in (demo / "truth/roh.bed").read_text().splitlines()]
    tracts = [row for row in tracts if row[0] == "chr1"]
    columns = ("chromosome", "start_bp", "end_bp", "sample")
    write(folder / "roh.tsv", [dict(zip(columns, row, strict=True)) for row in tracts])
    shares = dict.fromkeys(names, 0.0)
    for _, start, end, name in tracts:
        shares[name] += float(mask[int(start) : int(end)].sum() / mask.sum())
    write(
        folder / "froh.tsv",
        [{"sample": name, "f_roh_min_5000bp": 1, f"f_roh_min_{TRACT}bp": shares[name]} for name in names],
    )
    pairs = [
        row for row in read(demo / "truth/kinship.tsv") if {row["sample_1"], row["sample_2"]} <= set(names)
    ]
    for row in pairs:
        row["flag"] = "duplicate_or_swap" if row["relation"] == "duplicate" else "."
        row["relation"] = checks.RELATIONS.get(row["relation"], "full_sib")
    write(folder / "kinship.tsv", pairs)
    loads = []
    for plant in read(demo / "truth/planted.tsv"):
        carriers = [item.split(":") for item in plant["carriers"].split(",")]
        genotypes = {"heterozygous_samples": "0/1", "homozygous_samples": "1/1"}
        columns = {
            column: ",".join(name for name, called in carriers if called == genotype and name in names) or "."
            for column, genotype in genotypes.items()
        }
        place = {key: plant[key] for key in ("chromosome", "position", "reference")}
        alternate = {"alternate": plant["alternative"], "counted_allele": plant["alternative"]}
        loads.append({**place, **alternate, "class": checks.LOAD_CLASSES[plant["class"]], **columns})
    write(folder / "load_sites.tsv", loads)
    write(folder / "load.tsv", [{"sample": name} for name in names if name != "O1"])
    damage = read(demo / "truth/damage.tsv")
    for name in ("H1", "H2"):
        curves = {
            key: [
                100 * int(r["changed"]) / int(r["bases"])
                for r in damage
                if (r["sample"], r["end"]) == (name, end)
            ]
            for key, end in (("c_to_t_5p_pct", "5p"), ("g_to_a_3p_pct", "3p"))
        }
        (folder / f"{name}.damage.json").write_text(json.dumps(curves))
    cohort = [{"sample": person["sample"], "sex_by_depth": person["sex"]} for person in people]
    (folder / "cohort.json").write_text(json.dumps({"samples": cohort}))
    for row in read(demo / "truth/libraries.tsv"):
        share = int(row["library_pcr_copies"]) / int(row["library_fragments"])
        # S1 has two libraries of equal size, with 4 and 7 %.
        write_bam(folder / f"{row['sample']}.bam", 0.055 if row["sample"] == "S1" else share)


def write_bam(path, share, reads=2000):
    header = pysam.AlignmentHeader.from_references(["c"], [1000])
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for number in range(reads):
            read = pysam.AlignedSegment(header)
            read.query_name, read.query_sequence, read.cigarstring = str(number), "A" * 10, "10M"
            read.reference_id, read.reference_start = 0, 5
            read.flag = 0x400 if number < share * reads else 0
            handle.write(read)


@pytest.fixture
def results(right, tmp_path, monkeypatch):
    """A copy to spoil, in folders as a run has them."""
    monkeypatch.setattr(checks, "LONG_TRACT_BP", TRACT)
    shutil.copytree(right, tmp_path / "results/popgen")
    return tmp_path / "results/popgen"


def check(demo, results):
    """Quantities that failed, and all."""
    record = checks.compare(read_truth(demo / "truth", demo / "masks"), Results(results.parent))
    failed = {row["quantity"] for row in record["checks"] if not row["passed"]}
    return failed, record


def test_right_results_pass_every_check(demo, results):
    failed, record = check(demo, results)
    assert failed == set()
    quantities = [row["quantity"] for row in record["checks"]]
    assert len(quantities) == len(set(quantities)) > 100
    for name in (
        "pi of north, autosome", "Tajima's D of south, X", "Hudson's Fst of north and south, autosome",
        "genotype concordance at variant sites", f"ROH recall, tracts of {TRACT} bp or more",
        "unfolded spectrum of north and south, percent of sites in another class",
    ):  # fmt: skip
        assert name in quantities
    exact = [
        row for row in record["checks"] if row["quantity"].startswith(("pi", "dxy", "Watt", "Huds", "Weir"))
    ]
    assert len(exact) == 14
    for row in exact:
        assert row["measured"] == pytest.approx(row["truth"], rel=1e-4)


def scaled(column, factor, **where):
    """A change of a column of a table, of the rows with these values."""

    def change(path):
        rows = read(path)
        for row in rows:
            if all(row[key] == value for key, value in where.items()):
                row[column] = str(float(row[column]) * factor) if isinstance(factor, float) else factor
        write(path, rows)

    return change


def without(**where):
    """The rows of a table but those with these values."""

    def change(path):
        rows = read(path)
        write(path, [row for row in rows if any(row[key] != value for key, value in where.items())])

    return change


def added(row):
    def change(path):
        rows = read(path)
        write(path, [*rows, {**rows[0], **row}])

    return change


def edited(edit):
    """A change of a JSON record in place."""

    def change(path):
        record = json.loads(path.read_text())
        edit(record)
        path.write_text(json.dumps(record))

    return change


def variants(edit):
    """A change of the columns of variant rows; rows for which it gives None are left out."""

    def change(path):
        lines = path.read_text().splitlines()
        head = [line for line in lines if line.startswith("#")]
        rows = [edit(number, line.split("\t")) for number, line in enumerate(lines[len(head) :])]
        path.write_text("\n".join([*head, *("\t".join(row) for row in rows if row)]) + "\n")

    return change


def no_heterozygote(number, row):
    """The reference in place of every second heterozygote of the first sample."""
    return row if number % 2 else [*row[:9], row[9].replace("0|1", "0|0").replace("1|0", "0|0"), *row[10:]]


def a_tenth_filtered(number, row):
    return row if number % 10 else [*row[:6], "LowQual", *row[7:]]


def mirrored(path):
    rows = read(path)
    size = {row["group"]: int(row["chromosomes"]) for row in rows}
    for row in rows:
        if row["kind"] == "unfolded":
            row["class"] = str(size[row["group"]] - int(row["class"]))
    write(path, rows)


def transposed(path):
    rows = read(path)
    for row in rows:
        low = min(int(row["chromosomes_1"]), int(row["chromosomes_2"]))
        if int(row["class_1"]) <= low and int(row["class_2"]) <= low:
            row["class_1"], row["class_2"] = row["class_2"], row["class_1"]
    write(path, rows)


SPOILS = {
    "pi": ("diversity.tsv", scaled("pi_per_bp", 1.06, group="north"),
           {"pi of north, autosome", "pi of north, X"}),
    "no pi": ("diversity.tsv", scaled("pi_per_bp", "NA", compartment="X"),
              {"pi of north, X", "pi of south, X"}),
    "theta": ("diversity.tsv", scaled("theta_watterson_per_bp", 0.94, group="south", compartment="X"),
              {"Watterson's theta of south, X"}),
    "tajima": ("diversity.tsv", scaled("tajimas_d", "9", group="south", compartment="X"),
               {"Tajima's D of south, X"}),
    "dxy": ("divergence.tsv", scaled("dxy_per_bp", 0.9, compartment="X"), {"dxy of north and south, X"}),
    "hudson": ("divergence.tsv", scaled("fst_hudson", 1.06, compartment="autosome"),
               {"Hudson's Fst of north and south, autosome"}),
    "weir": ("divergence.tsv", scaled("fst_weir_cockerham", 1.06, compartment="autosome"),
             {"Weir and Cockerham's Fst of north and south, autosome"}),
    "heterozygosity": ("heterozygosity.tsv", scaled("heterozygosity_per_bp", 0.94, sample="S4"),
                       {"heterozygosity of S4, autosome"}),
    "outgroup": ("heterozygosity.tsv", scaled("heterozygosity_per_bp", 0.89, sample="O1"),
                 {"heterozygosity of O1, autosome"}),
    "likelihoods": ("likelihood_heterozygosity.tsv",
                    scaled("heterozygosity_per_bp", 1.06, sample="N1", sites="all"),
                    {"heterozygosity of N1 by likelihoods, all"}),
    "damage in heterozygosity": ("likelihood_heterozygosity.tsv",
                                 scaled("heterozygosity_per_bp", 1.5, sample="H1"),
                                 {"heterozygosity of H1 by likelihoods, transversions"}),
    "lost heterozygotes": ("variants.bcf", variants(no_heterozygote),
                           {"genotype concordance at variant sites",
                            "genotype concordance at variant sites, worst sample (N1)"}),
    "filtered variants": ("variants.bcf", variants(a_tenth_filtered), {"true variant sites called"}),
    "few sites": ("site_filters.json", edited(lambda r: r["samples"][0].update(called_sites=180_000)),
                  {"callable sites called, worst sample (N1)"}),
    "wrong polarity": ("sfs.tsv", mirrored,
                       {"unfolded spectrum of north, percent of sites in another class",
                        "unfolded spectrum of north, singletons a site",
                        "unfolded spectrum of south, percent of sites in another class"}),
    "wrong axes": ("sfs_2d.tsv", transposed,
                   {"folded spectrum of north and south, percent of sites in another class",
                    "unfolded spectrum of north and south, percent of sites in another class"}),
    "froh": ("froh.tsv", scaled(f"f_roh_min_{TRACT}bp", "0.021", sample="N3"),
             {f"F_ROH of N3, runs of {TRACT} bp or more"}),
    "missed tract": ("roh.tsv", scaled("end_bp", "165000", sample="S4"),
                     {f"ROH recall, tracts of {TRACT} bp or more"}),
    "false run": ("roh.tsv", added({"sample": "N3", "start_bp": 10_000, "end_bp": 31_000}),
                  {f"ROH precision, tracts of {TRACT} bp or more"}),
    "sibs": ("kinship.tsv", scaled("relation", "parent_offspring", sample_1="S2", sample_2="S3"),
             {"pairs in class full_sib by kinship"}),
    "relatives": ("kinship.tsv", without(sample_1="N1", sample_2="N2"),
                  {"pairs in class unrelated by kinship"}),
    "lost sample": ("kinship.tsv", without(sample_2="S6"),
                    {"pairs in class duplicate by kinship", "pairs in class unrelated by kinship"}),
    "swap": ("kinship.tsv", scaled("flag", "duplicate_or_swap", sample_1="N1", sample_2="N2"),
             {"pairs falsely flagged as duplicates"}),
    "no stop": ("load_sites.tsv", without(**{"class": "loss_of_function"}),
                {"planted stop alleles found", "planted stop alleles in the right class",
                 "carriers of planted alleles found"}),
    "wrong class": ("load_sites.tsv", scaled("class", "synonymous", **{"class": "missense"}),
                    {"planted missense alleles in the right class", "coding variants in the right class"}),
    "no such variant": ("load_sites.tsv", added({"position": "1"}), {"true variants among coding variants"}),
    "other allele": ("load_sites.tsv", scaled("counted_allele", "N"), {"carriers of planted alleles found"}),
    "false carriers": ("load_sites.tsv", scaled("heterozygous_samples", "N5,S6"),
                       {"carriers of planted alleles found", "false carriers of planted alleles"}),
    "no damage": ("H1.damage.json", edited(lambda r: r["c_to_t_5p_pct"].__setitem__(0, 1.2)),
                  {"C>T of H1 at base 1 from the 5' end, percent"}),
    "no damage behind": ("H1.damage.json", edited(lambda r: r["g_to_a_3p_pct"].__setitem__(1, 1.2)),
                         {"G>A of H1 at base 2 from the 3' end, percent"}),
    "duplicates": ("N2.bam", lambda path: write_bam(path, 0.06), {"duplicates of N2, percent of reads"}),
    "old duplicates": ("H1.bam", lambda path: write_bam(path, 0.02), {"duplicates of H1, percent of reads"}),
    "sex": ("cohort.json", edited(lambda r: r["samples"][3].update(sex_by_depth="unknown")),
            {"samples with the right sex by depth"}),
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS)
def test_wrong_results_fail(demo, results, spoil):
    name, change, expected = SPOILS[spoil]
    change(results / name)
    failed, _ = check(demo, results)
    assert failed == expected


def test_files_are_written_and_a_failure_is_said(demo, results, tmp_path, monkeypatch):
    arguments = ["--truth", str(demo / "truth"), "--results", str(results), "--out", str(tmp_path / "x.json")]
    arguments += ["--table", str(tmp_path / "x.tsv"), "--strict"]
    assert population_truth.main(arguments) == 0
    rows = read(tmp_path / "x.tsv")
    assert {row["pass"] for row in rows} == {"yes"}
    assert len(rows) == len(json.loads((tmp_path / "x.json").read_text())["checks"])
    scaled("pi_per_bp", 2.0)(results / "diversity.tsv")
    with pytest.raises(InputError, match="pi of north, autosome; pi of south"):
        population_truth.main(arguments)
    assert sum(row["pass"] == "no" for row in read(tmp_path / "x.tsv")) == 4


def test_lost_and_double_files_are_said(demo, results):
    (results / "again").mkdir()
    shutil.copy(results / "diversity.tsv", results / "again")
    with pytest.raises(InputError, match=r"has 2 diversity\.tsv"):
        check(demo, results)
    for path in (results / "diversity.tsv", results / "again/diversity.tsv"):
        path.unlink()
    with pytest.raises(InputError, match=r"has no diversity\.tsv"):
        check(demo, results)
    with pytest.raises(InputError, match="linnaea simulate --populations"):
        read_truth(demo, demo / "masks")
