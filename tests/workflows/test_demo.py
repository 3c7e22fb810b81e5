"""What the real demo must have found, against the simulated truth."""

import csv
import gzip
import hashlib
import json
import subprocess

import pytest
from browser import assert_report_is_drawn
from specimens import is_valid
from tutorial import differing

from linnaea.catalogue.columns import undescribed
from linnaea.formats.gene_models import merged, overlap, total_bp
from linnaea.formats.gff3 import read_genes
from linnaea.run.cost import read_trace
from linnaea.submission.examination import examine


def record(workflow_dir, name):
    return json.loads((workflow_dir / "results" / "xxLinDemo1" / name).read_text())


@pytest.mark.workflow("demo")
def test_every_check_against_the_truth_passes(workflow_dir):
    checks = record(workflow_dir, "04_evaluation/xxLinDemo1.truth.json")["checks"]
    print("\n".join(f"{check['check']}: {check['value']:.4g} {check['unit']}" for check in checks))
    named = {check["check"] for check in checks}
    assert {
        "k-mer QV", "difference of k-mer QV from QV by alignment", "error of estimated haploid size",
        "error of estimated heterozygosity", "error of estimated repeat share",
        "missed telomeres", "false telomeres", "adapter recall",
        "adapter precision", "misjoins", "chromosomes restored",
    } <= named  # fmt: skip
    assert sum("covered by contigs" in name for name in named) == 4
    assert [check for check in checks if not check["passed"]] == []


@pytest.mark.workflow("demo")
def test_two_tasks_keep_to_four_gigabytes(workflow_dir):
    trace = workflow_dir / "results/pipeline_info/trace.tsv"
    peaks = sorted(attempt.peak_gb for attempt in read_trace(trace) if attempt.peak_gb)
    assert len(peaks) >= 17
    assert peaks[-1] + peaks[-2] < 4  # two run at once on two cores


LEVELS = {"locus": 90, "exon": 92, "base": 95}


@pytest.mark.workflow("annotation of the true genome")
def test_genes_are_those_of_the_truth(workflow_dir):
    found = record(workflow_dir, "07_annotation_quality/xxLinDemo1.annotation_accuracy.json")
    assert found["stage"] == "truth"
    assert found["gene_reference"] == 190
    for level, least in LEVELS.items():
        print(level, found[f"{level}_sensitivity_pct"], found[f"{level}_precision_pct"])
        assert found[f"{level}_sensitivity_pct"] >= least
        assert found[f"{level}_precision_pct"] >= least


@pytest.mark.workflow("demo")
def test_genes_of_the_assembly_are_those_of_the_truth_and_none_of_the_contaminant(workflow_dir):
    found = record(workflow_dir, "07_annotation_quality/xxLinDemo1.annotation_accuracy.json")
    for level in ("locus", "base"):  # the assembly's own errors cost exact exons
        assert found[f"{level}_sensitivity_pct"] >= LEVELS[level]
        assert found[f"{level}_precision_pct"] >= LEVELS[level]
    combined = record(workflow_dir, "06_annotation/xxLinDemo1.gene_combination.json")
    assert combined["unsupported_sequences"] == []


def sequences(path):
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return {
        part.split("\n", 1)[0].split()[0]: part.split("\n", 1)[1].replace("\n", "")
        for part in text.split(">")[1:]
    }


def same_circle(one, other):
    turned = other[::-1].translate(str.maketrans("ACGT", "TGCA"))
    return len(one) == len(other) and (one in other * 2 or one in turned * 2)


@pytest.mark.workflow("demo")
def test_the_mitochondrion_is_exact_and_no_longer_among_the_contigs(workflow_dir):
    folder = workflow_dir / "results/xxLinDemo1/02_assembly"
    (circle,) = sequences(folder / "xxLinDemo1.mitochondrion.fasta.gz").values()
    (true,) = sequences(workflow_dir / "demo/truth/mitochondrion.fasta").values()
    assert same_circle(circle, true)
    contigs_of = record(workflow_dir, "04_evaluation/xxLinDemo1.truth.json")["contigs_of"]
    assert contigs_of == {"mitochondrion": 0, "contaminant": 0, "symbiont": 0}


