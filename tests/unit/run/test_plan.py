import resource
import subprocess
import sys
from collections import Counter

import pytest
from plan_data import genome, parameters, population, reads

from linnaea.catalogue.sites import SiteLimits
from linnaea.run.expected_tasks import expected_tasks
from linnaea.run.plan import LocalSite, make_plan, read_call, table, write_plan
from linnaea.run.schedule import critical_path, waits_for, wall_on

LARGE = SiteLimits(256, 755, 72)


def tasks_of(checked, **given):
    return expected_tasks(checked, parameters(**given), LARGE)


def counts(tasks):
    return Counter(task.process for task in tasks)


def test_jobs_of_two_genomes():
    first = genome("a", hifi=[reads("r1", 9000), reads("r2", 9000)], hic=[reads("h", 20000, "hic")])
    second = genome("b", hifi=[reads("r", 9000, format="bam")])
    found = counts(
        tasks_of({"genomes": [first, second], "population": None}, workflow="assembly", assembler="hifiasm")
    )
    assert (found["CUTADAPT_HIFI"], found["READ_STATISTICS"], found["SAMTOOLS_FASTQ"]) == (3, 7, 1)
    assert (found["HIFIASM"], found["HIC_PAIRS"], found["COOLER_MCOOL"], found["READ_DEPTH"]) == (2, 2, 2, 4)
    assert (found["KMER_EVALUATION"], found["REPORT"], found["MULTIQC"], found["BUSCO"]) == (2, 2, 1, 0)


def test_steps_leave_tasks_out():
    checked = {"genomes": [genome("a", hifi=[reads("r", 9000)])], "population": None}
    found = counts(tasks_of(checked, workflow="assembly", steps="reads,report"))
    assert "HIFIASM" not in found and "ASSEMBLY_STATISTICS" not in found
    assert found["GENOME_PROFILE"] == 1


def test_annotation_of_a_genome_that_is_still_to_be_assembled():
    checked = {
        "genomes": [genome("a", hifi=[reads("r", 9000)], rnaseq=[reads("x", 500, "rnaseq")])],
        "population": None,
    }
    tasks = tasks_of(checked, workflow="assembly,annotation")
    found = counts(tasks)
    assert (found["AUGUSTUS"], found["AUGUSTUS_AGAIN"], found["HISAT2_ALIGN"]) == (1, 1, 1)
    perhaps = {task.process for task in tasks if task.perhaps}
    assert perhaps == {"AUGUSTUS_AGAIN"}
    # One of the RNA, none of the HiFi reads.
    assert [task.stage for task in tasks if task.process == "FASTP"] == ["annotation/evidence"]


def test_rna_as_bam_or_cram_is_converted():
    libraries = [
        reads("p", 500, "rnaseq", format="bam", paired=True),
        reads("s", 500, "rnaseq", format="cram", paired=False),
        reads("t", 500, "rnaseq", paired=True),
    ]
    assembly = {"stage": "curated", "haplotypes": {"primary": __file__}, "maps": []}
    record = genome("a", assembly=assembly, rnaseq=libraries, isoseq=[reads("i", 9, "isoseq", format="bam")])
    tasks = tasks_of({"genomes": [record], "population": None}, workflow="annotation")
    steps = [task for task in tasks if task.process.startswith("SAMTOOLS")]
    converted = {(task.process, task.keys["library"]) for task in steps}
    assert converted == {("SAMTOOLS_PAIRS", "p"), ("SAMTOOLS_FASTQ", "s"), ("SAMTOOLS_FASTQ", "i")}
    given = tasks_of(
        {"genomes": [record | {"annotation": "genes.gff3"}], "population": None}, workflow="annotation"
    )
    assert not any(task.process.startswith("SAMTOOLS") for task in given)


