"""The image, and a bundle with it, in a namespace without network; genes found there against the truth."""

import csv
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from browser import assert_report_is_drawn
from demo_results import LEAST_PCT, record

from linnaea import software
from linnaea.gene_models import bases, merged, overlap
from linnaea.gff3 import read_genes

NO_NETWORK = ["unshare", "--net"]
LINNAEA = [Path(sys.executable).with_name("linnaea")]
SEEN = """
import json
from linnaea import doctor, software
embedded = [tool for tool in software.tools() if tool["role"] == "embedded" and tool["name"] != "linnaea"]
print(json.dumps({f.tool["name"]: [f.state, f.version] for f in doctor.examine(embedded)}))
"""


@pytest.fixture(scope="module")
def environment():
    """Nothing of this machine's set-up but what Debian has."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    return kept | {"PATH": "/usr/bin:/bin", "USER": "root", "NXF_HOME": "/nowhere"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("offline")


@pytest.fixture(scope="module")
def site(folder, environment):
    """A bundle, taken where no network is: checked, unpacked, set up."""
    subprocess.run([software.ROOT / "containers/image.sh"], check=True)
    subprocess.run([*LINNAEA, "bundle", "--out", folder / "bundle.tar"], check=True)
    subprocess.run(
        [*NO_NETWORK, *LINNAEA, "bundle", "--unpack", folder / "bundle.tar", "--to", folder], check=True
    )
    (folder / "bundle.tar").unlink()
    (unpacked,) = folder.glob("linnaea-*")
    subprocess.run([*NO_NETWORK, "./set_up.sh"], cwd=unpacked, check=True, env=environment)
    return unpacked


def test_every_embedded_tool_answers_inside_with_its_version(site, environment):
    answer = subprocess.run(
        [*NO_NETWORK, site / "code/.venv/bin/python", "-c", SEEN],
        cwd=site / "code/bin", env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = json.loads(answer.stdout)
    versions = {tool["name"]: str(tool["version"]) for tool in software.tools()}
    assert seen == {name: ["found", versions[name]] for name in seen}
    assert len(seen) > 30


def tasks(folder):
    with (folder / "results/pipeline_info/trace.tsv").open() as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.fixture(scope="module")
def demo(site, folder, environment):
    """Annotates the true haplotype of the demo: an assembly's errors count for nothing. RNA by STAR."""

    def run(*options):
        answer = subprocess.run(
            [*NO_NETWORK, site / "engine/nextflow", "run", site / "code", "-profile", "demo,charliecloud",
             "--workflow", "annotation", "--input", "demo/annotation.yml", "--rna_aligner", "star",
             "-ansi-log", "false", *options],
            cwd=folder, env=environment | {"NXF_HOME": str(folder / "nextflow")},
            capture_output=True, text=True,
        )  # fmt: skip
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    subprocess.run([*LINNAEA, "simulate", "--out", "demo"], cwd=folder, check=True)
    return run


@pytest.fixture(scope="module")
def annotated(demo, folder):
    demo()
    return folder


def test_the_demo_runs_inside_the_image_without_network(annotated, site):
    ran = tasks(annotated)
    assert {task["status"] for task in ran} == {"COMPLETED"}
    assert {"STAR_ALIGN", "STRINGTIE", "SPALN", "AUGUSTUS", "GENE_SET", "MULTIQC"} <= {
        task["process"].split(":")[-1] for task in ran
    }
    for task in ran:
        wrapper = (annotated / task["workdir"] / ".command.run").read_text()
        assert f"{site}/code/build/linnaea -- " in wrapper
    assert "unknown" not in (annotated / "results/index.tsv").read_text()


def test_genes_are_those_of_the_truth(annotated):
    found = record(annotated, "07_annotation_quality/xxLinDemo1.annotation_accuracy.json")
    assert found["stage"] == "truth"
    assert found["gene_reference"] == 190
    for level, least in LEAST_PCT.items():
        print(level, found[f"{level}_sensitivity_pct"], found[f"{level}_precision_pct"])
        assert found[f"{level}_sensitivity_pct"] >= least
        assert found[f"{level}_precision_pct"] >= least


def test_masking_finds_the_planted_repeats_and_spares_the_genes(annotated):
    truth = intervals(annotated / "demo/truth/repeats.bed")
    with gzip.open(annotated / "results/xxLinDemo1/05_evidence/xxLinDemo1.repeats.bed.gz", "rt") as handle:
        rows = [line.split("\t")[:4] for line in handle.read().splitlines()]
    found = {}
    for name, start, end, kind in rows:
        if kind == "interspersed":
            found.setdefault(name, []).append((int(start), int(end)))
    masked = sum(bases(parts) for parts in found.values())
    right = sum(overlap(merged(parts), truth.get(name, [])) for name, parts in found.items())
    wanted = sum(bases(parts) for parts in truth.values())
    print(f"masking: sensitivity {100 * right / wanted:.1f} %, precision {100 * right / masked:.1f} %")
    assert right / masked > 0.9
    assert right / wanted > 0.5


def intervals(path):
    found = {}
    for line in path.read_text().splitlines():
        name, start, end = line.split("\t")[:3]
        found.setdefault(name, []).append((int(start), int(end)))
    return {name: merged(parts) for name, parts in found.items()}


def test_outputs_are_valid_and_agree(annotated):
    folder = annotated / "results/xxLinDemo1/06_annotation"
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


def test_rna_is_read_rightly(annotated):
    rna = record(annotated, "05_evidence/rnaseq1.transcript_mapping.json")
    assert rna["strandedness"] == "reverse"
    assert rna["mapped_pct"] > 95
    assert rna["introns_canonical_pct"] > 99


def test_training_chose_by_held_out_genes(annotated):
    training = record(annotated, "06_annotation/xxLinDemo1.gene_training.json")
    scores = {row["name"]: row["score_pct"] for row in training["candidates"]}
    assert training["chosen"] == max(scores, key=scores.get)
    assert training["chosen"] in training["reason"]
    assert {row["kind"] for row in training["candidates"]} == {"trained", "shipped"}


def test_annotation_report_is_drawn(annotated):
    assert_report_is_drawn(annotated / "results/xxLinDemo1/report.html")


def test_another_gene_finder_runs_with_what_is_there_already(annotated, demo):
    said = demo("-resume", "--snap")
    assert "Cached process > ANNOTATION:PREDICT:TRAIN_GENES" in said
    assert "Cached process > ANNOTATION:PREDICT:AUGUSTUS" in said
    assert "Submitted process > ANNOTATION:PREDICT:SNAP" in said
    assert "Submitted process > ANNOTATION:EVIDENCE" not in said