def words_of(text):
    words = {text[at : at + 21] for at in range(len(text) - 20)}
    return words | {word[::-1].translate(str.maketrans("ACGT", "TGCA")) for word in words}


@pytest.mark.workflow("demo")
def test_both_bacteria_are_removed_the_adaptor_masked_and_nothing_of_the_nucleus(workflow_dir):
    folder = workflow_dir / "results/xxLinDemo1/02_assembly"
    removed = sequences(folder / "xxLinDemo1.primary.screen.removed.fasta.gz")
    found = set()
    for bacterium in ("contaminant", "symbiont"):
        (true,) = sequences(workflow_dir / f"demo/truth/{bacterium}.fasta").values()
        words = words_of(true + true[:20])
        for name, letters in removed.items():
            own = [letters[at : at + 21] in words for at in range(len(letters) - 20)]
            if sum(own) / len(own) > 0.95:
                found.add((bacterium, name))
    assert {bacterium for bacterium, _ in found} == {"contaminant", "symbiont"}
    assert {name for _, name in found} == set(removed)
    history = record(workflow_dir, "02_assembly/xxLinDemo1.primary.history.json")
    chimeras = (workflow_dir / "demo/truth/chimeras.tsv").read_text().splitlines()[1:]
    adaptors = [row.split("\t")[6] for row in chimeras if not row.endswith("none")]
    lost = {step["step"]: (step["removed_bp"], step["masked_bp"]) for step in history["steps"]}
    assert lost.pop("screen") == (sum(map(len, removed.values())), len("".join(adaptors)))
    lost.pop("organelle")  # copies of the mitochondrion
    assert set(lost.values()) == {(0, 0)}
    screen = record(workflow_dir, "02_assembly/xxLinDemo1.primary.screen.json")
    assert screen["reviews"] == 0


@pytest.mark.workflow("demo")
def test_the_nuclear_copy_of_the_mitochondrion_stays_as_it_is(workflow_dir):
    final = sequences(workflow_dir / "results/xxLinDemo1/02_assembly/xxLinDemo1.primary.chromosomes.fasta.gz")
    name, start, end = (workflow_dir / "demo/truth/numt.bed").read_text().split()
    copy = sequences(workflow_dir / "demo/truth/haplotype1.fasta")[name][int(start) : int(end)]
    words = words_of(copy)
    own = words & set().union(*(words_of(letters) for letters in final.values()))
    assert len(own) / len(words) > 0.8  # the other haplotype differs at one site in 200


@pytest.mark.workflow("demo")
def test_chimeric_contigs_are_broken_and_contigs_joined(workflow_dir):
    scaffold = record(workflow_dir, "02_assembly/xxLinDemo1.primary.scaffold.json")
    chimeras = len((workflow_dir / "demo/truth/chimeras.tsv").read_text().splitlines()) - 1
    dropouts = len((workflow_dir / "demo/truth/dropouts.bed").read_text().splitlines())
    assert (scaffold["breaks"], scaffold["joins"]) == (chimeras, dropouts)
    assert (scaffold["scaffolds"], scaffold["orientation_unknown"]) == (4, 0)


@pytest.mark.workflow("demo")
def test_chromosomes_are_named_by_size_and_sex_chromosomes_by_depth(workflow_dir):
    folder = workflow_dir / "results/xxLinDemo1"
    rows = (folder / "02_assembly/xxLinDemo1.primary.chromosomes.tsv").read_text().splitlines()
    assert [row.split("\t")[1] for row in rows] == ["1", "2", "X", "Y"]
    named = [row.split("\t")[0] for row in rows]
    with (folder / "04_evaluation/xxLinDemo1.primary.sequences.tsv").open() as handle:
        lengths = {row["sequence"]: int(row["length_bp"]) for row in csv.DictReader(handle, delimiter="\t")}
    truth = json.loads((workflow_dir / "demo/truth/truth.json").read_text())
    true = [*truth["chromosomes_bp"].values(), *truth["unpaired_bp"].values()]
    assert [lengths[name] for name in named] == pytest.approx(true, rel=0.02)
    sex = record(workflow_dir, "02_assembly/xxLinDemo1.primary.sex.json")
    assert sex["sex"] == "XY"
    assert sorted(sex["relative_depth"].values()) == pytest.approx([0.5, 0.5, 1, 1], abs=0.1)