@pytest.mark.parametrize("kind", ["hic", "illumina", "rnaseq"])
def test_pairs_in_one_file_are_split(kind):
    libraries = [
        reads("b", 500, kind, format="bam", paired=True),
        reads("c", 500, kind, format="cram", paired=True),
        reads("i", 500, kind, format="interleaved", paired=True),
        reads("t", 500, kind, paired=True),
    ]
    assembly = {"stage": "curated", "haplotypes": {"primary": __file__}, "maps": []}
    workflow, stage = (
        ("annotation", "annotation/evidence") if kind == "rnaseq" else ("assembly", "assembly/reads")
    )
    tasks = tasks_of(
        {"genomes": [genome("a", assembly=assembly, **{kind: libraries})], "population": None},
        workflow=workflow,
    )
    split = {(task.process, task.keys["library"], task.stage) for task in tasks if "_PAIRS" in task.process}
    split = {row for row in split if row[0] != "HIC_PAIRS"}
    assert split == {
        ("SAMTOOLS_PAIRS", "b", stage), ("SAMTOOLS_PAIRS", "c", stage), ("SPLIT_PAIRS", "i", stage),
    }  # fmt: skip
    before = waits_for(tasks, {})
    for number, task in enumerate(tasks):
        if task.process == "FASTP" and task.keys["library"] in ("b", "i"):
            waited = {tasks[n].process for n in before[number]}
            assert ("SAMTOOLS_PAIRS" if task.keys["library"] == "b" else "SPLIT_PAIRS") in waited


def test_memory_follows_the_data_and_the_site():
    def memory(mb, limits):
        checked = {"genomes": [genome("a", hifi=[reads("r", mb)])], "population": None}
        tasks = expected_tasks(checked, parameters(workflow="assembly"), limits)
        return next(task.memory_gb for task in tasks if task.process == "HIFIASM")

    assert memory(1000, LARGE) == 2 + 2
    assert memory(60_000, LARGE) == 16 + 100
    assert memory(60_000, SiteLimits(16, 64, 72)) == 64


def test_samples_cost_by_their_size_and_shallow_ones_go_by_likelihoods():
    deep = tasks_of({"genomes": [], "population": population(20, 3000)}, workflow="popgen")
    assert "LIKELIHOOD_HETEROZYGOSITY" not in counts(deep)
    shallow = tasks_of({"genomes": [], "population": population(20, 300)}, workflow="popgen")
    assert counts(shallow)["LIKELIHOOD_HETEROZYGOSITY"] == 20
    assert all(task.perhaps for task in shallow if task.process.startswith("LIKELIHOOD"))
    old = tasks_of({"genomes": [], "population": population(20, 3000, historical=1)}, workflow="popgen")
    assert not [task for task in old if task.process == "LIKELIHOOD_HETEROZYGOSITY" and task.perhaps]

    def mapping(tasks):
        return sum(task.core_s for task in tasks if task.process == "MAP_MODERN")

    assert mapping(deep) == pytest.approx(10 * mapping(shallow), rel=0.05)


def test_a_task_waits_for_those_of_its_own_genome():
    checked = {
        "genomes": [
            genome("a", hifi=[reads("r", 9000)], hic=[reads("h", 9000, "hic")]),
            genome("b", hifi=[reads("r", 900)]),
        ],
        "population": None,
    }
    tasks = tasks_of(checked, workflow="assembly")
    before = waits_for(tasks, {"rescale_damage": False})
    of_b = next(n for n, task in enumerate(tasks) if task.process == "HIFIASM" and task.tag == "b")
    assert {tasks[n].keys["genome"] for n in before[of_b]} == {"b"}
    pairs = next(n for n, task in enumerate(tasks) if task.tag == "a hap2 h" and task.process == "HIC_PAIRS")
    assert {tasks[n].process for n in before[pairs]} == {
        "SEPARATE_ORGANELLE", "SCREEN_CONTIGS", "SCAFFOLD_CONTIGS", "NAME_HOMOLOGUES", "HIFIASM", "FASTP",
    }  # fmt: skip


def test_wall_time_is_that_of_the_longest_path_and_of_the_cores():
    checked = {"genomes": [genome(name, hifi=[reads("r", 9000)]) for name in "ab"], "population": None}
    plan = make_plan(checked, parameters(workflow="assembly"))
    before = waits_for(plan.tasks, parameters())
    whole, chain = critical_path(plan.tasks, before)
    assert whole == pytest.approx(sum(plan.tasks[number].wall_s for number in chain))
    assert [plan.tasks[number].process for number in chain][-1] == "MULTIQC"
    # With room for everything the machine takes as long as the longest path.
    assert wall_on(plan.tasks, before, 10**6, 10**6) == pytest.approx(whole)
    single = [task for task in plan.tasks if task.cpus == plan.site.limits.cpus]
    assert wall_on(plan.tasks, before, plan.site.limits.cpus, 10**6) >= sum(task.wall_s for task in single)
    assert isinstance(plan.site, LocalSite)


