"""What the population demo must have found, against the true genotypes of its samples.

The comparisons and their limits are in `linnaea.truth.population.checks`; those that must exist are listed.
"""

import csv
import json
import re

import pytest
from tutorial import differing

from linnaea.catalogue.columns import undescribed
from linnaea.run.cost import read_trace

GROUPS = ("north", "south")
COMPARTMENTS = ("autosome", "X")
# PCAngsd starts at random.
RANDOM = ("likelihood_pca.tsv", "likelihood_admixture.tsv")
CALLED = ("N1", "N2", "N3", "N4", "N5", "O1", "S1", "S2", "S3", "S4", "S5", "S6")


@pytest.fixture
def verdict(workflow_dir):
    """Judge the checks whose quantity matches an expression in whole: as many as given, all passed."""
    checks = json.loads((workflow_dir / "population_truth.json").read_text())["checks"]

    def judge(expression, number):
        found = [check for check in checks if re.fullmatch(expression, check["quantity"])]
        for check in found:
            true = "" if check["truth"] is None else f"truth {check['truth']:.5g}, "
            print(f"{check['quantity']}: {true}measured {check['measured']:.5g} ({check['rule']})")
        assert len(found) == number
        assert [check["quantity"] for check in found if not check["passed"]] == []

    return judge


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("kind", COMPARTMENTS)
@pytest.mark.parametrize("quantity", ["pi", "Watterson's theta", "Tajima's D"])
def test_diversity_of_groups(verdict, quantity, kind):
    verdict(f"{quantity} of .*, {kind}", len(GROUPS))


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("kind", COMPARTMENTS)
@pytest.mark.parametrize("quantity", ["dxy", "Hudson's Fst", "Weir and Cockerham's Fst"])
def test_divergence_of_groups(verdict, quantity, kind):
    verdict(f"{quantity} of north and south, {kind}", 1)


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("sample", CALLED)
def test_heterozygosity_by_calls_and_by_likelihoods(verdict, sample):
    verdict(f"heterozygosity of {sample}, autosome", 1)
    verdict(f"heterozygosity of {sample} by likelihoods, (all|transversions)", 2)


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("sample", ["H1", "H2"])
def test_heterozygosity_of_old_samples_is_not_that_of_damage(verdict, sample):
    verdict(f"heterozygosity of {sample} by likelihoods, transversions", 1)


@pytest.mark.workflow("popgen demo")
def test_genotypes_agree(verdict):
    verdict("genotype concordance at called sites", 1)
    verdict("genotype concordance at variant sites.*", 2)


@pytest.mark.workflow("popgen demo")
def test_sites_are_called(verdict):
    verdict("callable sites called, worst sample .*", 1)
    verdict("true variant sites called", 1)


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("kind", ["folded", "unfolded"])
def test_spectra(verdict, kind):
    verdict(f"{kind} spectrum of .*, percent of sites in another class", len(GROUPS) + 1)
    verdict(f"{kind} spectrum of north, singletons a site", 1)


@pytest.mark.workflow("popgen demo")
def test_inbreeding_by_runs_of_homozygosity(verdict):
    for size in (50_000, 100_000):
        verdict(f"F_ROH of .*, runs of {size} bp or more", len(CALLED))


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("measure", ["recall", "precision"])
def test_tracts_of_homozygosity(verdict, measure):
    verdict(f"ROH {measure}, tracts of 50000 bp or more", 1)


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("relation", ["duplicate", "parent_offspring", "full_sib", "unrelated"])
def test_relatives_are_in_their_class(verdict, relation):
    verdict(f"pairs in class {relation} by kinship", 1)


@pytest.mark.workflow("popgen demo")
def test_only_the_duplicate_is_flagged(verdict):
    verdict("pairs falsely flagged as duplicates", 1)


@pytest.mark.workflow("popgen demo")
@pytest.mark.parametrize("kind", ["stop", "missense", "synonymous"])
def test_planted_alleles_are_found_and_classed(verdict, kind):
    verdict(f"planted {kind} alleles found", 1)
    verdict(f"planted {kind} alleles in the right class", 1)


@pytest.mark.workflow("popgen demo")
def test_planted_alleles_have_their_carriers(verdict):
    verdict("carriers of planted alleles found", 1)
    verdict("false carriers of planted alleles", 1)