@pytest.mark.workflow("annotation of the true genome")
def test_masking_finds_the_planted_repeats_and_spares_the_genes(workflow_dir):
    truth = intervals(workflow_dir / "demo/truth/repeats.bed")
    with gzip.open(workflow_dir / "results/xxLinDemo1/05_evidence/xxLinDemo1.repeats.bed.gz", "rt") as handle:
        rows = [line.split("\t")[:4] for line in handle.read().splitlines()]
    found = {}
    for name, start, end, kind in rows:
        if kind == "interspersed":
            found.setdefault(name, []).append((int(start), int(end)))
    masked = sum(total_bp(parts) for parts in found.values())
    right = sum(overlap(merged(parts), truth.get(name, [])) for name, parts in found.items())
    wanted = sum(total_bp(parts) for parts in truth.values())
    print(f"masking: sensitivity {100 * right / wanted:.1f} %, precision {100 * right / masked:.1f} %")
    assert right / masked > 0.9
    assert right / wanted > 0.5


def intervals(path):
    found = {}
    for line in path.read_text().splitlines():
        name, start, end = line.split("\t")[:3]
        found.setdefault(name, []).append((int(start), int(end)))
    return {name: merged(parts) for name, parts in found.items()}


@pytest.mark.workflow("annotation of the true genome")
def test_outputs_are_valid_and_agree(workflow_dir):
    folder = workflow_dir / "results/xxLinDemo1/06_annotation"
    gff = folder / "xxLinDemo1.gff3"
    assert subprocess.run(["gt", "gff3validator", gff], capture_output=True).returncode == 0
    genes, again = read_genes(gff), read_genes(folder / "xxLinDemo1.gtf")
    coding = {t.id: t.cds for gene in genes for t in gene.transcripts if t.cds}
    assert coding == {t.id: t.cds for gene in again for t in gene.transcripts if t.cds}
    proteins = (folder / "xxLinDemo1.proteins.fasta").read_text()
    assert proteins.count(">") == len(coding)
    assert "*" not in proteins
    functions = (folder / "xxLinDemo1.functions.tsv").read_text().splitlines()
    assert len(functions) == len(coding) + 1


@pytest.mark.workflow("annotation of the true genome")
def test_rna_is_read_rightly(workflow_dir):
    rna = record(workflow_dir, "05_evidence/rnaseq1.transcript_mapping.json")
    assert rna["strandedness"] == "reverse"
    assert rna["mapped_pct"] > 95
    assert rna["introns_canonical_pct"] > 99


@pytest.mark.workflow("annotation of the true genome")
def test_training_chose_by_held_out_genes(workflow_dir):
    training = record(workflow_dir, "06_annotation/xxLinDemo1.gene_training.json")
    scores = {row["name"]: row["score_pct"] for row in training["candidates"]}
    assert training["chosen"] == max(scores, key=scores.get)
    assert training["chosen"] in training["reason"]
    assert {row["kind"] for row in training["candidates"]} == {"trained", "shipped"}


@pytest.mark.workflow("annotation of the true genome")
def test_annotation_report_is_drawn(workflow_dir):
    assert_report_is_drawn(workflow_dir / "results/xxLinDemo1/report.html")