def test_every_process_of_a_plan_has_a_cost_and_leaves_files():
    checked = {"genomes": [genome("a", hifi=[reads("r", 9000)])], "population": population(10, 3000)}
    tasks = tasks_of(checked, workflow="assembly,annotation,popgen")
    assert not [task.process for task in tasks if not task.core_s or task.work_files < 10]


# Files and folders that a sample and a genome may leave: see docs/howto/cost.md.
SAMPLE_WORK, OLD_SAMPLE_WORK, SAMPLE_RESULTS = 130, 170, 10
GENOME_WORK, ASSEMBLY_RESULTS, ANNOTATION_RESULTS = 1500, 150, 40


def test_files_of_a_sample_and_a_genome_keep_their_budget():
    def left(count, old):
        checked = {"genomes": [], "population": population(count, 3000, historical=old)}
        tasks = tasks_of(checked, workflow="popgen", max_regions=10)
        return sum(task.work_files for task in tasks), sum(task.result_files for task in tasks)

    few, many, old = left(10, 1), left(110, 1), left(110, 101)
    assert (many[0] - few[0]) / 100 <= SAMPLE_WORK
    assert (old[0] - few[0]) / 100 <= OLD_SAMPLE_WORK
    assert (old[1] - few[1]) / 100 <= SAMPLE_RESULTS
    rich = genome(
        "a", hifi=[reads("r", 9000)], hic=[reads("h", 9000, "hic")], rnaseq=[reads("x", 500, "rnaseq")],
        proteins=[reads("p", 5, "proteins")],
    )  # fmt: skip
    tasks = tasks_of({"genomes": [rich], "population": None}, workflow="assembly,annotation")
    own = [task for task in tasks if task.process != "MULTIQC"]
    assert sum(task.work_files for task in own) <= GENOME_WORK
    made = {
        kind: sum(t.result_files for t in own if t.use.workflow == kind)
        for kind in ("assembly", "annotation")
    }
    assert made["assembly"] <= ASSEMBLY_RESULTS
    assert made["annotation"] <= ANNOTATION_RESULTS


def test_a_thousand_samples_are_planned_in_little_memory(tmp_path):
    code = f"""
import sys
sys.path.insert(0, "tests/workflows")
import make_population
from pathlib import Path
from linnaea.input.check import check_run_input
from linnaea.run.plan import make_plan, table
from linnaea.input.options import all_parameters
folder = Path({str(tmp_path)!r}) / "in"
make_population.main(folder, 1000)
given = dict(input=str(folder / "samples.csv"), reference=str(folder / "reference.fasta"))
given["outdir"] = {str(tmp_path / "out")!r}
parameters = all_parameters(dict(given, workflow="popgen", check_tools=False))
checked, _, faults = check_run_input(parameters)
assert not faults, faults
plan = make_plan(checked, parameters, stub=True)
assert len(plan.tasks) == 5027, len(plan.tasks)
print(table(plan))
"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert max(peak, before) < 4 << 20


def test_table_names_totals_doubts_and_what_takes_too_long(tmp_path):
    huge = genome("a", hifi=[reads("r", 3_000_000)])
    plan = make_plan({"genomes": [huge], "population": None}, parameters(workflow="assembly"))
    text = table(plan)
    assert "assembly/assemble" in text and "core-hours" in text and "wall time" in text
    assert "too long" in text and "HIFIASM (a)" in text
    assert all(len(line) < 150 for line in text.splitlines())
    write_plan(tmp_path / "info" / "plan.tsv", plan)
    rows = (tmp_path / "info" / "plan.tsv").read_text().splitlines()
    assert len(rows) == len(plan.tasks) + 1
    assert rows[0].split("\t")[:3] == ["stage", "process", "tag"]


def test_words_of_a_run_are_read_as_the_engine_reads_them(tmp_path):
    (tmp_path / "p.yml").write_text("assembler: flye\nmax_k: 4\n")
    call = read_call(
        ["-profile", "demo,pelle", "--input", "a.yml", "--plan", "-params-file", str(tmp_path / "p.yml"),
         "--max_k=3", "-resume", "--outgroup", "12", "--snap", "-c", "my.config"]
    )  # fmt: skip
    assert call.parameters == {
        "input": "a.yml", "plan": True, "assembler": "flye", "max_k": 3, "outgroup": 12, "snap": True,
    }  # fmt: skip
    assert (call.profiles, call.configs) == (["demo", "pelle"], ["my.config"])