@pytest.mark.workflow("popgen demo")
def test_coding_variants_are_classed(verdict):
    verdict("coding variants in the right class", 1)
    verdict("true variants among coding variants", 1)


@pytest.mark.workflow("popgen demo")
def test_damage_curves(verdict):
    verdict("C>T of H[12] at base [1-5] from the 5' end, percent", 10)
    verdict("G>A of H1 at base [1-5] from the 3' end, percent", 5)


@pytest.mark.workflow("popgen demo")
def test_duplicates_are_marked(verdict):
    verdict("duplicates of .*, percent of reads", len(CALLED) + 2)


@pytest.mark.workflow("popgen demo")
def test_sex_by_depth(verdict):
    verdict("samples with the right sex by depth", 1)


@pytest.mark.workflow("popgen demo")
def test_no_check_is_left_out(workflow_dir):
    """Every comparison is of one of the tests above, and none failed unseen."""
    record = json.loads((workflow_dir / "population_truth.json").read_text())
    assert [check["quantity"] for check in record["checks"] if not check["passed"]] == []
    assert [entry["sample"] for entry in record["genotypes"]] == list(CALLED)


@pytest.mark.workflow("popgen demo")
def test_two_tasks_keep_to_four_gigabytes(workflow_dir):
    trace = workflow_dir / "results/pipeline_info/trace.tsv"
    attempts = [attempt for attempt in read_trace(trace) if attempt.workflow == "popgen"]
    assert len(attempts) > 50
    assert {attempt.status for attempt in attempts} == {"COMPLETED"}
    peaks = sorted(attempt.peak_gb for attempt in attempts)
    assert peaks[-1] + peaks[-2] < 4  # two run at once on two cores


@pytest.mark.workflow("popgen demo")
def test_tables_do_not_depend_on_the_number_of_regions(workflow_dir):
    found = {}
    for run in ("results", "regions"):
        folder = workflow_dir / run / "popgen" / "04_statistics"
        tables = [path for path in folder.glob("*.tsv") if path.name not in RANDOM]
        found[run] = {path.name: path.read_bytes() for path in [*tables, folder / "tree.nwk"]}
    assert len(found["results"]) > 25
    assert found["results"].keys() == found["regions"].keys()
    assert [name for name, text in found["results"].items() if text != found["regions"][name]] == []
    log = (workflow_dir / "regions.log").read_text()
    assert log.count("Submitted process > POPGEN:GENOTYPES:CALL_REGION") > 4
    assert "Cached process > POPGEN:GENOTYPES:BCFTOOLS_GVCF" in log


@pytest.mark.workflow("popgen demo")
def test_alignments_and_gvcfs_of_a_run_are_ways_into_another(workflow_dir):
    log = (workflow_dir / "again.log").read_text()
    called = re.findall(r"Submitted process > POPGEN:GENOTYPES:BCFTOOLS_GVCF \((\w+)\)", log)
    assert sorted(called) == ["N1", "N2"]
    assert "MAP_MODERN" not in log
    found = {}
    for run in ("results", "again"):
        with (workflow_dir / run / "popgen/04_statistics/froh.tsv").open() as table:
            found[run] = {row["sample"]: row for row in csv.DictReader(table, delimiter="\t")}
    assert sorted(found["again"]) == ["N1", "N2", "S1", "S4"]
    once, again = (float(found[run]["S4"]["f_roh_min_50000bp"]) for run in ("results", "again"))
    assert once > 0.2 and abs(again - once) < 0.02


@pytest.mark.workflow("popgen demo")
def test_another_run_went_to_the_scheduler_in_arrays(workflow_dir):
    with (workflow_dir / "again/pipeline_info/trace.tsv").open() as trace:
        jobs = {row["native_id"] for row in csv.DictReader(trace, delimiter="\t")}
    assert len([job for job in jobs if "_" in job]) >= 4


@pytest.mark.workflow("popgen demo")
def test_every_column_and_key_is_described(workflow_dir):
    assert undescribed(workflow_dir / "results") == []


@pytest.mark.workflow("popgen demo")
def test_the_tutorial_shows_these_numbers(workflow_dir):
    assert differing("populations", workflow_dir / "results") == []