@pytest.mark.workflow("demo")
def test_the_packages_for_ena_pass_the_check_and_wait_for_what_a_simulation_lacks(workflow_dir):
    submission = record(workflow_dir, "09_submission/xxLinDemo1.submission.json")
    folder = workflow_dir / "results/xxLinDemo1/09_submission"
    nucleus, mitochondrion = sorted(submission["packages"], key=lambda one: -one["total_bp"])
    genes = list(read_genes(workflow_dir / "results/xxLinDemo1/06_annotation/xxLinDemo1.gff3"))
    assert 0.95 * len(genes) < nucleus["features"]["gene"] <= len(genes)
    for one in (nucleus, mitochondrion):
        assert one["verdict"] == "waiting" and not one["findings"]
        assert {gap["missing"] for gap in one["gaps"]} == {
            "accession of the study", "accession of the sample", "sequencers of the genomic reads",
        }  # fmt: skip
        path = folder / f"{one['name']}.manifest.txt"
        text = path.read_text()
        program = "Linnaea" if one is mitochondrion else "wtdbg2 2.5, racon 1."
        assert f"PROGRAM\t{program}" in text and "bgzip" not in text and "COVERAGE" in text
        later = ("STUDY", "SAMPLE", "PLATFORM")
        done, _ = examine([str(path)], locus_tag=["LDEMO"], organism="Linnaea demonstrans", waiting=later)
        assert done.findings.verdict() in ("accepted", "changed")
    with gzip.open(folder / f"{mitochondrion['name']}.chromosomes.tsv.gz", "rt") as handle:
        assert handle.read().split()[1:] == ["MIT", "Circular-Chromosome", "Mitochondrion"]
    for name, schema in (
        ("samples", "SRA.sample"),
        ("projects", "ENA.project"),
        ("submission", "SRA.submission"),
    ):
        assert is_valid(folder / f"xxLinDemo1.{name}.xml", f"{schema}.xsd")
    with (folder / "xxLinDemo1.reads.tsv").open() as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            reads = (workflow_dir / "demo/reads" / row["file"]).read_bytes()
            assert hashlib.md5(reads).hexdigest() == row["md5"]


@pytest.mark.workflow("demo")
def test_verdict_judges_the_assembly(workflow_dir):
    verdict = record(workflow_dir, "xxLinDemo1.verdict.json")["haplotypes"][0]
    metrics = {metric["metric"]: metric["verdict"] for metric in verdict["metrics"]}
    assert metrics["qv"] == metrics["scaffold_n50"] == metrics["assigned_to_chromosomes"] == "pass"
    assert metrics["contig_n50"] == "fail"  # chromosomes of half a megabase have to come in one contig each
    assert metrics["busco_single_copy"] == "not measured"
    assert verdict["code_sanger"].startswith("5.C.Q4")


@pytest.mark.workflow("demo")
def test_hic_pairs_are_mapped_and_near(workflow_dir):
    hic = record(workflow_dir, "03_hic_map/xxLinDemo1.primary.hic_map.json")
    assert hic["mapped_pairs_pct"] > 80
    assert hic["cis_pct"] > 70


@pytest.mark.workflow("demo")
def test_index_names_every_tool_version(workflow_dir):
    with (workflow_dir / "results/index.tsv").open() as handle:
        rows = {row["file"]: row for row in csv.DictReader(handle, delimiter="\t")}
    row = rows["xxLinDemo1/02_assembly/xxLinDemo1.primary.fasta.gz"]
    versions = dict(zip(row["tool"].split(","), row["version"].split(","), strict=True))
    assert (row["genome"], row["step"], versions["racon"]) == ("xxLinDemo1", "RACON", "1.5.0")
    assert set(versions) == {"bgzip", "minimap2", "racon", "seqkit"}
    published = {path for path in (workflow_dir / "results").rglob("*") if path.is_file()}
    assert len(published) <= 120 + 40  # files a genome, of assembly and annotation: clusters charge for them


@pytest.mark.workflow("demo")
def test_report_is_drawn_in_a_browser(workflow_dir):
    report = workflow_dir / "results/xxLinDemo1/report.html"
    drawn = assert_report_is_drawn(report)
    assert len(drawn) >= 8
    text = report.read_text()
    for named in ("Linnaea demonstrans", "racon", "doi:10.1101/gr.214270.116", "adapter recall"):
        assert named in text


@pytest.mark.workflow("demo")
def test_multiqc_shows_our_metrics_and_the_tools(workflow_dir):
    page = (workflow_dir / "results/multiqc_report.html").read_text()
    for named in ("xxLinDemo1", "fastp", "Cutadapt"):
        assert named in page


@pytest.mark.workflow("demo")
def test_every_column_and_key_is_described(workflow_dir):
    assert undescribed(workflow_dir / "results") == []


@pytest.mark.workflow("demo")
@pytest.mark.parametrize("page", ["genome", "genes"])
def test_the_tutorial_shows_these_numbers(workflow_dir, page):
    assert differing(page, workflow_dir / "results") == []
